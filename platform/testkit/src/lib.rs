//! What a test needs of Banyan: a database of its own on either engine, a clock that it moves, callers, and a service to talk to.
//!
//! With `BANYAN_TEST_SPLIT=1` the service stands behind a front door, both in processes of their own: see `split`.
//!
//! Write a test once with [`on_both_engines!`](crate::on_both_engines); it runs on SQLite and on the PostgreSQL that `cargo xtask test` started.

mod app;
mod bench;
mod broker;
mod clock;
mod database;
mod plans;
mod redis;
mod redis_cluster;
mod server;
mod split;
mod wait;

pub use app::{Answer, App, Call};
pub use bench::Bench;
pub use broker::Broker;
pub use clock::BenchClock;
pub use database::TestDatabase;
pub use plans::Statements;
pub use redis::redis_url;
pub use redis_cluster::RedisCluster;
pub use server::PostgresServer;
pub use split::instances as split_instances;
pub use wait::{eventually, eventually_within};

/// Makes each `async fn name(bench: Bench)` two tests, `name::sqlite` and `name::postgres`, each with a database of its own.
#[macro_export]
macro_rules! on_both_engines {
    ($($(#[$meta:meta])* async fn $name:ident($bench:ident: Bench) $body:block)+) => {
        $(
            $(#[$meta])*
            mod $name {
                use super::*;

                async fn run($bench: $crate::Bench) $body

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn sqlite() {
                    run($crate::Bench::on(banyan_store::EngineKind::Sqlite).await).await;
                }

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn postgres() {
                    run($crate::Bench::on(banyan_store::EngineKind::Postgres).await).await;
                }
            }
        )+
    };
}
