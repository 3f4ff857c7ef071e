//! Values in the service's database that outlive the process.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use banyan_http::Host;
use banyan_http::kept::Lasting;
use banyan_store::{Store, StoreError};
use banyan_testkit::{Bench, on_both_engines};
use sea_orm::{ConnectionTrait, Statement};

const DAY: Duration = Duration::from_secs(86_400);

/// A process on the bench's database, with nothing in its memory.
async fn started(bench: &mut Bench) -> Host {
    bench.forget_what_is_kept();
    bench.host(&banyan_translations::service(), serde_json::json!({}), http::Extensions::new()).await
}

fn values(host: &Host) -> Lasting<String> {
    Lasting::of(host, "test.values", 1, DAY)
}

/// Counts loads; each gives its number, made as long as it is told.
#[derive(Clone, Default)]
struct Source(Arc<AtomicUsize>);

impl Source {
    async fn ask(&self, values: &Lasting<String>, bench: &Bench, text: &str, length: usize) -> usize {
        let source = self.clone();
        let load = move || async move {
            let number = source.0.fetch_add(1, Ordering::SeqCst) + 1;
            Ok::<_, Infallible>(format!("{number}{}", " ".repeat(length)))
        };
        values.get(bench.tenant, text.to_owned(), load).await.unwrap().trim().parse().unwrap()
    }
}

/// How many there are, and how many bytes.
async fn held(store: &Store, bench: &Bench) -> (i64, i64) {
    const SQL: &str = "SELECT count(*) AS held, CAST(coalesce(sum(size), 0) AS bigint) AS bytes FROM lasting_values";
    let rows = store.system(bench.tenant);
    let read = rows.read(|tx| async move {
        let row = tx.query_one_raw(Statement::from_string(tx.get_database_backend(), SQL)).await?.unwrap();
        Ok::<_, StoreError>((row.try_get("", "held")?, row.try_get("", "bytes")?))
    });
    read.await.unwrap()
}

on_both_engines! {
    async fn a_value_is_found_after_a_restart_and_never_beyond_its_time(bench: Bench) {
        let (mut bench, source) = (bench, Source::default());
        bench.stay_in_one_process().await;
        let host = started(&mut bench).await;
        assert_eq!(source.ask(&values(&host), &bench, "a", 0).await, 1);
        let host = started(&mut bench).await;
        assert_eq!(source.ask(&values(&host), &bench, "a", 0).await, 1);
        assert_eq!(source.ask(&values(&host), &bench, "b", 0).await, 2, "another text is another value");
        let newer: Lasting<String> = Lasting::of(&host, "test.values", 2, DAY);
        assert_eq!(source.ask(&newer, &bench, "a", 0).await, 3, "another version, too");
        bench.clock.advance_seconds(23 * 3_600 + 60);
        let host = started(&mut bench).await;
        assert_eq!(source.ask(&values(&host), &bench, "a", 0).await, 4, "an hour in memory would outlast the day");
        bench.clock.advance_seconds(3_600);
        assert_eq!(held(&host.store, &bench).await.0, 3);
        assert_eq!(banyan_translations::purge(&host.store, bench.tenant).await.unwrap(), 2);
        assert_eq!(held(&host.store, &bench).await.0, 1);
    }

    async fn what_fails_is_too_large_or_of_another_form_is_made_anew(bench: Bench) {
        let (mut bench, source) = (bench, Source::default());
        bench.stay_in_one_process().await;
        let host = started(&mut bench).await;
        let failing = values(&host).get(bench.tenant, "a".to_owned(), || async { Err("away") }).await;
        assert_eq!(failing.unwrap_err(), Some("away"));
        assert_eq!(source.ask(&values(&host), &bench, "a", 300 << 10).await, 1);
        assert_eq!(held(&host.store, &bench).await, (0, 0));
        let numbers: Lasting<u64> = Lasting::of(&host, "test.values", 1, DAY);
        assert_eq!(numbers.get(bench.tenant, "b".to_owned(), || async { Ok::<_, Infallible>(7) }).await.unwrap(), 7);
        let host = started(&mut bench).await;
        assert_eq!(source.ask(&values(&host), &bench, "b", 0).await, 2);
    }

    async fn the_bytes_of_a_tenant_are_bounded_and_the_oldest_go(bench: Bench) {
        let (mut bench, source) = (bench, Source::default());
        bench.stay_in_one_process().await;
        let host = started(&mut bench).await;
        for number in 0..140 {
            bench.clock.advance_seconds(1);
            source.ask(&values(&host), &bench, &number.to_string(), 250 << 10).await;
        }
        let (rows, bytes) = held(&host.store, &bench).await;
        assert!((100..140).contains(&rows) && bytes <= 32 << 20, "{rows} rows, {bytes} bytes");
        let host = started(&mut bench).await;
        assert_eq!(source.ask(&values(&host), &bench, "139", 0).await, 140);
        assert_eq!(source.ask(&values(&host), &bench, "0", 0).await, 141);
    }

    async fn processes_that_make_the_same_at_once_do_no_harm(bench: Bench) {
        let (mut bench, source) = (bench, Source::default());
        bench.stay_in_one_process().await;
        let hosts = [started(&mut bench).await, started(&mut bench).await];
        let both = [values(&hosts[0]), values(&hosts[1])];
        for round in 0..20 {
            let text = round.to_string();
            let asked = tokio::join!(source.ask(&both[0], &bench, &text, 0), source.ask(&both[1], &bench, &text, 0));
            let host = started(&mut bench).await;
            let last = source.ask(&values(&host), &bench, &text, 0).await;
            assert!(last == asked.0 || last == asked.1, "round {round}: {last} is none of {asked:?}");
        }
    }
}
