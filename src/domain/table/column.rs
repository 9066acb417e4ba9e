//! Columns of cells: text once, the rest flat.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;

use super::spec::ColumnType;
use super::value::Value;

/// Cells of a fixed-size type; unknown ones hold the type's default and are marked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cells<T> {
    values: Vec<T>,
    known: Vec<bool>,
}

impl<T: Copy + Default> Cells<T> {
    fn push(&mut self, value: Option<T>) {
        self.values.push(value.unwrap_or_default());
        self.known.push(value.is_some());
    }

    /// The cell; `None` where it is null or out of range.
    pub fn get(&self, row: usize) -> Option<T> {
        if *self.known.get(row)? { self.values.get(row).copied() } else { None }
    }
}

/// Text cells; every distinct text is held once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TextCells {
    /// Number of the text in `texts`, plus 1; 0 is null.
    numbers: Vec<u32>,
    texts: Vec<Arc<str>>,
    by_text: BTreeMap<Arc<str>, u32>,
}

impl TextCells {
    fn push(&mut self, text: Option<&str>) -> bool {
        let number = match text {
            None => 0,
            Some(text) => match self.number(text) {
                Some(number) => number,
                None => return false,
            },
        };
        self.numbers.push(number);
        true
    }

    fn number(&mut self, text: &str) -> Option<u32> {
        // Rows come sorted, so a cell is most often the one above it.
        if let Some(&last) = self.numbers.last()
            && self.text(last) == Some(text)
        {
            return Some(last);
        }
        if let Some(&number) = self.by_text.get(text) {
            return Some(number);
        }
        let text: Arc<str> = text.into();
        let number = u32::try_from(self.texts.len()).ok()?.checked_add(1)?;
        self.texts.push(Arc::clone(&text));
        self.by_text.insert(text, number);
        Some(number)
    }

    fn text(&self, number: u32) -> Option<&str> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        self.texts.get(index).map(|text| &**text)
    }

    /// The cell; `None` where it is null or out of range.
    pub fn get(&self, row: usize) -> Option<&str> {
        self.text(*self.numbers.get(row)?)
    }

    /// Rank of every text by its bytes, so that rows compare as integers; null ranks last.
    fn ranks(&self) -> Vec<u32> {
        let mut ranks = vec![u32::MAX; self.texts.len().saturating_add(1)];
        // The map is in order of its texts.
        for (rank, &number) in self.by_text.values().enumerate() {
            if let (Ok(slot), Ok(rank)) = (usize::try_from(number), u32::try_from(rank))
                && let Some(slot) = ranks.get_mut(slot)
            {
                *slot = rank;
            }
        }
        ranks
    }
}

/// One column of cells.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Text.
    Text(TextCells),
    /// Whole numbers.
    Integer(Cells<i64>),
    /// Numbers, all finite.
    Number(Cells<f64>),
    /// Yes or no.
    Boolean(Cells<bool>),
    /// Days.
    Date(Cells<Date>),
}

impl Column {
    pub(super) fn new(kind: ColumnType) -> Self {
        match kind {
            ColumnType::Text => Self::Text(TextCells::default()),
            ColumnType::Integer => Self::Integer(Cells::default()),
            ColumnType::Number => Self::Number(Cells::default()),
            ColumnType::Boolean => Self::Boolean(Cells::default()),
            ColumnType::Date => Self::Date(Cells::default()),
        }
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(cells) => cells.numbers.len(),
            Self::Integer(cells) => cells.values.len(),
            Self::Number(cells) => cells.values.len(),
            Self::Boolean(cells) => cells.values.len(),
            Self::Date(cells) => cells.values.len(),
        }
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The cell; null where it is out of range.
    pub fn value(&self, row: usize) -> Value<'_> {
        match self {
            Self::Text(cells) => cells.get(row).into(),
            Self::Integer(cells) => cells.get(row).into(),
            Self::Number(cells) => cells.get(row).into(),
            Self::Boolean(cells) => cells.get(row).into(),
            Self::Date(cells) => cells.get(row).into(),
        }
    }

    /// Adds a cell; an answer says why it does not fit, and the cell is null then.
    pub(super) fn push(&mut self, cell: &Value<'_>) -> Option<String> {
        let mut problem = None;
        match (&mut *self, cell) {
            (Self::Text(cells), Value::Text(text)) => {
                if !cells.push(Some(text)) {
                    cells.numbers.push(0);
                    problem = Some("more distinct texts than a column can hold".to_owned());
                }
            }
            (Self::Integer(cells), Value::Integer(number)) => cells.push(Some(*number)),
            (Self::Number(cells), Value::Number(number)) if number.is_finite() => {
                // Minus zero and zero are one figure; published as one.
                cells.push(Some(if *number == 0.0 { 0.0 } else { *number }));
            }
            (Self::Boolean(cells), Value::Boolean(answer)) => cells.push(Some(*answer)),
            (Self::Date(cells), Value::Date(day)) => cells.push(Some(*day)),
            (column, cell) => {
                problem = match cell {
                    Value::Null => None,
                    Value::Number(number) if matches!(column, Self::Number(_)) => Some(format!("{number}, which is not finite")),
                    other => Some(format!("{} in a column of another type", other.kind())),
                };
                match column {
                    Self::Text(cells) => cells.numbers.push(0),
                    Self::Integer(cells) => cells.push(None),
                    Self::Number(cells) => cells.push(None),
                    Self::Boolean(cells) => cells.push(None),
                    Self::Date(cells) => cells.push(None),
                }
            }
        }
        problem
    }

    pub(super) fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Text(cells) => cells.get(row).is_none(),
            Self::Integer(cells) => cells.get(row).is_none(),
            Self::Number(cells) => cells.get(row).is_none(),
            Self::Boolean(cells) => cells.get(row).is_none(),
            Self::Date(cells) => cells.get(row).is_none(),
        }
    }

    pub(super) fn reorder(&mut self, order: &[usize]) {
        fn pick<T: Copy + Default>(values: &mut Vec<T>, order: &[usize]) {
            *values = order.iter().map(|&row| values.get(row).copied().unwrap_or_default()).collect();
        }
        match self {
            Self::Text(cells) => pick(&mut cells.numbers, order),
            Self::Integer(cells) => {
                pick(&mut cells.values, order);
                pick(&mut cells.known, order);
            }
            Self::Number(cells) => {
                pick(&mut cells.values, order);
                pick(&mut cells.known, order);
            }
            Self::Boolean(cells) => {
                pick(&mut cells.values, order);
                pick(&mut cells.known, order);
            }
            Self::Date(cells) => {
                pick(&mut cells.values, order);
                pick(&mut cells.known, order);
            }
        }
    }
}

/// A column with its texts ranked, for comparing rows.
pub(super) enum Comparer<'a> {
    Text(&'a [u32], Vec<u32>),
    Integer(&'a Cells<i64>),
    Number(&'a Cells<f64>),
    Boolean(&'a Cells<bool>),
    Date(&'a Cells<Date>),
}

impl<'a> Comparer<'a> {
    pub(super) fn new(column: &'a Column) -> Self {
        match column {
            Column::Text(cells) => Self::Text(&cells.numbers, cells.ranks()),
            Column::Integer(cells) => Self::Integer(cells),
            Column::Number(cells) => Self::Number(cells),
            Column::Boolean(cells) => Self::Boolean(cells),
            Column::Date(cells) => Self::Date(cells),
        }
    }

    pub(super) fn compare(&self, a: usize, b: usize) -> Ordering {
        fn nulls_last<T>(a: Option<T>, b: Option<T>, compare: impl Fn(&T, &T) -> Ordering) -> Ordering {
            match (a, b) {
                (Some(a), Some(b)) => compare(&a, &b),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => Ordering::Equal,
            }
        }
        match self {
            Self::Text(numbers, ranks) => {
                let rank = |row: usize| {
                    let number = numbers.get(row).and_then(|number| usize::try_from(*number).ok());
                    number.and_then(|number| ranks.get(number)).copied().unwrap_or(u32::MAX)
                };
                rank(a).cmp(&rank(b))
            }
            Self::Integer(cells) => nulls_last(cells.get(a), cells.get(b), Ord::cmp),
            Self::Number(cells) => nulls_last(cells.get(a), cells.get(b), f64::total_cmp),
            Self::Boolean(cells) => nulls_last(cells.get(a), cells.get(b), Ord::cmp),
            Self::Date(cells) => nulls_last(cells.get(a), cells.get(b), Ord::cmp),
        }
    }
}
