//! A database that an earlier version made.

use banyan_gateway::schema;
use banyan_store::StoreError;
use banyan_testkit::on_both_engines;
use sea_orm::{ConnectionTrait, Statement};

on_both_engines! {
    async fn a_database_without_the_sums_of_all_doors_gets_them(bench: Bench) {
        let mut before = schema();
        before.tables.retain(|table| table.name != "split_sums");
        before.migrations.clear();
        drop(bench.store(before).await);
        let store = bench.store(schema()).await;
        let session = store.system(bench.tenant);
        let count = session.read(|tx| async move {
            let sql = "SELECT COUNT(*) AS count FROM split_sums";
            let row = tx.query_one_raw(Statement::from_string(tx.get_database_backend(), sql)).await?.unwrap();
            Ok::<i64, StoreError>(row.try_get("", "count")?)
        });
        assert_eq!(count.await.unwrap(), 0);
    }
}
