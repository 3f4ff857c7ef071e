//! SQLite's lexical rules, made strict: what this reads and SQLite could read differently is refused.
//!
//! Source: `tokenize.c` of SQLite 3.51. Refused on purpose: characters beyond ASCII outside of quotes (SQLite skips a byte order
//! mark anywhere), vertical tabs, unterminated quotes and comments, digit separators, parameters with names.

use crate::error::StoreError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A keyword or a plain name.
    Word,
    /// A name in `""`, `[]` or backticks.
    Quoted,
    /// `'…'`, which SQLite also takes for a name where a name is due.
    Text,
    /// A number or a blob literal.
    Literal,
    /// `?` or `?7`; `$7` means the same, as on PostgreSQL.
    Parameter,
    Open,
    Close,
    Comma,
    Dot,
    Semicolon,
    Operator,
}

/// A token and its place in the statement, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Token {
    pub(crate) fn text(self, sql: &str) -> &str {
        sql.get(self.start..self.end).unwrap_or_default()
    }

    pub(crate) fn is_word(self, sql: &str, word: &str) -> bool {
        self.kind == Kind::Word && self.text(sql).eq_ignore_ascii_case(word)
    }

    /// Whether SQLite could take it for the name of a table or a column.
    pub(crate) fn is_name(self) -> bool {
        matches!(self.kind, Kind::Word | Kind::Quoted | Kind::Text)
    }

    /// The name without its quotes.
    pub(crate) fn name(self, sql: &str) -> String {
        let text = self.text(sql);
        let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
        match text.as_bytes().first() {
            Some(quote @ (b'"' | b'`' | b'\'')) => {
                let quote = char::from(*quote);
                inner.replace(&format!("{quote}{quote}"), &quote.to_string())
            }
            Some(b'[') => inner.to_owned(),
            _ => text.to_owned(),
        }
    }
}

/// Splits a statement into tokens; white space and comments are left out.
///
/// # Errors
/// [`StoreError::Refused`] for text that this does not read exactly as SQLite does.
pub(crate) fn tokens(sql: &str) -> Result<Vec<Token>, StoreError> {
    let bytes = sql.as_bytes();
    let mut tokens = Vec::with_capacity(bytes.len() / 4);
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let rest = &bytes[at..];
        let (kind, length) = match byte {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0c => (None, 1),
            b'-' if rest.starts_with(b"--") => (None, line_comment(rest)),
            b'/' if rest.starts_with(b"/*") => (None, block_comment(rest)?),
            b'\'' => (Some(Kind::Text), quoted(rest, b'\'')?),
            b'"' | b'`' => (Some(Kind::Quoted), quoted(rest, byte)?),
            b'[' => (Some(Kind::Quoted), bracketed(rest)?),
            b'x' | b'X' if rest.get(1) == Some(&b'\'') => (Some(Kind::Literal), blob(rest)?),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => (Some(Kind::Word), name_length(rest)),
            b'0'..=b'9' => (Some(Kind::Literal), number(rest)?),
            b'.' if rest.get(1).is_some_and(u8::is_ascii_digit) => (Some(Kind::Literal), number(rest)?),
            b'?' => (Some(Kind::Parameter), 1 + digits(&rest[1..])),
            b'$' => (Some(Kind::Parameter), parameter(rest)?),
            b'(' => (Some(Kind::Open), 1),
            b')' => (Some(Kind::Close), 1),
            b',' => (Some(Kind::Comma), 1),
            b'.' => (Some(Kind::Dot), 1),
            b';' => (Some(Kind::Semicolon), 1),
            _ => (Some(Kind::Operator), operator(rest)?),
        };
        if let Some(kind) = kind {
            tokens.push(Token { kind, start: at, end: at + length });
        }
        at += length;
    }
    Ok(tokens)
}

fn refused(what: &str) -> StoreError {
    StoreError::Refused(what.to_owned())
}

fn line_comment(rest: &[u8]) -> usize {
    rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())
}

fn block_comment(rest: &[u8]) -> Result<usize, StoreError> {
    let inner = &rest[2..];
    let end = inner.windows(2).position(|pair| pair == b"*/");
    end.map(|end| end + 4).ok_or_else(|| refused("a comment has no end"))
}

fn quoted(rest: &[u8], quote: u8) -> Result<usize, StoreError> {
    let mut at = 1;
    while let Some(byte) = rest.get(at) {
        if *byte != quote {
            at += 1;
        } else if rest.get(at + 1) == Some(&quote) {
            at += 2;
        } else {
            return Ok(at + 1);
        }
    }
    Err(refused("a quote has no end"))
}

fn bracketed(rest: &[u8]) -> Result<usize, StoreError> {
    rest.iter().position(|byte| *byte == b']').map(|end| end + 1).ok_or_else(|| refused("a bracket has no end"))
}

fn blob(rest: &[u8]) -> Result<usize, StoreError> {
    let hex = rest[2..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    if hex % 2 == 0 && rest.get(2 + hex) == Some(&b'\'') { Ok(hex + 3) } else { Err(refused("a blob literal is malformed")) }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || !byte.is_ascii()
}

fn name_length(rest: &[u8]) -> usize {
    // A byte beyond ASCII belongs to SQLite's name; it ends ours, and is then refused.
    rest.iter().take_while(|byte| is_name_byte(**byte) && byte.is_ascii()).count()
}

fn digits(rest: &[u8]) -> usize {
    rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// `$7`: to SQLite any name may follow the dollar, to PostgreSQL only a number.
fn parameter(rest: &[u8]) -> Result<usize, StoreError> {
    let length = 1 + digits(&rest[1..]);
    let ends = rest.get(length).is_none_or(|byte| !is_name_byte(*byte) && *byte != b':' && *byte != b'(');
    if length > 1 && ends { Ok(length) } else { Err(refused("a parameter is not a number")) }
}

fn number(rest: &[u8]) -> Result<usize, StoreError> {
    let length = match rest {
        [b'0', b'x' | b'X', next, ..] if next.is_ascii_hexdigit() => {
            2 + rest[2..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count()
        }
        _ => decimal(rest),
    };
    // `1abc` is no token, and `1_000` is one to newer engines only.
    if rest.get(length).is_some_and(|byte| is_name_byte(*byte)) { Err(refused("a number is malformed")) } else { Ok(length) }
}

fn decimal(rest: &[u8]) -> usize {
    let mut length = digits(rest);
    if rest.get(length) == Some(&b'.') {
        length += 1;
        length += digits(&rest[length..]);
    }
    let exponent = match rest.get(length..) {
        Some([b'e' | b'E', b'+' | b'-', next, ..]) if next.is_ascii_digit() => 2,
        Some([b'e' | b'E', next, ..]) if next.is_ascii_digit() => 1,
        _ => return length,
    };
    length += exponent;
    length + digits(&rest[length..])
}

fn operator(rest: &[u8]) -> Result<usize, StoreError> {
    const LONG: [&[u8]; 10] = [b"->>", b"->", b"==", b"<=", b"<>", b"<<", b">=", b">>", b"!=", b"||"];
    if let Some(long) = LONG.iter().find(|operator| rest.starts_with(operator)) {
        return Ok(long.len());
    }
    match rest.first() {
        Some(b'+' | b'-' | b'*' | b'/' | b'%' | b'=' | b'<' | b'>' | b'&' | b'|' | b'~') => Ok(1),
        _ => Err(refused("a character stands where none may: quote names and bind values")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(sql: &str) -> Vec<Kind> {
        tokens(sql).unwrap().into_iter().map(|token| token.kind).collect()
    }

    fn texts(sql: &str) -> Vec<&str> {
        tokens(sql).unwrap().into_iter().map(|token| token.text(sql)).collect()
    }

    #[test]
    fn words_literals_and_operators() {
        assert_eq!(
            texts("SELECT a.b->>'$.c', 0x1F, 1.5e-3, x'0aFF' FROM \"t\"\"u\" -- end"),
            ["SELECT", "a", ".", "b", "->>", "'$.c'", ",", "0x1F", ",", "1.5e-3", ",", "x'0aFF'", "FROM", "\"t\"\"u\"",]
        );
        assert_eq!(kinds("a ISNULL"), [Kind::Word, Kind::Word]);
        assert_eq!(texts("t.5"), ["t", ".5"]);
        assert_eq!(texts("1./2"), ["1.", "/", "2"]);
    }

    #[test]
    fn comments_are_gaps_and_quotes_hide_them() {
        assert_eq!(texts("a/* ; */b--;\nc'--'"), ["a", "b", "c", "'--'"]);
        assert_eq!(texts("'it''s' [a b]c"), ["'it''s'", "[a b]", "c"]);
    }

    #[test]
    fn names_lose_their_quotes() {
        for sql in ["goals", "\"goals\"", "[goals]", "`goals`", "'goals'"] {
            assert_eq!(tokens(sql).unwrap()[0].name(sql), "goals");
        }
        assert_eq!(tokens("\"a\"\"b\"").unwrap()[0].name("\"a\"\"b\""), "a\"b");
    }

    #[test]
    fn what_could_be_read_differently_is_refused() {
        for sql in [
            "'a",
            "\"a",
            "[a",
            "`a",
            "/* a",
            "x'0'",
            "x'0g'",
            "1abc",
            "1_000",
            ":a",
            "@a",
            "$a",
            "$",
            "$1a",
            "$1::a",
            "$1(a)",
            "#1",
            "ä",
            "a\u{feff}",
            "\u{b}",
            "a\0",
            "!",
            "{",
            "\\",
        ] {
            assert!(matches!(tokens(sql), Err(StoreError::Refused(_))), "{sql:?}");
        }
    }
}
