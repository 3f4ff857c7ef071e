//! What a route changes of requests and answers.

use http::HeaderName;

use super::MessageChange;
use super::read::{Item, Section};
use super::route::encoded_pair;
use super::values;
use crate::request::path;
use crate::routes::body::{BodyChange, Node, pointer};
use crate::routes::fields::{HeaderChanges, is_reserved};
use crate::routes::pattern::PathPattern;
use crate::routes::query::{QueryRewrite, encode};
use crate::routes::rewrite::{PathRewrite, Rewrite};
use crate::routes::template::{Allowed, Template};

const POINTER_REMEDY: &str = "write a JSON pointer (RFC 6901) such as \"/user/name\"";

pub(super) fn rewrite(section: &mut Section<'_>, pattern: &PathPattern) -> Rewrite {
    let strip = section.get("strip_prefix");
    let add = section.get("add_prefix");
    let template = section.get("rewrite");
    if template.is_some() && (strip.is_some() || add.is_some()) {
        section.fault("has `rewrite` beside a prefix", "keep `rewrite`, or `strip_prefix` and `add_prefix`");
    }
    let strip = strip.and_then(|item| item.parse("name the beginning of `path`, up to a `/`", |text| strippable(text, pattern)));
    let add = add.and_then(|item| {
        item.parse("write it like \"/v2\", without a slash at its end", |text| {
            normal_path(text).filter(|path| !path.ends_with('/')).ok_or("is no beginning of a path")
        })
    });
    let template = template.and_then(|item| {
        item.parse("write a path such as \"/new/{rest}\"", |text| {
            let template = Template::parse(text, pattern, Allowed::Captures)?;
            let plain = template.with_each("x");
            // In its one spelling already, for what is sent on is not spelt again.
            let good = text.starts_with('/') && !text.contains("//") && normal_path(&plain).is_some_and(|path| path == plain);
            if good { Ok(template) } else { Err("is no path, or has another spelling".to_owned()) }
        })
    });
    let path = match (template, strip, add) {
        (Some(template), _, _) => PathRewrite::Template(template),
        (None, None, None) => PathRewrite::Keep,
        (None, strip, add) => PathRewrite::Prefix { strip: strip.unwrap_or(0), add: add.unwrap_or_default().into() },
    };
    Rewrite { path, query: query(section) }
}

fn strippable(text: &str, pattern: &PathPattern) -> Result<usize, String> {
    let text = text.strip_suffix('/').unwrap_or(text);
    let prefix = pattern.literal_prefix();
    let whole = prefix.strip_prefix(text).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let begins = text.starts_with('/') && whole;
    if begins { Ok(text.len()) } else { Err(format!("`{text}` is not what every path of `{pattern}` begins with")) }
}

/// The path in its one spelling.
fn normal_path(text: &str) -> Option<String> {
    let rest = text.strip_prefix('/')?;
    if rest.contains(['?', '#']) {
        return None;
    }
    let parts: Vec<&str> = rest.split('/').collect();
    let last = parts.len() - 1;
    let spelt = parts.iter().enumerate().map(|(at, part)| {
        if part.is_empty() && at == last {
            Some(String::new())
        } else {
            path::normal_segment(part).map(std::borrow::Cow::into_owned)
        }
    });
    let spelt: Option<Vec<String>> = spelt.collect();
    spelt.map(|parts| format!("/{}", parts.join("/")))
}

fn query(section: &mut Section<'_>) -> QueryRewrite {
    let Some(mut section) = section.get("query_rewrite").and_then(|item| item.section()) else { return QueryRewrite::default() };
    let remove = section.get("remove").and_then(|item| item.list()).unwrap_or_default();
    let remove = remove.iter().filter_map(|item| item.text().map(Box::from)).collect();
    let pairs = |item: Option<Item<'_>>| -> Vec<(String, String)> {
        let section = item.and_then(|item| item.section());
        let members = section.iter().flat_map(|section| section.members());
        members.filter_map(|(name, item)| Some((name.to_owned(), item.text()?.to_owned()))).collect()
    };
    let rename = pairs(section.get("rename")).iter().map(|(from, to)| (from.as_str().into(), encode(to).into())).collect();
    let set = pairs(section.get("set")).iter().map(|(name, value)| (name.as_str().into(), encoded_pair(name, value))).collect();
    section.end();
    QueryRewrite { remove, rename, set }
}

/// `request = { … }` or `response = { … }`.
pub(super) fn message(section: &mut Section<'_>, key: &'static str, pattern: &PathPattern) -> MessageChange {
    let Some(mut section) = section.get(key).and_then(|item| item.section()) else { return MessageChange::default() };
    let remove = section.get("remove").and_then(|item| item.list()).unwrap_or_default();
    let remove = remove.iter().filter_map(|item| field(item, item.text()?)).collect();
    let set = templates(section.get("set"), pattern);
    let add = templates(section.get("add"), pattern);
    let body = section.get("body").and_then(|item| body(&item));
    section.end();
    MessageChange { headers: HeaderChanges { remove, set, add }, body }
}

fn templates(item: Option<Item<'_>>, pattern: &PathPattern) -> Box<[(HeaderName, Template)]> {
    let section = item.and_then(|item| item.section());
    let members = section.iter().flat_map(|section| section.members());
    let template = |(name, item): (&str, Item<'_>)| {
        let name = field(&item, name)?;
        let template = item.parse("use visible characters, spaces and the placeholders that there are", |text| {
            let template = Template::parse(text, pattern, Allowed::All)?;
            let clean = text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
            if clean { Ok(template) } else { Err("holds a character that no header may have".to_owned()) }
        })?;
        Some((name, template))
    };
    members.filter_map(template).collect()
}

fn field(item: &Item<'_>, text: &str) -> Option<HeaderName> {
    let name = values::header_name(item, text)?;
    if is_reserved(&name) {
        item.fault(format!("`{name}` is the door's own affair"), "leave it out; `host` of the route sets the Host field");
        return None;
    }
    Some(name)
}

fn body(item: &Item<'_>) -> Option<BodyChange> {
    let mut section = item.section()?;
    let template = section.get("template");
    let template = template.and_then(|item| match Node::parse(&item.json()) {
        Ok(node) => Some(node),
        Err(reason) => {
            item.fault(
                reason,
                "write JSON in TOML's form, with { \"$\" = \"/pointer\", default = … } where a value comes from the body",
            );
            None
        }
    });
    let drop = section.get("drop").and_then(|item| item.list()).unwrap_or_default();
    let drop = drop.iter().filter_map(|item| item.parse(POINTER_REMEDY, pointer)).collect();
    let rename = section.get("rename").and_then(|item| item.section());
    let rename = rename.iter().flat_map(|section| section.members()).filter_map(|(from, item)| {
        let from = match pointer(from) {
            Ok(from) => from,
            Err(reason) => {
                item.fault(reason, POINTER_REMEDY);
                return None;
            }
        };
        Some((from, item.parse(POINTER_REMEDY, pointer)?))
    });
    let rename = rename.collect();
    let set = section.get("set").and_then(|item| item.section());
    let set = set.iter().flat_map(|section| section.members()).filter_map(|(at, item)| match pointer(at) {
        Ok(at) => Some((at, item.json())),
        Err(reason) => {
            item.fault(reason, POINTER_REMEDY);
            None
        }
    });
    let set = set.collect();
    let most = section.get("most").and_then(|item| values::size(&item, 1, 1024 * 1024)).unwrap_or(64 * 1024);
    section.end();
    Some(BodyChange { template, drop, rename, set, most: usize::try_from(most).unwrap_or(64 * 1024) })
}
