//! Hosts that a route is for.

use std::fmt;

/// `shop.example.org`, or `*.example.org` for every name below it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum HostPattern {
    Exact(Box<str>),
    /// The name behind `*.`.
    Below(Box<str>),
}

impl HostPattern {
    /// # Errors
    /// A sentence for the one who wrote it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let wrong = || Err(format!("`{text}` is not a host name"));
        let (name, below) = match text.strip_prefix("*.") {
            Some(name) => (name, true),
            None => (text, false),
        };
        let name = name.to_ascii_lowercase();
        let label = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        };
        let address =
            name.starts_with('[') && name.ends_with(']') && name[1..name.len() - 1].parse::<std::net::Ipv6Addr>().is_ok();
        if !below && address {
            return Ok(Self::Exact(name.into()));
        }
        if name.len() > 253 || !name.split('.').all(label) {
            return wrong();
        }
        Ok(if below { Self::Below(name.into()) } else { Self::Exact(name.into()) })
    }

    pub(crate) fn fits(&self, host: &str) -> bool {
        match self {
            Self::Exact(name) => **name == *host,
            Self::Below(name) => host.strip_suffix(&**name).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(name) => f.write_str(name),
            Self::Below(name) => write!(f, "*.{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        let below = HostPattern::parse("*.Example.org").unwrap();
        assert!(below.fits("a.example.org") && below.fits("a.b.example.org"));
        assert!(!below.fits("example.org") && !below.fits("aexample.org") && !below.fits(".example.org"));
        assert!(HostPattern::parse("[::1]").unwrap().fits("[::1]"));
        for bad in ["", "*", "*.", "a..b", "a b", "a.*.b", "http://a", "a:80", "*.[::1]", "[x]"] {
            assert!(HostPattern::parse(bad).is_err(), "{bad}");
        }
    }
}
