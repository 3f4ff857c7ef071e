//! What is wrong with a route file as a whole: names that nobody has, routes that nobody reaches, redirects that go round.

use std::collections::HashMap;

use banyan_kernel::suggest::closest;
use http::{HeaderMap, HeaderValue, Method};

use super::condition::{Asked, ValueTest};
use super::diagnosis::Reason;
use super::file::{Declared, Known, Redirect, RouteEntry, RouteFile, TargetEntry};
use super::matching::{Origin, Place, Rule, Table};
use super::pattern::Segment;
use super::rewrite::PathRewrite;
use super::template::Facts;
use crate::request::address::Security;
use crate::split::entry::VariantTarget;

/// What is wrong with a route in the light of the others.
pub(super) struct Finding<'f> {
    pub(super) route: &'f RouteEntry,
    /// The route that it does not go together with.
    pub(super) other: Option<&'f RouteEntry>,
    /// `routes.shop.timeout`
    pub(super) key: String,
    pub(super) reason: Reason,
    pub(super) remedy: String,
}

impl<'f> Finding<'f> {
    fn at(route: &'f RouteEntry, key: &str, reason: impl Into<Reason>, remedy: String) -> Self {
        let reason = reason.into();
        let dot = if key.is_empty() { "" } else { "." };
        Self { route, other: None, key: format!("routes.{}{dot}{key}", route.name), reason, remedy }
    }

    fn beside(self, other: &'f RouteEntry) -> Self {
        Self { other: Some(other), ..self }
    }
}

/// More steps than any chain of redirects that is meant.
const MOST_STEPS: usize = 10;

type Report<'r, 'f> = dyn FnMut(Finding<'f>) + 'r;

pub(super) fn check<'f>(file: &'f RouteFile, known: &Known, mut report: impl FnMut(Finding<'f>)) {
    let report: &mut Report<'_, 'f> = &mut report;
    for route in &file.routes {
        names(route, file, known, report);
        effects(route, report);
    }
    ambiguous(file, report);
    unreachable(file, report);
    loops(file, report);
}

/// For people who look for it.
fn place(route: &RouteEntry) -> String {
    match route.declared {
        Declared::File => format!("`{}` in line {}", route.name, route.line),
        Declared::Api => format!("`{}` of the API", route.name),
        Declared::Migration => format!("`{}` of a migration", route.name),
    }
}

fn names<'f>(route: &'f RouteEntry, file: &RouteFile, known: &Known, report: &mut Report<'_, 'f>) {
    let mut unknown = |key: &str, what: &str, name: &str, all: Vec<&str>| {
        let remedy = match closest(name, all.iter().copied()) {
            Some(close) => format!("did you mean `{close}`?"),
            None if all.is_empty() => "there is none".to_owned(),
            None => format!("there are {}", all.join(", ")),
        };
        let code = match what {
            "service" => "unknown-service",
            "upstream" => "unknown-upstream",
            _ => "unknown-limit-class",
        };
        let reason = Reason::of(code, format!("names the {what} `{name}`, which is not there"));
        let all = if all.is_empty() { "–".to_owned() } else { all.join(", ") };
        report(Finding::at(route, key, reason.with("name", name).with("all", all), remedy));
    };
    match &route.target {
        TargetEntry::Service(name) if !known.services.contains(&**name) => {
            unknown("service", "service", name, known.services.iter().map(String::as_str).collect());
        }
        TargetEntry::Upstream(name) if file.upstream(name).is_none() => {
            unknown("upstream", "upstream", name, file.upstreams.iter().map(|upstream| &*upstream.name).collect());
        }
        _ => {}
    }
    for variant in route.split.iter().flat_map(|split| &split.variants) {
        match &variant.target {
            VariantTarget::Service(name) if !known.services.contains(&**name) => {
                unknown("split", "service", name, known.services.iter().map(String::as_str).collect());
            }
            VariantTarget::Upstream(name) if file.upstream(name).is_none() => {
                unknown("split", "upstream", name, file.upstreams.iter().map(|upstream| &*upstream.name).collect());
            }
            _ => {}
        }
    }
    if let Some(class) =
        route.policies.limit.as_ref().filter(|class| !known.classes.is_empty() && !known.classes.contains(&***class))
    {
        unknown("limit", "class of limits", class, known.classes.iter().map(String::as_str).collect());
    }
    for upstream in file.upstreams.iter().filter(|upstream| known.services.contains(&*upstream.name)) {
        let clash = matches!(&route.target, TargetEntry::Upstream(name) if *name == upstream.name);
        if clash {
            let reason = format!("names the upstream `{}`, which is also the name of a service", upstream.name);
            let reason = Reason::of("name-of-service", reason);
            report(Finding::at(route, "upstream", reason, "give the upstream another name".to_owned()));
        }
    }
}

/// What is said and would do nothing.
fn effects<'f>(route: &'f RouteEntry, report: &mut Report<'_, 'f>) {
    let fixed = matches!(route.target, TargetEntry::Redirect(_) | TargetEntry::Respond(_));
    let said = [
        ("rewrite", !route.rewrite.is_empty()),
        ("request", !route.request.headers.is_empty() || route.request.body.is_some()),
        ("timeout", route.policies.timeout.is_some()),
        ("retry", route.policies.tries.is_some()),
        ("split", route.split.is_some()),
    ];
    for (key, _) in said.iter().filter(|(_, said)| fixed && *said) {
        let reason = Reason::of("no-effect", "has no effect where the door itself answers");
        report(Finding::at(route, key, reason, "remove it".to_owned()));
    }
    if let PathRewrite::Prefix { strip, add } = &route.rewrite.path
        && route.pattern.literal_prefix().get(..*strip) == Some(add)
    {
        let reason = "takes off the prefix that it puts in front".to_owned();
        report(Finding::at(route, "strip_prefix", reason, "remove `strip_prefix` and `add_prefix`".to_owned()));
    }
    if let [Segment::Literal(only)] = route.pattern.segments()
        && ["health", "ready", "readyz", "livez"].contains(&&**only)
    {
        let reason = format!("has the path `{}`, which the door answers itself for those who watch it", route.pattern);
        report(Finding::at(route, "path", reason, "use another path, and rewrite it".to_owned()));
    }
}

/// Whose hosts meet in one tree.
fn share_hosts(one: &RouteEntry, other: &RouteEntry) -> bool {
    (one.hosts.is_empty() && other.hosts.is_empty()) || one.hosts.iter().any(|host| other.hosts.contains(host))
}

fn ambiguous<'f>(file: &'f RouteFile, report: &mut Report<'_, 'f>) {
    let mut shapes: HashMap<(&[Segment], i32), Vec<&RouteEntry>> = HashMap::new();
    for route in &file.routes {
        let twins = shapes.entry((route.pattern.segments(), route.priority)).or_default();
        let twin = twins.iter().copied().find(|other| {
            share_hosts(route, other)
                && route.conditions.weight() == other.conditions.weight()
                && !route.conditions.exclude(&other.conditions)
        });
        if let Some(twin) = twin {
            let reason = format!("answers the same requests as {}, and none of them goes first", place(twin));
            let reason = Reason::of("ambiguous", reason).with("other", &*twin.name);
            let remedy = "make one more specific, or give it a `priority`".to_owned();
            report(Finding::at(route, "", reason, remedy).beside(twin));
        }
        twins.push(route);
    }
}

fn unreachable<'f>(file: &'f RouteFile, report: &mut Report<'_, 'f>) {
    let lifted: Vec<&'f RouteEntry> = file.routes.iter().map(|route| &**route).filter(|route| route.priority > -1_000).collect();
    for route in &file.routes {
        let hides = |other: &&'f RouteEntry, host: Option<usize>| {
            let same_host = match host {
                None => other.hosts.is_empty(),
                Some(at) => other.hosts.contains(&route.hosts[at]),
            };
            other.priority > route.priority
                && same_host
                && other.pattern.covers(&route.pattern)
                && other.conditions.cover(&route.conditions)
        };
        let hidden_at = |host: Option<usize>| lifted.iter().copied().find(|other| hides(other, host));
        let hidden = if route.hosts.is_empty() {
            hidden_at(None)
        } else {
            let all: Option<Vec<_>> = (0..route.hosts.len()).map(|host| hidden_at(Some(host))).collect();
            all.and_then(|all| all.first().copied())
        };
        if let Some(other) = hidden {
            let reason = format!("is never reached: {} answers all its requests first", place(other));
            let reason = Reason::of("unreachable", reason).with("other", &*other.name);
            let remedy = "lower the `priority` of the other, or remove one".to_owned();
            report(Finding::at(route, "", reason, remedy).beside(other));
        }
    }
}

fn loops<'f>(file: &'f RouteFile, report: &mut Report<'_, 'f>) {
    let mut table = Table::default();
    for (index, route) in file.routes.iter().enumerate() {
        table.insert(&route.hosts, &route.rule(), &index);
    }
    let redirects = file.routes.iter().filter_map(|route| match &route.target {
        TargetEntry::Redirect(redirect) => Some((&**route, redirect)),
        _ => None,
    });
    for (route, redirect) in redirects {
        let hosts: Vec<Option<String>> = if route.hosts.is_empty() {
            vec![None]
        } else {
            route.hosts.iter().map(|host| Some(host.to_string().replace('*', "x"))).collect()
        };
        if hosts.into_iter().any(|host| goes_round(file, &table, route, redirect, host)) {
            let reason = Reason::of("goes-round", "leads, step by step, to itself");
            report(Finding::at(route, "redirect", reason, "let it lead to a path that no redirect has".to_owned()));
        }
    }
}

fn goes_round(file: &RouteFile, table: &Table<usize>, start: &RouteEntry, redirect: &Redirect, host: Option<String>) -> bool {
    let (mut route, mut redirect) = (start, redirect);
    let mut step = Step { host, path: start.pattern.example(), security: start.conditions.scheme.unwrap_or(Security::Plain) };
    let headers = headers_of(start);
    for _ in 0..MOST_STEPS {
        let Some(next) = step.follow(route, redirect, file) else { return false };
        step = next;
        let method = start.conditions.methods.first().unwrap_or(&Method::GET);
        let asked = Asked { method, security: step.security, headers: &headers, query: None };
        let Some(found) = table.find(Place { host: step.host.as_deref(), path: &step.path }, &asked) else { return false };
        let found = &*file.routes[found.value];
        let TargetEntry::Redirect(further) = &found.target else { return false };
        (route, redirect) = (found, further);
    }
    true
}

/// Fields with which the route's own conditions hold.
fn headers_of(route: &RouteEntry) -> HeaderMap {
    let value = |test: &ValueTest| match test {
        ValueTest::Absent => None,
        ValueTest::Present => Some(HeaderValue::from_static("x")),
        ValueTest::Equals(text) | ValueTest::Prefix(text) => HeaderValue::from_str(text).ok(),
    };
    route.conditions.headers.iter().filter_map(|test| Some((test.name.clone(), value(&test.value)?))).collect()
}

/// Where a browser is.
struct Step {
    host: Option<String>,
    path: String,
    security: Security,
}

impl Step {
    /// Where the redirect sends it; none where that is not ours, as far as the file knows.
    fn follow(&self, route: &RouteEntry, redirect: &Redirect, file: &RouteFile) -> Option<Self> {
        let captures = route.pattern.captures(&self.path)?;
        let host = self.host.clone().unwrap_or_else(|| "localhost".to_owned());
        let facts = Facts { host: &host, scheme: self.security.scheme(), ..Facts::example(&self.path, &captures) };
        let mut to = String::new();
        redirect.to.write(&facts, &mut to);
        let to: http::Uri = to.parse().ok()?;
        let path = to.path().to_owned();
        let Some(name) = to.host() else { return Some(Self { host: self.host.clone(), path, security: self.security }) };
        let security = if to.scheme_str() == Some("https") { Security::Secure } else { Security::Plain };
        let same = name == host;
        let ours = file.routes.iter().any(|route| route.hosts.iter().any(|pattern| pattern.fits(name)));
        (same || ours).then(|| Self { host: if same { self.host.clone() } else { Some(name.to_owned()) }, path, security })
    }
}

impl RouteEntry {
    pub(crate) fn rule(&self) -> Rule {
        Rule { pattern: self.pattern.clone(), conditions: self.conditions.clone(), priority: self.priority, origin: Origin::File }
    }
}
