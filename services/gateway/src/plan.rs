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
    let _written = write!(text, "[upstreams.{LEGACY}]\nendpoints = [{}]\n", quoted(&legacy.url));
    // What no service of Banyan has.
    route(&mut text, "strangler", "/{*rest}", -1_000, legacy, &old(legacy));
    // What a service has already, though it has not moved yet.
    let kept = |service: &str| ALWAYS.contains(&service) || legacy.keep.iter().any(|kept| kept == service);
    // What moves is said below; a route that another one hides would be a fault.
    let moves = |pattern: &str| {
        let below = |rest: &str| rest.is_empty() || rest.starts_with('/');
        migrations.iter().any(|migration| pattern.strip_prefix(migration.path.as_str()).is_some_and(below))
    };
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
    let auth = match legacy.auth {
        Credentials::Public => "public",
        Credentials::Optional => "optional",
    };
    format!(
        "upstream = \"{LEGACY}\"\nauth = \"{auth}\"\nauthorization = \"pass\"\ncors = \"upstream\"\nsecurity_headers = \"upstream\"\n"
    )
}

fn answer_of(migration: &Model, legacy: &Legacy) -> String {
    let settings = &migration.settings;
    let service = format!("service = {}", quoted(&settings.service));
    let rewrite = settings.rewrite.as_ref().map(|to| (quoted(&migration.path), quoted(to)));
    let same = |separator: &str| {
        let written = rewrite.as_ref().map(|(from, to)| format!("{separator}strip_prefix = {from}{separator}add_prefix = {to}"));
        written.unwrap_or_default()
    };
    let percent = match migration.stage {
        Stage::Observing | Stage::RolledBack | Stage::Undone => return old(legacy),
        Stage::Finished => return format!("{service}{}\n", same("\n")),
        Stage::Shadow => 0.0,
        Stage::Canary => settings.percent,
    };
    let mut variant = format!("name = \"banyan\", {service}{}, percent = {percent:.2}", same(", "));
    if migration.stage == Stage::Canary {
        let users: Vec<String> = settings.users.iter().map(|user| format!("\"{user}\"")).collect();
        let _written = write!(variant, ", users = [{}]", users.join(", "));
        if let Some((name, value)) = settings.header.as_ref().and_then(|header| header.split_once(": ")) {
            let _written = write!(variant, ", header = {{ name = {}, value = {} }}", quoted(name), quoted(value));
        }
    }
    let ignore: Vec<String> = settings.ignore.iter().map(|pointer| quoted(pointer)).collect();
    let watched = match migration.stage {
        Stage::Shadow => {
            format!("shadow = {{ to = \"banyan\", sample = {:.2}, ignore = [{}] }}", settings.sample, ignore.join(", "))
        }
        _ => "roll_back = \"on\"".to_owned(),
    };
    // The credential is read, so that Banyan's side knows who asks; both sides get it.
    let old = old(legacy).replace("auth = \"public\"", "auth = \"optional\"");
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
