//! The lists use their indexes on 100,000 rows.

use banyan_kernel::Role;
use banyan_testkit::on_both_engines;
use http::StatusCode;

use crate::support::Desk;

on_both_engines! {
    async fn the_list_of_sessions_reads_no_table_from_end_to_end(bench: Bench) {
        let mut bench = bench;
        let sent = bench.watch();
        let desk = Desk::at(bench).await;
        let maya = desk.register("maya@example.org").await;
        let caller = desk.caller(&maya.access).await;
        sent.take();
        for query in ["", "?page=2", "?orderBy=createdAt"] {
            let answer = desk.app.get(&caller, &format!("/api/v1/auth/sessions{query}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        }
        let lists: Vec<String> = sent.take().into_iter().filter(|sql| sql.contains("FROM \"sessions\"")).collect();
        assert!(lists.len() >= 3, "{lists:?}");
        for (sql, plan) in lists.iter().zip(desk.bench.plans(&desk.app.store, &caller, "sessions", &lists).await) {
            assert!(plan.contains("idx_sessions_user_id_last_used_at"), "{sql}\n{plan}");
        }
    }

    async fn the_lists_of_users_use_their_indexes(bench: Bench) {
        let mut bench = bench;
        let sent = bench.watch();
        let desk = Desk::at(bench).await;
        let admin = desk.with_role(Role::Admin, "admin@example.org").await;
        let caller = desk.caller(&admin.access).await;
        let wanted = [("", "idx_users_created_at"), ("?orderBy=email", "idx_users_email"), ("?orderBy=name", "idx_users_name")];
        let mut lists = Vec::new();
        for (query, _) in wanted {
            sent.take();
            let answer = desk.app.get(&caller, &format!("/api/v1/admin/users{query}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
            lists.extend(sent.take().into_iter().find(|sql| sql.contains("FROM \"users\"") && sql.contains("ORDER BY")));
        }
        let plans = desk.bench.plans(&desk.app.store, &caller, "users", &lists).await;
        assert_eq!(plans.len(), wanted.len());
        for ((_, index), (sql, plan)) in wanted.iter().zip(lists.iter().zip(plans)) {
            assert!(plan.contains(index), "{sql}\n{plan}");
        }
    }
}
