//! The query of an address: compared decoded, passed on as it came, changed where a route says so.

/// The pairs as they stand; a name without `=` has an empty value.
pub(crate) fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts.map(|part| part.split_once('=').unwrap_or((part, "")))
}

/// Whether the text, decoded, is this.
pub(crate) fn is(encoded: &str, plain: &str) -> bool {
    decoded(encoded).eq(plain.bytes())
}

/// Whether the text, decoded, begins with this.
pub(crate) fn starts(encoded: &str, prefix: &str) -> bool {
    let mut bytes = decoded(encoded);
    prefix.bytes().all(|byte| bytes.next() == Some(byte))
}

/// Percent-decoded, `+` as a space (application/x-www-form-urlencoded); what is no escape stands for itself.
fn decoded(text: &str) -> impl Iterator<Item = u8> + '_ {
    let mut rest = text.as_bytes();
    std::iter::from_fn(move || {
        let (first, tail) = rest.split_first()?;
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        if let (b'%', [high, low, ..]) = (first, tail)
            && let (Some(high), Some(low)) = (digit(*high), digit(*low))
        {
            rest = &tail[2..];
            return Some(high << 4 | low);
        }
        rest = tail;
        Some(if *first == b'+' { b' ' } else { *first })
    })
}

/// Changes of a query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct QueryRewrite {
    pub(crate) remove: Box<[Box<str>]>,
    /// From, to; the new name is encoded.
    pub(crate) rename: Box<[(Box<str>, Box<str>)]>,
    /// Name, and `name=value` encoded. Replaces every pair of that name.
    pub(crate) set: Box<[(Box<str>, Box<str>)]>,
}

impl QueryRewrite {
    pub(crate) fn is_empty(&self) -> bool {
        self.remove.is_empty() && self.rename.is_empty() && self.set.is_empty()
    }

    /// Writes the changed query behind what is there, with its `?` if anything is left.
    pub(crate) fn write(&self, query: Option<&str>, target: &mut String) {
        let mut mark = '?';
        let mut push = |name: &str, value: Option<&str>| {
            target.push(mark);
            mark = '&';
            target.push_str(name);
            if let Some(value) = value {
                target.push('=');
                target.push_str(value);
            }
        };
        for part in query.unwrap_or_default().split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').map_or((part, None), |(name, value)| (name, Some(value)));
            let gone = self.remove.iter().any(|removed| is(name, removed)) || self.set.iter().any(|(set, _)| is(name, set));
            if gone {
                continue;
            }
            let renamed = self.rename.iter().find(|(from, _)| is(name, from));
            push(renamed.map_or(name, |(_, to)| to), value);
        }
        for (_, pair) in &self.set {
            push(pair, None);
        }
    }
}

/// Percent-encodes everything but unreserved characters (RFC 3986 §2.3).
pub(crate) fn encode(text: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push(char::from(DIGITS[usize::from(byte >> 4)]));
            encoded.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_spelling_is_the_same_name() {
        assert!(
            is("%64ebug", "debug")
                && is("a+b", "a b")
                && is("a%20b", "a b")
                && is("%", "%")
                && is("%4", "%4")
                && is("%zz", "%zz")
        );
        assert!(!is("debug", "debu") && !is("debu", "debug"));
        assert!(starts("%64ebug", "de") && !starts("d", "de"));
    }

    #[test]
    fn a_query_is_changed_pair_by_pair() {
        let rewrite = QueryRewrite {
            remove: ["secret".into()].into(),
            rename: [("q".into(), "search".into())].into(),
            set: [("from".into(), "from=door".into())].into(),
        };
        let changed = |query: Option<&str>| {
            let mut target = "/x".to_owned();
            rewrite.write(query, &mut target);
            target
        };
        assert_eq!(changed(Some("q=a%20b&%73ecret=1&secret&x&from=me")), "/x?search=a%20b&x&from=door");
        assert_eq!(changed(None), "/x?from=door");
        assert_eq!(changed(Some("&&")), "/x?from=door");
        let mut plain = "/x".to_owned();
        QueryRewrite::default().write(Some(""), &mut plain);
        assert_eq!(plain, "/x");
        assert_eq!(encode("a b&=é"), "a%20b%26%3D%C3%A9");
    }
}
