//! What a process does: the front door, and services.

use std::collections::BTreeSet;

use anyhow::Result;

use crate::cli::terminal::Usage;
use crate::settings::Settings;

/// The front door.
pub(crate) const EDGE: &str = "edge";

/// What one process does. Cheap enough to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Roles(BTreeSet<&'static str>);

impl Roles {
    pub(crate) fn all() -> Self {
        Self(known().collect())
    }

    /// Those of the settings; all where none is named.
    ///
    /// # Errors
    /// For a name that is none, with those that are.
    pub(crate) fn of(settings: &Settings) -> Result<Self> {
        let wanted = &settings.cluster.roles;
        if wanted.is_empty() {
            return Ok(Self::all());
        }
        let find = |name: &String| {
            known().find(|known| known == name).ok_or_else(|| {
                let names: Vec<_> = known().collect();
                Usage(format!("`cluster.roles`: `{name}` is none; there are {}", names.join(", "))).into()
            })
        };
        wanted.iter().map(find).collect::<Result<_>>().map(Self)
    }

    pub(crate) fn have(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    pub(crate) fn are_all(&self) -> bool {
        known().all(|name| self.have(name))
    }

    /// With commas between them.
    pub(crate) fn names(&self) -> String {
        self.0.iter().copied().collect::<Vec<_>>().join(",")
    }
}

fn known() -> impl Iterator<Item = &'static str> {
    std::iter::once(EDGE).chain(crate::house::names())
}
