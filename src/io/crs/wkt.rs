//! Well-known text of coordinate reference systems, as a tree. Covers WKT 1 (OGC 01-009), ESRI's dialect of it, and WKT 2 (ISO 19162).

/// Nesting beyond this is no CRS (real ones reach 6).
const MAX_DEPTH: usize = 32;

/// `KEYWORD[...]`, or a bare word such as `north` with nothing in it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    /// The keyword in capitals.
    pub(super) keyword: String,
    /// What is in the brackets.
    pub(super) arguments: Vec<Argument>,
}

/// One argument of a node.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Argument {
    /// Text in quotes.
    Text(String),
    /// A number.
    Number(f64),
    /// A node or bare word.
    Node(Node),
}

impl Node {
    /// The first text argument: a node's name.
    pub(super) fn name(&self) -> Option<&str> {
        self.arguments.iter().find_map(|argument| match argument {
            Argument::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// Number arguments in order.
    pub(super) fn numbers(&self) -> impl Iterator<Item = f64> {
        self.arguments.iter().filter_map(|argument| match argument {
            Argument::Number(number) => Some(*number),
            _ => None,
        })
    }

    /// Child nodes in order.
    pub(super) fn children(&self) -> impl Iterator<Item = &Node> {
        self.arguments.iter().filter_map(|argument| match argument {
            Argument::Node(node) => Some(node),
            _ => None,
        })
    }

    /// The first child with one of these keywords.
    pub(super) fn child(&self, keywords: &[&str]) -> Option<&Node> {
        self.children().find(|node| keywords.contains(&node.keyword.as_str()))
    }
}

/// Parses the nodes of a text, usually one (ESRI puts a vertical CRS after a comma).
///
/// # Errors
/// What is wrong, with the character it is wrong at, from 1.
pub(super) fn parse(text: &str) -> Result<Vec<Node>, String> {
    let mut parser = Parser { text, position: 0 };
    let mut nodes = Vec::new();
    loop {
        match parser.argument(0)? {
            Argument::Node(node) if !node.arguments.is_empty() => nodes.push(node),
            _ => return Err("there is no bracket after the first word".to_owned()),
        }
        parser.skip_space();
        match parser.next() {
            None => return Ok(nodes),
            Some(',') => {}
            Some(other) => return Err(parser.at(&format!("unexpected '{other}'"))),
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.position..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.position = self.position.saturating_add(next.len_utf8());
        Some(next)
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.next();
        }
    }

    /// The characters from here that pass a test.
    fn take_while(&mut self, test: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !test(c)).unwrap_or(rest.len());
        self.position = self.position.saturating_add(end);
        rest.get(..end).unwrap_or("")
    }

    fn at(&self, problem: &str) -> String {
        let read = self.text.get(..self.position).unwrap_or("").chars().count();
        format!("{problem} at character {read}")
    }

    fn argument(&mut self, depth: usize) -> Result<Argument, String> {
        if depth > MAX_DEPTH {
            return Err(self.at("brackets are nested too deep"));
        }
        self.skip_space();
        match self.peek() {
            Some('"') => self.quoted().map(Argument::Text),
            Some(c) if c.is_ascii_digit() || "+-.".contains(c) => {
                let digits = self.take_while(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
                digits.parse().map(Argument::Number).map_err(|_| self.at(&format!("\"{digits}\" is not a number")))
            }
            Some(c) if c.is_ascii_alphabetic() => self.node(depth).map(Argument::Node),
            Some(other) => Err(self.at(&format!("unexpected '{other}' after the text"))),
            None => Err(self.at("the text ends too early")),
        }
    }

    fn quoted(&mut self) -> Result<String, String> {
        self.next();
        let mut text = String::new();
        loop {
            text.push_str(self.take_while(|c| c != '"'));
            if self.next().is_none() {
                return Err(self.at("a quotation mark is not closed"));
            }
            // A doubled quotation mark stands for one.
            if self.peek() != Some('"') {
                return Ok(text);
            }
            self.next();
            text.push('"');
        }
    }

    fn node(&mut self, depth: usize) -> Result<Node, String> {
        let keyword = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_').to_ascii_uppercase();
        self.skip_space();
        let close = match self.peek() {
            Some('[') => ']',
            Some('(') => ')',
            _ => return Ok(Node { keyword, arguments: Vec::new() }),
        };
        self.next();
        let mut arguments = Vec::new();
        loop {
            arguments.push(self.argument(depth.saturating_add(1))?);
            self.skip_space();
            match self.next() {
                Some(',') => {}
                Some(c) if c == close => return Ok(Node { keyword, arguments }),
                Some(other) => return Err(self.at(&format!("unexpected '{other}' in {keyword}"))),
                None => return Err(self.at(&format!("the text ends inside {keyword}"))),
            }
        }
    }
}
