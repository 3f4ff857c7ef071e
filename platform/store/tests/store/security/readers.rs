//! Who follows the log of a service that is none of theirs reads events, notes how far it is, and gets no further.

use banyan_contracts::identity::UserVerified;
use banyan_store::log::Position;
use banyan_store::{EngineKind, Store, StoreError};
use banyan_testkit::Bench;

use crate::notes;

const ROLE: &str = "banyan_notes_log";
const NIL: &str = "00000000-0000-0000-0000-000000000000";

async fn published(bench: &Bench) -> Store {
    let store = bench.store(notes::schema()).await;
    let user = bench.user();
    let event = &UserVerified { user_id: user.user_id().unwrap() };
    let write = move |tx: banyan_store::Tx| async move {
        notes::insert(&tx, "Mine alone.").await?;
        tx.publish(event).await
    };
    store.bind(&user).write(write).await.unwrap();
    store
}

#[tokio::test]
async fn another_services_log_is_followed_and_nothing_else_of_it() {
    let bench = Bench::on(EngineKind::Postgres).await;
    let store = published(&bench).await;
    let log = Store::open_log(&bench.database.engine, "notes", bench.environment.clone()).await.unwrap();
    let begun = std::time::Instant::now();
    let events = loop {
        let events = log.read(Position::BEGINNING, 10).await.unwrap();
        if !events.is_empty() {
            break events;
        }
        // Transactions of other tests on this server hold events back.
        assert!(begun.elapsed().as_secs() < 60, "the event does not come");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    assert_eq!((events.len(), events[0].tenant), (1, bench.tenant));
    log.note_reader("others.all", events[0].place()).await.unwrap();
    assert_eq!(store.log().readers().await.unwrap()[0].reader, "others.all");
    assert!(log.forget_reader("others.all").await.is_err(), "that is for the service itself");
    assert!(log.tidy(bench.environment.clock.now()).await.is_err());
    assert!(store.compliance().await.unwrap().holds());
}

#[tokio::test]
async fn the_role_of_followers_has_no_other_rights() {
    let bench = Bench::on(EngineKind::Postgres).await;
    let store = published(&bench).await;
    let (client, connection) =
        tokio_postgres::connect(bench.database.postgres_url().unwrap(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let tried = async |actor: &str, sql: &str| {
        let context = format!(
            "BEGIN; SET LOCAL ROLE {ROLE}; \
             SELECT set_config('banyan.actor', '{actor}', true), set_config('banyan.tenant', '{NIL}', true)"
        );
        client.batch_execute(&context).await.unwrap();
        let rows = client
            .simple_query(sql)
            .await
            .map(|found| found.iter().filter(|message| matches!(message, tokio_postgres::SimpleQueryMessage::Row(_))).count());
        client.batch_execute("ROLLBACK").await.unwrap();
        rows.map_err(|error| error.as_db_error().unwrap().message().to_owned())
    };
    assert_eq!(tried("platform", "SELECT * FROM notes.outbox").await, Ok(1));
    for actor in ["anonymous", "user", "system", ""] {
        assert_eq!(tried(actor, "SELECT * FROM notes.outbox").await, Ok(0), "as `{actor}`");
    }
    for table in store.schema().tables.iter().filter(|table| !["outbox", "log_readers"].contains(&table.name)) {
        let name = table.name;
        for sql in [
            format!("SELECT 1 FROM notes.{name}"),
            format!("DELETE FROM notes.{name}"),
            format!("UPDATE notes.{name} SET id = id"),
            format!("INSERT INTO notes.{name} DEFAULT VALUES"),
        ] {
            let refused = tried("platform", &sql).await.unwrap_err();
            assert!(refused.contains("permission denied"), "{sql}: {refused}");
        }
    }
    for sql in [
        "DELETE FROM notes.outbox",
        "UPDATE notes.outbox SET subject = ''",
        "INSERT INTO notes.outbox SELECT * FROM notes.outbox",
        "DELETE FROM notes.log_readers",
        "SELECT nextval('notes.outbox_sequence')",
        "SELECT * FROM notes.schema_version",
        "CREATE TABLE notes.mine ()",
        "SET ROLE banyan_notes; SELECT * FROM notes.notes",
    ] {
        let refused = tried("platform", sql).await;
        // A superuser's session may take on any role; what then counts is that no rows come without a caller.
        assert!(refused.clone().map_or(true, |rows| sql.starts_with("SET ROLE") && rows == 0), "{sql}: {refused:?}");
    }
    // More rights than those show.
    client.batch_execute(&format!("GRANT SELECT ON notes.notes TO {ROLE}")).await.unwrap();
    let report = store.compliance().await.unwrap();
    assert!(report.findings.iter().any(|finding| finding.contains(ROLE)), "{report:#?}");
}

#[tokio::test]
async fn a_log_that_is_not_there_is_refused_with_what_to_do() {
    let bench = Bench::on(EngineKind::Postgres).await;
    let refused = Store::open_log(&bench.database.engine, "nowhere", bench.environment.clone()).await.unwrap_err();
    assert!(matches!(&refused, StoreError::Outdated(text) if text.contains("banyan migrate")), "{refused}");
    let bench = Bench::on(EngineKind::Sqlite).await;
    let refused = Store::open_log(&bench.database.engine, "notes", bench.environment.clone()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Refused(_)), "{refused}");
}
