//! What a transaction writes besides its rows: audit chain, idempotency, events, grants.

use std::sync::Arc;

use banyan_kernel::{OsRandom, Permission, Role};
use banyan_store::audit::{Record, SignedHead, VerifyError};
use banyan_store::idempotency::{Cipher, IdempotencyKey};
use banyan_store::{Observer, Store, StoreError, Tx, grants};
use banyan_testkit::{Bench, on_both_engines};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::notes;

on_both_engines! {
    async fn the_audit_chain_holds_and_shows_every_change(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let user = bench.user();
        for number in 0..3 {
            let record = &Record::new("note.made").detail(serde_json::json!({ "number": number, "nested": { "b": 1.50, "a": "é" } }));
            store.bind(&user).write(move |tx| async move { tx.audit(record.clone()); Ok::<_, StoreError>(()) }).await.unwrap();
        }
        assert_eq!(store.verify_audit().await.unwrap().records, 3);
        tamper(&bench, "UPDATE audit SET action = 'note.kept' WHERE position = 2").await;
        assert!(matches!(store.verify_audit().await, Err(VerifyError::Changed { position: 2, .. })));
        tamper(&bench, "DELETE FROM audit WHERE position = 2").await;
        assert!(matches!(store.verify_audit().await, Err(VerifyError::Missing { position: 2, .. })));
    }

    async fn a_cut_tail_shows(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let user = bench.user();
        for _ in 0..2 {
            store.bind(&user).write(|tx| async move { tx.audit(Record::new("x.y")); Ok::<_, StoreError>(()) }).await.unwrap();
        }
        tamper(&bench, "DELETE FROM audit WHERE position = 2").await;
        assert!(matches!(store.verify_audit().await, Err(VerifyError::CutOff { expected: 2, found: 1, .. })));
    }

    async fn signed_heads_show_a_tail_that_was_cut_together_with_its_head(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let empty = store.audit_head_signed().await.unwrap();
        let rows = store.bind(&bench.user());
        let note = async || rows.write(|tx| async move { tx.audit(Record::new("x.y")); Ok::<_, StoreError>(()) }).await.unwrap();
        for _ in 0..3 {
            note().await;
        }
        let heads = [empty, store.audit_head_signed().await.unwrap()];
        note().await;
        assert_eq!((heads[0].position, heads[1].position), (0, 3));
        let held = store.verify_audit_against(&heads).await.unwrap();
        assert_eq!((held.records, held.heads_checked), (4, 2));
        for position in [4, 3] {
            tamper(&bench, &format!("DELETE FROM audit WHERE position = {position}")).await;
        }
        tamper(&bench, "UPDATE audit_head SET position = 2, hash = (SELECT hash FROM audit WHERE position = 2)").await;
        assert_eq!(store.verify_audit().await.unwrap().records, 2, "by itself the rest looks whole");
        let cut = store.verify_audit_against(&heads).await;
        assert!(matches!(cut, Err(VerifyError::CutOff { expected: 3, found: 2, .. })), "{cut:?}");
        note().await;
        assert_eq!(store.verify_audit().await.unwrap().records, 3);
        let rewritten = store.verify_audit_against(&heads).await;
        assert!(matches!(rewritten, Err(VerifyError::Rewritten { position: 3, .. })), "{rewritten:?}");
    }

    async fn a_signed_head_that_was_changed_is_refused(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        store.bind(&bench.user()).write(|tx| async move { tx.audit(Record::new("x.y")); Ok::<_, StoreError>(()) }).await.unwrap();
        let head = store.audit_head_signed().await.unwrap();
        let cipher = &bench.environment.cipher;
        head.verify(cipher).unwrap();
        let text = serde_json::to_string(&head).unwrap();
        assert_eq!(serde_json::from_str::<SignedHead>(&text).unwrap(), head, "it holds on the wire");
        let zeros = "0".repeat(64);
        let forgeries = [
            SignedHead { service: "note".to_owned(), ..head.clone() },
            SignedHead { position: 0, ..head.clone() },
            SignedHead { head: zeros.clone(), ..head.clone() },
            SignedHead { at: head.at.plus_seconds(1), ..head.clone() },
            SignedHead { signature: zeros, ..head.clone() },
            SignedHead { signature: head.signature[..62].to_owned(), ..head.clone() },
            SignedHead { signature: "é".repeat(32), ..head.clone() },
            SignedHead { signature: String::new(), ..head.clone() },
        ];
        for forged in &forgeries {
            assert!(forged.verify(cipher).is_err(), "{forged:?}");
        }
        assert!(head.verify(&Cipher::new([8; 32], Arc::new(OsRandom))).is_err(), "another installation's key");
        let refused = store.verify_audit_against(&forgeries[1..2]).await;
        assert!(matches!(refused, Err(VerifyError::Forged { position: 0, .. })), "{refused:?}");
    }

    async fn concurrent_records_make_one_chain(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let mut tasks = JoinSet::new();
        for _ in 0..50 {
            let rows = store.bind(&bench.user());
            tasks.spawn(async move {
                rows.write(|tx| async move { tx.audit(Record::new("race.run")); Ok::<_, StoreError>(()) }).await
            });
        }
        while let Some(result) = tasks.join_next().await {
            result.unwrap().unwrap();
        }
        assert_eq!(store.verify_audit().await.unwrap().records, 50);
    }

    async fn an_elevated_read_is_recorded_with_its_reason(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let owner = bench.user();
        let note = store.bind(&owner).write(|tx| async move { notes::insert(&tx, "mine").await }).await.unwrap();
        let admin = bench.with_role(Role::Admin);
        assert!(notes::texts(&store.bind(&admin)).await.is_empty());
        let elevated = admin.elevate(Permission::RecordsOverride, Some("support case 7")).unwrap();
        assert_eq!(notes::texts(&store.bind(&elevated)).await, ["mine"]);
        assert_eq!(store.verify_audit().await.unwrap().records, 1);
        let _owned_by_somebody_else = note;
    }

    async fn the_same_key_gives_the_same_answer_once(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let user = bench.user();
        let rows = &store.bind(&user);
        let key = &IdempotencyKey::new("k1", "POST /notes", b"{}");
        let first = rows.write_once(Some(key), |tx| async move { Ok::<_, StoreError>(notes::insert(&tx, "once").await?.id) }).await.unwrap();
        let again = rows.write_once(Some(key), |tx| async move { Ok::<_, StoreError>(notes::insert(&tx, "twice").await?.id) }).await.unwrap();
        assert_eq!(first, again);
        assert_eq!(notes::texts(rows).await, ["once"]);
        let other = &IdempotencyKey::new("k1", "POST /notes", b"{\"other\":1}");
        let error = rows.write_once(Some(other), |tx| async move { notes::insert(&tx, "x").await.map(|n| n.id) }).await.unwrap_err();
        assert!(matches!(error, StoreError::IdempotencyKeyReused));
        let someone_else = store.bind(&bench.user());
        let theirs = someone_else.write_once(Some(key), |tx| async move { Ok::<_, StoreError>(notes::insert(&tx, "once").await?.id) }).await.unwrap();
        assert_ne!(theirs, first);
        bench.clock.advance_seconds(24 * 60 * 60);
        let next_day = rows.write_once(Some(key), |tx| async move { Ok::<_, StoreError>(notes::insert(&tx, "tomorrow").await?.id) }).await.unwrap();
        assert_ne!(next_day, first);
    }

    async fn a_failed_request_leaves_its_key_free(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let rows = &store.bind(&bench.user());
        let key = &IdempotencyKey::new("k", "POST /notes", b"{}");
        let failed: Result<u8, StoreError> = rows.write_once(Some(key), |_| async { Err(StoreError::ForeignKey) }).await;
        assert!(failed.is_err());
        let retried = rows.write_once(Some(key), |tx| async move { notes::insert(&tx, "now").await.map(|n| n.id) }).await;
        assert!(retried.is_ok());
    }

    async fn whoever_is_told_of_a_failure_finds_the_key_free(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let user = bench.user();
        // Several idle connections, so that the next transaction runs on another one.
        let mut tasks = JoinSet::new();
        for number in 0..8 {
            let rows = store.bind(&user);
            tasks.spawn(async move { rows.write(move |tx| async move { notes::insert(&tx, &number.to_string()).await.map(|n| n.id) }).await });
        }
        while let Some(result) = tasks.join_next().await {
            result.unwrap().unwrap();
        }
        let rows = &store.bind(&user);
        let key = &IdempotencyKey::new("k", "POST /notes", b"{}");
        for _ in 0..300 {
            let failing = rows.write_once(Some(key), |tx| async move {
                notes::insert(&tx, "never").await?;
                Err::<u8, _>(StoreError::ForeignKey)
            });
            let error = failing.await.unwrap_err();
            assert!(matches!(error, StoreError::ForeignKey), "{error:?}");
        }
    }

    async fn of_many_at_once_with_one_key_one_makes_a_row(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let user = bench.user();
        let mut tasks = JoinSet::new();
        for number in 0..30 {
            let rows = store.bind(&user);
            tasks.spawn(async move {
                let key = IdempotencyKey::new("race", "POST /notes", b"{}");
                let text = &format!("by {number}");
                rows.write_once(Some(&key), move |tx| async move { notes::insert(&tx, text).await.map(|n| n.id) }).await
            });
        }
        let mut ids = std::collections::HashSet::new();
        while let Some(result) = tasks.join_next().await {
            match result.unwrap() {
                Ok(id) => { ids.insert(id); }
                Err(error) => assert!(matches!(error, StoreError::IdempotencyInProgress), "{error:?}"),
            }
        }
        assert_eq!(ids.len(), 1);
        assert_eq!(notes::texts(&store.bind(&user)).await.len(), 1);
    }

    /// Two processes: the first one dies with the key in its hands, or ends while the second one waits for it.
    async fn a_request_that_is_sent_again_to_another_process_waits_for_the_key(bench: Bench) {
        if bench.database.postgres_url().is_none() {
            return;
        }
        let asked = Arc::new(KeysAskedFor::default());
        let observed = bench.environment.clone().with_observer(asked.clone());
        let second = Store::open(&bench.database.engine, notes::schema(), observed).await.unwrap();
        let stores = [bench.store(notes::schema()).await, second];
        let user = bench.user();
        for (name, dies) in [("dies", true), ("ends", false)] {
            let (holds, held) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
            let run = |at: usize, wait: Option<(Arc<Notify>, Arc<Notify>)>| {
                let rows = stores[at].bind(&user);
                tokio::spawn(async move {
                    let key = IdempotencyKey::new(name, "POST /notes", b"{}");
                    let wait = &wait;
                    let work = move |tx: Tx| async move {
                        let note = notes::insert(&tx, &format!("{name} {at}")).await?;
                        if let Some((holds, held)) = wait {
                            tx.query_one_raw(Statement::from_string(DbBackend::Postgres, "SELECT 1")).await?;
                            holds.notify_one();
                            held.notified().await;
                        }
                        Ok::<_, StoreError>(note.text)
                    };
                    rows.write_once(Some(&key), work).await
                })
            };
            let first = run(0, Some((holds.clone(), held.clone())));
            holds.notified().await;
            let second = run(1, None);
            asked.0.notified().await;
            if dies { first.abort() } else { held.notify_one() }
            let expected = format!("{name} {}", usize::from(dies));
            assert_eq!(second.await.unwrap().unwrap(), expected);
            assert!(notes::texts(&stores[1].bind(&user)).await.contains(&expected));
        }
        assert_eq!(notes::texts(&stores[1].bind(&user)).await.len(), 2);
    }

    async fn old_answers_are_forgotten(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let rows = store.bind(&bench.user());
        let key = &IdempotencyKey::new("k", "POST /notes", b"{}");
        rows.write_once(Some(key), move |tx| async move { notes::insert(&tx, "once").await.map(|note| note.id) }).await.unwrap();
        assert_eq!(store.tidy(bench.tenant).await.unwrap(), 0);
        bench.clock.advance_seconds(25 * 60 * 60);
        assert_eq!(store.tidy(bench.tenant).await.unwrap(), 1);
    }

    async fn a_grant_is_given_once_and_taken_back(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let (owner, coach) = (bench.user(), bench.with_role(Role::Coach));
        let (from, to) = (owner.user_id().unwrap(), coach.user_id().unwrap());
        for _ in 0..2 {
            store.bind(&owner).write(move |tx| async move { grants::grant(&tx, from, to, "notes").await }).await.unwrap();
        }
        let listed = store.bind(&coach).read(|tx| async move { grants::list(&tx).await }).await.unwrap();
        assert_eq!(listed.len(), 1);
        let forged = store.bind(&coach).write(move |tx| async move { grants::grant(&tx, from, to, "goals").await }).await;
        assert!(matches!(forged, Err(StoreError::RowSecurity { .. })));
        let not_hers = store.bind(&coach).write(move |tx| async move { grants::revoke(&tx, from, to, "notes").await }).await.unwrap();
        assert!(!not_hers);
        assert!(store.bind(&owner).write(move |tx| async move { grants::revoke(&tx, from, to, "notes").await }).await.unwrap());
        assert!(store.bind(&coach).read(|tx| async move { grants::list(&tx).await }).await.unwrap().is_empty());
    }
}

/// Changes rows behind the store's back, as an intruder with the disk or the owner's password would.
#[derive(Default)]
struct KeysAskedFor(Notify);

impl Observer for KeysAskedFor {
    fn statement(&self, fingerprint: &str, _: u64, _: Option<&StoreError>) {
        if fingerprint.contains("pg_try_advisory_xact_lock") {
            self.0.notify_one();
        }
    }
}

async fn tamper(bench: &Bench, sql: &str) {
    match bench.database.postgres_url() {
        None => {
            let path = bench.database.directory().join("notes.db");
            let connection = rusqlite::Connection::open(path).unwrap();
            assert_eq!(connection.execute(sql, []).unwrap(), 1);
        }
        Some(url) => {
            let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
            tokio::spawn(connection);
            client.batch_execute("SET search_path = notes").await.unwrap();
            assert_eq!(client.execute(sql, &[]).await.unwrap(), 1);
        }
    }
}
