//! A database of the version before becomes the present one, with all that was written.

use banyan_content::{SERVICE, schema};
use banyan_store::migrate::Schema;
use banyan_testkit::on_both_engines;

const NEW: [&str; 4] = ["legal_versions", "legal_texts", "legal_acceptances", "template_texts"];

on_both_engines! {
    async fn a_database_of_the_version_before_becomes_the_present_one(bench: Bench) {
        if bench.is_split() {
            // The installation that processes share has the present tables already.
            return;
        }
        let tables = schema().tables.into_iter().filter(|table| !NEW.contains(&table.name)).collect();
        drop(bench.store(Schema::new(SERVICE, tables)).await);
        let store = bench.store(schema()).await;
        assert_eq!(store.inspect().await.unwrap(), store.schema().shape());
    }
}
