//! One `[upstreams.<name>]` table.

mod rules;

use std::path::PathBuf;
use std::sync::Arc;

use banyan_mesh::{Balance, Context, Discovery, Endpoint, Place, Scheme, Upstream};
use banyan_tls::{ClientFiles, PairFiles, ServerCheck};
use http::{HeaderName, Uri};

use super::Declared;
use super::read::{Item, Section};
use super::values::{self, ENDPOINT_REMEDY, NAME_REMEDY};
use crate::routes::diagnosis::Reason;

/// An upstream as the file declares it.
#[derive(Clone, Debug)]
pub(crate) struct UpstreamEntry {
    pub(crate) name: Arc<str>,
    pub(crate) declared: Declared,
    /// Where it begins in the file.
    pub(crate) line: usize,
    pub(crate) column: usize,
    /// Without transport security and signer, which the file does not hold.
    pub(crate) rules: Upstream,
    pub(crate) security: Option<UpstreamSecurity>,
    pub(crate) key: UpstreamKey,
    pub(crate) identity: Identity,
    /// Names, or beginnings of names, of fields that only the door may set.
    pub(crate) strip: Box<[FieldPattern]>,
}

/// Of an upstream that is reached by `https`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct UpstreamSecurity {
    /// Whose certificate is expected; the endpoint's host where it is not said.
    pub(crate) server_name: Option<String>,
    /// Whose certificates are believed, and which one is shown.
    pub(crate) files: ClientFiles,
}

/// By what requests are given to the same instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum UpstreamKey {
    /// The way of balancing asks for none.
    None,
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
    let (line, column) = item.place();
    let mut section = item.section()?;
    let discovery = discovery(&mut section);
    let balance = section.get("balance").and_then(|item| item.word(&BALANCES)).unwrap_or_default();
    let hashes = matches!(balance, Balance::ConsistentHash { .. } | Balance::Sticky);
    let key = section.get("hash").and_then(|item| item.parse(KEY_REMEDY, key));
    if key.is_some() && !hashes {
        section.fault(
            "has `hash`, which its way of balancing does not ask for",
            "write balance = \"consistent-hash\" or \"sticky\"",
        );
    }
    let words = [("signed", Identity::Signed), ("withheld", Identity::Withheld)];
    let identity = section.get("identity").and_then(|item| item.word(&words)).unwrap_or(Identity::Signed);
    let strip = section.get("strip_headers").and_then(|item| item.list()).unwrap_or_default();
    let strip = strip.iter().filter_map(field_pattern).collect();
    let security = security(&mut section, discovery.as_ref());
    let mut upstream =
        Upstream { discovery: discovery.unwrap_or_default(), balance, context: Context::Withheld, ..Upstream::default() };
    rules::read(&mut section, &mut upstream);
    section.end();
    let usual = if hashes { UpstreamKey::Address } else { UpstreamKey::None };
    Some(UpstreamEntry {
        name: name?,
        declared: Declared::File,
        line,
        column,
        rules: upstream,
        security,
        key: key.unwrap_or(usual),
        identity,
        strip,
    })
}

const BALANCES: [(&str, Balance); 7] = [
    ("peak-ewma", Balance::PeakEwma),
    ("round-robin", Balance::RoundRobin),
    ("weighted", Balance::Weighted),
    ("least-connections", Balance::LeastConnections),
    ("consistent-hash", Balance::CONSISTENT_HASH),
    ("sticky", Balance::Sticky),
    ("scored", Balance::Scored),
];

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

fn discovery(section: &mut Section<'_>) -> Option<Discovery> {
    let endpoints = section.get("endpoints").map(|item| endpoints(&item));
    let dns = section
        .get("dns")
        .map(|item| item.parse("write it like \"http://legacy.internal:4000\"", values::endpoint).and_then(|uri| dns(&uri)));
    let srv = section.get("srv").map(|item| item.parse("write it like \"_http._tcp.legacy.internal\"", srv));
    let mut all = [endpoints, dns, srv].into_iter().flatten();
    match (all.next(), all.next()) {
        (Some(found), None) => found,
        (None, _) => {
            section.fault(
                Reason::of("nowhere", "says not where it is"),
                "write endpoints = [\"http://127.0.0.1:4000\"], or `dns`, or `srv`",
            );
            None
        }
        (Some(_), Some(_)) => {
            section
                .fault(Reason::of("several-places", "says more than once where it is"), "keep one of `endpoints`, `dns`, `srv`");
            None
        }
    }
}

fn dns(uri: &Uri) -> Option<Discovery> {
    let scheme = if uri.scheme_str() == Some("https") { Scheme::Https } else { Scheme::Http };
    let usual = if scheme == Scheme::Https { 443 } else { 80 };
    Some(Discovery::Dns { host: uri.host()?.to_owned(), port: uri.port_u16().unwrap_or(usual), scheme })
}

fn srv(text: &str) -> Result<Discovery, &'static str> {
    let (name, scheme) = match text.strip_prefix("https+") {
        Some(name) => (name, Scheme::Https),
        None => (text, Scheme::Http),
    };
    let good = name.starts_with('_')
        && name.len() <= 253
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if good { Ok(Discovery::Srv { name: name.to_owned(), scheme }) } else { Err("is not the name of a service") }
}

fn endpoints(item: &Item<'_>) -> Option<Discovery> {
    let items = item.list()?;
    if items.is_empty() {
        item.fault(Reason::of("no-endpoint", "names no endpoint"), ENDPOINT_REMEDY);
    }
    Some(Discovery::Static(items.iter().filter_map(endpoint).collect()))
}

fn endpoint(item: &Item<'_>) -> Option<Endpoint> {
    if !item.is_table() {
        return item.parse(ENDPOINT_REMEDY, values::endpoint).map(Endpoint::new);
    }
    let mut section = item.section()?;
    let url = section.get("url");
    if url.is_none() {
        section.fault(Reason::missing("url"), ENDPOINT_REMEDY);
    }
    let url = url.and_then(|item| item.parse(ENDPOINT_REMEDY, values::endpoint));
    let weight = section.get("weight").and_then(|item| item.whole(1, i64::from(Endpoint::MOST_WEIGHT)));
    let region = section.get("region").and_then(|item| item.text());
    let data_centre = section.get("data_centre").and_then(|item| item.text());
    section.end();
    let usual = Place::default();
    let place = Place::new(region.unwrap_or(&usual.region), data_centre.unwrap_or(&usual.data_centre));
    Some(Endpoint::new(url?).with_weight(u32::try_from(weight.unwrap_or(1)).ok()?).at(place))
}

fn client_files(section: &mut Section<'_>) -> ClientFiles {
    let mut path = |key: &'static str| section.get(key).and_then(|item| item.text()).map(PathBuf::from);
    let (authorities, certificate, key) = (path("ca_file"), path("client_certificate"), path("client_key"));
    let words = [("full", ServerCheck::Full), ("insecurely-accept-any", ServerCheck::InsecurelyAcceptAny)];
    let check = section.get("certificate_check").and_then(|item| item.word(&words)).unwrap_or_default();
    if certificate.is_some() != key.is_some() {
        section.fault("has one of `client_certificate` and `client_key`", "give both, or none");
    }
    if authorities.is_some() && check == ServerCheck::InsecurelyAcceptAny {
        section.fault("has `ca_file`, and a `certificate_check` that asks nobody", "remove `certificate_check`");
    }
    let own = certificate.zip(key).map(|(certificate, key)| PairFiles { certificate, key });
    ClientFiles { authorities, own, check }
}

/// `tls = { server_name = … }`; where an address says `https`, it is meant without being said.
fn security(section: &mut Section<'_>, discovery: Option<&Discovery>) -> Option<UpstreamSecurity> {
    let secure = match discovery? {
        Discovery::Static(endpoints) => endpoints.iter().any(|endpoint| endpoint.uri.scheme_str() == Some("https")),
        Discovery::Dns { scheme, .. } | Discovery::Srv { scheme, .. } => *scheme == Scheme::Https,
        _ => false,
    };
    let said = section.get("tls").and_then(|item| item.section()).map(|mut section| {
        let server_name = section.get("server_name").and_then(|item| item.text()).map(str::to_owned);
        let files = client_files(&mut section);
        section.end();
        UpstreamSecurity { server_name, files }
    });
    if said.is_some() && !secure {
        section.fault("has `tls`, and no address of it begins with https://", "write https:// in its addresses, or remove `tls`");
    }
    secure.then(|| said.unwrap_or_default())
}
