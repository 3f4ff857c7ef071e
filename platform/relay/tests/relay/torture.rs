//! Publishing goes on while the broker is killed, started and wiped, by dice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use banyan_kernel::{OsRandom, Random as _};
use banyan_testkit::{Broker, on_both_engines};

use crate::things::{Process, heard, publish, store};

const KEYS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// Blows to the broker. The long form is for a quiet hour.
fn blows() -> usize {
    #[expect(clippy::disallowed_methods, reason = "tests are configured by the environment")]
    if std::env::var("BANYAN_LONG_TESTS").is_ok() { 60 } else { 8 }
}

fn die(sides: u8) -> u8 {
    let mut byte = [0];
    OsRandom.fill(&mut byte);
    byte[0] % sides
}

on_both_engines! {
    async fn every_event_arrives_in_order_whatever_is_done_to_the_broker(bench: Bench) {
        let mut nats = Broker::nats().started().await;
        let store = store(&bench).await;
        let mut process = Process::start(&store, &nats);
        let ending = Arc::new(AtomicBool::new(false));
        let count = Arc::new(AtomicI64::new(0));
        let publisher = tokio::spawn({
            let (store, tenant, ending, count) = (store.clone(), bench.tenant, ending.clone(), count.clone());
            async move {
                let mut number = 0;
                while !ending.load(Ordering::Relaxed) {
                    for key in KEYS {
                        publish(&store, tenant, key, number..number + 1).await;
                    }
                    number += 1;
                    count.store(number, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }
        });
        for _ in 0..blows() {
            // Not a wait for something: the broker works for as long as the dice say.
            tokio::time::sleep(Duration::from_millis(u64::from(die(255)) * 4)).await;
            match die(4) {
                0 => {
                    process.kill();
                    process = Process::start(&store, &nats);
                }
                1 => {
                    nats.kill();
                    nats.wipe();
                    nats.run().await;
                }
                _ => {
                    nats.kill();
                    nats.run().await;
                }
            }
        }
        ending.store(true, Ordering::Relaxed);
        publisher.await.unwrap();
        // One more wipe with nothing said afterwards: what is idle notices, too.
        nats.kill();
        nats.wipe();
        nats.run().await;
        crate::things::eventually("all is there again", async || {
            process.done().await;
            let client = async_nats::connect(nats.url()).await.unwrap();
            let stream = async_nats::jetstream::new(client).get_stream("banyan").await;
            stream.is_ok_and(|stream| {
                stream.cached_info().state.messages >= count.load(Ordering::Relaxed).unsigned_abs() * KEYS.len() as u64
            })
        }).await;
        let expected: Vec<i64> = (0..count.load(Ordering::Relaxed)).collect();
        let heard = heard(&nats).await;
        for key in KEYS {
            assert_eq!(heard[key], expected, "{key}");
        }
        process.stop().await;
    }
}
