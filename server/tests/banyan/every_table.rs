//! Every table of every service, by enumeration: a new table or service is attacked and compared without anybody thinking of it.

use std::sync::atomic::{AtomicU32, Ordering};

use banyan_http::{Service, openapi};
use banyan_store::schema::Table;
use banyan_store::testing::attack::attack;
use banyan_store::testing::{Ground, PostgresGround, SqliteGround};
use banyan_testkit::Bench;

use crate::harness::Place;

/// All of them, as the program has them; see [`these_are_the_services_of_the_program`].
pub(crate) fn services() -> [Service; 11] {
    [
        banyan_identity::service(),
        banyan_content::service(),
        banyan_goals::service(),
        banyan_gateway::service(),
        banyan_event_door::service(),
        banyan_notifications::service(),
        banyan_flags::service(),
        banyan_translations::service(),
        banyan_support::service(),
        banyan_context::service(),
        banyan_realtime::service(),
    ]
}

#[test]
fn these_are_the_services_of_the_program() {
    let services = services();
    let names: Vec<&str> = services.iter().map(|service| service.name).collect();
    let background = banyan_http::background::document(&names);
    let documents = services.iter().map(Service::openapi).chain([&background]);
    let document = openapi::merge(env!("CARGO_PKG_VERSION"), documents).unwrap();
    let program = Place::sqlite().run(&["openapi"]).good();
    assert!(program == openapi::text(&document).unwrap(), "the program serves another document than these services together");
}

#[test]
fn every_body_refuses_fields_that_it_does_not_know() {
    for service in services() {
        assert_eq!(openapi::loose_bodies(service.openapi()), Vec::<String>::new(), "{}", service.name);
    }
}

banyan_testkit::on_both_engines! {
    async fn every_table_withstands_every_attack(bench: Bench) {
        for service in services() {
            // With the tables that the platform adds.
            let tables = bench.store(service.schema.clone()).await.schema().tables.clone();
            assert!(tables.len() > service.schema.tables.len());
            let mut ground = ground(&bench, &service, &tables).await;
            let report = attack(&mut ground).await.unwrap();
            assert_eq!(report.failures(), Vec::<String>::new(), "{} on {}", service.name, report.engine);
            for table in &tables {
                let seen = |finding: &&banyan_store::testing::attack::Finding| finding.table == table.name;
                let kinds = report.findings.iter().filter(seen).count();
                assert!(kinds >= 3, "{}: {} was attacked in {kinds} ways only", service.name, table.name);
                // A suite in which nobody may see anything would hold, too.
                let read = report.findings.iter().filter(seen).find(|finding| finding.attack == "read everything");
                assert!(read.is_some_and(|finding| finding.allowed > 0), "{}: nobody could read {}", service.name, table.name);
            }
            if let Ground::Postgres(ground) = ground {
                ground.drop_all().await.unwrap();
            }
        }
    }

    async fn every_database_is_as_it_was_declared(bench: Bench) {
        for service in services() {
            let store = bench.store(service.schema).await;
            assert_eq!(store.inspect().await.unwrap(), store.schema().shape(), "{}", service.name);
        }
    }
}

/// An empty database with the tables, under a name that no other test has: roles belong to the whole cluster.
async fn ground(bench: &Bench, service: &Service, tables: &[Table]) -> Ground {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    match bench.database.postgres_url() {
        None => {
            let file = bench.database.directory().join(format!("attack-{}.db", service.name));
            Ground::Sqlite(SqliteGround::create(&file, tables).unwrap())
        }
        Some(url) => {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let name: &'static str = format!("attack_{}_{}_{number}", service.name, std::process::id()).leak();
            Ground::Postgres(PostgresGround::create(url, name, tables).await.unwrap())
        }
    }
}
