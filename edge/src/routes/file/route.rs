//! One `[[routes]]` table.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::{Method, StatusCode};

use super::change;
use super::policy;
use super::read::{Item, Section, shortened};
use super::split;
use super::values::{self, NAME_REMEDY};
use super::{Declared, Observe, Redirect, RedirectQuery, Respond, RouteEntry, TargetEntry};
use crate::request::address::Security;
use crate::routes::condition::{Conditions, HeaderTest, QueryTest, ValueTest};
use crate::routes::diagnosis::Reason;
use crate::routes::host::HostPattern;
use crate::routes::pattern::PathPattern;
use crate::routes::query::encode;
use crate::routes::template::{Allowed, Piece, Template, Variable};

/// Larger fixed answers are refused, in bytes.
const LARGEST_BODY: usize = 64 * 1024;
const STATUS_REMEDY: &str = "write a number such as 503";

/// Reads the whole table, so that each of its faults is found; none where it has one without which nothing can be made.
pub(super) fn read(mut section: Section<'_>, names: &mut BTreeMap<String, usize>) -> Option<RouteEntry> {
    let (line, column) = section.place();
    let name = name(&mut section, line, names);
    let pattern = pattern(&mut section);
    let target = target(&mut section, pattern.as_ref());
    let hosts = hosts(&mut section);
    let conditions = conditions(&mut section);
    let priority = section.get("priority").and_then(|item| item.whole(-1_000, 1_000)).unwrap_or(0);
    // Readable faults for the rest, even where the pattern is wrong.
    let stand_in = PathPattern::parse("/").ok();
    let rewrite = change::rewrite(&mut section, pattern.as_ref().or(stand_in.as_ref())?);
    let request = change::message(&mut section, "request", pattern.as_ref().or(stand_in.as_ref())?);
    let response = change::message(&mut section, "response", pattern.as_ref().or(stand_in.as_ref())?);
    let policies = policy::read(&mut section, target.as_ref(), conditions.version);
    let split = split::read(&mut section, name.as_ref(), pattern.as_ref().or(stand_in.as_ref())?);
    let observe = section.get("observe").and_then(|item| item.word(&[("on", Observe::On), ("off", Observe::Off)]));
    section.end();
    Some(RouteEntry {
        name: name?,
        declared: Declared::File,
        line,
        column,
        hosts,
        pattern: pattern?,
        conditions,
        priority: i32::try_from(priority).ok()?,
        target: target?,
        rewrite,
        request,
        response,
        policies,
        split: split.map(Arc::new),
        observe: observe.unwrap_or_default(),
    })
}

fn name(section: &mut Section<'_>, line: usize, names: &mut BTreeMap<String, usize>) -> Option<Arc<str>> {
    let Some(item) = section.get("name") else {
        section.fault(Reason::missing("name"), "give it one: metrics, logs and `banyan routes explain` call it so");
        return None;
    };
    let name = item.parse(NAME_REMEDY, |text| values::name(text).map(str::to_owned))?;
    section.key = format!("routes.{name}");
    if let Some(first) = names.insert(name.clone(), line) {
        let reason = format!("`{name}` is the name of the route in line {first}, too");
        item.fault(Reason::of("name-taken", reason), "give each route a name of its own");
    }
    Some(name.into())
}

fn pattern(section: &mut Section<'_>) -> Option<PathPattern> {
    let Some(item) = section.get("path") else {
        section.fault(Reason::missing("path"), "write `path = \"/{*rest}\"` for every path");
        return None;
    };
    match PathPattern::parse(item.text()?) {
        Ok(pattern) => Some(pattern),
        Err(error) => {
            item.fault(error.reason, error.remedy);
            None
        }
    }
}

fn hosts(section: &mut Section<'_>) -> Box<[HostPattern]> {
    let items = section.get("hosts").and_then(|item| item.list()).unwrap_or_default();
    let host =
        |item: &Item<'_>| item.parse("write it like \"shop.example.org\" or \"*.example.org\", without port", HostPattern::parse);
    items.iter().filter_map(host).collect()
}

fn conditions(section: &mut Section<'_>) -> Conditions {
    let methods = section.get("methods").and_then(|item| item.list()).unwrap_or_default();
    let methods: Box<[Method]> = methods.iter().filter_map(values::method).collect();
    let words = [("http", Security::Plain), ("https", Security::Secure)];
    let scheme = section.get("scheme").and_then(|item| item.word(&words));
    let headers = section.get("headers").and_then(|item| item.section());
    let headers = headers
        .iter()
        .flat_map(|headers| headers.members())
        .filter_map(|(name, item)| Some(HeaderTest { name: values::header_name(&item, name)?, value: value_test(&item)? }));
    let headers = headers.collect();
    let query = section.get("query").and_then(|item| item.section());
    let query = query.iter().flat_map(|query| query.members());
    let query = query.filter_map(|(name, item)| Some(QueryTest { name: name.into(), value: value_test(&item)? })).collect();
    let version = section.get("version").and_then(|item| item.whole(1, 9_999)).and_then(|number| u32::try_from(number).ok());
    Conditions { methods, scheme, headers, query, version }
}

/// `"value"`, or `{ equals = … }`, `{ prefix = … }`, `{ present = true }`.
fn value_test(item: &Item<'_>) -> Option<ValueTest> {
    if !item.is_table() {
        return Some(ValueTest::Equals(item.text()?.into()));
    }
    let mut section = item.section()?;
    let equals = section.get("equals").and_then(|item| item.text());
    let prefix = section.get("prefix").and_then(|item| item.text());
    let present = section.get("present").map(|item| item.json());
    let test = match (equals, prefix, present.as_ref().and_then(serde_json::Value::as_bool)) {
        (Some(text), None, None) => Some(ValueTest::Equals(text.into())),
        (None, Some(text), None) => Some(ValueTest::Prefix(text.into())),
        (None, None, Some(true)) => Some(ValueTest::Present),
        (None, None, Some(false)) => Some(ValueTest::Absent),
        _ => None,
    };
    if test.is_none() {
        section.fault(
            Reason::of("exactly-one", "does not say one thing").with("choices", "equals, prefix, present"),
            "write exactly one of `equals`, `prefix`, `present`",
        );
    }
    section.end();
    test
}

fn target(section: &mut Section<'_>, pattern: Option<&PathPattern>) -> Option<TargetEntry> {
    let named = |item: Item<'_>| item.parse(NAME_REMEDY, |text| values::name(text).map(Arc::from));
    let service = section.get("service").map(|item| named(item).map(TargetEntry::Service));
    let upstream = section.get("upstream").map(|item| named(item).map(TargetEntry::Upstream));
    let redirect = section.get("redirect").map(|item| redirect(&item, pattern));
    let respond = section.get("respond").map(|item| respond(&item));
    let mut all = [service, upstream, redirect, respond].into_iter().flatten();
    match (all.next(), all.next()) {
        (Some(target), None) => target,
        (None, _) => {
            section.fault(
                Reason::of("nobody-answers", "says not who answers"),
                "add one of `service`, `upstream`, `redirect`, `respond`",
            );
            None
        }
        (Some(_), Some(_)) => {
            section.fault(
                Reason::of("several-answer", "says more than once who answers"),
                "keep one of `service`, `upstream`, `redirect`, `respond`",
            );
            None
        }
    }
}

fn redirect(item: &Item<'_>, pattern: Option<&PathPattern>) -> Option<TargetEntry> {
    let (to, status, query) = if item.is_table() {
        let mut section = item.section()?;
        let to = section.get("to");
        if to.is_none() {
            section.fault(Reason::missing("to"), "write where it leads: { to = \"/new/{rest}\" }");
        }
        let status = section.get("status").map(|item| status(&item, &[301, 302, 303, 307, 308]));
        let words = [("keep", RedirectQuery::Keep), ("drop", RedirectQuery::Drop)];
        let query = section.get("query").and_then(|item| item.word(&words));
        section.end();
        (to?, status.unwrap_or(Some(StatusCode::PERMANENT_REDIRECT))?, query.unwrap_or(RedirectQuery::Keep))
    } else {
        (item.clone(), StatusCode::PERMANENT_REDIRECT, RedirectQuery::Keep)
    };
    let to = to.parse("write a path or an address such as \"https://shop.example.org/{rest}\"", |text| {
        let template = Template::parse(text, pattern.ok_or("has no pattern to take placeholders from")?, Allowed::All)?;
        leads_where_it_says(text, &template)?;
        Ok::<_, String>(template)
    })?;
    Some(TargetEntry::Redirect(Redirect { to, status, query }))
}

/// A path of ours, or an address whose host no placeholder but `{host}` can change: else whoever writes the link says where it leads.
fn leads_where_it_says(text: &str, template: &Template) -> Result<(), String> {
    let printable = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`|".contains(&byte));
    if !printable {
        return Err("holds a character that no address may have".to_owned());
    }
    let text = match text.strip_prefix("{scheme}") {
        Some(rest) => format!("https{rest}"),
        None => text.to_owned(),
    };
    if let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let bare = authority.strip_prefix("{host}").unwrap_or(authority);
        let plain = bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte));
        return if !authority.is_empty() && plain { Ok(()) } else { Err("lets a placeholder change its host".to_owned()) };
    }
    let own = text.starts_with('/') && !text.starts_with("//");
    let second = matches!(template.pieces(), [Piece::Text(first), Piece::Variable(Variable::Path), ..] if **first == *"/");
    if own && !second { Ok(()) } else { Err(format!("`{}` is no address", shortened(&text))) }
}

fn status(item: &Item<'_>, allowed: &[u16]) -> Option<StatusCode> {
    let number = item.whole(100, 599)?;
    let number = u16::try_from(number).ok().filter(|number| allowed.is_empty() || allowed.contains(number));
    if number.is_none() {
        let reason = Reason::of("status", "is not a status that fits here").with("allowed", format!("{allowed:?}"));
        item.fault(reason, format!("use one of {allowed:?}"));
    }
    StatusCode::from_u16(number?).ok()
}

fn respond(item: &Item<'_>) -> Option<TargetEntry> {
    let mut section = item.section()?;
    let status = match section.get("status") {
        Some(item) => item.whole(200, 599).and_then(|number| StatusCode::from_u16(u16::try_from(number).ok()?).ok())?,
        None => {
            section.fault(Reason::missing("status"), STATUS_REMEDY);
            return None;
        }
    };
    let body = section.get("body").and_then(|item| item.text().map(|text| (item.clone(), text))).map(|(item, text)| {
        if text.len() > LARGEST_BODY {
            item.fault("is longer than 64 KiB", "serve it from a service");
        }
        bytes::Bytes::copy_from_slice(text.as_bytes())
    });
    let json = section.get("json").map(|item| bytes::Bytes::from(item.json().to_string()));
    let kind = section.get("content_type").and_then(|item| values::header_value(&item));
    if body.is_some() && json.is_some() {
        section.fault("has `body` and `json`", "keep one of them");
    }
    section.end();
    let usual = match (&body, &json) {
        (_, Some(_)) => Some(http::HeaderValue::from_static("application/json")),
        (Some(_), None) => Some(http::HeaderValue::from_static("text/plain; charset=utf-8")),
        (None, None) => None,
    };
    Some(TargetEntry::Respond(Respond { status, kind: kind.or(usual), body: json.or(body).unwrap_or_default() }))
}

/// A name of a query's pair, as it is written into an address.
pub(super) fn encoded_pair(name: &str, value: &str) -> Box<str> {
    format!("{}={}", encode(name), encode(value)).into()
}
