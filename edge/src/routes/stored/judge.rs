//! Which entries go together with the file, with the plan of the control plane, and with one another.

use std::collections::BTreeSet;
use std::sync::Arc;

use banyan_kernel::Clock;
use banyan_mesh::{Discovery, Upstream};
use http::{HeaderMap, Method};

use super::{Candidate, EntryKind, Refusal, refusal};
use crate::request::address::Security;
use crate::routes::check::{self, Finding};
use crate::routes::condition::{Asked, Conditions};
use crate::routes::diagnosis::Reason;
use crate::routes::file::{Declared, Known, RouteEntry, RouteFile, UpstreamEntry};
use crate::routes::matching::{Origin, Place, Rule, Table};
use crate::routes::outbound::Outbound;
use crate::routes::pattern::PathPattern;

/// Names that begin so are the control plane's own.
const RESERVED: &str = "strangler";
/// By which a path may be asked for.
const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// By what entries are judged.
pub(crate) struct Judge<'j> {
    pub(crate) known: &'j Known,
    pub(crate) outbound: &'j Outbound,
    pub(crate) clock: &'j Arc<dyn Clock>,
    /// Services and patterns that no stored route may take.
    pub(crate) kept: &'j [(Arc<str>, Arc<str>)],
}

/// What the door takes, and what it leaves out.
#[derive(Debug)]
pub(crate) struct Laid {
    pub(crate) file: Arc<RouteFile>,
    pub(crate) refusals: Vec<Refusal>,
}

impl Judge<'_> {
    /// `base` is the file, with the plan's routes after it.
    pub(crate) fn lay(&self, base: &Arc<RouteFile>, candidates: &[Candidate]) -> Laid {
        let mut refusals = Vec::new();
        let mut file = RouteFile::clone(base);
        for candidate in candidates {
            match candidate {
                Candidate::Refused(why) => refusals.extend(why.iter().cloned()),
                Candidate::Upstream(upstream) => match self.upstream(upstream, base) {
                    Some(refusal) => refusals.push(refusal),
                    None => file.upstreams.push(upstream.clone()),
                },
                Candidate::Route(route) => match self.name_of_route(route, base) {
                    Some(refusal) => refusals.push(refusal),
                    None => file.routes.push(route.clone()),
                },
            }
        }
        // Leaving one out may bring up another one, such as a route to an upstream that was left out.
        while file.len() > base.len() || file.upstreams.len() > base.upstreams.len() {
            let found = self.misfits(&file);
            if found.is_empty() {
                break;
            }
            let names: BTreeSet<&str> = found.iter().map(|refusal| refusal.name.as_str()).collect();
            file.routes.retain(|route| route.declared != Declared::Api || !names.contains(&*route.name));
            refusals.extend(found);
        }
        Laid { file: Arc::new(file), refusals }
    }

    fn upstream(&self, entry: &UpstreamEntry, base: &RouteFile) -> Option<Refusal> {
        let refused = |key: &str, reason: Reason, remedy: &str| {
            Some(refusal(EntryKind::Upstream, &entry.name, key, reason, remedy.to_owned()))
        };
        if entry.name.starts_with(RESERVED) {
            return refused("name", reserved(), "use another name");
        }
        if let Some(other) = base.upstream(&entry.name) {
            let reason = format!("is the name of the file's upstream in line {}, too, which goes before it", other.line);
            let reason = Reason::of("name-of-file", reason).with("line", other.line.to_string());
            return refused("name", reason, "use another name, or change the file");
        }
        if self.known.services.contains(&*entry.name) {
            return refused("name", Reason::of("name-of-service", "is the name of a service"), "use another name");
        }
        if entry.security.as_ref().is_some_and(|security| security.files.names_a_file()) {
            let remedy = "declare the upstream in the machine's own file";
            let reason = Reason::of("names-files", "names files of the machine, which the API may not");
            return refused("tls", reason, remedy);
        }
        let rules = self.outbound.rules(entry, self.clock);
        if let Some(key) = out_of_reach(&rules) {
            let remedy = "name another one; the machine's own file may allow it by `edge.guarded_networks`";
            let reason = Reason::of("out-of-reach", "names an address that the API may not name, such as one of the link");
            return refused(&key, reason, remedy);
        }
        let error = rules.check(&entry.name).err()?;
        refused(&error.field, error.reason.into(), error.remedy)
    }

    fn name_of_route(&self, entry: &RouteEntry, base: &RouteFile) -> Option<Refusal> {
        let refused =
            |reason: Reason, remedy: &str| Some(refusal(EntryKind::Route, &entry.name, "name", reason, remedy.to_owned()));
        if entry.name.starts_with(RESERVED) {
            return refused(reserved(), "use another name");
        }
        let other = base.routes.iter().find(|other| other.name == entry.name)?;
        let reason = format!("is the name of the file's route in line {}, too, which goes before it", other.line);
        let reason = Reason::of("name-of-file", reason).with("line", other.line.to_string());
        refused(reason, "use another name, or change the file")
    }

    fn misfits(&self, file: &RouteFile) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        check::check(file, self.known, |finding| refusals.extend(blamed(&finding)));
        if refusals.is_empty() { self.takes_what_is_kept(file) } else { refusals }
    }

    /// Who cannot sign in cannot take a route back. A route for some hosts leaves the others.
    fn takes_what_is_kept(&self, file: &RouteFile) -> Vec<Refusal> {
        let mut table: Table<Option<&RouteEntry>> = Table::default();
        for route in file.routes.iter().filter(|route| route.hosts.is_empty()) {
            let mut rule = route.rule();
            if route.declared == Declared::Api {
                // Whatever else it asks of a request, such as a credential, those who are to take it back may have just that.
                rule.conditions = Conditions { methods: rule.conditions.methods, ..Conditions::default() };
            }
            table.insert(&[], &rule, &Some(&**route));
        }
        let mut patterns = Vec::new();
        for (service, pattern) in self.kept {
            let Ok(pattern) = PathPattern::parse(pattern) else { continue };
            let rule = Rule { pattern, conditions: Conditions::default(), priority: 0, origin: Origin::House };
            table.insert(&[], &rule, &None);
            patterns.push((service, rule.pattern));
        }
        let (headers, mut names, mut refusals) = (HeaderMap::new(), BTreeSet::new(), Vec::new());
        for (service, pattern) in patterns {
            let path = pattern.example();
            for method in METHODS {
                let asked = Asked { method: &method, security: Security::Plain, headers: &headers, query: None };
                let found = table.find(Place { host: None, path: &path }, &asked).and_then(|candidate| candidate.value);
                let Some(route) = found.filter(|route| route.declared == Declared::Api) else { continue };
                if names.insert(route.name.clone()) {
                    let reason = format!("answers `{pattern}` before `{service}`, without which nobody could take it back");
                    let reason = Reason::of("takes-what-is-kept", reason).with("path", path.as_str());
                    let remedy = "use another path, name `hosts`, or lower its `priority`".to_owned();
                    refusals.push(refusal(EntryKind::Route, &route.name, "path", reason, remedy));
                }
            }
        }
        refusals
    }
}

fn reserved() -> Reason {
    Reason::of("reserved-name", format!("begins with `{RESERVED}`, as those of migrations do")).with("prefix", RESERVED)
}

/// The stored route that is to blame; none where the file or the plan has a fault of its own.
fn blamed(finding: &Finding<'_>) -> Option<Refusal> {
    let stored = |route: &RouteEntry| route.declared == Declared::Api;
    if stored(finding.route) {
        let (reason, remedy) = (finding.reason.clone(), finding.remedy.clone());
        return Some(refusal(EntryKind::Route, &finding.route.name, &finding.key, reason, remedy));
    }
    let other = finding.other.filter(|other| stored(other))?;
    let text = match finding.route.declared {
        Declared::Migration => format!("answers all requests of `{}` of a migration first", finding.route.name),
        _ => format!("answers all requests of the file's `{}` in line {} first", finding.route.name, finding.route.line),
    };
    let reason = Reason::of("hides", text).with("other", &*finding.route.name);
    let remedy = "lower its `priority`, or make it more specific".to_owned();
    Some(refusal(EntryKind::Route, &other.name, "priority", reason, remedy))
}

/// The key of an address that may not be named. What a name stands for is looked at when a connection is made.
fn out_of_reach(rules: &Upstream) -> Option<String> {
    match &rules.discovery {
        Discovery::Static(endpoints) => {
            let bad = |endpoint: &banyan_mesh::Endpoint| !rules.reach.allows_host(endpoint.uri.host().unwrap_or_default());
            endpoints.iter().position(bad).map(|at| format!("endpoints[{at}]"))
        }
        Discovery::Dns { host, .. } => (!rules.reach.allows_host(host)).then(|| "dns".to_owned()),
        Discovery::Srv { .. } | Discovery::Registry => None,
    }
}
