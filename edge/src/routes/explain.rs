//! Which route would answer a request, why, through which policies, and where to: without sending anything.

use std::fmt::Write as _;
use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Method, Request, Uri};
use serde::{Deserialize, Serialize};

use super::condition::{Asked, Conditions, Misfit, QueryTest, ValueTest};
use super::file::{Declared, RouteEntry, RouteFile, TargetEntry};
use super::matching::{Nobody, Origin, Place, Rule, Table};
use super::own;
use super::pattern::PathPattern;
use super::template::Facts;
use crate::policies::{Authorization, CorsRule, HostField, Policies, SecurityRule};
use crate::request::address::{Security, Transport};
use crate::request::shape;
use crate::settings::Limits;

/// A path of a service of Banyan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HouseRoute {
    pub service: String,
    pub pattern: String,
}

/// What a door has without any route file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltIn {
    /// Of services and pages.
    pub services: Vec<HouseRoute>,
    /// The version of the interface that an address without one means.
    pub version: u32,
    pub images: ImagePage,
}

/// Whether the door makes images, at `/images`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImagePage {
    Made,
    None,
}

/// A request that nobody sends.
#[derive(Clone, Debug)]
pub struct Question {
    pub method: Method,
    /// With scheme and host, or a path alone.
    pub uri: Uri,
    pub headers: HeaderMap,
}

/// What would become of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The path as it is matched and passed on.
    pub path: String,
    /// The route that answers; none where none does.
    pub route: Option<RouteLine>,
    /// What the client would get instead of an answer of a route.
    pub refusal: Option<String>,
    /// Every route that has host and path, in the order in which they are asked.
    pub considered: Vec<Considered>,
    /// The policies, in the order in which they are applied.
    pub policies: Vec<String>,
    /// Where the request goes: `GET http://legacy/v2/x`.
    pub forwarded: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Considered {
    pub name: String,
    pub path: String,
    /// Why it does not answer; none for the one that does, and for those after it.
    pub misfit: Option<String>,
}

/// A route in one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteLine {
    pub name: String,
    /// `file`, `api`, `migration`, or `built in`.
    pub origin: String,
    /// Of the file; 0 for what is built in.
    pub line: usize,
    pub hosts: Vec<String>,
    pub path: String,
    pub methods: Vec<String>,
    pub priority: i32,
    /// `upstream legacy`, `service goals`, `redirect 308`, `answer 410`, `door`.
    pub target: String,
    pub auth: String,
}

/// What stands for a route while one is looked for.
#[derive(Clone)]
enum Known<'k> {
    File(&'k RouteEntry),
    House(&'k HouseRoute),
    Door(&'static str),
    Images,
}

/// Answers by the same table that the door uses.
pub fn explain(file: &RouteFile, own: &BuiltIn, question: &Question) -> Explanation {
    let mut parts =
        Request::builder().method(question.method.clone()).uri(question.uri.clone()).body(()).unwrap_or_default().into_parts().0;
    parts.headers = question.headers.clone();
    let mut explanation = Explanation {
        path: question.uri.path().to_owned(),
        route: None,
        refusal: None,
        considered: Vec::new(),
        policies: Vec::new(),
        forwarded: None,
    };
    if let Err(code) = shape::check(&mut parts, &Limits::default(), Transport::InProcess) {
        explanation.refusal = Some(format!("{} {}: the address has more than one meaning", code.status(), code.slug()));
        return explanation;
    }
    explanation.path = parts.uri.path().to_owned();
    let table = table(file, own);
    let host = parts.uri.host().map(|host| host.trim_end_matches('.').to_ascii_lowercase());
    let place = Place { host: host.as_deref(), path: parts.uri.path() };
    let security = if question.uri.scheme_str() == Some("https") { Security::Secure } else { Security::Plain };
    let asked = Asked { method: &parts.method, security, headers: &parts.headers, query: parts.uri.query() };
    explanation.considered = table
        .considered(place, &asked)
        .iter()
        .map(|(candidate, why)| considered(&candidate.rule, &candidate.value, *why))
        .collect();
    match table.find(place, &asked) {
        Some(found) => {
            explanation.route = Some(found.value.line(&found.rule));
            found.value.fill(&mut explanation, &parts.uri, &parts.method, security);
        }
        None => explanation.refusal = Some(refusal(&table.nobody(place, &asked))),
    }
    explanation
}

fn refusal(nobody: &Nobody) -> String {
    match nobody {
        Nobody::NotFound => "404 not-found: no route has this host and path".to_owned(),
        Nobody::Method(methods) => {
            let list = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
            format!("405 method-not-allowed: the path has routes for {list}")
        }
        Nobody::Version(versions) => format!("404 or 410: the path has routes for the versions {versions:?}"),
    }
}

fn table<'k>(file: &'k RouteFile, built_in: &'k BuiltIn) -> Table<Known<'k>> {
    let house = &built_in.services;
    let mut table = Table::default();
    let mut add = |pattern: &str, priority, known: Known<'k>| {
        if let Ok(pattern) = PathPattern::parse(pattern) {
            table.insert(&[], &Rule { pattern, conditions: Conditions::default(), priority, origin: Origin::House }, &known);
        }
    };
    for (path, _) in own::PROBES {
        add(path, i32::MAX, Known::Door(path));
    }
    for route in house.iter().filter(|route| !own::is_probe(&route.pattern)) {
        add(&route.pattern, 0, Known::House(route));
        if let Some(rest) = route.pattern.strip_prefix(&format!("/api/v{}/", built_in.version)) {
            add(&format!("/api/{rest}"), 0, Known::House(route));
        }
    }
    for (path, _) in own::PAGES.into_iter().filter(|(path, _)| !house.iter().any(|route| route.pattern == *path)) {
        add(path, 0, Known::Door(path));
    }
    if built_in.images == ImagePage::Made {
        add(own::IMAGES, 0, Known::Images);
    }
    for entry in &file.routes {
        table.insert(&entry.hosts, &entry.rule(), &Known::File(entry));
    }
    table
}

fn considered(rule: &Rule, known: &Known<'_>, why: Option<Misfit>) -> Considered {
    let misfit = why.map(|misfit| match misfit {
        Misfit::Method => format!("takes {}", methods(&rule.conditions).join(", ")),
        Misfit::Scheme => "asks for another scheme".to_owned(),
        Misfit::Header => {
            let tests = rule.conditions.headers.iter().map(|test| format!("{} {}", test.name, said(&test.value)));
            format!("asks for the header {}", tests.collect::<Vec<_>>().join(" and "))
        }
        Misfit::Query => {
            let tests = rule.conditions.query.iter().map(|QueryTest { name, value }| format!("{name} {}", said(value)));
            format!("asks for the query {}", tests.collect::<Vec<_>>().join(" and "))
        }
        Misfit::Version => format!("answers version {}", rule.conditions.version.unwrap_or(0)),
    });
    Considered { name: known.name(), path: rule.pattern.to_string(), misfit }
}

fn said(test: &ValueTest) -> String {
    match test {
        ValueTest::Present => "(present)".to_owned(),
        ValueTest::Absent => "(absent)".to_owned(),
        ValueTest::Equals(value) => format!("= `{value}`"),
        ValueTest::Prefix(value) => format!("= `{value}…`"),
    }
}

fn methods(conditions: &Conditions) -> Vec<String> {
    conditions.methods.iter().map(ToString::to_string).collect()
}

impl Known<'_> {
    fn name(&self) -> String {
        match self {
            Self::File(entry) => entry.name.to_string(),
            Self::House(route) => route.service.clone(),
            Self::Door(_) | Self::Images => "door".to_owned(),
        }
    }

    fn line(&self, rule: &Rule) -> RouteLine {
        match self {
            Self::File(entry) => entry.as_line(),
            Self::House(route) => built_in(&route.service, &rule.pattern, &format!("service {}", route.service)),
            Self::Door(_) => built_in("door", &rule.pattern, "door"),
            Self::Images => images(&rule.pattern),
        }
    }

    fn fill(&self, explanation: &mut Explanation, uri: &Uri, method: &Method, security: Security) {
        match self {
            Self::File(entry) => {
                explanation.policies = policies(entry);
                explanation.forwarded = forwarded(entry, uri, method, security);
            }
            Self::House(route) => {
                explanation.policies = vec!["the service decides who may".to_owned()];
                explanation.forwarded = Some(format!("{method} service {}{}", route.service, uri.path()));
            }
            Self::Door(path) => explanation.forwarded = Some(format!("the door itself answers {path}")),
            Self::Images => {
                explanation.policies = [
                    "auth: public",
                    "sources: what `[images]` allows",
                    "cache: one picture for all who ask, for `images.lifetime`",
                ]
                .map(str::to_owned)
                .into();
                explanation.forwarded = Some("the door itself makes the picture, of the source that `url` names".to_owned());
            }
        }
    }
}

fn built_in(name: &str, pattern: &PathPattern, target: &str) -> RouteLine {
    RouteLine {
        name: name.to_owned(),
        origin: "built in".to_owned(),
        line: 0,
        hosts: Vec::new(),
        path: pattern.to_string(),
        methods: Vec::new(),
        priority: 0,
        target: target.to_owned(),
        auth: "optional".to_owned(),
    }
}

fn images(pattern: &PathPattern) -> RouteLine {
    RouteLine { methods: vec!["GET".to_owned()], auth: "public".to_owned(), ..built_in("door", pattern, "images") }
}

impl HouseRoute {
    /// In one line.
    pub fn as_line(&self) -> RouteLine {
        RouteLine {
            name: self.service.clone(),
            origin: "built in".to_owned(),
            line: 0,
            hosts: Vec::new(),
            path: self.pattern.clone(),
            methods: Vec::new(),
            priority: 0,
            target: format!("service {}", self.service),
            auth: "optional".to_owned(),
        }
    }
}

impl RouteFile {
    /// Its routes, in the order of the file.
    pub fn lines(&self) -> Vec<RouteLine> {
        self.routes.iter().map(|entry| entry.as_line()).collect()
    }
}

impl RouteEntry {
    fn as_line(&self) -> RouteLine {
        let target = match &self.target {
            TargetEntry::Service(name) => format!("service {name}"),
            TargetEntry::Upstream(name) => format!("upstream {name}"),
            TargetEntry::Redirect(redirect) => format!("redirect {}", redirect.status.as_u16()),
            TargetEntry::Respond(respond) => format!("answer {}", respond.status.as_u16()),
        };
        RouteLine {
            name: self.name.to_string(),
            origin: self.declared.name().to_owned(),
            line: if self.declared == Declared::File { self.line } else { 0 },
            hosts: self.hosts.iter().map(ToString::to_string).collect(),
            path: self.pattern.to_string(),
            methods: methods(&self.conditions),
            priority: self.priority,
            target,
            auth: self.policies.access.to_string(),
        }
    }
}

/// In the order in which a request meets them.
fn policies(entry: &RouteEntry) -> Vec<String> {
    let policies: &Policies = &entry.policies;
    let upstream = matches!(entry.target, TargetEntry::Upstream(_));
    let mut all = Vec::new();
    let mut say = |text: Option<String>| all.extend(text);
    say(match &policies.cors {
        CorsRule::Door => None,
        CorsRule::Off => Some("cors: no page of another origin".to_owned()),
        CorsRule::Upstream => Some("cors: the upstream decides".to_owned()),
        CorsRule::Own(cors) => Some(format!("cors: {}", texts(&cors.origins))),
    });
    say(policies.lifetime.retired.map(|end| format!("retired: 410 from {end}")));
    say(policies.concurrency.map(|most| format!("concurrency: {most} requests at a time, then 503")));
    say(Some(format!("auth: {}", policies.access)));
    say(policies.limit.as_ref().map(|class| format!("limit: class {class}")));
    say(policies.body_limit.map(|bytes| format!("body: at most {bytes} bytes")));
    let variants = entry.split.iter().flat_map(|split| split.variants.iter());
    variants.for_each(|variant| say(Some(format!("split: {}", variant.said()))));
    say(policies.cache.as_ref().map(|cache| format!("cache: {:?} for 200 and 302", cache.keep)));
    say((upstream && policies.authorization == Authorization::Remove).then(|| "authorization: not passed on".to_owned()));
    say(match &policies.host {
        HostField::Keep => None,
        HostField::Endpoint => Some("host: the endpoint's".to_owned()),
        HostField::Fixed(host) => Some(format!("host: {}", texts(std::slice::from_ref(host)))),
    });
    let request = &entry.request.headers;
    let fields = request.remove.len() + request.set.len() + request.add.len();
    say((fields > 0).then(|| format!("request: {fields} header fields changed")));
    say(entry.request.body.as_ref().map(|body| format!("request: JSON body changed, at most {} bytes", body.most)));
    say(policies.timeout.map(|time| format!("timeout: {time:?}")));
    say(policies.tries.map(|tries| format!("retry: at most {tries} tries")));
    let response = &entry.response.headers;
    let fields = response.remove.len() + response.set.len() + response.add.len();
    say((fields > 0).then(|| format!("response: {fields} header fields changed")));
    say(entry.response.body.as_ref().map(|body| format!("response: JSON body changed, at most {} bytes", body.most)));
    say((policies.security == SecurityRule::Upstream).then(|| "security fields: the upstream's own".to_owned()));
    all
}

fn texts(values: &[HeaderValue]) -> String {
    values.iter().filter_map(|value| value.to_str().ok()).collect::<Vec<_>>().join(", ")
}

fn forwarded(entry: &RouteEntry, uri: &Uri, method: &Method, security: Security) -> Option<String> {
    let captures = entry.pattern.captures(uri.path())?;
    let target = entry.rewrite.target(uri.path(), uri.query(), &captures);
    Some(match &entry.target {
        TargetEntry::Service(name) => format!("{method} service {name} {target}"),
        TargetEntry::Upstream(name) => format!("{method} upstream {name} {target}"),
        TargetEntry::Redirect(redirect) => {
            let facts = Facts {
                host: uri.host().unwrap_or("localhost"),
                scheme: security.scheme(),
                ..Facts::example(uri.path(), &captures)
            };
            let mut text = format!("{} to ", redirect.status.as_u16());
            redirect.to.write(&facts, &mut text);
            text
        }
        TargetEntry::Respond(respond) => {
            let mut text = format!("{} ", respond.status.as_u16());
            let _infallible = write!(text, "with {} bytes", respond.body.len());
            text
        }
    })
}

/// What the door's table holds, for lists of the running server.
pub(crate) fn lines_of(file: &Arc<RouteFile>, known: &BuiltIn) -> Vec<RouteLine> {
    let own = own::PROBES.iter().map(|(path, _)| *path).chain(own::PAGES.iter().map(|(path, _)| *path));
    let own = own.filter_map(|path| Some(built_in("door", &PathPattern::parse(path).ok()?, "door")));
    let house: Vec<RouteLine> = known.services.iter().map(HouseRoute::as_line).collect();
    let own: Vec<RouteLine> = own.filter(|line| !house.iter().any(|taken| taken.path == line.path)).collect();
    let pictures = PathPattern::parse(own::IMAGES).ok().filter(|_| known.images == ImagePage::Made);
    file.lines().into_iter().chain(house).chain(own).chain(pictures.map(|pattern| images(&pattern))).collect()
}
