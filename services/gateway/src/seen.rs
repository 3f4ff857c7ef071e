//! What doors saw of migrations: each writes its sums down, and reports are made of all of them.

use banyan_contracts::splits::SplitSums;
use banyan_kernel::Uuid;
use banyan_store::{Rows, Tx};
use serde_json::{Value, json};

use crate::App;
use crate::entity::migration::Model;
use crate::error::GatewayError;
use crate::store;

impl App {
    /// Writes down what this process's door saw since the last time. What cannot be written waits for the next time.
    pub(crate) async fn write_sums(&self, rows: &Rows) -> Result<(), GatewayError> {
        let mut taken = self.door.take_sums();
        while let Some(sums) = taken.next() {
            // One transaction each: it locks the migration, and who takes a step may hold that one while waiting for another.
            rows.write(move |tx| async move { store::sums::add(&tx, sums).await }).await?;
            taken.written();
        }
        Ok(())
    }

    /// As [`App::write_sums`], before something is decided or shown, which must not fail for it. `operators` is the tenant of the caller.
    pub(crate) async fn bring_up_to_date(&self, operators: Uuid) {
        if let Err(error) = self.write_sums(&self.store.system(operators)).await {
            tracing::warn!(%error, "what this door saw of migrations could not be written; the next time tries again");
        }
    }

    /// What all doors saw of a migration's present run.
    pub(crate) async fn seen(&self, tx: &Tx, row: &Model) -> Result<Option<Value>, GatewayError> {
        let splits = self.door.get().map(|door| door.splits()).unwrap_or_default();
        let is_this = |report: &Value| report["name"] == *row.name && report["generation"] == row.generation;
        self.seen_with(tx, row, splits.into_iter().find(is_this)).await
    }

    /// As [`App::seen`]; `own` is what this process's door says of it.
    pub(crate) async fn seen_with(&self, tx: &Tx, row: &Model, own: Option<Value>) -> Result<Option<Value>, GatewayError> {
        let Some(sums) = store::sums::of(tx, row).await? else { return Ok(own) };
        let rolled_back = own.map(|own| own["rolledBack"].clone()).unwrap_or_default();
        Ok(Some(report(&sums, &rolled_back)))
    }
}

/// In the words of a door's own report.
fn report(sums: &SplitSums, rolled_back: &Value) -> Value {
    json!({
        "name": sums.name,
        "generation": sums.generation,
        "sides": sums.side_reports(),
        "shadow": sums.shadow_report(),
        "rolledBack": rolled_back,
    })
}
