//! E-mail addresses as accounts use them.

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;

/// An address in the form by which accounts are found: trimmed, NFC, lower case.
///
/// RFC 5321 lets a host tell `Ann@` from `ann@`; no provider that people use does, and two accounts that differ in case only are
/// a trap. So the lower-case form is the address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Email(String);

/// The text is not an address that mail can be sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address")]
pub struct InvalidEmail;

/// RFC 5321 §4.5.3.1.3, less the angle brackets.
const LONGEST: usize = 254;
/// RFC 5321 §4.5.3.1.1.
const LONGEST_LOCAL_PART: usize = 64;
/// RFC 1035 §2.3.4.
const LONGEST_LABEL: usize = 63;

impl Email {
    /// # Errors
    /// [`InvalidEmail`]: not `local@domain`, too long (254 bytes), or with spaces, quotes or brackets.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        let text = text.trim();
        if text.len() > LONGEST {
            return Err(InvalidEmail);
        }
        let address: String = text.nfc().collect::<String>().to_lowercase();
        let (local, domain) = address.rsplit_once('@').ok_or(InvalidEmail)?;
        if is_local_part(local) && is_domain(domain) && address.len() <= LONGEST { Ok(Self(address)) } else { Err(InvalidEmail) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`.
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(local, _)| local)
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

fn is_local_part(local: &str) -> bool {
    let plain = |c: char| !c.is_control() && !c.is_whitespace() && !"\"(),:;<>@[\\]".contains(c);
    let dots = !local.starts_with('.') && !local.ends_with('.') && !local.contains("..");
    (1..=LONGEST_LOCAL_PART).contains(&local.len()) && dots && local.chars().all(plain)
}

/// Two labels at least, or `localhost`, so that a forgotten `.com` is told at once.
fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        let inside = |c: char| c.is_alphanumeric() || c == '-' || unicode_normalization::char::is_combining_mark(c);
        (1..=LONGEST_LABEL).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(inside)
    };
    domain == "localhost" || (domain.contains('.') && domain.split('.').all(label))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_composition_do_not_make_two_accounts() {
        let plain = Email::parse("josé@example.com").unwrap();
        assert_eq!(Email::parse("  JOSE\u{301}@Example.COM ").unwrap(), plain);
        assert_eq!(plain.local_part(), "josé");
    }

    #[test]
    fn accepts_addresses_in_use() {
        for text in ["a@b.co", "first.last+tag@sub.example.co.id", "x_y-z@例え.jp", "demo@localhost", "o'neil@example.org"] {
            assert!(Email::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_not_an_address() {
        let long = format!("{}@example.com", "a".repeat(65));
        let longer = format!("a@{}.com", "b".repeat(260));
        let texts = [
            "",
            "@",
            "a@",
            "@b.co",
            "a b@c.de",
            "a@b",
            "a@b..c",
            "a@-b.co",
            ".a@b.co",
            "a..b@c.de",
            "<a@b.co>",
            "a@b.co\r\nBcc: x@y.z",
            "a@b@c.de\u{0}",
            "a,b@c.de",
            long.as_str(),
            longer.as_str(),
        ];
        for text in texts {
            assert_eq!(Email::parse(text), Err(InvalidEmail), "{text}");
        }
    }
}
