//! `[limits.<class>]` of the file: tables whose names are the installation's own, so that no table of settings can know them.

use std::path::Path;

use banyan_edge::{ClassRules, LimitPolicy, Quota, WhenApart};

use super::error::{Finding, Place};
use super::file::Line;
use super::keys::{LimitsSection, Settings};

/// A table of these cannot be a class.
const TENANTS: &str = "tenants";
const CLASS_KEYS: &str = "`anonymous`, `user`, `tenant`, `when_apart`, or `plans.<plan>`";

/// What `[limits]` and the tables below it say.
pub(super) fn policy(settings: &Settings, path: Option<&Path>, lines: &[Line]) -> Result<LimitPolicy, Vec<Finding>> {
    let mut policy = general(&settings.limits);
    let mut findings = Vec::new();
    for line in lines {
        if let Err(problem) = take(&mut policy, line) {
            let place = path.map(|path| Place::File { path: path.to_owned(), line: line.line });
            findings.push(Finding { place, problem: format!("`{}`: {problem}", line.key) });
        }
    }
    if findings.is_empty() { Ok(policy) } else { Err(findings) }
}

/// The limits that are settings as others, and so may come from variables. The tables go before them.
fn general(limits: &LimitsSection) -> LimitPolicy {
    let mut policy = LimitPolicy::default();
    let seconds = |window: std::time::Duration| u32::try_from(window.as_secs()).unwrap_or(u32::MAX);
    let quota = |window: Option<u32>, requests: Option<u32>, most: u32| match (window, requests) {
        (None, None) => None,
        (window, requests) => Quota::new(requests.unwrap_or(most), window.unwrap_or(900)),
    };
    let api = quota(limits.window.map(|window| seconds(window.0)), limits.requests.map(|count| count.0), 100);
    if api.is_some() {
        let rules = ClassRules { anonymous: api, user: api, ..ClassRules::default() };
        policy.classes.insert("api".to_owned(), rules);
    }
    let auth = quota(limits.auth_window.map(|window| seconds(window.0)), limits.auth_requests.map(|count| count.0), 5);
    if auth.is_some() {
        policy.classes.insert("auth".to_owned(), ClassRules { anonymous: auth, ..ClassRules::default() });
    }
    policy
}

fn take(policy: &mut LimitPolicy, line: &Line) -> Result<(), String> {
    let path: Vec<&str> = line.key.split('.').skip(1).collect();
    match *path {
        [TENANTS, tenant, "plan"] => {
            policy.tenants.entry(tenant.to_owned()).or_default().plan = Some(line.text.clone());
            Ok(())
        }
        [TENANTS, tenant, class, ref key @ ..] => {
            let rules = policy.tenants.entry(tenant.to_owned()).or_default().classes.entry(class.to_owned()).or_default();
            rule(rules, key, &line.text)
        }
        [class, ref key @ ..] if class != TENANTS && !key.is_empty() => {
            rule(policy.classes.entry(class.to_owned()).or_default(), key, &line.text)
        }
        _ => Err(format!("write `[limits.<class>]` with {CLASS_KEYS}, or `[limits.tenants.<tenant>]` with `plan`")),
    }
}

fn rule(rules: &mut ClassRules, key: &[&str], text: &str) -> Result<(), String> {
    let quota = || text.parse::<Quota>().map(Some).map_err(|error| error.to_string());
    match key {
        ["anonymous"] => rules.anonymous = quota()?,
        ["user"] => rules.user = quota()?,
        ["tenant"] => rules.tenant = quota()?,
        ["plans", plan] => rules.plans.extend(quota()?.map(|quota| ((*plan).to_owned(), quota))),
        ["when_apart"] => rules.when_apart = Some(when_apart(text)?),
        _ => return Err(format!("it is not one of {CLASS_KEYS}")),
    }
    Ok(())
}

fn when_apart(text: &str) -> Result<WhenApart, String> {
    match text {
        "count-alone" => Ok(WhenApart::CountAlone),
        "refuse" => Ok(WhenApart::Refuse),
        _ => Err(format!("`{}` is not `count-alone` or `refuse`", text.chars().take(40).collect::<String>())),
    }
}
