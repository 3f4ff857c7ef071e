//! Attacks on every declared table: by other users, other tenants, nobody, with forged ids, in bulk, by moving rows out of sight.
//!
//! What must happen is worked out from the declared policy by [`World`](super::World), which shares nothing with the SQL that enforces it.

mod attacks;
mod new_rows;
mod people;
mod planting;

use std::collections::BTreeMap;

use serde::Serialize;

use super::Ground;
use crate::error::StoreError;
use crate::store::EngineKind;

/// How one table stood up to one kind of attack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub table: String,
    pub attack: &'static str,
    pub attempts: u32,
    /// Attempts in which something was allowed, the least that a test can have seen.
    pub allowed: u32,
    /// What went wrong, in words; empty when the policy held.
    pub failures: Vec<String>,
}

/// All tables, all attacks.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub engine: &'static str,
    pub findings: Vec<Finding>,
}

impl Report {
    pub fn failures(&self) -> Vec<String> {
        let lines = |finding: &Finding| {
            let (table, attack) = (finding.table.clone(), finding.attack);
            finding.failures.iter().map(move |failure| format!("{table}, {attack}: {failure}")).collect::<Vec<_>>()
        };
        self.findings.iter().flat_map(lines).collect()
    }

    pub fn attempts(&self) -> u32 {
        self.findings.iter().map(|finding| finding.attempts).sum()
    }
}

/// Plants rows of two tenants in every table of the ground, then attacks each table as each kind of caller. The ground's rows are
/// left as planted.
///
/// # Errors
/// When the ground itself fails; what an attack meets is part of the report.
pub async fn attack(ground: &mut Ground) -> Result<Report, StoreError> {
    let engine = if ground.kind() == EngineKind::Sqlite { "sqlite" } else { "postgres" };
    ground.clear().await?;
    let world = planting::plant(ground).await?;
    let mut log = Log::default();
    for table in world.tables.clone() {
        if world.rows(table.name).is_empty() {
            log.fail(table.name, "planting", "no row could be planted".to_owned());
        }
        for who in people::callers() {
            attacks::all(ground, &world, &table, &who, &mut log).await?;
        }
    }
    Ok(Report { engine, findings: log.0.into_values().collect() })
}

/// Findings by table and attack.
#[derive(Debug, Default)]
struct Log(BTreeMap<(String, &'static str), Finding>);

impl Log {
    fn entry(&mut self, table: &str, attack: &'static str) -> &mut Finding {
        let fresh = || Finding { table: table.to_owned(), attack, ..Finding::default() };
        self.0.entry((table.to_owned(), attack)).or_insert_with(fresh)
    }

    fn tried(&mut self, table: &str, attack: &'static str, allowed: usize) {
        let finding = self.entry(table, attack);
        finding.attempts += 1;
        finding.allowed += u32::from(allowed > 0);
    }

    fn fail(&mut self, table: &str, attack: &'static str, what: String) {
        self.entry(table, attack).failures.push(what);
    }
}
