//! Ways around the guard of SQLite: the bare connection, schema-qualified names, captured names, side doors of the engine.

use std::time::{Duration, Instant};

use banyan_kernel::{Caller, RequestId, Role, Roles, Uuid};
use banyan_store::StoreError;
use banyan_store::testing::{Act, Answer, Ground, Row, Who};
use sea_orm::Value;

use super::fixture::Place;

const TENANT: Uuid = Uuid::from_u128(1);
const ANA: Uuid = Uuid::from_u128(0xA);
const BEN: Uuid = Uuid::from_u128(0xB);

fn user(id: Uuid) -> Who {
    Who::Caller(Caller::user(TENANT, id, Roles::from_iter([Role::User]), RequestId(Uuid::nil())))
}

fn goal(id: u128, user: Uuid, slug: &str) -> Row {
    Row::from([
        ("tenant_id".to_owned(), TENANT.into()),
        ("id".to_owned(), Uuid::from_u128(id).into()),
        ("user_id".to_owned(), user.into()),
        ("title".to_owned(), "secret".into()),
        ("n".to_owned(), 1_i64.into()),
        ("slug".to_owned(), slug.into()),
        ("parent_id".to_owned(), Value::Uuid(None)),
    ])
}

fn task(id: u128, goal: u128, user: Uuid) -> Row {
    Row::from([
        ("tenant_id".to_owned(), TENANT.into()),
        ("id".to_owned(), Uuid::from_u128(id).into()),
        ("user_id".to_owned(), user.into()),
        ("goal_id".to_owned(), Uuid::from_u128(goal).into()),
        ("helper_id".to_owned(), Uuid::from_u128(goal).into()),
        ("title".to_owned(), "a task".into()),
        ("n".to_owned(), 1_i64.into()),
    ])
}

/// Ana has goal 1 with a task of Ben's, Ben has goal 2.
async fn place() -> Place {
    let mut place = Place::sqlite();
    place.ground.plant("goals", &[goal(1, ANA, "a"), goal(2, BEN, "b")]).await.unwrap();
    place.ground.plant("tasks", &[task(11, 1, BEN), task(12, 2, BEN)]).await.unwrap();
    place
}

#[tokio::test]
async fn the_bare_connection_reaches_nothing() {
    let mut place = place().await;
    let sqlite = place.as_sqlite();
    // Statistics hold values of hidden rows.
    sqlite.unguarded(|raw| raw.execute_batch("ANALYZE")).unwrap();
    // Even with a caller bound: what does not come through the wrapper is refused or sees what the caller sees.
    for bound in [Who::Unbound, user(ANA)] {
        sqlite.bind(&bound);
        let bare = sqlite.bare();
        let seen: i64 = bare.query_row("SELECT COUNT(*) FROM goals", [], |row| row.get(0)).unwrap();
        assert_eq!(seen, i64::from(bound.tenant().is_some()));
        for sql in [
            "SELECT * FROM main.goals",
            "SELECT COUNT(*) FROM main.goals",
            "SELECT title FROM main.goals AS g",
            "WITH goals AS (SELECT * FROM main.goals) SELECT title FROM goals",
            "SELECT (SELECT title FROM main.goals)",
            "SELECT * FROM (SELECT * FROM main.goals) AS goals",
            "SELECT * FROM events",
            "SELECT COUNT(*) FROM events",
            "SELECT * FROM schema_version",
            "SELECT * FROM sqlite_master",
            "SELECT COUNT(*) FROM sqlite_master",
            "SELECT * FROM sqlite_temp_master",
            "SELECT sql FROM temp.sqlite_schema",
            "SELECT * FROM sqlite_stat1",
            "SELECT * FROM sqlite_stat4",
            "SELECT * FROM dbstat",
            "SELECT COUNT(*) FROM dbstat",
            "SELECT * FROM sqlite_dbpage",
            "SELECT * FROM pragma_table_info('goals')",
            "SELECT COUNT(*) FROM pragma_table_list",
            "SELECT load_extension('x')",
            "SELECT random()",
            "SELECT sqlite_version()",
            "INSERT INTO main.goals (tenant_id, id, user_id, title, n) VALUES (x'01', x'01', x'01', 'x', 1)",
            "INSERT INTO goals (tenant_id, id, user_id, title, n) VALUES (x'01', x'01', x'01', 'x', 1)",
            "UPDATE main.goals SET n = 2",
            "UPDATE goals SET n = 2",
            "DELETE FROM main.goals",
            "DELETE FROM goals",
            "DELETE FROM main.goals WHERE 0",
            "REPLACE INTO main.goals SELECT * FROM goals",
            "CREATE TABLE t (a)",
            "CREATE TEMP TABLE t (a)",
            "CREATE TEMP VIEW v AS SELECT * FROM main.goals",
            "CREATE VIEW v AS SELECT * FROM goals",
            "CREATE TEMP TRIGGER t AFTER INSERT ON main.goals BEGIN SELECT 1; END",
            "CREATE INDEX i ON goals (n)",
            "CREATE VIRTUAL TABLE v USING fts5(a)",
            "DROP VIEW goals",
            "DROP VIEW temp.goals",
            "DROP TABLE main.goals",
            "ALTER TABLE main.goals RENAME TO g",
            "ALTER TABLE main.goals ADD COLUMN a",
            "PRAGMA foreign_keys = OFF",
            "PRAGMA table_info(goals)",
            "PRAGMA query_only",
            "PRAGMA writable_schema = ON",
            "ATTACH ':memory:' AS other",
            "DETACH temp",
            "ANALYZE",
            "ANALYZE goals",
            "REINDEX",
            "VACUUM",
            "VACUUM INTO '/tmp/never'",
            "BEGIN",
            "SAVEPOINT a",
            "COMMIT",
            "RELEASE a",
        ] {
            let refused = bare.prepare(sql).and_then(|mut statement| statement.raw_query().next().map(|_| ()));
            assert!(refused.is_err(), "{bound:?}: {sql}");
        }
    }
}

#[tokio::test]
async fn the_wrapper_refuses_what_is_not_about_rows() {
    let mut place = place().await;
    let sqlite = place.as_sqlite();
    sqlite.bind(&user(ANA));
    for sql in [
        "SELECT * FROM main.goals",
        "PRAGMA foreign_keys",
        "ATTACH 'x' AS y",
        "SELECT 1; SELECT 2",
        "DROP TABLE goals",
        "INSERT OR REPLACE INTO goals SELECT * FROM goals",
        "UPDATE nothing SET a = 1",
        "SELECT * FROM schema_version",
        "SELECT COUNT(*) FROM schema_version",
        "SELECT * FROM dbstat",
        "SELECT random()",
        "SELECT load_extension('x')",
        "SELECT datetime('now')",
        "SELECT current_timestamp",
        "SELECT zeroblob(1000000)",
        "EXPLAIN SELECT 1",
        "BEGIN",
        "COMMIT",
        "",
    ] {
        assert!(matches!(sqlite.run(&Act::rows(sql, vec![])), Err(StoreError::Refused(_))), "{sql}");
    }
    assert!(matches!(sqlite.run(&Act::rows("SELECT nowhere FROM goals", vec![])), Err(StoreError::Database(_))));
    assert!(matches!(sqlite.run(&Act::rows("SELEC", vec![])), Err(StoreError::Refused(_))));
    assert!(matches!(sqlite.run(&Act::rows("SELECT $2", vec![1.into()])), Err(StoreError::Database(_))));
    assert!(
        matches!(sqlite.run(&Act::count("SELECT * FROM events", vec![])), Err(StoreError::RowSecurity { table }) if table == "events")
    );
}

#[tokio::test]
async fn names_cannot_be_captured() {
    let mut place = place().await;
    let ana = user(ANA);
    // Each would show, change or delete Ben's goal 2 if a policy read what the statement invents.
    let forged =
        "SELECT tenant_id, x'0000000000000000000000000000000a' AS user_id, x'00000000000000000000000000000002' AS id FROM goals";
    for (sql, allowed) in [
        (format!("WITH goals AS ({forged}) SELECT id FROM tasks"), 1),
        (
            "WITH grants AS (SELECT tenant_id, x'0000000000000000000000000000000b' AS owner_id, user_id AS grantee_id, 'goals' AS kind, NULL AS revoked_at FROM goals) SELECT id FROM goals"
                .to_owned(),
            1,
        ),
        ("UPDATE goals AS tasks SET n = 5".to_owned(), 1),
        ("UPDATE goals AS \"g\"\"x\" SET n = 5 WHERE \"g\"\"x\".n = 1".to_owned(), 1),
        (format!("UPDATE goals SET n = 5 FROM ({forged}) AS goals"), 1),
        (format!("UPDATE goals SET n = 5 FROM ({forged}) AS f WHERE f.tenant_id = goals.tenant_id"), 1),
        (format!("DELETE FROM goals WHERE EXISTS (SELECT 1 FROM ({forged}) AS goals WHERE goals.user_id IS NOT NULL)"), 1),
        (format!("WITH f AS ({forged}) DELETE FROM goals WHERE 1 = 1 OR EXISTS (SELECT 1 FROM f)"), 1),
        ("DELETE FROM goals WHERE user_id IS NOT NULL OR user_id = user_id".to_owned(), 1),
        ("DELETE FROM goals -- WHERE nothing".to_owned(), 1),
        ("DELETE FROM goals /* WHERE */ WHERE 1 = 1 -- ) OR (1 = 1".to_owned(), 1),
    ] {
        let attempt = place
            .ground
            .attempt(&ana, &[Act::count(sql.clone(), vec![]), Act::rows(sql.clone(), vec![])], &["goals"])
            .await
            .unwrap();
        let ben = attempt.tables["goals"].iter().find(|row| row["id"] == Uuid::from_u128(2).into());
        assert_eq!(ben.map(|row| row["n"].clone()), Some(1_i64.into()), "{sql}");
        match &attempt.answers[0] {
            Ok(Answer::Count(count)) => assert!(*count <= allowed, "{sql}: {count}"),
            Ok(Answer::Rows(_)) => panic!("{sql}"),
            Err(error) => assert!(!matches!(error, StoreError::RowSecurity { .. }), "{sql}: {error}"),
        }
        if sql.contains("SELECT id FROM goals") || sql.contains("SELECT id FROM tasks") {
            let Ok(Answer::Rows(rows)) = &attempt.answers[1] else { panic!("{sql}: {:?}", attempt.answers[1]) };
            assert_eq!(rows.len(), allowed as usize, "{sql}");
        }
    }
}

#[tokio::test]
async fn a_table_that_nobody_reads_is_not_read_while_it_is_written() {
    let mut place = place().await;
    let insert = "INSERT INTO events (tenant_id, id, title, n)";
    let acts = [
        format!("{insert} SELECT tenant_id, id, title, n FROM goals WHERE EXISTS (SELECT 1 FROM events)"),
        format!("{insert} SELECT tenant_id, id, title, n FROM events"),
        format!("{insert} SELECT g.tenant_id, g.id, g.title, (SELECT COUNT(*) FROM events) FROM goals g"),
        format!("{insert} SELECT tenant_id, id, title, n FROM goals RETURNING (SELECT COUNT(*) FROM events)"),
        format!("{insert} SELECT tenant_id, id, title, n FROM goals RETURNING title"),
    ];
    let acts: Vec<Act> = acts.into_iter().map(|sql| Act::rows(sql, vec![])).collect();
    let attempt = place.ground.attempt(&user(ANA), &acts, &[]).await.unwrap();
    for (act, answer) in acts.iter().zip(attempt.answers) {
        assert!(matches!(&answer, Err(StoreError::RowSecurity { table }) if table == "events"), "{}: {answer:?}", act.sql);
    }
}

#[tokio::test]
async fn cascades_pass_over_hidden_children() {
    let mut place = place().await;
    // Ana deletes her goal; Ben's task falls with it, his helper is let go where she points at a row of hers.
    let mut helped = task(13, 2, BEN);
    helped.insert("helper_id".to_owned(), Uuid::from_u128(1).into());
    place.ground.plant("tasks", &[helped]).await.unwrap();
    let attempt = place
        .ground
        .attempt(&user(ANA), &[Act::count("DELETE FROM goals WHERE slug = 'a'", vec![])], &["goals", "tasks"])
        .await
        .unwrap();
    assert!(matches!(attempt.answers[0], Ok(Answer::Count(1))), "{:?}", attempt.answers);
    let tasks = &attempt.tables["tasks"];
    assert_eq!(tasks.len(), 2);
    let let_go = tasks.iter().find(|row| row["id"] == Uuid::from_u128(13).into()).unwrap();
    assert_eq!(let_go["helper_id"], Value::Uuid(None));
}

#[tokio::test]
async fn a_unique_clash_with_a_hidden_row_is_a_clash_and_an_upsert_onto_it_is_refused() {
    let mut place = place().await;
    let columns = "INSERT INTO goals (tenant_id, id, user_id, title, n, slug) VALUES ($1, $2, $3, 'new', 1, 'b')";
    let values = || vec![TENANT.into(), Uuid::from_u128(99).into(), ANA.into()];
    let acts = [
        Act::count(columns, values()),
        Act::count(format!("{columns} ON CONFLICT DO NOTHING"), values()),
        Act::count(format!("{columns} ON CONFLICT (tenant_id, slug) DO UPDATE SET title = 'mine'"), values()),
        Act::count(format!("{columns} ON CONFLICT (tenant_id, slug) DO UPDATE SET title = 'mine' WHERE goals.n = 7"), values()),
    ];
    let attempt = place.ground.attempt(&user(ANA), &acts, &["goals"]).await.unwrap();
    let [clash, nothing, onto, passed_by] = attempt.answers.try_into().unwrap();
    assert!(matches!(clash, Err(StoreError::Unique { constraint }) if constraint == "idx_goals_slug"));
    assert_eq!(nothing.unwrap(), Answer::Count(0));
    assert!(matches!(onto, Err(StoreError::RowSecurity { table }) if table == "goals"));
    // PostgreSQL looks at the condition first, too.
    assert_eq!(passed_by.unwrap(), Answer::Count(0));
    assert!(attempt.tables["goals"].iter().all(|row| row["title"] == "secret".into()));
}

#[tokio::test]
async fn a_connection_forgets_its_caller() {
    let mut place = place().await;
    let sqlite = place.as_sqlite();
    let count = Act::rows("SELECT id FROM goals", vec![]);
    let seen = |answer: Result<Answer, StoreError>| match answer {
        Ok(Answer::Rows(rows)) => rows.len(),
        other => panic!("{other:?}"),
    };
    sqlite.bind(&user(ANA));
    assert_eq!(seen(sqlite.run(&count)), 1);
    sqlite.bind(&Who::Unbound);
    assert_eq!(seen(sqlite.run(&count)), 0);
    assert!(matches!(
        sqlite.run(&Act::count("INSERT INTO events (tenant_id, id, title, n) VALUES ($1, $1, 'x', 1)", vec![TENANT.into()])),
        Err(StoreError::RowSecurity { .. })
    ));
}

#[tokio::test]
async fn a_read_costs_what_it_would_by_hand() {
    let mut place = place().await;
    let sqlite = place.as_sqlite();
    let plan = |sqlite: &mut banyan_store::testing::SqliteGround, sql: &str| sqlite.plan(sql).unwrap().join("; ");
    let list = plan(sqlite, "SELECT * FROM goals WHERE user_id = x'00' ORDER BY n LIMIT 20");
    assert!(list.starts_with("SEARCH main.goals USING INDEX idx_goals_user_id_n (tenant_id=? AND user_id=?)"), "{list}");
    assert!(!list.contains("B-TREE") && !list.contains("SCAN"), "{list}");
    let one = plan(sqlite, "SELECT * FROM goals WHERE id = x'00'");
    assert!(one.contains("sqlite_autoindex_goals_1 (tenant_id=? AND id=?)"), "{one}");
    let counted = plan(sqlite, "SELECT COUNT(*) FROM goals WHERE user_id = x'00'");
    assert!(counted.contains("idx_goals_user_id_n (tenant_id=? AND user_id=?)"), "{counted}");
    let joined = plan(sqlite, "SELECT t.title FROM tasks t JOIN goals g ON g.id = t.goal_id WHERE t.goal_id = x'00'");
    assert!(!joined.contains("SCAN") && !joined.contains("MATERIALIZE"), "{joined}");
    let changed = plan(sqlite, "UPDATE goals SET n = 2 WHERE id = x'00'");
    assert!(changed.contains("(tenant_id=? AND id=?)") && !changed.contains("SCAN"), "{changed}");
    let deleted = plan(sqlite, "DELETE FROM tasks WHERE goal_id = x'00'");
    assert!(deleted.contains("(tenant_id=? AND goal_id=?)"), "{deleted}");
}

#[tokio::test]
async fn a_statement_past_its_deadline_is_broken_off() {
    let mut place = place().await;
    let sqlite = place.as_sqlite();
    sqlite.bind(&user(ANA));
    sqlite.set_deadline(Some(Instant::now() + Duration::from_millis(5)));
    let forever = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT COUNT(*) FROM c";
    assert!(matches!(sqlite.run(&Act::rows(forever, vec![])), Err(StoreError::DeadlineExceeded)));
    sqlite.set_deadline(None);
    assert!(sqlite.run(&Act::rows("SELECT id FROM goals", vec![])).is_ok());
}

#[tokio::test]
async fn a_failed_change_leaves_no_flag_behind() {
    let mut place = place().await;
    let Ground::Sqlite(sqlite) = &mut place.ground else { unreachable!() };
    sqlite.bind(&user(ANA));
    let taken = Act::count("UPDATE goals SET user_id = $1", vec![BEN.into()]);
    assert!(matches!(sqlite.run(&taken), Err(StoreError::RowSecurity { .. })));
    assert!(sqlite.bare().prepare("UPDATE main.goals SET n = 2").is_err());
    // A change that was let through once is prepared and kept; its text alone opens nothing.
    sqlite.run(&Act::count("UPDATE goals SET n = 3", vec![])).unwrap();
    assert!(sqlite.bare().prepare("UPDATE main.\"goals\" SET n = 3").is_err());
}
