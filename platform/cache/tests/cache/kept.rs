//! How long values are kept, and what is answered when loading is slow or fails.

use std::sync::Arc;
use std::time::Duration;

use banyan_cache::{Failed, Key, Options};
use banyan_kernel::{Clock, SystemClock};
use banyan_telemetry::metrics::SlowStatements;
use banyan_telemetry::{BuildInfo, Metrics};
use tokio::sync::Semaphore;

use crate::support::{Away, Source, alone, clock, failing, key, region, steady, until};

async fn opened(gate: Arc<Semaphore>) {
    gate.acquire().await.unwrap().forget();
}

#[tokio::test]
async fn a_value_is_loaded_once_and_again_after_its_end() {
    let clock = clock();
    let (source, words) = (Source::default(), region(&alone(&clock), Options { ttl: Duration::from_secs(10), ..steady() }));
    assert_eq!(source.word(&words, &key()).await, "1");
    clock.advance_seconds(9);
    assert_eq!(source.word(&words, &key()).await, "1");
    clock.advance_seconds(1);
    assert_eq!(source.word(&words, &key()).await, "2");
    assert_eq!(source.word(&words, &Key::of_installation("other")).await, "3");
}

#[tokio::test]
async fn that_there_is_nothing_is_remembered_for_its_own_time() {
    let clock = clock();
    let words = region(&alone(&clock), Options { absent_ttl: Duration::from_secs(5), ..steady() });
    let nothing = || async { Ok::<_, Away>(None) };
    assert_eq!(words.get_or_absent(&key(), nothing).await.unwrap(), None);
    let something = || async { Ok::<_, Away>(Some("here".to_owned())) };
    assert_eq!(words.get_or_absent(&key(), something).await.unwrap(), None);
    clock.advance_seconds(5);
    assert_eq!(words.get_or_absent(&key(), something).await.unwrap().unwrap().as_str(), "here");
}

#[tokio::test]
async fn many_who_ask_at_once_are_answered_by_one_load() {
    let clock = clock();
    let (source, words, gate) = (Source::default(), region(&alone(&clock), steady()), Arc::new(Semaphore::new(0)));
    let asking: Vec<_> = (0..100)
        .map(|_| {
            let (source, words, gate) = (source.clone(), words.clone(), gate.clone());
            tokio::spawn(async move { source.after(&words, &key(), opened(gate)).await.unwrap() })
        })
        .collect();
    until(|| source.loads() == 1).await;
    gate.add_permits(100);
    for asked in asking {
        assert_eq!(*asked.await.unwrap(), "1");
    }
    assert_eq!(source.loads(), 1);
}

#[tokio::test]
async fn who_asks_near_the_end_is_answered_and_the_value_renewed_beside() {
    let clock = clock();
    let options = Options { ttl: Duration::from_secs(100), eager: 0.9, ..steady() };
    let (source, words) = (Source::default(), region(&alone(&clock), options));
    assert_eq!(source.word(&words, &key()).await, "1");
    clock.advance_seconds(89);
    assert_eq!(source.word(&words, &key()).await, "1");
    assert_eq!(source.loads(), 1);
    clock.advance_seconds(1);
    assert_eq!(source.word(&words, &key()).await, "1");
    until(|| source.loads() == 2).await;
    clock.advance_seconds(15);
    assert_eq!(source.word(&words, &key()).await, "2");
}

#[tokio::test]
async fn a_value_past_its_end_is_answered_while_the_source_is_away_and_not_for_ever() {
    let clock = clock();
    let options = Options { ttl: Duration::from_secs(10), stale: Duration::from_secs(10), ..steady() };
    let (source, words) = (Source::default(), region(&alone(&clock), options));
    assert_eq!(source.word(&words, &key()).await, "1");
    clock.advance_seconds(15);
    assert_eq!(*failing(&words, &key()).await.unwrap(), "1");
    clock.advance_seconds(5);
    assert_eq!(failing(&words, &key()).await.unwrap_err(), Failed::Load(Away));
}

#[tokio::test]
async fn an_invalidated_value_is_not_answered_even_if_the_source_is_away() {
    let clock = clock();
    let options = Options { stale: Duration::from_secs(1_000), ..steady() };
    let (source, cache) = (Source::default(), alone(&clock));
    let words = region(&cache, options);
    let key = key().tagged("words");
    source.word(&words, &key).await;
    let _reach = cache.invalidate(key.realm(), &["words"]).await;
    assert_eq!(failing(&words, &key).await.unwrap_err(), Failed::Load(Away));
}

#[tokio::test]
async fn a_slow_load_goes_on_while_the_older_value_is_answered() {
    let clock = clock();
    let options = Options {
        ttl: Duration::from_secs(10),
        stale: Duration::from_secs(1_000),
        soft_timeout: Duration::from_millis(1),
        ..steady()
    };
    let (source, words, gate) = (Source::default(), region(&alone(&clock), options), Arc::new(Semaphore::new(0)));
    assert_eq!(source.word(&words, &key()).await, "1");
    clock.advance_seconds(10);
    assert_eq!(*source.after(&words, &key(), opened(gate.clone())).await.unwrap(), "1");
    assert_eq!(source.loads(), 2);
    gate.add_permits(1);
    let renewed = || async {
        let given = source.after(&words, &key(), std::future::ready(())).await;
        *given.unwrap() == "2"
    };
    for _ in 0..1_000 {
        if renewed().await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(renewed().await);
    assert_eq!(source.loads(), 2);
}

#[tokio::test]
async fn nobody_waits_longer_than_said_and_the_load_is_not_lost() {
    let clock = clock();
    let options = Options { hard_timeout: Duration::from_millis(1), ..steady() };
    let (source, words, gate) = (Source::default(), region(&alone(&clock), options), Arc::new(Semaphore::new(0)));
    assert_eq!(source.after(&words, &key(), opened(gate.clone())).await.unwrap_err(), Failed::Unfinished);
    gate.add_permits(1);
    let patient = region(words.cache(), steady());
    assert_eq!(source.word(&patient, &key()).await, "1");
}

#[tokio::test]
async fn who_waited_for_a_load_that_failed_tries_alone() {
    let clock = clock();
    let (words, gate) = (region(&alone(&clock), steady()), Arc::new(Semaphore::new(0)));
    let (first, held) = (words.clone(), gate.clone());
    let failing = tokio::spawn(async move {
        let load = move || async move {
            opened(held).await;
            Err::<String, _>(Away)
        };
        first.get_or(&key(), load).await
    });
    tokio::task::yield_now().await;
    let source = Source::default();
    let (second, other) = (words.clone(), source.clone());
    let waiting = tokio::spawn(async move { other.ask(&second, &key()).await });
    tokio::task::yield_now().await;
    gate.add_permits(1);
    assert_eq!(failing.await.unwrap().unwrap_err(), Failed::Load(Away));
    assert_eq!(*waiting.await.unwrap().unwrap(), "1");
}

#[tokio::test]
async fn a_load_that_panics_harms_nobody_else() {
    let clock = clock();
    let words = region(&alone(&clock), steady());
    let load = || async { if true { panic!("a test") } else { Ok::<_, Away>(String::new()) } };
    assert_eq!(words.get_or(&key(), load).await.unwrap_err(), Failed::Unfinished);
    assert_eq!(Source::default().word(&words, &key()).await, "1");
}

#[tokio::test]
async fn what_happened_is_counted() {
    let clock = clock();
    let (source, cache) = (Source::default(), alone(&clock));
    let system: Arc<dyn Clock> = Arc::new(SystemClock);
    let metrics = Metrics::new(&BuildInfo::new("1"), &system, SlowStatements::after(Duration::from_secs(1), system.clone()));
    cache.show(&metrics);
    let words = region(&cache, steady());
    for _ in 0..3 {
        source.word(&words, &key()).await;
    }
    let text = metrics.render().unwrap();
    for line in [
        r#"cache_hits_total{region="test.words",level="memory"} 2"#,
        r#"cache_misses_total{region="test.words",reason="absent"} 1"#,
        r#"cache_loads_total{region="test.words",result="ok"} 1"#,
        "cache_entries 1",
        "cache_evictions_total 0",
        "cache_hears_others 0",
    ] {
        assert!(text.contains(line), "{line} is not in:\n{text}");
    }
}
