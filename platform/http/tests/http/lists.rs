//! Lists from the store.

use std::sync::Arc;

use banyan_http::paging::Order;
use banyan_http::{Paged, Paging, Problem};
use banyan_kernel::{Caller, ErrorCode, OsRandom, Role, Roles, Uuid};
use banyan_store::idempotency::Cipher;
use banyan_store::migrate::Schema;
use banyan_store::{ColumnType, Engine, Environment, Policy, Store, Table};
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter};

use crate::support::request_id;

mod note {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "notes")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) user_id: Uuid,
        pub(crate) rank: i64,
        pub(crate) due: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

const TENANT: Uuid = Uuid::from_u128(1);
const COLUMNS: [(&str, note::Column); 2] = [("rank", note::Column::Rank), ("due", note::Column::Due)];

fn caller(user: u128) -> Caller {
    Caller::user(TENANT, Uuid::from_u128(user), Roles::from_iter([Role::User]), request_id())
}

/// Forty-five notes of user 2, one of user 3. Ranks repeat, so that ties must be broken; every third has no due date.
async fn store(directory: &std::path::Path) -> Store {
    let table = Table::new("notes", Policy::owned_by("user_id"))
        .column("user_id", ColumnType::Uuid)
        .column("rank", ColumnType::Integer)
        .optional("due", ColumnType::Integer);
    let environment = Environment::system(Cipher::new([1; 32], Arc::new(OsRandom)));
    let store = Store::open(&Engine::sqlite(directory), Schema::new("notes", vec![table]), environment).await.unwrap();
    for (user, count) in [(2, 45), (3, 1)] {
        store
            .bind(&caller(user))
            .write(move |tx| async move {
                for number in 0..count {
                    let note = note::ActiveModel {
                        tenant_id: Set(TENANT),
                        id: Set(Uuid::from_u128(user * 1000 + number)),
                        user_id: Set(Uuid::from_u128(user)),
                        rank: Set((number % 4) as i64),
                        due: Set((number % 3 != 0).then_some(number as i64)),
                    };
                    note.insert(&tx).await?;
                }
                Ok::<_, Problem>(())
            })
            .await
            .unwrap();
    }
    store
}

async fn list(store: &Store, query: &str) -> Result<Paged<note::Model>, Problem> {
    let paging = Paging::of(query)?;
    let paging = &paging;
    store.bind(&caller(2)).read(move |tx| async move { paging.fetch(&tx, note::Entity::find(), &COLUMNS).await }).await
}

#[tokio::test]
async fn pages_are_stable_where_the_order_has_ties() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(directory.path()).await;
    for order in ["ASC", "DESC"] {
        let mut seen = Vec::new();
        for page in 1..=7 {
            let found = list(&store, &format!("page={page}&limit=7&orderBy=rank&order={order}")).await.unwrap();
            assert_eq!((found.pagination.total, found.pagination.total_pages), (45, 7));
            assert_eq!(found.pagination.has_next, page < 7);
            seen.extend(found.data.into_iter().map(|note| (note.rank, note.id)));
        }
        assert_eq!(seen.len(), 45);
        let mut expected = seen.clone();
        expected.sort();
        if order == "DESC" {
            expected.reverse();
        }
        assert_eq!(seen, expected);
    }
}

#[tokio::test]
async fn the_first_column_is_the_usual_order() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(directory.path()).await;
    let found = list(&store, "").await.unwrap();
    assert_eq!((found.data.len(), found.pagination.total), (20, 45));
    assert!(found.data.iter().take(11).all(|note| note.rank == 3));
}

#[tokio::test]
async fn what_is_null_comes_last_both_ways() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(directory.path()).await;
    for order in ["ASC", "DESC"] {
        let found = list(&store, &format!("limit=100&orderBy=due&order={order}")).await.unwrap();
        let nulls: Vec<bool> = found.data.iter().map(|note| note.due.is_none()).collect();
        assert_eq!(nulls.iter().filter(|null| **null).count(), 15);
        assert!(nulls.is_sorted(), "{order}");
    }
}

#[tokio::test]
async fn pages_behind_the_last_are_empty_and_know_the_total() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(directory.path()).await;
    for page in ["4", "1000000000", "9007199254740991"] {
        let found = list(&store, &format!("page={page}&limit=100")).await.unwrap();
        assert!(found.data.is_empty());
        assert_eq!((found.pagination.total, found.pagination.has_next), (45, false), "{page}");
    }
    let exact = list(&store, "page=3&limit=15").await.unwrap();
    assert_eq!((exact.data.len(), exact.pagination.total, exact.pagination.has_next), (15, 45, false));
}

#[tokio::test]
async fn filters_count_too() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(directory.path()).await;
    let paging = &Paging { limit: 5, order: Order::Ascending, ..Paging::default() };
    let found: Result<_, Problem> = store
        .bind(&caller(2))
        .read(move |tx| async move { paging.fetch(&tx, note::Entity::find().filter(note::Column::Rank.eq(3)), &COLUMNS).await })
        .await;
    assert_eq!(found.unwrap().pagination.total, 11);
    let nothing: Result<_, Problem> =
        store.bind(&caller(9)).read(move |tx| async move { paging.fetch(&tx, note::Entity::find(), &COLUMNS).await }).await;
    let nothing = nothing.unwrap();
    assert_eq!((nothing.data.len(), nothing.pagination.total, nothing.pagination.total_pages), (0, 0, 0));
}

#[tokio::test]
async fn other_columns_do_not_order() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(directory.path()).await;
    let problem = list(&store, "orderBy=user_id").await.unwrap_err();
    assert_eq!(problem.code(), ErrorCode::ValidationFailed);
    assert_eq!(problem.errors()[0].0, "orderBy");
}
