//! What the person who started the server reads: where it is, whom to log in as, what to try.

use std::fmt::Write as _;
use std::net::SocketAddr;

use banyan_edge::Running;
use banyan_kernel::Role;

use super::demo::{DemoPerson, PASSWORD};
use super::doors::Doors;
use crate::settings::{DatabaseChoice, Loaded};

pub(super) fn text(loaded: &Loaded, doors: &Doors, people: &[DemoPerson]) -> String {
    match &doors.public {
        Some(running) => of_door(loaded, running, people),
        None => of_part(loaded, doors),
    }
}

/// A front door that waits for the store.
pub(super) fn without_a_store(running: &Running) -> String {
    let address = reachable(running.local_addr());
    let version = crate::VERSION;
    format!(
        "\nBanyan {version} waits for PostgreSQL, which does not answer. Until it does, flags are answered as they were kept, at\n\
         {address}, and everything else is out of reach.\n\nCtrl-C stops it.\n"
    )
}

/// A process that only other nodes talk to.
fn of_part(loaded: &Loaded, doors: &Doors) -> String {
    let mut text = format!("\nBanyan {} is ready: a part of a cluster.\n\n", crate::VERSION);
    let mut line = |name: &str, value: &str| {
        let _infallible = writeln!(text, "  {name:<14}{value}");
    };
    line("Roles", &loaded.settings.cluster.roles.join(", "));
    if let Some(node) = &doors.node {
        line("Other nodes", &node.address.to_string());
    }
    if let Some(admin) = doors.admin_addr() {
        line("Operators", &format!("{}/metrics", reachable(admin)));
    }
    line("Data", &loaded.data.display().to_string());
    text.push_str("\nCtrl-C stops it.\n");
    text
}

fn of_door(loaded: &Loaded, running: &Running, people: &[DemoPerson]) -> String {
    let address = reachable(running.local_addr());
    let mut text = format!("\nBanyan {} is ready.\n\n", crate::VERSION);
    let mut line = |name: &str, value: &str| {
        let _infallible = writeln!(text, "  {name:<14}{value}");
    };
    line("Open", &address);
    if let Some(tls) = running.tls_addr() {
        line("TLS", &format!("https://localhost:{}", tls.port()));
    }
    line("API", &format!("{address}/docs"));
    if let Some(admin) = running.admin_addr() {
        line("Operators", &format!("{}/metrics", reachable(admin)));
    }
    line("Data", &loaded.data.display().to_string());
    line("Engine", engine(loaded));
    match people.iter().find(|person| !person.roles.contains(&Role::Admin)) {
        Some(first) => {
            write_people(&mut text, people);
            write_commands(&mut text, &address, &first.email, PASSWORD);
        }
        None => write_first_steps(&mut text, &address, loaded),
    }
    text.push_str("\nCtrl-C stops it.\n");
    text
}

fn engine(loaded: &Loaded) -> &'static str {
    match loaded.database {
        DatabaseChoice::Sqlite => "SQLite, embedded",
        DatabaseChoice::Postgres(_) => "PostgreSQL",
    }
}

/// An address that a browser on this machine can open.
fn reachable(address: SocketAddr) -> String {
    if address.ip().is_unspecified() { format!("http://localhost:{}", address.port()) } else { format!("http://{address}") }
}

fn write_people(text: &mut String, people: &[DemoPerson]) {
    let _infallible = writeln!(text, "\nDemo people, all with the password “{PASSWORD}”:\n");
    let width = people.iter().map(|person| person.email.len()).max().unwrap_or(0);
    for person in people {
        let roles: Vec<&str> = person.roles.iter().map(|role| role.name()).collect();
        let _infallible = writeln!(text, "  {:<width$}  {} ({}), {}", person.email, person.name, roles.join(", "), person.tenant);
    }
}

/// Commands that can be pasted as they stand.
fn write_commands(text: &mut String, address: &str, email: &str, password: &str) {
    let _infallible = write!(
        text,
        r#"
Try:

  curl -s -H 'Accept-Language: id-ID' {address}/api/v1/content/landing

  TOKEN=$(curl -s -H 'Content-Type: application/json' -d '{{"email":"{email}","password":"{password}"}}' \
    {address}/api/v1/auth/login | sed 's/.*"accessToken":"\([^"]*\)".*/\1/')

  curl -s -H "Authorization: Bearer $TOKEN" {address}/api/v1/goals
"#
    );
}

fn write_first_steps(text: &mut String, address: &str, loaded: &Loaded) {
    let data = loaded.data.display();
    let _infallible = write!(
        text,
        r#"
Try:

  curl -s -H 'Accept-Language: id-ID' {address}/api/v1/content/landing

  curl -s -H 'Content-Type: application/json' {address}/api/v1/auth/register \
    -d '{{"email":"you@example.org","password":"seven quiet figs at dawn","name":"You"}}'

  banyan user create --data '{data}' --tenant upcoach --email owner@example.org --role owner
"#
    );
}
