//! Reads and writes as services use them.

use banyan_store::StoreError;
use banyan_testkit::on_both_engines;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use tokio::task::JoinSet;

use crate::notes;

on_both_engines! {
    async fn what_was_written_is_read_as_it_was(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let rows = store.bind(&bench.user());
        let written = rows.write(|tx| async move { notes::insert(&tx, "first").await }).await.unwrap();
        let read = rows
            .read(|tx| async move { Ok::<_, StoreError>(notes::Entity::find().one(&tx).await?) })
            .await
            .unwrap();
        assert_eq!(read, Some(written));
    }

    async fn an_error_undoes_everything(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let rows = store.bind(&bench.user());
        let result: Result<(), StoreError> = rows
            .write(|tx| async move {
                notes::insert(&tx, "kept?").await?;
                Err(StoreError::Refused("changed my mind".to_owned()))
            })
            .await;
        assert!(matches!(result, Err(StoreError::Refused(_))));
        assert!(notes::texts(&rows).await.is_empty());
    }

    async fn others_and_other_tenants_see_nothing(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let owner = bench.user();
        store.bind(&owner).write(|tx| async move { notes::insert(&tx, "mine").await }).await.unwrap();
        for other in [bench.user(), bench.in_other_tenant(&owner), bench.anonymous()] {
            assert!(notes::texts(&store.bind(&other)).await.is_empty());
            let changed = store
                .bind(&other)
                .write(|tx| async move {
                    let update = notes::Entity::update_many().col_expr(notes::Column::Text, Expr::value("theirs"));
                    Ok::<_, StoreError>(update.exec(&tx).await?.rows_affected)
                })
                .await
                .unwrap();
            assert_eq!(changed, 0);
        }
        assert_eq!(notes::texts(&store.bind(&owner)).await, ["mine"]);
    }

    async fn a_unique_clash_is_named_by_its_index(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let rows = store.bind(&bench.user());
        rows.write(|tx| async move { notes::insert(&tx, "same").await }).await.unwrap();
        let error = rows.write(|tx| async move { notes::insert(&tx, "same").await }).await.unwrap_err();
        assert!(error.is_unique("idx_notes_user_id_text"), "{error:?}");
    }

    async fn a_row_for_somebody_else_is_refused(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let (me, you) = (bench.user(), bench.user());
        let theirs = you.user_id().unwrap();
        let error = store
            .bind(&me)
            .write(move |tx| async move {
                let mut note = notes::insert(&tx, "x").await?;
                note.id = tx.new_id();
                note.user_id = theirs;
                let note: notes::ActiveModel = note.into();
                Ok::<_, StoreError>(notes::Entity::insert(note.reset_all()).exec_without_returning(&tx).await?)
            })
            .await
            .unwrap_err();
        assert!(matches!(&error, StoreError::RowSecurity { table } if table == "notes"), "{error:?}");
    }

    async fn two_hundred_writers_at_once_are_all_kept(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let user = bench.user();
        let mut tasks = JoinSet::new();
        for number in 0..200 {
            let rows = store.bind(&user);
            tasks.spawn(async move {
                let text = &format!("note {number:03}");
                rows.write(move |tx| async move { notes::insert(&tx, text).await }).await.map(|note| note.text)
            });
        }
        let mut written = Vec::new();
        while let Some(result) = tasks.join_next().await {
            written.push(result.unwrap().unwrap());
        }
        written.sort();
        assert_eq!(written.len(), 200);
        assert_eq!(notes::texts(&store.bind(&user)).await, written);
    }

    async fn a_dropped_transaction_leaves_nothing_and_frees_the_connection(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let user = bench.user();
        for round in 0..40 {
            let rows = store.bind(&user);
            let text = &format!("lost {round}");
            let endless = rows.write(move |tx| async move {
                notes::insert(&tx, text).await?;
                std::future::pending::<()>().await;
                Ok::<_, StoreError>(())
            });
            let mut endless = std::pin::pin!(endless);
            // Polled until the insert has run, then dropped in the middle.
            for _ in 0..20 {
                let _pending = futures_util::poll!(endless.as_mut());
                tokio::task::yield_now().await;
            }
        }
        let rows = store.bind(&user);
        rows.write(|tx| async move { notes::insert(&tx, "kept").await }).await.unwrap();
        assert_eq!(notes::texts(&rows).await, ["kept"]);
    }

    async fn a_transaction_kept_beyond_its_closure_is_dead(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let rows = store.bind(&bench.user());
        let kept = rows.write(|tx| async move { Ok::<_, StoreError>(tx) }).await.unwrap();
        assert!(notes::insert(&kept, "late").await.is_err());
        assert!(notes::texts(&rows).await.is_empty());
    }

    async fn a_read_cannot_write(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let rows = store.bind(&bench.user());
        assert!(rows.read(|tx| async move { notes::insert(&tx, "sly").await }).await.is_err());
        assert!(notes::texts(&rows).await.is_empty());
    }

    async fn counts_page_and_sums_are_whole_numbers(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let rows = store.bind(&bench.user());
        for text in ["a", "b", "c"] {
            rows.write(move |tx| async move { notes::insert(&tx, text).await }).await.unwrap();
        }
        let count = rows.read(|tx| async move { Ok::<_, StoreError>(notes::Entity::find().count(&tx).await?) }).await.unwrap();
        assert_eq!(count, 3);
    }

    async fn the_database_is_what_was_declared(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        assert_eq!(store.inspect().await.unwrap(), store.schema().shape());
        let again = bench.store(notes::schema()).await;
        assert_eq!(again.inspect().await.unwrap(), again.schema().shape());
    }
}
