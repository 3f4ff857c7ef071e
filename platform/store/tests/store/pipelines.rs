//! Statements that travel together: rows that nobody waits for, a read's last statement, connections of several runtimes.

use banyan_contracts::identity::UserRegistered;
use banyan_kernel::{Permission, Role};
use banyan_store::audit::Record;
use banyan_store::{EngineKind, StoreError, Then, Tx};
use banyan_testkit::on_both_engines;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{QueryOrder, QuerySelect};

use crate::notes::{self, Entity};

/// Two rows of one transaction, none of which is waited for.
async fn pair(tx: &Tx, number: usize) -> Result<(), StoreError> {
    tx.insert(notes::note(tx, &format!("a {number:03}"))).await?;
    tx.insert(notes::note(tx, &format!("b {number:03}"))).await
}

on_both_engines! {
    async fn rows_that_nobody_waits_for_are_kept_together(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let rows = store.bind(&bench.user());
        for number in 0..3 {
            rows.write(move |tx| async move { pair(&tx, number).await }).await.unwrap();
        }
        assert_eq!(notes::texts(&rows).await, ["a 000", "a 001", "a 002", "b 000", "b 001", "b 002"]);
    }

    async fn one_that_fails_undoes_all_and_is_told(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let rows = store.bind(&bench.user());
        for _ in 0..3 {
            let clash = rows.write(|tx| async move {
                tx.insert(notes::note(&tx, "before")).await?;
                tx.insert(notes::note(&tx, "same")).await?;
                tx.insert(notes::note(&tx, "same")).await?;
                tx.insert(notes::note(&tx, "after")).await
            });
            let error = clash.await.unwrap_err();
            assert!(error.is_unique("idx_notes_user_id_text"), "{error:?}");
            assert!(notes::texts(&rows).await.is_empty());
        }
        // The connection is as good as new.
        rows.write(|tx| async move { pair(&tx, 1).await }).await.unwrap();
        assert_eq!(notes::texts(&rows).await.len(), 2);
    }

    async fn a_row_for_somebody_else_is_refused_at_the_end_too(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let theirs = bench.user().user_id().unwrap();
        let rows = store.bind(&bench.user());
        let sly = rows.write(move |tx| async move {
            tx.insert(notes::note(&tx, "mine")).await?;
            let mut note = notes::note(&tx, "theirs");
            note.user_id = sea_orm::ActiveValue::Set(theirs);
            tx.insert(note).await
        });
        let error = sly.await.unwrap_err();
        assert!(matches!(&error, StoreError::RowSecurity { table } if table == "notes"), "{error:?}");
        assert!(notes::texts(&rows).await.is_empty());
    }

    async fn what_follows_sees_them(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let rows = store.bind(&bench.user());
        let seen = rows.write(|tx| async move {
            pair(&tx, 1).await?;
            let first = Entity::find().count(&tx).await?;
            pair(&tx, 2).await?;
            let renamed = Entity::update_many().col_expr(notes::Column::Stars, Expr::value(5)).exec(&tx).await?;
            Ok::<_, StoreError>((first, renamed.rows_affected))
        });
        assert_eq!(seen.await.unwrap(), (2, 4));
    }

    async fn more_of_them_than_wait_at_a_time(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let rows = store.bind(&bench.user());
        let many = rows.write(|tx| async move {
            for number in 0..100 {
                pair(&tx, number).await?;
            }
            Ok::<_, StoreError>(())
        });
        many.await.unwrap();
        assert_eq!(notes::texts(&rows).await.len(), 200);
    }

    async fn a_read_cannot_leave_them_behind(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let rows = store.bind(&bench.user());
        assert!(rows.read(|tx| async move { pair(&tx, 1).await }).await.is_err());
        assert!(notes::texts(&rows).await.is_empty());
    }

    async fn a_closure_that_fails_leaves_none(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let rows = store.bind(&bench.user());
        let failing = rows.write(|tx| async move {
            pair(&tx, 1).await?;
            Err::<(), _>(StoreError::Refused("changed my mind".to_owned()))
        });
        assert!(failing.await.is_err());
        assert!(notes::texts(&rows).await.is_empty());
    }

    async fn what_is_answered_as_kept_is_kept(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let rows = store.bind(&bench.user());
        // PostgreSQL keeps nothing of a transaction in which a statement failed, also where the closure makes light of it.
        let careless = rows.write(|tx| async move {
            notes::insert(&tx, "one").await?;
            let clash = notes::insert(&tx, "one").await;
            assert!(clash.is_err());
            Ok::<_, StoreError>(())
        });
        let kept = careless.await.is_ok();
        assert_eq!(kept, notes::texts(&rows).await == ["one"]);
        assert_eq!(kept, store.kind() == EngineKind::Sqlite);
    }

    async fn audit_records_and_events_go_with_them(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let admin = bench.with_role(Role::Admin).elevate(Permission::RecordsOverride, Some("a look")).unwrap();
        let rows = store.bind(&admin);
        let user_id = admin.user_id().unwrap();
        for number in 0..3 {
            let write = rows.write(move |tx| async move {
                pair(&tx, number).await?;
                tx.audit(Record::new("note.made"));
                let registered = UserRegistered { user_id, locale: None };
                tx.publish(&registered).await
            });
            write.await.unwrap();
        }
        assert_eq!(store.verify_audit().await.unwrap().records, 6);
        assert_eq!(notes::texts(&rows).await.len(), 6);
    }

    async fn dropped_at_any_moment_both_are_there_or_none(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let rows = store.bind(&bench.user());
        for number in 0..120 {
            let write = rows.write(move |tx| async move { pair(&tx, number).await });
            let mut write = std::pin::pin!(write);
            for _ in 0..number % 40 {
                if futures_util::poll!(write.as_mut()).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        rows.write(|tx| async move { pair(&tx, 999).await }).await.unwrap();
        let texts = notes::texts(&rows).await;
        let (first, second): (Vec<_>, Vec<_>) = texts.iter().partition(|text| text.starts_with('a'));
        let numbers = |texts: Vec<&String>| texts.into_iter().map(|text| text[2..].to_owned()).collect::<Vec<_>>();
        assert_eq!(numbers(first), numbers(second));
    }

    async fn a_record_is_what_the_orm_reads(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let rows = store.bind(&bench.user());
        rows.write(|tx| async move {
            let mut bare = notes::note(&tx, "bare ünïcödé");
            bare.extra = sea_orm::ActiveValue::Set(None);
            bare.stars = sea_orm::ActiveValue::Set(i64::MIN);
            tx.insert(bare).await?;
            tx.insert(notes::note(&tx, "")).await
        })
        .await
        .unwrap();
        let read = rows.read(|tx| async move {
            let by_map = Entity::find().order_by_asc(notes::Column::Text).all(&tx).await?;
            let mut by_place = Vec::new();
            for note in &by_map {
                by_place.extend(tx.one(Entity::find().filter(notes::Column::Id.eq(note.id))).await?);
            }
            Ok::<_, StoreError>((by_map, by_place))
        });
        let (by_map, by_place) = read.await.unwrap();
        assert_eq!(by_map.len(), 2);
        assert_eq!(by_map, by_place);
    }

    async fn columns_in_another_order_are_no_record(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let rows = store.bind(&bench.user());
        rows.write(|tx| async move { pair(&tx, 1).await }).await.unwrap();
        let read = rows.read(|tx| async move {
            let select = Entity::find().select_only().columns([notes::Column::Id, notes::Column::TenantId]);
            tx.one(select).await
        });
        let error = read.await.unwrap_err();
        assert!(error.to_string().contains("tenant_id"), "{error}");
    }

    async fn nothing_comes_after_the_last_statement_of_a_read(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let rows = store.bind(&bench.user());
        rows.write(|tx| async move { pair(&tx, 1).await }).await.unwrap();
        for _ in 0..30 {
            let read = rows.read(|tx| async move {
                let page = Entity::find().expr_as(Expr::cust("COUNT(*) OVER ()"), "total");
                let (found, total) = tx.page(&page, Then::End).await?;
                let more = tx.one(Entity::find()).await;
                Ok::<_, StoreError>((found.len(), total, more.is_err()))
            });
            assert_eq!(read.await.unwrap(), (2, Some(2), true));
        }
        // An elevated reader's transaction goes on: it has its audit record to write.
        let admin = bench.with_role(Role::Admin).elevate(Permission::RecordsOverride, Some("a look")).unwrap();
        let elevated = store.bind(&admin);
        let read = elevated.read(|tx| async move {
            tx.page(&Entity::find().expr_as(Expr::cust("COUNT(*) OVER ()"), "total"), Then::End).await
        });
        read.await.unwrap();
        assert_eq!(store.verify_audit().await.unwrap().records, 1);
    }

    async fn workers_with_runtimes_of_their_own_share_a_store(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let user = bench.user();
        for round in 0..2 {
            let workers = (0..3).map(|worker| {
                let rows = store.bind(&user);
                std::thread::spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                    // The runtime ends with its connections open: they are no use to the workers of the next round.
                    runtime.block_on(async {
                        for turn in 0..10 {
                            let number = round * 100 + worker * 10 + turn;
                            rows.write(move |tx| async move { pair(&tx, number).await }).await.unwrap();
                        }
                    });
                })
            });
            for worker in workers.collect::<Vec<_>>() {
                tokio::task::spawn_blocking(move || worker.join().unwrap()).await.unwrap();
            }
        }
        assert_eq!(notes::texts(&store.bind(&user)).await.len(), 120);
    }
}
