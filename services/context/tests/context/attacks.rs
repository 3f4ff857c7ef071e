//! Every table, attacked row by row: who takes part is decided by three tables together, so this crate looks at them by itself.

use std::sync::atomic::{AtomicU32, Ordering};

use banyan_store::testing::attack::attack;
use banyan_store::testing::{Ground, PostgresGround, SqliteGround};
use banyan_testkit::on_both_engines;

on_both_engines! {
    async fn no_table_gives_way(bench: Bench) {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let tables = bench.store(banyan_context::service().schema).await.schema().tables.clone();
        let mut ground = match bench.database.postgres_url() {
            None => Ground::Sqlite(SqliteGround::create(&bench.database.directory().join("attack.db"), &tables).unwrap()),
            Some(url) => {
                let number = NUMBER.fetch_add(1, Ordering::Relaxed);
                let name: &'static str = format!("attack_ctx_{}_{number}", std::process::id()).leak();
                Ground::Postgres(PostgresGround::create(url, name, &tables).await.unwrap())
            }
        };
        let report = attack(&mut ground).await.unwrap();
        assert_eq!(report.failures(), Vec::<String>::new(), "{}", report.engine);
        for (table, kind) in [("sessions", "read everything"), ("items", "read everything"), ("items", "insert in another's name"), ("seats", "insert in another's name")] {
            let finding = report.findings.iter().find(|finding| finding.table == table && finding.attack == kind);
            assert!(finding.is_some_and(|finding| finding.allowed > 0), "{table}, {kind}: {finding:?}");
        }
        if let Ground::Postgres(ground) = ground {
            ground.drop_all().await.unwrap();
        }
    }
}
