//! The lists use their indexes on 100,000 rows.

use banyan_testkit::on_both_engines;
use http::StatusCode;

use crate::support::app;

on_both_engines! {
    async fn lists_read_no_table_from_end_to_end(bench: Bench) {
        let mut bench = bench;
        let sent = bench.watch();
        let app = app(&bench).await;
        let caller = bench.user();
        for (table, queries) in [
            ("goals", &["", "?page=2", "?status=active&from=2024-01-01", "?orderBy=title", "?category=health"][..]),
            ("tasks", &["", "?page=2", "?status=todo", "?orderBy=dueDate", "?goalId=0190a5b0-0000-7000-8000-000000000000"]),
            ("habits", &["", "?page=2"]),
        ] {
            sent.take();
            for query in queries {
                let answer = app.get(&caller, &format!("/api/v1/{table}{query}")).await;
                assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
            }
            let lists: Vec<String> = sent.take().into_iter().filter(|sql| sql.contains(&format!("FROM \"{table}\""))).collect();
            assert!(lists.len() > queries.len(), "{table}: {lists:?}");
            assert!(lists.iter().any(|sql| sql.contains("COUNT")), "{lists:?}");
            for (sql, plan) in lists.iter().zip(bench.plans(&app.store, &caller, table, &lists).await) {
                assert!(plan.contains(&format!("idx_{table}_")), "{sql}\n{plan}");
                // The words for reading a whole table: SQLite's, PostgreSQL's.
                let whole = [format!("SCAN {table}\n"), format!("Seq Scan on {table}")];
                assert!(!whole.iter().any(|words| plan.contains(words)), "{sql}\n{plan}");
            }
        }
    }

    async fn the_plain_list_sorts_nothing(bench: Bench) {
        let mut bench = bench;
        let sent = bench.watch();
        let app = app(&bench).await;
        let caller = bench.user();
        sent.take();
        app.get(&caller, "/api/v1/goals").await;
        let page = sent.take().into_iter().find(|sql| sql.contains("ORDER BY")).unwrap();
        let plan = bench.plans(&app.store, &caller, "goals", std::slice::from_ref(&page)).await.remove(0);
        assert!(plan.contains("idx_goals_user_id_deleted_at_archived_at_created_at"), "{page}\n{plan}");
        // Rows of the same moment are put in order of their ids, which takes no sort of the whole list.
        let sorted = plan.lines().any(|line| line.trim_start().trim_start_matches("->").trim().starts_with("Sort  ("));
        assert!(!sorted && !plan.contains("USE TEMP B-TREE FOR ORDER BY"), "{page}\n{plan}");
    }
}
