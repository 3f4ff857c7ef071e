//! The lists use their index on 100,000 rows.

use banyan_testkit::on_both_engines;
use http::StatusCode;

use crate::support::{app, entry};

on_both_engines! {
    async fn journals_and_the_feed_read_no_table_from_end_to_end(bench: Bench) {
        let mut bench = bench;
        let sent = bench.watch();
        let app = app(&bench).await;
        let caller = bench.user();
        entry(&app, &caller, "So that the feed looks at the week").await;
        sent.take();
        for path in ["journal", "journal?page=2", "journal?orderBy=mood", "voice-journal?page=2", "feed"] {
            let answer = app.get(&caller, &format!("/api/v1/content/{path}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        }
        let statements: Vec<String> = sent.take().into_iter().filter(|sql| sql.contains("FROM \"journals\"")).collect();
        assert!(statements.len() >= 7, "{statements:?}");
        for (sql, plan) in statements.iter().zip(bench.plans(&app.store, &caller, "journals", &statements).await) {
            assert!(plan.contains("idx_journals_user_id_deleted_at_created_at_kind"), "{sql}\n{plan}");
            assert!(!plan.contains("SCAN journals\n") && !plan.contains("Seq Scan on journals"), "{sql}\n{plan}");
        }
    }

    async fn writing_is_one_statement(bench: Bench) {
        let mut bench = bench;
        let sent = bench.watch();
        let app = app(&bench).await;
        sent.take();
        entry(&app, &bench.user(), "Lean").await;
        let statements = sent.take();
        assert_eq!(statements.len(), 1, "{statements:?}");
        assert!(statements[0].starts_with("INSERT INTO \"journals\"") && !statements[0].contains("RETURNING"), "{statements:?}");
    }
}
