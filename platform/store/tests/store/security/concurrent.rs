//! Many callers at once, some of whom are cut off in the middle: nobody may inherit another's sight from a connection.

use std::collections::BTreeMap;
use std::sync::Arc;

use banyan_kernel::{Caller, Uuid};
use banyan_store::{Store, StoreError};
use banyan_testkit::on_both_engines;
use sea_orm::PaginatorTrait;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait};
use tokio::task::JoinSet;

use crate::notes::{self, Column, Entity};

const ROUNDS: usize = 400;

on_both_engines! {
    async fn nobody_sees_through_anothers_eyes(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let mut callers: Vec<Caller> = (0..6).map(|_| bench.user()).collect();
        callers.push(bench.in_other_tenant(&callers[0]));
        callers.push(bench.anonymous());
        let callers: Arc<[Caller]> = callers.into();
        let mut tasks = JoinSet::new();
        for round in 0..ROUNDS {
            let (store, callers) = (store.clone(), callers.clone());
            tasks.spawn(async move { visit(&store, &callers[(round * 5) % callers.len()], round).await });
            if tasks.len() >= 16 {
                tasks.join_next().await.unwrap().unwrap();
            }
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
        // What stands in the end belongs to those who wrote it, and each count is whole.
        let mut seen: BTreeMap<(Uuid, Uuid), i64> = BTreeMap::new();
        for caller in callers.iter() {
            let notes = store.bind(caller).read(|tx| async move { Ok::<_, StoreError>(Entity::find().all(&tx).await?) }).await.unwrap();
            for note in notes {
                assert_eq!((note.tenant_id, Some(note.user_id)), (caller.tenant, caller.user_id()));
                assert_eq!(seen.insert((note.tenant_id, note.id), note.stars), None);
            }
        }
        assert!(!seen.is_empty());
    }
}

/// One transaction of one caller; two in three are dropped before they end.
async fn visit(store: &Store, caller: &Caller, round: usize) {
    let rows = store.bind(caller);
    let me = (caller.tenant, caller.user_id());
    let work = async {
        let read = rows.read(move |tx| async move {
            let notes = Entity::find().all(&tx).await?;
            assert!(notes.iter().all(|note| (note.tenant_id, Some(note.user_id)) == me), "{me:?} sees {notes:?}");
            tokio::task::yield_now().await;
            let again = Entity::find().all(&tx).await?;
            assert!(again.iter().all(|note| (note.tenant_id, Some(note.user_id)) == me));
            Ok::<_, StoreError>(notes.len() as u64)
        });
        read.await.unwrap();
        let text = format!("note {round}");
        let text = &text;
        let written = rows.write(move |tx| async move {
            let changed =
                Entity::update_many().col_expr(Column::Stars, Expr::col(Column::Stars).add(1)).exec(&tx).await?.rows_affected;
            tokio::task::yield_now().await;
            let own = Entity::find().count(&tx).await?;
            assert!(changed <= own, "{me:?} changed {changed} rows and owns {own}");
            if me.1.is_some() {
                notes::insert(&tx, text).await?;
            }
            Ok::<_, StoreError>(())
        });
        // Two transactions of the same person may stand in each other's way.
        assert!(matches!(written.await, Ok(()) | Err(StoreError::Conflict)));
    };
    match round % 3 {
        0 => work.await,
        _ => tokio::select! {
            biased;
            () = yields(round % 17) => {}
            () = work => {}
        },
    }
}

async fn yields(times: usize) {
    for _ in 0..times {
        tokio::task::yield_now().await;
    }
}
