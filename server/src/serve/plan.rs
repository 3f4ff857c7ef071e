//! What the control plane keeps: the door follows it from before it opens until the server ends.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use banyan_edge::{Edge, EntryKind, Known, Refusal, RouteFile, StoredEntry};
use banyan_gateway::{Door, Entry, EntryFault, Follower, Kind, Purge, Purging, SERVICE, SplitSums, What};
use banyan_kernel::OPERATORS;
use serde_json::Value;

use crate::house::House;

/// The open door as the control plane knows it.
struct Followed {
    edge: Edge,
    /// What routes may name.
    known: Known,
}

impl Door for Followed {
    fn follow(&self, routes: &str) -> Result<(), String> {
        let file = RouteFile::parse(routes, &self.known).map_err(|faults| {
            let faults: Vec<String> = faults.iter().take(5).map(ToString::to_string).collect();
            faults.join("; ")
        })?;
        self.edge.overlay(file);
        Ok(())
    }

    fn store(&self, entries: &[Entry]) {
        self.edge.store(&stored(entries), &self.known);
    }

    fn check(&self, entries: &[Entry]) -> Vec<EntryFault> {
        self.edge.check_stored(&stored(entries), &self.known).into_iter().map(fault).collect()
    }

    fn refused(&self) -> Vec<EntryFault> {
        self.edge.refusals().iter().cloned().map(fault).collect()
    }

    fn splits(&self) -> Vec<Value> {
        self.edge.splits().iter().filter_map(|split| serde_json::to_value(split).ok()).collect()
    }

    fn take_sums(&self) -> Vec<SplitSums> {
        self.edge.take_split_sums()
    }

    fn purge(&self, purge: Purge) -> Purging {
        let edge = self.edge.clone();
        Box::pin(async move {
            if let Some(purge) = purge_of(purge) {
                edge.purge(&purge).await;
            }
        })
    }

    fn cache_stats(&self) -> Value {
        serde_json::to_value(self.edge.cache().stats()).unwrap_or_default()
    }

    fn observed(&self) -> Vec<Value> {
        self.edge.observed().iter().filter_map(|route| serde_json::to_value(route).ok()).collect()
    }
}

fn stored(entries: &[Entry]) -> Vec<StoredEntry> {
    let stored = |entry: &Entry| StoredEntry {
        kind: match entry.kind {
            Kind::Route => EntryKind::Route,
            Kind::Upstream => EntryKind::Upstream,
        },
        name: entry.name.clone(),
        definition: entry.definition.clone(),
    };
    entries.iter().map(stored).collect()
}

fn fault(refusal: Refusal) -> EntryFault {
    let kind = match refusal.kind {
        EntryKind::Route => Kind::Route,
        EntryKind::Upstream => Kind::Upstream,
    };
    let (code, values) = refusal.diagnosis.map_or_else(Default::default, |diagnosis| {
        let values = diagnosis.values.into_iter().map(|(name, value)| (name.into_owned(), value)).collect();
        (Some(diagnosis.code.into_owned()), values)
    });
    EntryFault {
        kind,
        name: refusal.name,
        key: refusal.key,
        code,
        values,
        reason: refusal.reason,
        remedy: refusal.remedy,
        message: None,
    }
}

/// Tells the door what is stored, so that it opens with it. A process without the plan's database, which none with a door is, follows nothing.
///
/// # Errors
/// When it is not known what the door would have to do.
pub(super) async fn begin(house: &House, edge: &Edge, known: Known) -> Result<Option<Follower>> {
    let Some(room) = house.rooms.iter().find(|room| room.service.name == SERVICE) else { return Ok(None) };
    let operators = house.identity.tenant_named(OPERATORS).context("this installation has no tenant of operators")?;
    let door = Arc::new(Followed { edge: edge.clone(), known });
    Ok(Some(Follower::begin(&room.host, operators.id, door).await?))
}

/// The same in the words of the cache. What cannot be a tag is none of any answer.
fn purge_of(purge: Purge) -> Option<banyan_edge::Purge> {
    Some(match purge.what {
        What::Tag => banyan_edge::Purge::Tag(purge.name.parse().ok()?),
        What::Address => banyan_edge::Purge::Address(purge.name),
        What::Prefix => banyan_edge::Purge::Prefix(purge.name),
        What::Everything => banyan_edge::Purge::Everything,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn every_kind_of_mistake_in_routes_has_a_message() {
        let told: BTreeSet<&str> = banyan_gateway::told_kinds().collect();
        let there: BTreeSet<&str> = banyan_edge::DIAGNOSES.iter().copied().collect();
        assert_eq!(told, there);
    }
}
