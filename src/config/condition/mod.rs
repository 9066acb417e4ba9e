//! Conditions of a user's own rules: SQL over the columns of one published table, checked against their types before anything is read.
//!
//! SQL, because those who write rules ask the published tables in it: a condition that fires on a row is what `WHERE` keeps in DuckDB,
//! with the same three-valued logic, so that a comparison with an unknown is unknown and fires nothing.

mod typed;

use jiff::civil::Date;
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, Tokenizer};

use crate::domain::table::{ColumnType, TableSpec};

/// Longest condition, characters: far beyond what a person writes.
const MAX_LENGTH: usize = 4_000;

/// Deepest nesting that the parser follows.
const MAX_NESTING: usize = 40;

/// Most names, operators and brackets (numbers, texts and commas are free, so that a list may be long). A chain such as `a + b + c` is as
/// deep as it is long, however flat it looks; this many levels fit the stack of any thread of any build.
const MAX_PARTS: usize = 200;

/// What a term is worth: the types of columns, whole and other numbers alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A number.
    Number,
    /// Yes or no.
    Boolean,
    /// A day.
    Date,
}

impl Kind {
    /// In a sentence.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "a number",
            Self::Boolean => "yes or no",
            Self::Date => "a day",
        }
    }
}

impl From<ColumnType> for Kind {
    fn from(kind: ColumnType) -> Self {
        match kind {
            ColumnType::Text => Self::Text,
            ColumnType::Integer | ColumnType::Number => Self::Number,
            ColumnType::Boolean => Self::Boolean,
            ColumnType::Date => Self::Date,
        }
    }
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>` or `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

/// Arithmetic on numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`, as of numbers with decimals: 1 / 2 is 0.5.
    Divide,
}

/// One node of a condition whose types fit. Columns are indices into the table's columns.
#[derive(Debug, Clone, PartialEq)]
pub enum Term {
    /// The cell of a column.
    Column(usize),
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
    /// Yes or no.
    Boolean(bool),
    /// A day.
    Date(Date),
    /// Arithmetic.
    Arithmetic(Arithmetic, Box<Term>, Box<Term>),
    /// The size of a number without its sign.
    Absolute(Box<Term>),
    /// A comparison of two values of one kind.
    Compare(Comparison, Box<Term>, Box<Term>),
    /// Both hold.
    And(Box<Term>, Box<Term>),
    /// One of two holds.
    Or(Box<Term>, Box<Term>),
    /// The opposite.
    Not(Box<Term>),
    /// The value is unknown.
    IsNull(Box<Term>),
    /// The value is one of these.
    In(Box<Term>, Vec<Term>),
}

/// A condition that can be asked of every row of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// As written.
    pub text: String,
    /// What it asks; yes or no.
    pub term: Term,
}

impl Condition {
    /// The condition that a text states about rows of a table.
    ///
    /// # Errors
    /// One sentence with line and column of the text: not SQL, a column that the table does not have (with the nearest), kinds that do
    /// not go together, a comparison with NULL (which never holds), a part of SQL that is not offered.
    pub fn parse(text: &str, table: &TableSpec) -> Result<Self, String> {
        let length = text.chars().count();
        if length > MAX_LENGTH {
            return Err(format!("the condition has {length} characters, expected at most {MAX_LENGTH}; divide it into two rules"));
        }
        if text.trim().is_empty() {
            return Err("the condition is empty; say when the rule fires".to_owned());
        }
        let dialect = GenericDialect {};
        let tokens = Tokenizer::new(&dialect, text).tokenize_with_location().map_err(|error| plain(&error.into()))?;
        let parts = tokens.iter().filter(|token| is_part(&token.token)).count();
        if parts > MAX_PARTS {
            return Err(format!(
                "the condition has {parts} names, operators and brackets, expected at most {MAX_PARTS}; ask for one of many values with IN, or \
                 divide it into two rules"
            ));
        }
        let mut parser = Parser::new(&dialect).with_recursion_limit(MAX_NESTING).with_tokens_with_locations(tokens);
        let expression = parser.parse_expr().map_err(|error| plain(&error))?;
        let next = parser.peek_token();
        if next.token != Token::EOF {
            let at = typed::position(next.span);
            return Err(format!("{at}found `{}` after the end of the condition; join conditions with AND or OR", next.token));
        }
        let term = typed::yes_or_no(&expression, table)?;
        Ok(Self { text: text.to_owned(), term })
    }
}

/// Whether a token can make a condition deeper.
fn is_part(token: &Token) -> bool {
    !matches!(token, Token::Whitespace(_) | Token::Number(..) | Token::SingleQuotedString(_) | Token::Comma)
}

/// The parser's complaint as one sentence, its place in front.
fn plain(error: &ParserError) -> String {
    let message = match error {
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => message.as_str(),
        ParserError::RecursionLimitExceeded => {
            return format!("the condition nests more than {MAX_NESTING} deep; flatten it, or divide it into two rules");
        }
    };
    let (what, place) = message.split_once(" at Line: ").unwrap_or((message, ""));
    let (line, column) = place.split_once(", Column: ").unwrap_or(("", ""));
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>();
    let (line, column) = (digits(line), digits(column));
    let at = if line.is_empty() || column.is_empty() { String::new() } else { format!("line {line}, column {column}: ") };
    let what = what.trim();
    let said = what.strip_prefix("Expected: ").map_or_else(|| what.to_lowercase(), |rest| format!("expected {}", rest.trim()));
    format!("{at}{said}; a condition is SQL such as `people >= 10000 AND severity <> 'info'`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::table::ColumnSpec;

    static PAIRS: TableSpec = TableSpec {
        name: "pairs",
        description: "for tests",
        key: 1,
        columns: &[
            ColumnSpec::text("code", "."),
            ColumnSpec::number("people", "people", ".").or_null(),
            ColumnSpec::integer("pence", "pence", ".").or_null(),
            ColumnSpec::boolean("significant", "."),
            ColumnSpec::date("from", ".").or_null(),
        ],
    };

    fn refused(text: &str) -> String {
        match Condition::parse(text, &PAIRS) {
            Err(message) => message,
            Ok(condition) => panic!("not refused: {condition:?}"),
        }
    }

    #[test]
    fn precedence_is_that_of_sql() {
        let term = |text: &str| Condition::parse(text, &PAIRS).unwrap_or_else(|error| panic!("{text}: {error}")).term;
        assert_eq!(term("people > 1 OR pence > 2 AND significant"), term("people > 1 OR ((pence > 2) AND significant)"));
        assert_eq!(term("people + 2 * pence >= 7"), term("(people + (2 * pence)) >= 7"));
        assert_eq!(term("NOT significant AND people > 1"), term("(NOT significant) AND (people > 1)"));
        assert_eq!(term("people BETWEEN 1 AND 3"), term("people >= 1 AND people <= 3"));
        assert_eq!(term("code NOT IN ('a', 'b')"), term("NOT (code IN ('a', 'b'))"));
        assert_eq!(term("people IS NOT NULL"), term("NOT (people IS NULL)"));
        assert_eq!(
            term("\"from\" < DATE '1999-04-01'"),
            Term::Compare(Comparison::Less, Box::new(Term::Column(4)), Box::new(Term::Date(jiff::civil::date(1999, 4, 1))),)
        );
    }

    #[test]
    fn what_cannot_be_asked_is_refused_with_its_place() {
        for (text, said) in [
            ("people > 1 AND poeple < 3", "line 1, column 16: table pairs has no column `poeple`; did you mean `people`?"),
            ("people > 1\nAND cod = 'x'", "line 2, column 5: table pairs has no column `cod`; did you mean `code`?"),
            ("people = 'many'", "line 1, column 1: people is a number and 'many' is text; compare like with like"),
            ("\"from\" > '1999-04-01'", "write DATE '1999-04-01'"),
            ("people", "people is a number, expected yes or no"),
            ("people AND significant", "line 1, column 1: people is a number, expected yes or no"),
            ("code + 1 > 2", "line 1, column 1: code is text, expected a number"),
            ("people = NULL", "never holds; write people IS NULL"),
            ("people IN (1, NULL)", "never holds"),
            ("people > ", "expected an expression"),
            ("people > 1)", "found `)` after the end"),
            ("people >> 1", "not offered"),
            ("(SELECT 1) > 2", "not offered"),
            ("pairs.people > 2", "name columns without their table"),
            ("upper(code) = 'X'", "line 1, column 1: function upper is not offered"),
            ("code = \"x\"", "table pairs has no column `x`; a text is written in single quotes"),
            ("code = 'x", "unterminated"),
            ("", "the condition is empty"),
            ("people > 1e999", "is not a number that can be compared"),
            ("\"from\" > DATE '1999-02-30'", "is not a day"),
        ] {
            let message = refused(text);
            assert!(message.contains(said), "{text}: expected {said:?} in {message:?}");
        }
        let deep = format!("{}significant{}", "(".repeat(60), ")".repeat(60));
        assert!(refused(&deep).contains("deep"), "{}", refused(&deep));
        assert!(refused(&"significant OR ".repeat(1_000)).contains("characters"));
        assert!(refused(&format!("people > 1{}", "+1".repeat(1_900))).contains("1902 names, operators and brackets, expected at most 200"));
    }

    #[test]
    fn what_is_as_deep_as_may_be_fits_the_stack_of_a_test() {
        let many = |first: &str, again: &str, times: usize, last: &str| format!("{first}{}{last}", again.repeat(times));
        for (fits, text) in [
            (true, many("significant", " OR significant", 99, "")),
            (true, many("people > 1", "+1", 198, "")),
            (true, many("people > 1", "*people", 99, "")),
            (true, many("", "NOT ", 30, "significant")),
            (true, many("people IN (1", ", 1", 1_200, ")")),
            (true, many("", "(", 30, &format!("significant{}", ")".repeat(30)))),
            (true, many("people > 1", " AND people BETWEEN 1 AND 2", 39, "")),
            // Not offered, which is found at the bottom of it.
            (false, many("code", "::text", 99, " = 'x'")),
            (false, many("1 + code", "+1", 190, " > 1")),
            (false, many("code", " COLLATE x", 99, " = 'x'")),
            (false, many("significant", " IS TRUE", 99, "")),
            (false, many("code", "[1]", 66, " = 'x'")),
            (false, many("", "abs(", 60, &format!("people{} > 1", ")".repeat(60)))),
            (false, many("", "- ", 190, "people > 1")),
        ] {
            let read = Condition::parse(&text, &PAIRS);
            assert_eq!(read.is_ok(), fits, "{text}: {read:?}");
            // Copied, compared and forgotten as deeply.
            assert_eq!(read, read.clone());
        }
    }
}
