//! Several nodes over one shared part, in memory.

use std::sync::Arc;
use std::time::Duration;

use banyan_cache::{Cache, Freshness, MemoryRemote, Options, Reach, Region};
use tokio::sync::Semaphore;

use crate::support::{Source, clock, key, over, region, steady, until};

struct Pair {
    clock: banyan_kernel::TestClock,
    remotes: [Arc<MemoryRemote>; 2],
    nodes: [Cache; 2],
    words: [Region<String>; 2],
    source: Source,
}

fn pair(options: Options) -> Pair {
    let (clock, first) = (clock(), MemoryRemote::default());
    let remotes = [Arc::new(first.clone()), Arc::new(first)];
    let nodes = [over(&remotes[0], &clock), over(&remotes[1], &clock)];
    let words = [region(&nodes[0], options), region(&nodes[1], options)];
    Pair { clock, remotes, nodes, words, source: Source::default() }
}

fn soon() -> Options {
    Options { freshness: Freshness::Soon, ..steady() }
}

#[tokio::test]
async fn what_one_node_loads_the_other_finds() {
    let pair = pair(steady());
    assert_eq!(pair.source.word(&pair.words[0], &key()).await, "1");
    assert_eq!(pair.source.word(&pair.words[1], &key()).await, "1");
    assert_eq!(pair.source.word(&pair.words[1], &key()).await, "1");
}

#[tokio::test]
async fn a_change_on_one_node_is_seen_on_the_other_before_it_was_heard() {
    let pair = pair(steady());
    let tagged = key().tagged("t");
    for words in &pair.words {
        pair.source.word(words, &tagged).await;
    }
    assert_eq!(pair.nodes[0].invalidate(tagged.realm(), &["t"]).await, Reach::Everywhere);
    assert_eq!(pair.source.word(&pair.words[1], &tagged).await, "2");
    let _reach = pair.words[0].remove(&tagged).await;
    assert_eq!(pair.source.word(&pair.words[1], &tagged).await, "3");
    let _reach = pair.words[0].remove_matching(tagged.realm(), "o*").await;
    assert_eq!(pair.source.word(&pair.words[1], &tagged).await, "4");
}

#[tokio::test]
async fn another_version_of_the_program_reads_nothing_of_this_one() {
    let pair = pair(steady());
    let newer: Region<String> = pair.nodes[1].region("test.words", 2, steady());
    let other_type: Region<u64> = pair.nodes[1].region("test.words", 1, steady());
    assert_eq!(pair.source.word(&pair.words[0], &key()).await, "1");
    assert_eq!(pair.source.word(&newer, &key()).await, "2");
    let number = other_type.get_or(&key(), || async { Ok::<_, crate::support::Away>(7) }).await.unwrap();
    assert_eq!(*number, 7);
}

#[tokio::test]
async fn two_nodes_load_once() {
    let pair = pair(Options { wait_for_others: Duration::from_secs(60), ..steady() });
    let gate = Arc::new(Semaphore::new(0));
    let asking = [0, 1].map(|node| {
        let (source, words, gate) = (pair.source.clone(), pair.words[node].clone(), gate.clone());
        tokio::spawn(
            async move { source.after(&words, &key(), async move { gate.acquire().await.unwrap().forget() }).await.unwrap() },
        )
    });
    until(|| pair.source.loads() == 1 && pair.remotes.iter().map(|remote| remote.asked()).sum::<u64>() >= 12).await;
    gate.add_permits(2);
    for asked in asking {
        assert_eq!(*asked.await.unwrap(), "1");
    }
}

#[tokio::test]
async fn a_node_does_not_wait_for_one_that_never_ends() {
    let pair = pair(Options { wait_for_others: Duration::from_millis(20), ..steady() });
    let (source, words) = (pair.source.clone(), pair.words[0].clone());
    let stuck = tokio::spawn(async move { source.after(&words, &key(), std::future::pending()).await });
    until(|| pair.source.loads() == 1).await;
    assert_eq!(pair.source.word(&pair.words[1], &key()).await, "2");
    stuck.abort();
}

#[tokio::test]
async fn without_the_shared_part_everything_is_loaded_and_nothing_fails() {
    let pair = pair(steady());
    pair.source.word(&pair.words[0], &key()).await;
    pair.remotes[0].cut();
    assert_eq!(pair.source.word(&pair.words[0], &key()).await, "2");
    assert_eq!(pair.source.word(&pair.words[0], &key()).await, "3");
    pair.remotes[0].mend();
    assert_eq!(pair.source.word(&pair.words[0], &key()).await, "1", "nothing changed meanwhile");
}

#[tokio::test]
async fn who_failed_too_often_is_left_alone_for_a_while() {
    let pair = pair(steady());
    pair.remotes[0].cut();
    for _ in 0..20 {
        pair.source.word(&pair.words[0], &key()).await;
    }
    let asked = pair.remotes[0].asked();
    assert!(asked <= 6, "{asked}");
    pair.remotes[0].mend();
    pair.source.word(&pair.words[0], &key()).await;
    assert_eq!(pair.remotes[0].asked(), asked);
    pair.clock.advance_seconds(2);
    let word = pair.source.word(&pair.words[0], &key()).await;
    assert_eq!(pair.source.word(&pair.words[0], &key()).await, word);
}

#[tokio::test]
async fn a_change_that_could_not_be_told_is_made_up_for_before_anything_is_taken_again() {
    let pair = pair(steady());
    let tagged = key().tagged("t");
    for words in &pair.words {
        pair.source.word(words, &tagged).await;
    }
    pair.remotes[0].cut();
    assert_eq!(pair.nodes[0].invalidate(tagged.realm(), &["t"]).await, Reach::HereOnly);
    pair.remotes[0].mend();
    assert_eq!(pair.source.word(&pair.words[0], &tagged).await, "2");
    assert_eq!(pair.source.word(&pair.words[1], &tagged).await, "2");
}

#[tokio::test]
async fn a_shared_part_that_forgot_everything_brings_nothing_back() {
    let pair = pair(steady());
    let tagged = key().tagged("t");
    pair.source.word(&pair.words[0], &tagged).await;
    let _reach = pair.nodes[1].invalidate(tagged.realm(), &["t"]).await;
    pair.remotes[0].forget_everything();
    assert_eq!(pair.source.word(&pair.words[0], &tagged).await, "2");
    assert_eq!(pair.source.word(&pair.words[1], &tagged).await, "2");
}

#[tokio::test]
async fn who_hears_of_changes_need_not_ask() {
    let pair = pair(soon());
    let tagged = key().tagged("t");
    let hearing = tokio::spawn(pair.nodes[0].clone().listen());
    // Until it hears, each answer is asked for.
    let quiet = || async {
        let before = pair.remotes[0].asked();
        pair.source.word(&pair.words[0], &tagged).await;
        pair.remotes[0].asked() == before
    };
    for _ in 0..1_000 {
        if quiet().await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(quiet().await);
    let _reach = pair.nodes[1].invalidate(tagged.realm(), &["t"]).await;
    for _ in 0..1_000 {
        if pair.source.word(&pair.words[0], &tagged).await == "2" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(pair.source.word(&pair.words[0], &tagged).await, "2");
    hearing.abort();
}

#[tokio::test]
async fn who_hears_nothing_asks() {
    let pair = pair(soon());
    let tagged = key().tagged("t");
    pair.source.word(&pair.words[0], &tagged).await;
    let _reach = pair.nodes[1].invalidate(tagged.realm(), &["t"]).await;
    assert_eq!(pair.source.word(&pair.words[0], &tagged).await, "2");
}

#[tokio::test]
async fn what_goes_by_age_needs_nobody() {
    let pair = pair(Options { freshness: Freshness::ByAge, ..steady() });
    pair.source.word(&pair.words[0], &key()).await;
    pair.remotes[0].cut();
    assert_eq!(pair.source.word(&pair.words[0], &key()).await, "1");
    let other = banyan_cache::Key::of_installation("other");
    assert_eq!(pair.source.word(&pair.words[0], &other).await, pair.source.word(&pair.words[0], &other).await);
}
