//! The policies of a route.

use std::sync::Arc;
use std::time::Duration;

use banyan_kernel::{Permission, Role};
use http::HeaderValue;

use super::TargetEntry;
use super::read::{Item, Section};
use super::values::{self, NAME_REMEDY};
use crate::answer::cors::{Cors, Credentials};
use crate::policies::access::Access;
use crate::policies::lifetime::{Dates, Lifetime};
use crate::policies::{Authorization, CacheRule, CorsRule, HostField, PathParameters, Policies, SecurityRule, UpgradeRule};

const YEAR: Duration = Duration::from_secs(366 * 86_400);
const MOST_BODY: u64 = 16 * 1024 * 1024 * 1024;

pub(super) fn read(section: &mut Section<'_>, target: Option<&TargetEntry>, version: Option<u32>) -> Policies {
    let access = section.get("auth").and_then(|item| access(&item));
    // An upstream knows nothing of our callers, so who may come is said here, and nobody may where it is not said.
    let usual = match target {
        Some(TargetEntry::Upstream(_)) | None => Access::User,
        Some(TargetEntry::Service(_)) => Access::Optional,
        Some(TargetEntry::Redirect(_) | TargetEntry::Respond(_)) => Access::Public,
    };
    let mut policies = Policies::with_access(access.unwrap_or(usual));
    if policies.access == Access::Public {
        policies.authorization = Authorization::Pass;
    }
    let words = [("pass", Authorization::Pass), ("remove", Authorization::Remove)];
    if let Some(authorization) = section.get("authorization").and_then(|item| item.word(&words)) {
        policies.authorization = authorization;
    }
    if let Some(host) = section.get("host").and_then(|item| host(&item)) {
        policies.host = host;
    }
    policies.limit = section.get("limit").and_then(|item| item.parse(NAME_REMEDY, |text| values::name(text).map(Arc::from)));
    let hour = Duration::from_secs(3_600);
    policies.timeout = section.get("timeout").and_then(|item| values::time(&item, Duration::from_millis(1), hour));
    policies.tries = section.get("retry").and_then(|item| tries(&item));
    policies.cache = section.get("cache").and_then(|item| cache(&item));
    if let Some(rule) = section.get("cors").and_then(|item| cors(&item)) {
        policies.cors = rule;
    }
    policies.concurrency =
        section.get("concurrency").and_then(|item| item.whole(1, 1_000_000)).and_then(|most| u32::try_from(most).ok());
    policies.body_limit = section.get("body_limit").and_then(|item| values::size(&item, 0, MOST_BODY));
    policies.lifetime = lifetime(section, version);
    let words = [("door", SecurityRule::Door), ("upstream", SecurityRule::Upstream)];
    if let Some(rule) = section.get("security_headers").and_then(|item| item.word(&words)) {
        policies.security = rule;
    }
    let words = [("pass", UpgradeRule::Passed), ("refuse", UpgradeRule::Refused)];
    if let Some(rule) = section.get("upgrade").and_then(|item| item.word(&words)) {
        policies.upgrade = rule;
    }
    let words = [("refuse", PathParameters::Refused), ("pass", PathParameters::Passed)];
    if let Some(rule) = section.get("path_parameters").and_then(|item| item.word(&words)) {
        policies.parameters = rule;
    }
    policies
}

fn access(item: &Item<'_>) -> Option<Access> {
    if !item.is_table() {
        let words = ["public", "optional", "user", "key"];
        let rules = [Access::Public, Access::Optional, Access::User, Access::Key];
        let known: Vec<(&'static str, usize)> = words.into_iter().zip(0..).collect();
        return item.word(&known).and_then(|at| rules.get(at).cloned());
    }
    let mut section = item.section()?;
    let role =
        section.get("role").map(|item| item.parse("use one of the known roles", |text| text.parse::<Role>()).map(Access::Role));
    let scope = section.get("scope").map(|item| {
        let scope = item.parse("write a scope such as \"goals.read\"", |text| {
            let plain = (1..=100).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-:*/".contains(&byte));
            if plain { Ok(Arc::from(text)) } else { Err("cannot be a scope") }
        });
        scope.map(Access::Scope)
    });
    let permission = section.get("permission").map(|item| {
        let permission = item.parse("use one of the known permissions", |text| text.parse::<Permission>());
        permission.map(Access::Permission)
    });
    let mut all = [role, scope, permission].into_iter().flatten();
    let access = match (all.next(), all.next()) {
        (Some(access), None) => access,
        _ => {
            section.fault("does not say one thing", "write exactly one of `role`, `scope`, `permission`");
            None
        }
    };
    section.end();
    // What was wrong is reported; nobody gets in by it.
    access.or(Some(Access::User))
}

fn host(item: &Item<'_>) -> Option<HostField> {
    match item.text()? {
        "keep" => Some(HostField::Keep),
        "endpoint" => Some(HostField::Endpoint),
        _ => item
            .parse("write \"keep\", \"endpoint\" or a host such as \"legacy.internal\"", values::authority)
            .map(HostField::Fixed),
    }
}

/// `"off"` or `{ tries = 3 }`.
fn tries(item: &Item<'_>) -> Option<u32> {
    if !item.is_table() {
        return item.word(&[("off", 1)]);
    }
    let mut section = item.section()?;
    let tries = section.get("tries").and_then(|item| item.whole(1, 10));
    section.end();
    tries.and_then(|tries| u32::try_from(tries).ok())
}

fn cache(item: &Item<'_>) -> Option<CacheRule> {
    let mut section = item.section()?;
    let mut time = |key: &'static str, usual: u64| {
        let given = section.get(key).and_then(|item| values::time(&item, Duration::ZERO, YEAR));
        given.unwrap_or(Duration::from_secs(usual))
    };
    let (keep, keep_missing) = (time("keep", 600), time("keep_missing", 0));
    let (stale_while_revalidate, stale_if_error) = (time("stale_while_revalidate", 0), time("stale_if_error", 0));
    let tags = section.get("tags").and_then(|item| item.list()).unwrap_or_default();
    let tags = tags.iter().filter_map(|item| item.parse(NAME_REMEDY, |text| values::name(text).map(Box::from))).collect();
    section.end();
    Some(CacheRule { keep, keep_missing, stale_while_revalidate, stale_if_error, tags })
}

fn cors(item: &Item<'_>) -> Option<CorsRule> {
    if !item.is_table() {
        let words = [("door", 0), ("off", 1), ("upstream", 2)];
        let rules = [CorsRule::Door, CorsRule::Off, CorsRule::Upstream];
        return item.word(&words).and_then(|at: usize| rules.get(at).cloned());
    }
    let mut section = item.section()?;
    let origins = section.get("origins").and_then(|item| item.list()).unwrap_or_default();
    let example = "write it as browsers send it: \"https://app.example.org\"";
    let origins: Vec<HeaderValue> = origins.iter().filter_map(|item| item.parse(example, values::origin)).collect();
    if origins.is_empty() {
        section.fault("names no origin", "list `origins`, or write cors = \"off\"");
    }
    let mut rule = Cors::of(origins);
    if let Some(methods) = section.get("methods").and_then(|item| item.list()) {
        let methods: Vec<String> = methods.iter().filter_map(values::method).map(|method| method.to_string()).collect();
        rule.methods = HeaderValue::try_from(methods.join(", ")).unwrap_or(rule.methods);
    }
    rule.headers = section.get("headers").and_then(|item| names(&item));
    if let Some(exposed) = section.get("expose").and_then(|item| names(&item)) {
        rule.exposed = exposed;
    }
    let day = Duration::from_secs(86_400);
    if let Some(age) = section.get("max_age").and_then(|item| values::time(&item, Duration::ZERO, day)) {
        rule.max_age = HeaderValue::from(age.as_secs());
    }
    let words = [("refuse", Credentials::Refused), ("allow", Credentials::Allowed)];
    if let Some(credentials) = section.get("credentials").and_then(|item| item.word(&words)) {
        rule.credentials = credentials;
    }
    section.end();
    Some(CorsRule::Own(Arc::new(rule)))
}

fn names(item: &Item<'_>) -> Option<HeaderValue> {
    let names = item.list()?;
    let names: Vec<String> =
        names.iter().filter_map(|item| values::header_name(item, item.text()?)).map(|name| name.to_string()).collect();
    HeaderValue::try_from(names.join(", ")).ok()
}

fn lifetime(section: &mut Section<'_>, version: Option<u32>) -> Lifetime {
    let mut moment = |key: &'static str| section.get(key).and_then(|item| values::moment(&item));
    let (deprecated, sunset, retired) = (moment("deprecated"), moment("sunset"), moment("retired"));
    let link = section.get("deprecation_link").and_then(|item| {
        item.parse("write an address such as \"https://example.org/changes\"", |text| {
            let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"".contains(&byte));
            let web = text.starts_with("https://") || text.starts_with("http://") || text.starts_with('/');
            if plain && web { Ok(text.to_owned()) } else { Err("is no address") }
        })
    });
    if let (Some(sunset), Some(retired)) = (sunset, retired)
        && retired < sunset
    {
        section.fault("is retired before its sunset", "let `retired` be at `sunset` or later");
    }
    Lifetime::new(&Dates { version, deprecated, sunset, retired, link })
}
