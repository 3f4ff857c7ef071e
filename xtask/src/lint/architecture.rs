//! Which room of the house may stand on which. ARCHITECTURE.md states these invariants.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

use super::tidy::repository_files;
use crate::workspace::{self, Metadata, Package};

/// Libraries that do input or output. The kernel may not reach them, not even through another one.
const IO_LIBRARIES: [&str; 14] = [
    "async-std",
    "axum",
    "deadpool",
    "hyper",
    "mio",
    "reqwest",
    "rusqlite",
    "sea-orm",
    "smol",
    "socket2",
    "tokio",
    "tokio-postgres",
    "tower",
    "ureq",
];

const KERNEL: &str = "platform/kernel";
const SERVER: &str = "server";

/// The parts of the house.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    Platform,
    Edge,
    Service,
    Server,
    Tool,
}

impl Part {
    fn of(room: &str) -> Option<Self> {
        match room.split('/').next()? {
            "platform" => Some(Self::Platform),
            "edge" => Some(Self::Edge),
            "services" => Some(Self::Service),
            "server" => Some(Self::Server),
            "xtask" => Some(Self::Tool),
            _ => None,
        }
    }

    /// Whether a room of this part may depend on a room of `other`, be it for its tests only.
    fn may_stand_on(self, other: Self) -> bool {
        match self {
            Self::Platform | Self::Service => other == Self::Platform,
            Self::Edge => matches!(other, Self::Platform | Self::Edge),
            Self::Server => other != Self::Server && other != Self::Tool,
            Self::Tool => false,
        }
    }
}

/// Checks the repository.
pub(super) fn check() -> Result<()> {
    let metadata = Metadata::read()?;
    let rooms = metadata.rooms();
    let edges: Vec<(String, String)> = rooms
        .iter()
        .flat_map(|(room, package)| {
            let others = package.dependencies.iter().filter_map(workspace::Dependency::room);
            others.map(|other| (room.clone(), other)).collect::<Vec<_>>()
        })
        .collect();
    let mut violations = wrong_directions(&edges);
    violations.extend(missing_services(&rooms, &edges));
    violations.extend(kernel_io()?);
    violations.extend(included_applications()?);
    if violations.is_empty() {
        return Ok(());
    }
    bail!("the architecture is violated:\n   {}", violations.join("\n   "))
}

/// Dependencies that go the wrong way. A room outside of the known parts is one, too.
fn wrong_directions(edges: &[(String, String)]) -> Vec<String> {
    let allowed = |from: &str, to: &str| match (Part::of(from), Part::of(to)) {
        (Some(from), Some(to)) => from.may_stand_on(to),
        _ => false,
    };
    edges
        .iter()
        .filter(|(from, to)| !allowed(from, to) || (from.as_str() == KERNEL))
        .map(|(from, to)| format!("{from} depends on {to}; see the invariants in ARCHITECTURE.md"))
        .collect()
}

/// The server must know all services: one that it forgets would never run.
fn missing_services(rooms: &BTreeMap<String, &Package>, edges: &[(String, String)]) -> Vec<String> {
    let known: BTreeSet<&str> = edges.iter().filter(|(from, _)| from == SERVER).map(|(_, to)| to.as_str()).collect();
    rooms
        .keys()
        .filter(|room| Part::of(room) == Some(Part::Service) && !known.contains(room.as_str()))
        .map(|room| format!("{SERVER} does not depend on {room}, so that service never runs"))
        .collect()
}

/// I/O libraries below the kernel, with features as the whole workspace chooses them.
fn kernel_io() -> Result<Vec<String>> {
    let mut tree = workspace::cargo();
    tree.args(["tree", "--package", "banyan-kernel", "--edges", "normal", "--prefix", "none", "--format", "{p}"]);
    let text = crate::process::output(&mut tree)?;
    Ok(io_libraries(&text).into_iter().map(|name| format!("{KERNEL} reaches {name}, which does input or output")).collect())
}

/// The I/O libraries in the output of `cargo tree`, one `name version …` a line.
fn io_libraries(tree: &str) -> BTreeSet<&str> {
    let names = tree.lines().filter_map(|line| line.split_whitespace().next());
    names.filter(|name| IO_LIBRARIES.contains(name)).collect()
}

/// Code below the server that includes an application's files: applications are data, which the
/// server hands in.
fn included_applications() -> Result<Vec<String>> {
    let root = workspace::root();
    let files = repository_files()?;
    let code = files.iter().filter(|file| {
        let below = ["platform/", "services/", "edge/"].iter().any(|folder| file.starts_with(folder));
        below && Path::new(file).extension().is_some_and(|extension| extension == "rs")
    });
    let includes = |file: &&String| {
        let text = fs::read_to_string(root.join(file)).unwrap_or_default();
        text.lines().any(includes_an_application)
    };
    Ok(code.filter(includes).map(|file| format!("{file} includes a file of apps/")).collect())
}

fn includes_an_application(line: &str) -> bool {
    line.contains("include_") && line.contains("../apps/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn direction_is_wrong(from: &str, to: &str) -> bool {
        !wrong_directions(&[(from.to_owned(), to.to_owned())]).is_empty()
    }

    #[test]
    fn the_repository_keeps_its_architecture() {
        check().unwrap();
    }

    #[test]
    fn dependencies_that_go_the_wrong_way_are_found() {
        for (from, to) in [
            ("services/goals", "services/identity"),
            ("services/goals", "edge"),
            ("services/goals", "server"),
            ("platform/store", "services/goals"),
            ("platform/testkit", "server"),
            ("platform/http", "edge"),
            ("platform/kernel", "platform/contracts"),
            ("edge", "services/identity"),
            ("edge/images", "services/identity"),
            ("platform/http", "edge/cache"),
            ("xtask", "platform/kernel"),
            ("attic", "platform/kernel"),
        ] {
            assert!(direction_is_wrong(from, to), "{from} → {to} must be refused");
        }
        for (from, to) in [
            ("services/goals", "platform/store"),
            ("edge", "platform/mesh"),
            ("edge", "edge/cache"),
            ("server", "services/goals"),
            ("server", "edge"),
            ("platform/http", "platform/kernel"),
        ] {
            assert!(!direction_is_wrong(from, to), "{from} → {to} must be allowed");
        }
    }

    #[test]
    fn a_service_that_the_server_forgets_is_found() {
        let metadata = Metadata::read().unwrap();
        let rooms = metadata.rooms();
        let services = rooms.keys().filter(|room| Part::of(room) == Some(Part::Service)).count();
        assert!(services > 0);
        assert_eq!(missing_services(&rooms, &[]).len(), services);
    }

    #[test]
    fn libraries_with_io_are_found_in_a_tree() {
        let tree = "banyan-kernel v0.1.0\nserde v1.0.0\ntokio v1.54.0 (*)\ntokio-macros v2.0.0\n";
        assert_eq!(io_libraries(tree), BTreeSet::from(["tokio"]));
    }

    #[test]
    fn including_an_application_is_found() {
        assert!(includes_an_application("const TEXT: &str = include_str!(\"../../../apps/x/manifest.toml\");"));
        assert!(!includes_an_application("//! Applications live in apps/ and are data."));
    }
}
