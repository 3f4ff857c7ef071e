//! Where to listen, whom to trust, where others are.

use std::borrow::Cow;
use std::net::{SocketAddr, ToSocketAddrs as _};

use banyan_kernel::Secret;
use url::Url;

use super::{Invalid, Setting, not};

/// A TCP port.
impl Setting for u16 {
    fn form() -> Cow<'static, str> {
        "a port from 1 to 65535".into()
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        text.parse().ok().filter(|port| *port > 0).ok_or_else(|| not::<Self>(text))
    }
}

/// Where to listen. A name is looked up once.
impl Setting for SocketAddr {
    fn form() -> Cow<'static, str> {
        "an address with a port, such as 127.0.0.1:8080, 0.0.0.0:8080 or [::]:8080".into()
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        if let Ok(address) = text.parse() {
            return Ok(address);
        }
        // `:8080` is customary for every address of the machine.
        let text = if text.starts_with(':') { format!("0.0.0.0{text}") } else { text.to_owned() };
        let found = text.to_socket_addrs().ok().and_then(|mut found| found.next());
        found.ok_or_else(|| not::<Self>(&text))
    }
}

/// Where to listen, if at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MaybeAddress(pub(crate) Option<SocketAddr>);

impl Setting for MaybeAddress {
    fn form() -> Cow<'static, str> {
        "an address with a port, such as 127.0.0.1:8081, or `off`".into()
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        if text.eq_ignore_ascii_case("off") {
            return Ok(Self(None));
        }
        SocketAddr::parse(text).map(|address| Self(Some(address))).map_err(|_| not::<Self>(text))
    }
}

/// An `http` or `https` address without a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WebAddress(pub(crate) String);

impl Setting for WebAddress {
    fn form() -> Cow<'static, str> {
        "an address such as https://banyan.example".into()
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        let url = Url::parse(text).map_err(|_| not::<Self>(text))?;
        let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() || !plain {
            return Err(not::<Self>(text));
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }
}

/// Addresses of machines.
impl Setting for banyan_edge::Network {
    fn form() -> Cow<'static, str> {
        "an address or a network such as 10.0.0.0/8".into()
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        text.parse().map_err(|_| not::<Self>(text))
    }
}

/// Whose pictures are made smaller.
impl Setting for banyan_edge::AllowedHost {
    fn form() -> Cow<'static, str> {
        "a host such as images.example.org, *.example.org or localhost:9000".into()
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        text.parse().map_err(|_| not::<Self>(text))
    }
}

/// Which of our own pictures are made smaller.
impl Setting for banyan_edge::OwnFolder {
    fn form() -> Cow<'static, str> {
        "a path that begins and ends with a slash, such as /media/".into()
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        text.parse().map_err(|_| not::<Self>(text))
    }
}

/// The origin of a page, as browsers send it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin(pub(crate) String);

impl Setting for Origin {
    fn form() -> Cow<'static, str> {
        "an origin without a path, such as https://app.example.org".into()
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        let address = WebAddress::parse(text).map_err(|_| not::<Self>(text))?;
        let url = Url::parse(&address.0).map_err(|_| not::<Self>(text))?;
        if url.path() != "/" {
            return Err(not::<Self>(text));
        }
        Ok(Self(url.origin().ascii_serialization()))
    }
}

/// A domain name in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Domain(pub(crate) String);

impl Setting for Domain {
    fn form() -> Cow<'static, str> {
        "a domain such as example.org".into()
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let label = |label: &str| !label.is_empty() && label.len() <= 63 && label.chars().all(plain);
        if text.len() > 253 || !text.split('.').all(label) { Err(not::<Self>(text)) } else { Ok(Self(text.to_ascii_lowercase())) }
    }
}

/// The URL of a server, which may hold a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServerUrl<const KIND: char>(pub(crate) Secret<String>);

/// PostgreSQL's.
pub(crate) type PostgresUrl = ServerUrl<'p'>;
/// Redis's.
pub(crate) type RedisUrl = ServerUrl<'r'>;

impl<const KIND: char> Setting for ServerUrl<KIND> {
    const SECRET: bool = true;

    fn form() -> Cow<'static, str> {
        match KIND {
            'p' => {
                "a URL of the form postgres://user:password@host:5432/database, with `?sslmode=verify-full` and the like".into()
            }
            _ => "a URL of the form redis://user:password@host:6379/0".into(),
        }
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        let schemes: &[&str] = if KIND == 'p' { &["postgres", "postgresql"] } else { &["redis", "rediss"] };
        let scheme = text.split_once("://").map(|(scheme, _)| scheme);
        if !scheme.is_some_and(|scheme| schemes.contains(&scheme)) {
            return Err(not::<Self>(text));
        }
        let url = Secret::new(text.to_owned());
        if KIND == 'p' {
            banyan_store::PostgresAddress::parse(&url).map_err(|error| Invalid(error.to_string()))?;
        }
        Ok(Self(url))
    }

    /// Without the password.
    fn shown(text: &str) -> String {
        let Ok(mut url) = Url::parse(text) else {
            return if text.is_empty() { String::new() } else { "***".to_owned() };
        };
        if url.password().is_some() && url.set_password(Some("***")).is_err() {
            return "***".to_owned();
        }
        // libpq also takes a password as a parameter.
        if url.query().is_some() {
            url.set_query(Some("***"));
        }
        url.to_string()
    }
}
