//! Every kind of call that SeaORM has, aimed at rows of somebody else; and what SQLite was really told to run.

use std::cell::RefCell;

use banyan_kernel::{Caller, RequestId, Role, Roles};
use banyan_store::testing::{Act, Who};
use banyan_store::{Rows, StoreError};
use banyan_testkit::on_both_engines;
use rusqlite::trace::{TraceEvent, TraceEventCodes};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{ActiveValue::Set, DbBackend, IntoActiveModel, PaginatorTrait, QueryOrder, QuerySelect, QueryTrait};

use super::fixture::Place;
use crate::notes::{self, ActiveModel, Column, Entity, Model};

/// A note of the owner's that the others aim at.
async fn target(owner: &Rows) -> Model {
    owner.write(|tx| async move { notes::insert(&tx, "hidden").await }).await.unwrap()
}

async fn standing(owner: &Rows) -> Vec<Model> {
    owner.read(|tx| async move { Ok::<_, StoreError>(Entity::find().order_by_asc(Column::Id).all(&tx).await?) }).await.unwrap()
}

on_both_engines! {
    async fn reads_of_hidden_rows_find_nothing(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let owner = bench.user();
        let hidden = target(&store.bind(&owner)).await;
        for other in [bench.user(), bench.anonymous(), bench.in_other_tenant(&owner)] {
            let hidden = &hidden;
            let rows = store.bind(&other);
            let found = rows.read(move |tx| async move {
                let key = (hidden.tenant_id, hidden.id);
                let by_id = Entity::find_by_id(key).one(&tx).await?;
                let all = Entity::find().all(&tx).await?;
                let filtered = Entity::find().filter(Column::Text.eq("hidden")).one(&tx).await?;
                let count = Entity::find().count(&tx).await?;
                let page = Entity::find().order_by_asc(Column::Id).paginate(&tx, 10).fetch_page(0).await?;
                let own_ids = Query::select().column(Column::Id).from(Entity).to_owned();
                let within = Entity::find().filter(Column::Id.in_subquery(own_ids)).all(&tx).await?;
                let sum: Option<Option<i64>> = Entity::find().select_only().column_as(Column::Stars.sum(), "s").into_model::<Sum>().one(&tx).await?.map(|sum| sum.s);
                assert_eq!(sum, Some(None));
                Ok::<_, StoreError>((by_id, filtered, all.len() + page.len() + within.len(), count))
            });
            assert_eq!(found.await.unwrap(), (None, None, 0, 0), "{other:?}");
        }
    }

    async fn changes_of_hidden_rows_touch_nothing(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let owner = bench.user();
        let own = store.bind(&owner);
        let hidden = target(&own).await;
        for other in [bench.user(), bench.anonymous(), bench.in_other_tenant(&owner)] {
            let hidden = &hidden;
            let rows = store.bind(&other);
            let touched = rows.write(move |tx| async move {
                let key = (hidden.tenant_id, hidden.id);
                let changed = || { let mut model = hidden.clone().into_active_model(); model.text = Set("theirs".to_owned()); model };
                let mut touched = 0;
                assert!(matches!(changed().update(&tx).await, Err(DbErr::RecordNotUpdated)));
                touched += Entity::update_many().col_expr(Column::Stars, Expr::value(5)).exec(&tx).await?.rows_affected;
                touched += Entity::update_many().col_expr(Column::Stars, Expr::col(Column::Stars).add(1)).filter(Column::Id.eq(hidden.id)).exec(&tx).await?.rows_affected;
                touched += Entity::update_many().col_expr(Column::Stars, Expr::value(5)).exec_with_returning(&tx).await?.len() as u64;
                touched += Entity::delete_by_id(key).exec(&tx).await?.rows_affected;
                touched += Entity::delete_many().exec(&tx).await?.rows_affected;
                touched += Entity::delete_many().filter(Column::Text.eq("hidden")).exec(&tx).await?.rows_affected;
                touched += hidden.clone().delete(&tx).await?.rows_affected;
                touched += Entity::delete_many().exec_with_returning(&tx).await?.len() as u64;
                Ok::<_, StoreError>(touched)
            });
            assert_eq!(touched.await.unwrap(), 0, "{other:?}");
            assert_eq!(standing(&own).await, std::slice::from_ref(hidden));
        }
    }

    async fn inserts_onto_hidden_rows_are_refused(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let own = store.bind(&bench.user());
        let hidden = target(&own).await;
        let other = bench.user();
        let user = other.user_id().unwrap();
        let rows = store.bind(&other);
        let mine = move |hidden: &Model| ActiveModel { user_id: Set(user), text: Set("mine".to_owned()), ..hidden.clone().into_active_model().reset_all() };
        let hidden = &hidden;

        let clash = rows.write(move |tx| async move { Ok::<_, StoreError>(mine(hidden).insert(&tx).await?) }).await.unwrap_err();
        assert!(clash.is_unique("notes_pkey"), "{clash:?}");

        let ignored = rows.write(move |tx| async move {
            let insert = Entity::insert(mine(hidden)).on_conflict(OnConflict::new().do_nothing().to_owned());
            Ok::<_, StoreError>(insert.exec_without_returning(&tx).await?)
        });
        assert_eq!(ignored.await.unwrap(), 0);

        let upsert = rows.write(move |tx| async move {
            let onto = OnConflict::columns([Column::TenantId, Column::Id]).update_columns([Column::Text, Column::UserId]).to_owned();
            Ok::<_, StoreError>(Entity::insert(mine(hidden)).on_conflict(onto).exec_without_returning(&tx).await?)
        });
        assert!(matches!(upsert.await.unwrap_err(), StoreError::RowSecurity { table } if table == "notes"));

        let forged = rows.write(move |tx| async move {
            let theirs = ActiveModel { id: Set(tx.new_id()), user_id: Set(hidden.user_id), ..mine(hidden) };
            Ok::<_, StoreError>(Entity::insert_many([theirs]).exec_without_returning(&tx).await?)
        });
        assert!(matches!(forged.await.unwrap_err(), StoreError::RowSecurity { table } if table == "notes"));
        assert_eq!(standing(&own).await, std::slice::from_ref(hidden));
    }
}

#[derive(Debug, sea_orm::FromQueryResult)]
struct Sum {
    s: Option<i64>,
}

thread_local! {
    static TRACED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that SQLite calls")]
fn trace(event: TraceEvent<'_>) {
    if let TraceEvent::Stmt(_, sql) = event {
        TRACED.with_borrow_mut(|traced| traced.push(sql.to_owned()));
    }
}

/// Nothing reaches SQLite but what the guard wrote: no statement of SeaORM's as it was, and nothing in between.
#[tokio::test]
async fn sqlite_runs_what_the_guard_wrote() {
    let mut place =
        Place::guarded(&notes::schema().tables, banyan_store::testing::guard::Guard::new(&notes::schema().tables).unwrap());
    let sqlite = place.as_sqlite();
    let (tenant, user) = (Uuid::from_u128(1), Uuid::from_u128(2));
    sqlite.bind(&Who::Caller(Caller::user(tenant, user, Roles::from_iter([Role::User]), RequestId(tenant))));
    sqlite.bare().trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(trace));
    let row = ActiveModel {
        tenant_id: Set(tenant),
        id: Set(user),
        user_id: Set(user),
        text: Set("text".to_owned()),
        stars: Set(1),
        created_at: Set(1),
        extra: Set(None),
    };
    let backend = DbBackend::Sqlite;
    let statements = [
        Entity::insert(row).build(backend),
        Entity::find().filter(Column::Text.eq("text")).limit(3).build(backend),
        Entity::update_many().col_expr(Column::Stars, Expr::value(2)).build(backend),
        Entity::update_many().col_expr(Column::Stars, Expr::value(2)).filter(Column::Id.eq(user)).build(backend),
        Entity::delete_many().filter(Column::Stars.gt(7)).build(backend),
        Entity::delete_many().build(backend),
    ];
    let rule = "(main.\"notes\".\"tenant_id\" = rls_tenant(0) AND main.\"notes\".\"user_id\" = rls_user(0))";
    for statement in statements {
        TRACED.with_borrow_mut(Vec::clear);
        let values = statement.values.clone().map(|values| values.0).unwrap_or_default();
        sqlite.run(&Act::count(statement.sql.clone(), values)).unwrap();
        let traced = TRACED.with_borrow(Clone::clone);
        let (triggers, top): (Vec<&String>, Vec<&String>) = traced.iter().partition(|sql| sql.starts_with("--"));
        assert_eq!(top.len(), 1, "{traced:?}");
        assert!(triggers.iter().all(|trigger| trigger.contains("rls_")), "{traced:?}");
        let written = !statement.sql.starts_with("SELECT");
        assert_eq!(top[0].contains("main.\"notes\""), written, "{}", top[0]);
        let narrowed = statement.sql.starts_with("UPDATE") || statement.sql.starts_with("DELETE");
        assert_eq!(top[0].contains(&format!("WHERE {rule}")), narrowed, "{}", top[0]);
    }
}
