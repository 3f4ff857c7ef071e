//! What the door is told: routes and an upstream in the form of a route file.

use std::fmt::Write as _;

use banyan_mesh::Mesh;

use crate::entity::door::{Credentials, Legacy};
use crate::entity::migration::{Model, Stage};

/// The upstream of the system of before, and the beginning of our routes' names.
pub(crate) const LEGACY: &str = "strangler-legacy";
/// Services whose paths stay theirs in any case: else nobody could sign in to take anything back.
const ALWAYS: [&str; 2] = ["identity", "gateway"];

/// The same for the same rows, in every process.
pub(crate) fn render(legacy: Option<&Legacy>, migrations: &[Model], mesh: &Mesh) -> String {
    let mut text = String::new();
    let Some(legacy) = legacy else { return text };
    upstream(&mut text, LEGACY, &legacy.url);
    for migration in migrations {
        if let Some(url) = &migration.settings.url {
            upstream(&mut text, &name_of_new(migration), url);
        }
    }
    // What no service of Banyan has.
    route(&mut text, "strangler", "/{*rest}", -1_000, legacy, &old(legacy));
    // What a service has already, though it has not moved yet.
    let kept = |service: &str| ALWAYS.contains(&service) || legacy.keep.iter().any(|kept| kept == service);
    // What moves is said below; a route that another one hides would be a fault.
    let moves = |pattern: &str| migrations.iter().any(|migration| is_below(pattern, &migration.path));
    for (at, own) in mesh.routes().iter().enumerate().filter(|(_, own)| !kept(&own.service) && !moves(&own.pattern)) {
        route(&mut text, &format!("strangler.claim.{at}"), &own.pattern, 500, legacy, &old(legacy));
    }
    for migration in migrations {
        let answer = answer_of(migration, legacy);
        route(&mut text, &format!("strangler.{}", migration.name), &migration.path, 700, legacy, &answer);
        let below = format!("{}/{{*rest}}", migration.path);
        route(&mut text, &format!("strangler.{}.below", migration.name), &below, 700, legacy, &answer);
    }
    text
}

/// Whether nobody could sign in, or take anything back, if all below the path went elsewhere.
pub(crate) fn hides_what_stays(path: &str, mesh: &Mesh) -> bool {
    let stays = |service: &str| ALWAYS.contains(&service);
    mesh.routes().iter().any(|own| stays(&own.service) && is_below(&own.pattern, path))
}

fn is_below(pattern: &str, path: &str) -> bool {
    pattern.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn upstream(text: &mut String, name: &str, url: &str) {
    let _written = write!(text, "[upstreams.{name}]\nendpoints = [{}]\n", quoted(url));
}

/// The upstream of a new implementation outside Banyan.
fn name_of_new(migration: &Model) -> String {
    format!("strangler-to-{}", migration.name)
}

fn route(text: &mut String, name: &str, path: &str, priority: i32, legacy: &Legacy, answer: &str) {
    let hosts: Vec<String> = legacy.hosts.iter().map(|host| quoted(host)).collect();
    let _written = write!(
        text,
        "[[routes]]\nname = {}\npath = {}\nhosts = [{}]\npriority = {priority}\nobserve = \"on\"\n{answer}",
        quoted(name),
        quoted(path),
        hosts.join(", ")
    );
}

/// The system of before answers, and hears what it heard before.
fn old(legacy: &Legacy) -> String {
    outside(LEGACY, legacy)
}

fn outside(upstream: &str, legacy: &Legacy) -> String {
    let auth = match legacy.auth {
        Credentials::Public => "public",
        Credentials::Optional => "optional",
    };
    format!(
        "upstream = \"{upstream}\"\nauth = \"{auth}\"\nauthorization = \"pass\"\ncors = \"upstream\"\nsecurity_headers = \"upstream\"\n"
    )
}

fn answer_of(migration: &Model, legacy: &Legacy) -> String {
    let settings = &migration.settings;
    let target = match &settings.service {
        Some(service) => format!("service = {}", quoted(service)),
        None => format!("upstream = {}", quoted(&name_of_new(migration))),
    };
    let rewrite = settings.rewrite.as_ref().map(|to| (quoted(&migration.path), quoted(to)));
    let same = |separator: &str| {
        let written = rewrite.as_ref().map(|(from, to)| format!("{separator}strip_prefix = {from}{separator}add_prefix = {to}"));
        written.unwrap_or_default()
    };
    let percent = match migration.stage {
        Stage::Observing | Stage::RolledBack | Stage::Undone => return old(legacy),
        Stage::Finished => {
            let answer = if settings.service.is_some() { target + "\n" } else { outside(&name_of_new(migration), legacy) };
            return format!("{answer}{}\n", same("\n"));
        }
        Stage::Shadow => 0.0,
        Stage::Canary => settings.percent,
    };
    let mut variant = format!("name = \"banyan\", {target}{}, percent = {percent:.2}", same(", "));
    if migration.stage == Stage::Canary {
        let users: Vec<String> = settings.users.iter().map(|user| format!("\"{user}\"")).collect();
        let _written = write!(variant, ", users = [{}]", users.join(", "));
        if let Some((name, value)) = settings.header.as_ref().and_then(|header| header.split_once(": ")) {
            let _written = write!(variant, ", header = {{ name = {}, value = {} }}", quoted(name), quoted(value));
        }
        if let Some((name, value)) = settings.cookie.as_ref().and_then(|cookie| cookie.split_once('=')) {
            let _written = write!(variant, ", cookie = {{ name = {}, value = {} }}", quoted(name), quoted(value));
        }
        if let Some(flag) = &settings.flag {
            let _written = write!(variant, ", flag = {}", quoted(flag));
        }
    }
    let ignore: Vec<String> = settings.ignore.iter().map(|pointer| quoted(pointer)).collect();
    let watched = match migration.stage {
        Stage::Shadow => {
            let said = [("additions", &settings.additions), ("examples", &settings.examples)];
            let said = said.iter().filter_map(|(key, word)| Some(format!(", {key} = {}", quoted(word.as_ref()?))));
            let said: String = said.collect();
            format!("shadow = {{ to = \"banyan\", sample = {:.2}, ignore = [{}]{said} }}", settings.sample, ignore.join(", "))
        }
        _ => {
            let limits = settings.limits();
            let (least, errors, slower) = (limits.min_requests, limits.max_error_rate, limits.max_slower);
            format!("roll_back = {{ least = {least}, error_rate = {errors:?}, latency = {slower:?} }}")
        }
    };
    // The credential is read, so that Banyan's side knows who asks; both sides get it.
    let old = match settings.service {
        Some(_) => old(legacy).replace("auth = \"public\"", "auth = \"optional\""),
        None => old(legacy),
    };
    format!(
        "{old}split = {{ name = {}, generation = {}, sticky = {}, variants = [{{ {variant} }}], {watched} }}\n",
        quoted(&migration.name),
        migration.generation,
        quoted(&settings.sticky)
    )
}

/// A basic string of TOML: the escapes of JSON are its own.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
