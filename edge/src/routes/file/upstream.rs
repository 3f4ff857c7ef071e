//! One `[upstreams.<name>]` table.

use std::sync::Arc;

use http::{HeaderName, Uri};

use super::read::{Item, Section};
use super::values::{self, ENDPOINT_REMEDY, NAME_REMEDY};

/// An upstream as the file declares it.
#[derive(Clone, Debug)]
#[expect(dead_code, reason = "the mesh is to call endpoints elsewhere")]
pub(crate) struct UpstreamEntry {
    pub(crate) name: Arc<str>,
    pub(crate) endpoints: Vec<Uri>,
    pub(crate) key: UpstreamKey,
    pub(crate) identity: Identity,
    /// Names, or beginnings of names, of fields that only the door may set.
    pub(crate) strip: Box<[FieldPattern]>,
}

/// By what requests are given to the same instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum UpstreamKey {
    User,
    Address,
    Header(HeaderName),
    Cookie(Box<str>),
}

/// Whether an upstream is told who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Identity {
    Signed,
    Withheld,
}

/// `x-user-id`, or `x-user-*` for every name that begins so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FieldPattern {
    Name(HeaderName),
    Prefix(Box<str>),
}

impl FieldPattern {
    pub(crate) fn fits(&self, name: &HeaderName) -> bool {
        match self {
            Self::Name(own) => own == name,
            Self::Prefix(prefix) => name.as_str().starts_with(&**prefix),
        }
    }
}

pub(super) fn read(name: &str, item: &Item<'_>) -> Option<UpstreamEntry> {
    let name: Option<Arc<str>> = match values::name(name) {
        Ok(name) => Some(name.into()),
        Err(reason) => {
            item.fault(reason, NAME_REMEDY);
            None
        }
    };
    let mut section = item.section()?;
    let endpoints = endpoints(&mut section);
    let key = section.get("hash").and_then(|item| item.parse(KEY_REMEDY, key)).unwrap_or(UpstreamKey::Address);
    let words = [("signed", Identity::Signed), ("withheld", Identity::Withheld)];
    let identity = section.get("identity").and_then(|item| item.word(&words)).unwrap_or(Identity::Signed);
    let strip = section.get("strip_headers").and_then(|item| item.list()).unwrap_or_default();
    let strip = strip.iter().filter_map(field_pattern).collect();
    section.end();
    Some(UpstreamEntry { name: name?, endpoints, key, identity, strip })
}

const KEY_REMEDY: &str = "write \"user\", \"address\", \"header:x-session\" or \"cookie:session\"";

fn key(text: &str) -> Result<UpstreamKey, String> {
    let wrong = || format!("`{text}` is nothing to hash by");
    match text.split_once(':') {
        None if text == "user" => Ok(UpstreamKey::User),
        None if text == "address" => Ok(UpstreamKey::Address),
        Some(("header", name)) => {
            HeaderName::from_bytes(name.to_ascii_lowercase().as_bytes()).map(UpstreamKey::Header).map_err(|_| wrong())
        }
        Some(("cookie", name))
            if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() && !b";=,\"".contains(&byte)) =>
        {
            Ok(UpstreamKey::Cookie(name.into()))
        }
        _ => Err(wrong()),
    }
}

fn field_pattern(item: &Item<'_>) -> Option<FieldPattern> {
    let text = item.text()?;
    match text.strip_suffix('*') {
        Some(prefix) => values::header_name(item, prefix).map(|name| FieldPattern::Prefix(name.as_str().into())),
        None => values::header_name(item, text).map(FieldPattern::Name),
    }
}

fn endpoints(section: &mut Section<'_>) -> Vec<Uri> {
    let Some(item) = section.get("endpoints") else { return Vec::new() };
    let items = item.list().unwrap_or_default();
    items.iter().filter_map(|item| item.parse(ENDPOINT_REMEDY, values::endpoint)).collect()
}
