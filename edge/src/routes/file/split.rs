//! `split = { … }` of a route.

use std::sync::Arc;
use std::time::Duration;

use banyan_kernel::Uuid;
use http::{HeaderName, HeaderValue, Method};

use super::change;
use super::read::{Item, Section};
use super::values::{self, NAME_REMEDY};
use crate::routes::pattern::PathPattern;
use crate::split::choose::WHOLE;
use crate::split::compare::{Additions, Comparison, Examples, Pattern, TextRule};
use crate::split::entry::{FlagTest, Rescue, RollBackEntry, ShadowEntry, SplitEntry, Sticky, VariantEntry, VariantTarget};

/// Variants of one route.
const MOST_VARIANTS: usize = 8;
const MOST_LISTED: usize = 1_000;
const MOST_BODY: u64 = 1024 * 1024;

/// `name` is the route's.
pub(super) fn read(section: &mut Section<'_>, name: Option<&Arc<str>>, pattern: &PathPattern) -> Option<SplitEntry> {
    let item = section.get("split")?;
    let mut section = item.section()?;
    let own = section.get("name").and_then(|item| item.parse(NAME_REMEDY, |text| values::name(text).map(Arc::from)));
    let generation = section.get("generation").and_then(|item| item.whole(0, i64::MAX)).unwrap_or(0);
    let variants = variants(&mut section, pattern);
    let words = [("request", Sticky::Request), ("user", Sticky::User), ("address", Sticky::Address), ("cookie", Sticky::Cookie)];
    let sticky = section.get("sticky").and_then(|item| item.word(&words)).unwrap_or_default();
    let shadow = section.get("shadow").and_then(|item| shadow(&item, &variants));
    let roll_back = section.get("roll_back").and_then(|item| roll_back(&item));
    let words = [("safe", Rescue::Safe), ("off", Rescue::Off)];
    let rescue = section.get("rescue").and_then(|item| item.word(&words)).unwrap_or_default();
    if variants.is_empty() {
        section.fault("has no variants", "write variants = [{ name = \"new\", service = \"goals\", percent = 5 }]");
    }
    if variants.iter().map(|variant| variant.share).sum::<u32>() > WHOLE {
        section.fault("gives away more than 100 per cent", "let the shares be 100 together, or fewer: the route has the rest");
    }
    section.end();
    Some(SplitEntry {
        name: own.or_else(|| name.cloned())?,
        generation: u64::try_from(generation).unwrap_or(0),
        variants: variants.into(),
        sticky,
        shadow,
        roll_back,
        rescue,
    })
}

fn variants(section: &mut Section<'_>, pattern: &PathPattern) -> Vec<VariantEntry> {
    let items = section.get("variants").and_then(|item| item.list()).unwrap_or_default();
    if items.len() > MOST_VARIANTS {
        section.fault(format!("has more than {MOST_VARIANTS} variants"), "remove some");
    }
    let mut variants: Vec<VariantEntry> = Vec::new();
    for item in items.iter().take(MOST_VARIANTS) {
        let Some(variant) = variant(item, pattern) else { continue };
        if &*variant.name == "baseline" || variants.iter().any(|other| other.name == variant.name) {
            item.fault(format!("`{}` is a name that is taken", variant.name), "give each variant a name of its own");
        }
        variants.push(variant);
    }
    variants
}

fn variant(item: &Item<'_>, pattern: &PathPattern) -> Option<VariantEntry> {
    let mut section = item.section()?;
    let named = |item: Item<'_>| item.parse(NAME_REMEDY, |text| values::name(text).map(Arc::<str>::from));
    let name = section.get("name").and_then(named);
    let service = section.get("service").and_then(named).map(VariantTarget::Service);
    let upstream = section.get("upstream").and_then(named).map(VariantTarget::Upstream);
    let percent = section.get("percent").and_then(|item| share(&item)).unwrap_or(0);
    let users = section.get("users").and_then(|item| item.list()).unwrap_or_default();
    if users.len() > MOST_LISTED {
        section.fault(format!("lists more than {MOST_LISTED} users"), "give a percentage instead");
    }
    let user = |item: &Item<'_>| item.parse("write the id of a user", |text| text.parse::<Uuid>());
    let users = users.iter().take(MOST_LISTED).filter_map(user).collect();
    let header = section.get("header").and_then(|item| header(&item));
    let cookie = section.get("cookie").and_then(|item| cookie(&item));
    let flag = section.get("flag").and_then(|item| flag(&item));
    if flag.is_some() && percent > 0 {
        section.fault("has both `percent` and `flag`", "leave `percent` out: the flag says how many come");
    }
    let rewrite = change::rewrite(&mut section, pattern);
    if name.is_none() {
        section.fault("has no `name`", "give it one: reports and metrics call it so");
    }
    let target = match (service, upstream) {
        (Some(target), None) | (None, Some(target)) => Some(target),
        _ => {
            section.fault("says not who answers", "add one of `service`, `upstream`");
            None
        }
    };
    section.end();
    let rewrite = (!rewrite.is_empty()).then_some(rewrite);
    Some(VariantEntry { name: name?, target: target?, rewrite, share: percent, users, header, cookie, flag })
}

/// Per cent, to two places.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 10,000")]
fn share(item: &Item<'_>) -> Option<u32> {
    Some((item.number(0.0, 100.0)? * 100.0).round() as u32)
}

fn pair<'s>(item: &Item<'s>) -> Option<(Item<'s>, Item<'s>)> {
    let mut section = item.section()?;
    let (name, value) = (section.get("name"), section.get("value"));
    if name.is_none() || value.is_none() {
        section.fault("is not a name and a value", "write { name = \"x-canary\", value = \"new\" }");
    }
    section.end();
    Some((name?, value?))
}

fn header(item: &Item<'_>) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = pair(item)?;
    Some((values::header_name(&name, name.text()?)?, values::header_value(&value)?))
}

fn cookie(item: &Item<'_>) -> Option<(Box<str>, Box<str>)> {
    let (name, value) = pair(item)?;
    let plain = |text: &str| {
        let good = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\",;\\=".contains(&byte));
        if good { Ok(Box::from(text)) } else { Err("cannot stand in a cookie") }
    };
    Some((name.parse("use letters and digits", plain)?, value.parse("use letters and digits", plain)?))
}

/// A key, or `{ key = "…", variant = "…" }`.
fn flag(item: &Item<'_>) -> Option<FlagTest> {
    let name = |item: &Item<'_>| item.parse(values::FLAG_REMEDY, |text| values::flag(text).map(Box::<str>::from));
    if !item.is_table() {
        return Some(FlagTest { key: name(item)?, variant: None });
    }
    let mut section = item.section()?;
    let (key, variant) = (section.get("key"), section.get("variant"));
    if key.is_none() {
        section.fault("has no `key`", "write flag = { key = \"checkout\", variant = \"blue\" }");
    }
    section.end();
    let (key, variant) = (key.map(|item| name(&item)), variant.map(|item| name(&item)));
    Some(FlagTest { key: key??, variant: variant.map_or(Some(None), |variant| variant.map(Some))? })
}

fn shadow(item: &Item<'_>, variants: &[VariantEntry]) -> Option<ShadowEntry> {
    let mut section = item.section()?;
    let to = match section.get("to") {
        None => Some(0),
        Some(item) => {
            let name = item.text()?;
            let found = variants.iter().position(|variant| *variant.name == *name);
            if found.is_none() {
                item.fault(format!("`{name}` is no variant of this split"), "name one of `variants`");
            }
            found
        }
    };
    let sample = section.get("sample").and_then(|item| share(&item)).unwrap_or(WHOLE);
    let methods = section.get("methods").and_then(|item| item.list());
    let methods = methods.map_or_else(
        || Box::from([Method::GET, Method::HEAD]),
        |methods| methods.iter().filter_map(values::method).collect::<Box<[Method]>>(),
    );
    let size = section.get("body").and_then(|item| values::size(&item, 0, MOST_BODY)).unwrap_or(64 * 1024);
    let minute = Duration::from_secs(60);
    let deadline = section.get("deadline").and_then(|item| values::time(&item, Duration::from_millis(1), minute));
    let count = |item: Option<Item<'_>>, most: i64, usual: u32| {
        item.and_then(|item| item.whole(1, most)).and_then(|number| u32::try_from(number).ok()).unwrap_or(usual)
    };
    let concurrency = count(section.get("concurrency"), 1_000, 8);
    let queue = count(section.get("queue"), 10_000, 64);
    let comparison = comparison(&mut section);
    section.end();
    Some(ShadowEntry {
        to: to?,
        sample,
        methods,
        body: usize::try_from(size).unwrap_or(64 * 1024),
        deadline: deadline.unwrap_or(Duration::from_secs(5)),
        concurrency,
        queue,
        comparison,
    })
}

fn comparison(section: &mut Section<'_>) -> Comparison {
    let ignore = section.get("ignore").and_then(|item| item.list()).unwrap_or_default();
    let remedy = "write a JSON pointer such as \"/data/*/createdAt\"";
    let ignore = ignore.iter().take(MOST_LISTED).filter_map(|item| item.parse(remedy, Pattern::parse)).collect();
    let headers = section.get("headers").and_then(|item| item.list()).unwrap_or_default();
    let headers = headers.iter().take(100).filter_map(|item| values::header_name(item, item.text()?)).collect();
    let number = section.get("number_tolerance").and_then(|item| item.number(0.0, 1.0)).unwrap_or(0.0);
    let words = [("exact", TextRule::Exact), ("space", TextRule::Space), ("case", TextRule::Case)];
    let text = section.get("text").and_then(|item| item.word(&words)).unwrap_or_default();
    let words = [("masked", Examples::Masked), ("shown", Examples::Shown)];
    let examples = section.get("examples").and_then(|item| item.word(&words)).unwrap_or_default();
    let words = [("different", Additions::Different), ("allowed", Additions::Allowed)];
    let additions = section.get("additions").and_then(|item| item.word(&words)).unwrap_or_default();
    Comparison { headers, ignore, number, text, examples, additions }
}

/// `"off"`, which is also what is meant where nothing is said, or the limits.
fn roll_back(item: &Item<'_>) -> Option<RollBackEntry> {
    if !item.is_table() {
        return item.word(&[("off", None), ("on", Some(RollBackEntry::default()))]).flatten();
    }
    let mut section = item.section()?;
    let usual = RollBackEntry::default();
    let (second, day) = (Duration::from_secs(1), Duration::from_secs(86_400));
    let rule = RollBackEntry {
        window: section.get("window").and_then(|item| values::time(&item, second, day)).unwrap_or(usual.window),
        least: section
            .get("least")
            .and_then(|item| item.whole(5, 1_000_000))
            .and_then(|least| u32::try_from(least).ok())
            .unwrap_or(usual.least),
        error_rate: section.get("error_rate").and_then(|item| item.number(0.0, 1.0)).unwrap_or(usual.error_rate),
        latency: section.get("latency").and_then(|item| item.number(1.0, 100.0)).unwrap_or(usual.latency),
        slack: section.get("slack").and_then(|item| values::time(&item, Duration::ZERO, second * 60)).unwrap_or(usual.slack),
    };
    section.end();
    Some(rule)
}
