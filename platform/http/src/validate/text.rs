//! Checks of one text.

use super::Check;
use crate::FieldError;

/// The longest e-mail address (RFC 5321 §4.5.3.1.3, erratum 1690).
const LONGEST_EMAIL: usize = 254;
const LONGEST_LOCAL_PART: usize = 64;

/// Whether line breaks and tabs are part of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lines {
    One,
    Many,
}

/// A text that is being checked; see [`Check::text`]. The first thing that is wrong ends it.
#[derive(Debug)]
pub struct TextCheck<'c> {
    check: &'c mut Check,
    field: &'c str,
    /// `None` where nothing was given, or something is wrong already.
    value: Option<&'c str>,
}

impl<'c> TextCheck<'c> {
    pub(super) fn begin(check: &'c mut Check, field: &'c str, value: Option<&'c str>, lines: Lines) -> Self {
        Self { check, field, value }.test(|text| !text.chars().any(|c| is_refused(c, lines)), FieldError::control_characters)
    }

    /// Characters (Unicode scalar values), as JSON Schema counts them.
    pub fn length(self, minimum: usize, maximum: usize) -> Self {
        self.test(|text| text.chars().nth(minimum.saturating_sub(1)).is_some() || minimum == 0, || FieldError::too_short(minimum))
            .test(|text| text.chars().nth(maximum).is_none(), || FieldError::too_long(maximum))
    }

    /// More than white space. Text that has no characters at all is left to [`TextCheck::length`].
    pub fn not_blank(self) -> Self {
        self.test(|text| text.is_empty() || !text.trim().is_empty(), FieldError::blank)
    }

    /// An address to which mail can be sent: `local@domain`, at most 254 bytes, without the comments and quotes of RFC 5322.
    pub fn email(self) -> Self {
        self.test(is_email, FieldError::email)
    }

    /// An absolute `https` or `http` address without credentials, at most 2,048 bytes.
    pub fn url(self) -> Self {
        self.test(is_url, FieldError::url)
    }

    /// A calendar date: `2024-01-15`.
    pub fn date(self) -> Self {
        self.test(is_date, FieldError::date)
    }

    /// Whatever else must hold.
    pub fn holds(self, rule: impl FnOnce(&str) -> bool, error: FieldError) -> Self {
        self.test(rule, || error)
    }

    /// Nothing more.
    pub fn any(self) {}

    fn test(mut self, rule: impl FnOnce(&str) -> bool, error: impl FnOnce() -> FieldError) -> Self {
        if let Some(text) = self.value
            && !rule(text)
        {
            self.check.error(self.field, error());
            self.value = None;
        }
        self
    }
}

fn is_refused(c: char, lines: Lines) -> bool {
    match c {
        '\n' | '\r' | '\t' => lines == Lines::One,
        // Not characters, and some stores and terminals choke on them.
        '\u{fffe}' | '\u{ffff}' => true,
        c => c.is_control(),
    }
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    text.len() <= LONGEST_EMAIL
        && (1..=LONGEST_LOCAL_PART).contains(&local.len())
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.chars().all(|c| c.is_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c))
        && is_domain(domain)
}

/// Labels of letters, digits and hyphens (RFC 1123 §2.1; letters beyond ASCII for RFC 6531), at least two of them.
fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    domain.contains('.') && domain.split('.').all(label)
}

fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let Some(rest) = rest.filter(|_| text.len() <= 2_048) else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let visible = text.chars().all(|c| !c.is_whitespace() && !r#"<>"{}|\^`"#.contains(c));
    visible
        && !authority.is_empty()
        && !authority.contains('@')
        && text.parse::<http::Uri>().is_ok_and(|uri| uri.host().is_some())
}

fn is_date(text: &str) -> bool {
    let digits = |range| text.get(range).filter(|part: &&str| part.bytes().all(|byte| byte.is_ascii_digit()));
    let number = |range| digits(range).and_then(|part: &str| part.parse::<u32>().ok());
    let (Some(year), Some(month), Some(day)) = (number(0..4), number(5..7), number(8..10)) else { return false };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    text.len() == 10 && text.get(4..5) == Some("-") && text.get(7..8) == Some("-") && (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Check;

    fn errors(work: impl FnOnce(&mut Check)) -> Vec<(String, &'static str)> {
        let mut check = Check::new();
        work(&mut check);
        check.into_errors().into_iter().map(|(field, error)| (field, error.code())).collect()
    }

    #[test]
    fn lengths_count_characters() {
        assert!(errors(|check| check.text("a", "éé").length(2, 2).any()).is_empty());
        assert_eq!(errors(|check| check.text("a", "é").length(2, 3).any()), [("a".to_owned(), "too-short")]);
        assert_eq!(errors(|check| check.text("a", "éééé").length(2, 3).any()), [("a".to_owned(), "too-long")]);
        assert!(errors(|check| check.text("a", "").length(0, 3).any()).is_empty());
        assert_eq!(errors(|check| check.text("a", "").length(1, 3).any()), [("a".to_owned(), "too-short")]);
        assert!(errors(|check| check.text("a", &None::<String>).length(1, 3).any()).is_empty());
    }

    #[test]
    fn control_characters_are_refused() {
        for bad in ["\0", "a\u{7}b", "\u{85}", "\u{ffff}"] {
            assert_eq!(errors(|check| check.text("a", bad).any()), [("a".to_owned(), "control-characters")], "{bad:?}");
        }
        assert!(errors(|check| check.text("a", "one\r\n\ttwo").any()).is_empty());
        assert_eq!(errors(|check| check.line("a", "one\ntwo").any()).len(), 1);
    }

    #[test]
    fn a_field_is_named_once() {
        let found = errors(|check| check.line("mail", "\0").length(5, 9).email().any());
        assert_eq!(found, [("mail".to_owned(), "control-characters")]);
    }

    #[test]
    fn addresses() {
        for good in ["a@b.co", "sari+journal@contoh.co.id", "o'neil@example.org", "ü@münchen.de"] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "@b.co",
            "a@",
            "a@b",
            "a b@c.de",
            "a@b..co",
            ".a@b.co",
            "a..b@c.de",
            "a@-b.co",
            "a@b@c.de",
            "a@b.co\n",
            "<a@b.co>",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
        assert!(!is_email(&format!("{}@b.co", "a".repeat(65))));
        assert!(!is_email(&format!("a@{}.co", "b".repeat(64))));
    }

    #[test]
    fn web_addresses() {
        for good in ["https://example.org", "http://localhost:8080/a?b=c#d", "https://[::1]/"] {
            assert!(is_url(good), "{good}");
        }
        for bad in [
            "",
            "example.org",
            "ftp://example.org",
            "https://",
            "https:///path",
            "javascript:alert(1)",
            "https://me:pw@example.org",
            "https://a b",
        ] {
            assert!(!is_url(bad), "{bad}");
        }
    }

    #[test]
    fn dates() {
        for good in ["2024-02-29", "2000-02-29", "2023-12-31", "0001-01-01"] {
            assert!(is_date(good), "{good}");
        }
        for bad in [
            "2023-02-29",
            "1900-02-29",
            "2024-13-01",
            "2024-00-10",
            "2024-04-31",
            "2024-1-1",
            "2024/01/01",
            "2024-01-01T",
            "é024-01-01",
            "+024-01-01",
        ] {
            assert!(!is_date(bad), "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_judged_without_panic(text in ".{0,80}") {
            let _ = (is_email(&text), is_url(&text), is_date(&text));
        }
    }
}
