//! A database of the version before becomes the present one.

use banyan_notifications::{SERVICE, schema};
use banyan_store::Policy;
use banyan_store::migrate::Schema;
use banyan_store::schema::{ColumnType, Table};
use banyan_testkit::on_both_engines;

const NEW: [&str; 5] = ["phones", "destinations", "reached", "provider_events", "allowances"];

/// As it was declared when there were no telephones and destinations.
fn before() -> Schema {
    let mut tables: Vec<Table> = schema().tables.into_iter().filter(|table| !NEW.contains(&table.name)).collect();
    for table in &mut tables {
        if table.name == "deliveries" {
            table.indexes.retain(|index| index.columns[0] != "endpoint_id");
        }
        if table.name == "inbox_signals" {
            *table = table.clone().optional("session_id", ColumnType::Uuid);
        }
        if table.name == "profiles" {
            let old = table.clone().optional("phone", ColumnType::Bytes).optional("phone_hint", ColumnType::Text);
            let old = old.optional("phone_verified_at", ColumnType::Timestamp).optional("code_hash", ColumnType::Bytes);
            *table = old.optional("code_sent_at", ColumnType::Timestamp).column("code_tries", ColumnType::Integer);
        }
    }
    let channels = Table::new("tenant_channels", Policy::system()).column("name", ColumnType::Text).unique(&["name"]);
    tables.push(channels);
    Schema::new(SERVICE, tables)
}

on_both_engines! {
    async fn a_database_of_the_version_before_becomes_the_present_one(bench: Bench) {
        drop(bench.store(before()).await);
        let store = bench.store(schema()).await;
        assert_eq!(store.inspect().await.unwrap(), store.schema().shape());
    }
}
