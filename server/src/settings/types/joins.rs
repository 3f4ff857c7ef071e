//! Where the services of other processes are.

use std::borrow::Cow;

use url::Url;

use super::{Invalid, Setting, WebAddress, not};

/// `goals=http://10.0.0.6:7070`: a service, and where to find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Join {
    pub(crate) service: String,
    pub(crate) place: JoinPlace,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum JoinPlace {
    /// One instance.
    Address(String),
    /// All addresses of the host name are instances.
    Dns { host: String, port: u16, secure: bool },
    /// An SRV record (RFC 2782).
    Srv { name: String, secure: bool },
}

impl JoinPlace {
    /// Whether TLS is spoken there.
    pub(crate) fn is_secure(&self) -> bool {
        match self {
            Self::Address(address) => address.starts_with("https://"),
            Self::Dns { secure, .. } | Self::Srv { secure, .. } => *secure,
        }
    }
}

impl Setting for Join {
    fn form() -> Cow<'static, str> {
        "a service and where it is, such as goals=http://10.0.0.6:7070, goals=dns:http://goals.internal:7070 or \
         goals=srv:_goals._tcp.internal (srv:https+_goals._tcp.internal with TLS)"
            .into()
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        let parsed = text.split_once('=').and_then(|(service, place)| {
            let named = !service.is_empty() && service.chars().all(|c| c.is_ascii_lowercase() || c == '-');
            named.then(|| Some(Self { service: service.to_owned(), place: place_of(place)? }))?
        });
        parsed.ok_or_else(|| not::<Self>(text))
    }
}

fn place_of(text: &str) -> Option<JoinPlace> {
    if let Some(address) = text.strip_prefix("dns:") {
        let url = root(address)?;
        return Some(JoinPlace::Dns {
            host: url.domain()?.to_owned(),
            port: url.port_or_known_default()?,
            secure: url.scheme() == "https",
        });
    }
    if let Some(name) = text.strip_prefix("srv:") {
        let (name, secure) = name.strip_prefix("https+").map_or((name, false), |name| (name, true));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let good = name.starts_with('_') && name.len() <= 253 && name.bytes().all(plain);
        return good.then(|| JoinPlace::Srv { name: name.to_owned(), secure });
    }
    root(text).map(|url| JoinPlace::Address(url.as_str().trim_end_matches('/').to_owned()))
}

/// An address without a path: requests keep their own.
fn root(text: &str) -> Option<Url> {
    let address = WebAddress::parse(text).ok()?;
    Url::parse(&address.0).ok().filter(|url| url.path() == "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Option<JoinPlace> {
        Join::parse(&format!("goals={text}")).ok().map(|join| join.place)
    }

    #[test]
    fn each_form_is_read() {
        let address = JoinPlace::Address("http://10.0.0.6:7070".to_owned());
        assert_eq!(place("http://10.0.0.6:7070"), Some(address.clone()));
        assert_eq!(place("http://10.0.0.6:7070/"), Some(address));
        let dns = |port, secure| JoinPlace::Dns { host: "goals.internal".to_owned(), port, secure };
        assert_eq!(place("dns:http://goals.internal:7070"), Some(dns(7070, false)));
        assert_eq!(place("dns:https://goals.internal"), Some(dns(443, true)));
        let srv = |secure| JoinPlace::Srv { name: "_goals._tcp.internal".to_owned(), secure };
        assert_eq!(place("srv:_goals._tcp.internal"), Some(srv(false)));
        assert_eq!(place("srv:https+_goals._tcp.internal"), Some(srv(true)));
        assert!(srv(true).is_secure() && !srv(false).is_secure());
    }

    #[test]
    fn what_is_none_is_refused_with_what_would_do() {
        for text in [
            "",
            "goals",
            "http://10.0.0.6:7070",
            "=http://a",
            "Goals=http://a",
            "goals=10.0.0.6:7070",
            "goals=http://a/b",
            "goals=http://u:p@a",
            "goals=dns:http://10.0.0.6",
            "goals=srv:goals.internal",
            "goals=srv:_a b",
            "goals=ftp://a",
        ] {
            let error = Join::parse(text).unwrap_err();
            assert!(error.0.contains("goals=http://10.0.0.6:7070"), "{text}: {error}");
        }
    }
}
