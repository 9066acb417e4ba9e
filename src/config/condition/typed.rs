//! From the parser's expression to a term whose types fit.

use sqlparser::ast::{
    BinaryOperator, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, Spanned, UnaryOperator, Value,
};
use sqlparser::tokenizer::Span;

use super::{Arithmetic, Comparison, Kind, Term};
use crate::config::source::nearest;
use crate::domain::table::TableSpec;

/// A term and what it is worth; no kind for NULL, which is any.
type Typed = (Term, Option<Kind>);

/// "line 1, column 16: "; nothing where the parser kept no place.
pub(super) fn position(span: Span) -> String {
    if span.start.line == 0 { String::new() } else { format!("line {}, column {}: ", span.start.line, span.start.column) }
}

fn fail<T>(expression: &Expr, message: impl std::fmt::Display) -> Result<T, String> {
    Err(format!("{}{message}", position(expression.span())))
}

/// The term of an expression that must be yes or no.
pub(super) fn yes_or_no(expression: &Expr, table: &TableSpec) -> Result<Term, String> {
    expect(expression, table, Kind::Boolean)
}

fn expect(expression: &Expr, table: &TableSpec, wanted: Kind) -> Result<Term, String> {
    match term(expression, table)? {
        (term, Some(kind)) if kind == wanted => Ok(term),
        (_, Some(kind)) => fail(expression, format_args!("{expression} is {}, expected {}", kind.as_str(), wanted.as_str())),
        (_, None) => fail(expression, format_args!("NULL stands for no value, expected {}; ask for it with IS NULL", wanted.as_str())),
    }
}

// Each kind of expression has a function of its own: a level of nesting should take no more of the stack than it needs.
fn term(expression: &Expr, table: &TableSpec) -> Result<Typed, String> {
    let boxed = |term: Term| Box::new(term);
    let yes = |term: Term| Ok((term, Some(Kind::Boolean)));
    match expression {
        Expr::Nested(inner) => term(inner, table),
        Expr::Identifier(name) => column(expression, name, table),
        Expr::CompoundIdentifier(_) => fail(expression, format_args!("`{expression}`: name columns without their table")),
        Expr::Value(_) | Expr::TypedString(_) => literal(expression),
        Expr::BinaryOp { left, op, right } => binary(expression, left, op, right, table),
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => yes(Term::Not(boxed(expect(expr, table, Kind::Boolean)?))),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => {
            let number = expect(expr, table, Kind::Number)?;
            Ok((Term::Arithmetic(Arithmetic::Subtract, boxed(Term::Number(0.0)), boxed(number)), Some(Kind::Number)))
        }
        Expr::UnaryOp { op: UnaryOperator::Plus, expr } => Ok((expect(expr, table, Kind::Number)?, Some(Kind::Number))),
        Expr::IsNull(inner) | Expr::IsNotNull(inner) => {
            let negated = matches!(expression, Expr::IsNotNull(_));
            let (asked, kind) = term(inner, table)?;
            if kind.is_none() {
                return fail(inner, "NULL IS NULL always holds; ask about a column");
            }
            yes(negate(Term::IsNull(boxed(asked)), negated))
        }
        Expr::InList { expr, list, negated } => one_of(expr, list, *negated, table),
        Expr::Between { expr, negated, low, high } => between(expr, *negated, low, high, table),
        Expr::Function(function) => absolute(expression, function, table),
        _ => not_offered(expression),
    }
}

fn negate(term: Term, negated: bool) -> Term {
    if negated { Term::Not(Box::new(term)) } else { term }
}

fn column(expression: &Expr, name: &Ident, table: &TableSpec) -> Result<Typed, String> {
    let index = table.columns.iter().position(|column| column.name == name.value);
    match index.and_then(|index| Some((index, table.columns.get(index)?))) {
        Some((index, column)) => Ok((Term::Column(index), Some(column.kind.into()))),
        None => {
            let columns = || table.columns.iter().map(|column| column.name);
            let hint = match nearest(&name.value, columns()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if name.quote_style.is_some() => "a text is written in single quotes".to_owned(),
                None => format!("it has {}", columns().collect::<Vec<_>>().join(", ")),
            };
            fail(expression, format_args!("table {} has no column `{}`; {hint}", table.name, name.value))
        }
    }
}

fn literal(expression: &Expr) -> Result<Typed, String> {
    match expression {
        Expr::Value(value) => match &value.value {
            Value::Number(digits, _) => match digits.parse::<f64>() {
                Ok(number) if number.is_finite() => Ok((Term::Number(number), Some(Kind::Number))),
                _ => fail(expression, format_args!("{digits} is not a number that can be compared; write a smaller one")),
            },
            Value::SingleQuotedString(text) => Ok((Term::Text(text.clone()), Some(Kind::Text))),
            Value::Boolean(answer) => Ok((Term::Boolean(*answer), Some(Kind::Boolean))),
            Value::Null => Ok((Term::Boolean(false), None)),
            _ => fail(expression, format_args!("{expression} is not offered; write a number, a 'text', TRUE, FALSE or DATE '1999-04-01'")),
        },
        Expr::TypedString(typed) if typed.data_type == DataType::Date => {
            let text = typed.value.value.clone().into_string().unwrap_or_default();
            match text.parse::<jiff::civil::Date>() {
                Ok(day) if text.len() == 10 => Ok((Term::Date(day), Some(Kind::Date))),
                _ => fail(expression, format_args!("'{text}' is not a day; write one such as DATE '1999-04-01'")),
            }
        }
        _ => not_offered(expression),
    }
}

fn one_of(asked: &Expr, list: &[Expr], negated: bool, table: &TableSpec) -> Result<Typed, String> {
    let first = term(asked, table)?;
    let mut members = Vec::with_capacity(list.len());
    for member in list {
        let (value, _) = alike(asked, &first, member, term(member, table)?)?;
        members.push(value);
    }
    Ok((negate(Term::In(Box::new(first.0), members), negated), Some(Kind::Boolean)))
}

fn between(asked: &Expr, negated: bool, low: &Expr, high: &Expr, table: &TableSpec) -> Result<Typed, String> {
    let first = term(asked, table)?;
    let (least, _) = alike(asked, &first, low, term(low, table)?)?;
    let (most, _) = alike(asked, &first, high, term(high, table)?)?;
    let low = Term::Compare(Comparison::AtLeast, Box::new(first.0.clone()), Box::new(least));
    let high = Term::Compare(Comparison::AtMost, Box::new(first.0), Box::new(most));
    Ok((negate(Term::And(Box::new(low), Box::new(high)), negated), Some(Kind::Boolean)))
}

fn absolute(expression: &Expr, function: &Function, table: &TableSpec) -> Result<Typed, String> {
    let name = function.name.to_string();
    match (name.to_lowercase().as_str(), &function.args) {
        ("abs", FunctionArguments::List(list)) => match list.args.as_slice() {
            [FunctionArg::Unnamed(FunctionArgExpr::Expr(inner))] => {
                Ok((Term::Absolute(Box::new(expect(inner, table, Kind::Number)?)), Some(Kind::Number)))
            }
            _ => fail(expression, "abs takes one number"),
        },
        _ => fail(expression, format_args!("function {name} is not offered; abs is the only one")),
    }
}

fn not_offered<T>(expression: &Expr) -> Result<T, String> {
    fail(
        expression,
        format_args!(
            "`{expression}` is not offered; a condition may compare columns, numbers, texts and days (= <> < <= > >=, BETWEEN, IN, IS NULL), \
             calculate with + - * / and abs, and join with AND, OR and NOT"
        ),
    )
}

/// Two values that are compared are of one kind, and neither is NULL.
fn alike(left: &Expr, first: &Typed, right: &Expr, second: Typed) -> Result<Typed, String> {
    match (first.1, second.1) {
        (Some(ours), Some(theirs)) if ours == theirs => Ok(second),
        (Some(Kind::Date), Some(Kind::Text)) => fail(left, format_args!("{left} is a day and {right} is text; write DATE {right}")),
        (Some(ours), Some(theirs)) => {
            fail(left, format_args!("{left} is {} and {right} is {}; compare like with like", ours.as_str(), theirs.as_str()))
        }
        (Some(_), None) => fail(left, format_args!("a comparison with NULL never holds; write {left} IS NULL")),
        (None, _) => fail(left, format_args!("a comparison with NULL never holds; write {right} IS NULL")),
    }
}

fn binary(expression: &Expr, left: &Expr, op: &BinaryOperator, right: &Expr, table: &TableSpec) -> Result<Typed, String> {
    let compare = match op {
        BinaryOperator::Eq => Some(Comparison::Equal),
        BinaryOperator::NotEq => Some(Comparison::Unequal),
        BinaryOperator::Lt => Some(Comparison::Less),
        BinaryOperator::LtEq => Some(Comparison::AtMost),
        BinaryOperator::Gt => Some(Comparison::Greater),
        BinaryOperator::GtEq => Some(Comparison::AtLeast),
        _ => None,
    };
    if let Some(compare) = compare {
        let first = term(left, table)?;
        let (second, _) = alike(left, &first, right, term(right, table)?)?;
        return Ok((Term::Compare(compare, Box::new(first.0), Box::new(second)), Some(Kind::Boolean)));
    }
    let arithmetic = match op {
        BinaryOperator::Plus => Some(Arithmetic::Add),
        BinaryOperator::Minus => Some(Arithmetic::Subtract),
        BinaryOperator::Multiply => Some(Arithmetic::Multiply),
        BinaryOperator::Divide => Some(Arithmetic::Divide),
        _ => None,
    };
    if let Some(arithmetic) = arithmetic {
        let (left, right) = (expect(left, table, Kind::Number)?, expect(right, table, Kind::Number)?);
        return Ok((Term::Arithmetic(arithmetic, Box::new(left), Box::new(right)), Some(Kind::Number)));
    }
    let joined = match op {
        BinaryOperator::And => Term::And,
        BinaryOperator::Or => Term::Or,
        _ => return not_offered(expression),
    };
    let (left, right) = (expect(left, table, Kind::Boolean)?, expect(right, table, Kind::Boolean)?);
    Ok((joined(Box::new(left), Box::new(right)), Some(Kind::Boolean)))
}
