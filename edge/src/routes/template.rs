//! Texts with placeholders: of a path's captures, and of a few facts of the request.

use std::fmt::Write as _;
use std::net::IpAddr;

use banyan_kernel::{RequestId, Uuid};
use http::HeaderValue;

use super::pattern::{Captures, PathPattern};

/// A text that is put together for each request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    pieces: Box<[Piece]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(Box<str>),
    Capture(u8),
    Variable(Variable),
}

/// What may stand in a template beside the placeholders of its pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Variable {
    ClientAddress,
    RequestId,
    Tenant,
    /// Empty for who is not signed in.
    User,
    Host,
    Path,
    Scheme,
}

pub(crate) const VARIABLES: [(&str, Variable); 7] = [
    ("client_address", Variable::ClientAddress),
    ("request_id", Variable::RequestId),
    ("tenant", Variable::Tenant),
    ("user", Variable::User),
    ("host", Variable::Host),
    ("path", Variable::Path),
    ("scheme", Variable::Scheme),
];

/// The facts of one request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'v> {
    pub(crate) path: &'v str,
    pub(crate) captures: &'v Captures,
    pub(crate) client: IpAddr,
    pub(crate) request: RequestId,
    pub(crate) tenant: &'v str,
    pub(crate) user: Option<Uuid>,
    pub(crate) host: &'v str,
    pub(crate) scheme: &'static str,
}

impl<'v> Facts<'v> {
    /// For trying a template out.
    pub(crate) fn example(path: &'v str, captures: &'v Captures) -> Self {
        Self {
            path,
            captures,
            client: IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
            request: RequestId(Uuid::nil()),
            tenant: "tenant",
            user: None,
            host: "localhost",
            scheme: "http",
        }
    }
}

/// Which placeholders a template may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// Those of its pattern: the result is a path.
    Captures,
    /// Those of its pattern, and variables.
    All,
}

impl Template {
    pub(crate) fn parse(text: &str, pattern: &PathPattern, allowed: Allowed) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else { return Err("has a `{` without its `}`".to_owned()) };
            if !before.is_empty() {
                pieces.push(Piece::Text(before.into()));
            }
            pieces.push(piece(name, pattern, allowed)?);
            rest = after;
        }
        if rest.contains('}') {
            return Err("has a `}` without its `{`".to_owned());
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.into()));
        }
        Ok(Self { pieces: pieces.into() })
    }

    /// With that text in the place of each placeholder.
    pub(crate) fn with_each(&self, text: &str) -> String {
        let pieces = self.pieces.iter().map(|piece| match piece {
            Piece::Text(own) => &**own,
            Piece::Capture(_) | Piece::Variable(_) => text,
        });
        pieces.collect()
    }

    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    pub(crate) fn write(&self, facts: &Facts<'_>, target: &mut String) {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => target.push_str(text),
                Piece::Capture(index) => target.push_str(facts.captures.get(facts.path, *index)),
                Piece::Variable(variable) => variable.write(facts, target),
            }
        }
    }

    /// With captures alone. What is left of a path may be nothing, or end with a slash: then the slash that follows is the same one.
    pub(crate) fn write_path(&self, path: &str, captures: &Captures, target: &mut String) {
        for piece in &self.pieces {
            let text = match piece {
                Piece::Text(text) => &**text,
                Piece::Capture(index) => captures.get(path, *index),
                Piece::Variable(_) => continue,
            };
            let same_slash = target.ends_with('/') && text.starts_with('/');
            target.push_str(&text[usize::from(same_slash)..]);
        }
    }

    /// As the value of a header field; none where it would be none, which no injected line can be.
    pub(crate) fn header(&self, facts: &Facts<'_>) -> Option<HeaderValue> {
        let mut text = String::new();
        self.write(facts, &mut text);
        HeaderValue::try_from(text).ok()
    }
}

fn piece(name: &str, pattern: &PathPattern, allowed: Allowed) -> Result<Piece, String> {
    if let Some(index) = pattern.capture(name) {
        return Ok(Piece::Capture(index));
    }
    let variable = VARIABLES.iter().find(|(known, _)| *known == name && allowed == Allowed::All);
    if let Some((_, variable)) = variable {
        return Ok(Piece::Variable(*variable));
    }
    let captures = pattern.names();
    let variables = VARIABLES.iter().map(|(name, _)| *name).filter(|_| allowed == Allowed::All);
    let known: Vec<String> = captures.chain(variables).map(|name| format!("{{{name}}}")).collect();
    let known = if known.is_empty() { "none are there".to_owned() } else { format!("there are {}", known.join(", ")) };
    Err(format!("names the placeholder `{{{name}}}`, and {known}"))
}

impl Variable {
    fn write(self, facts: &Facts<'_>, target: &mut String) {
        match self {
            Self::ClientAddress => drop(write!(target, "{}", facts.client)),
            Self::RequestId => drop(write!(target, "{}", facts.request)),
            Self::Tenant => target.push_str(facts.tenant),
            Self::User => drop(facts.user.map(|user| write!(target, "{user}"))),
            Self::Host => target.push_str(facts.host),
            Self::Path => target.push_str(facts.path),
            Self::Scheme => target.push_str(facts.scheme),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_filled_from_path_and_request() {
        let pattern = PathPattern::parse("/a/{id}/{*rest}").unwrap();
        let captures = pattern.captures("/a/7/b/c").unwrap();
        let facts = Facts {
            path: "/a/7/b/c",
            captures: &captures,
            client: "192.0.2.1".parse().unwrap(),
            request: RequestId(Uuid::nil()),
            tenant: "acme",
            user: None,
            host: "shop.example.org",
            scheme: "https",
        };
        let filled = |text: &str| {
            let mut filled = String::new();
            Template::parse(text, &pattern, Allowed::All).unwrap().write(&facts, &mut filled);
            filled
        };
        assert_eq!(filled("{scheme}://{host}/n/{id}/{rest}"), "https://shop.example.org/n/7/b/c");
        assert_eq!(filled("{client_address} {tenant} [{user}]"), "192.0.2.1 acme []");
        assert_eq!(filled(""), "");
        for bad in ["{nobody}", "{", "}", "{id"] {
            assert!(Template::parse(bad, &pattern, Allowed::All).is_err(), "{bad}");
        }
        assert!(Template::parse("{tenant}", &pattern, Allowed::Captures).is_err());
    }
}
