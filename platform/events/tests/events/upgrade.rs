//! What an earlier version had still to deliver is delivered by this one.

use banyan_contracts::Event;
use banyan_events::Consumer;
use banyan_events::log::{DeadLetters, Filter};
use banyan_kernel::Uuid;
use banyan_store::{Engine, EngineKind, Store};
use banyan_testkit::Bench;

use crate::things::{Happened, TYPES, consumers, publish, schema, told, write_down};

/// The tables as they were before there was a log, with rows that the new ones must take over.
fn before(kind: EngineKind, tenant: Uuid, event: impl Fn(u8) -> Uuid) -> String {
    let (uuid, time, json) = match kind {
        EngineKind::Sqlite => ("uuid_blob", "timestamp_integer", "json_text"),
        EngineKind::Postgres => ("uuid", "timestamptz", "jsonb"),
    };
    let id = |id: Uuid| match kind {
        EngineKind::Sqlite => format!("x'{}'", id.simple()),
        EngineKind::Postgres => format!("'{id}'::uuid"),
    };
    let at = match kind {
        EngineKind::Sqlite => "1700000000000000",
        EngineKind::Postgres => "to_timestamp(1700000000)",
    };
    let mut sql = format!(
        "CREATE TABLE outbox (tenant_id {uuid} NOT NULL, id {uuid} NOT NULL, type text NOT NULL, version bigint NOT NULL, \
         subject text NOT NULL, occurred_at {time} NOT NULL, data {json} NOT NULL, CONSTRAINT outbox_pkey PRIMARY KEY (tenant_id, id)); \
         CREATE INDEX idx_outbox_occurred_at ON outbox (tenant_id, occurred_at); \
         CREATE TABLE deliveries (id {uuid} NOT NULL, tenant {uuid} NOT NULL, event_id {uuid} NOT NULL, consumer text NOT NULL, \
         attempts bigint NOT NULL, due_at {time} NOT NULL, last_error text, dead_at {time}, \
         CONSTRAINT deliveries_pkey PRIMARY KEY (id)); \
         CREATE INDEX idx_deliveries_event_id ON deliveries (event_id);"
    );
    for number in 1..=4_u8 {
        let row = format!(
            "INSERT INTO outbox VALUES ({}, {}, '{}', 1, 'a', {at}, '{{\"key\":\"a\",\"number\":{number}}}');",
            id(tenant),
            id(event(number)),
            Happened::TYPE
        );
        sql.push_str(&row);
    }
    // The first was delivered; two wait; the last one is dead.
    for (number, dead) in [(2_u8, "NULL"), (3, "NULL"), (4, at)] {
        let row = format!(
            "INSERT INTO deliveries VALUES ({}, {}, {}, 'mails', {}, {at}, 'away', {dead});",
            id(event(number + 100)),
            id(tenant),
            id(event(number)),
            if number == 4 { 10 } else { 0 }
        );
        sql.push_str(&row);
    }
    sql
}

/// A database of the version before.
async fn old_database(bench: &Bench, kind: EngineKind) {
    drop(bench.store(schema("things")).await);
    let event = |number: u8| Uuid::from_u128((0x0190_0000_0000_7000_u128 << 64) | (0x8000_u128 << 48) | u128::from(number));
    // All that parts of the platform have added since.
    let parts = banyan_events::parts().into_iter().flat_map(|part| part.tables).map(|table| table.name);
    let drops: String =
        ["outbox", "log_readers", "schema_parts"].into_iter().chain(parts).map(|name| format!("DROP TABLE {name}; ")).collect();
    let sql = format!("{drops} UPDATE schema_version SET version = 1; {}", before(kind, bench.tenant, event));
    match kind {
        EngineKind::Sqlite => {
            let path = bench.database.directory().join("things.db");
            rusqlite::Connection::open(path).unwrap().execute_batch(&sql).unwrap();
        }
        EngineKind::Postgres => bench.execute(&format!("SET search_path = things; {sql}")).await,
    }
}

async fn is_taken_over(kind: EngineKind) {
    let bench = Bench::on(kind).await;
    old_database(&bench, kind).await;
    let engine: &Engine = &bench.database.engine;
    let store = Store::open(engine, schema("things"), bench.environment.clone()).await.unwrap();
    let shape = store.inspect().await.unwrap();
    assert_eq!(shape["outbox"], store.schema().shape()["outbox"]);
    assert_eq!(shape["parked_events"], store.schema().shape()["parked_events"]);
    assert!(!shape.contains_key("deliveries") && !shape.contains_key("outbox_before"));
    let mails = Consumer::new("mails", TYPES, |delivery| async move { write_down(&delivery).await });
    let consumers = consumers(&store, mails);
    publish(&store, bench.tenant, "a", 5).await;
    consumers.drain().await.unwrap();
    assert_eq!(told(&store, bench.tenant).await["a"], [2, 3, 5], "{kind:?}: neither lost nor again");
    let dead = DeadLetters::of(&store).list(&Filter::default(), None, 10).await.unwrap();
    assert_eq!((dead.len(), dead[0].attempts, dead[0].data["number"].as_i64()), (1, 10, Some(4)));
    drop((consumers, store));
    let again = bench.store(schema("things")).await;
    assert_eq!(told(&again, bench.tenant).await["a"], [2, 3, 5], "a second start changes nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_still_to_be_delivered_is_taken_over_on_sqlite() {
    is_taken_over(EngineKind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_still_to_be_delivered_is_taken_over_on_postgres() {
    is_taken_over(EngineKind::Postgres).await;
}
