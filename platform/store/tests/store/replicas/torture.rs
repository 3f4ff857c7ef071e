//! Many who write and read through several processes, while the standby's replay stops and goes on at random.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use banyan_kernel::{Caller, OsRandom, Random};
use banyan_store::{Rows, StoreError, Tx};
use sea_orm::{EntityTrait as _, PaginatorTrait as _};
use tokio::task::JoinSet;

use super::scene::{Scene, is_standby, write};
use crate::notes;

const PEOPLE: usize = 6;
const STEPS: u64 = 60;

/// Below `most`.
fn number(most: u64) -> u64 {
    let mut bytes = [0; 8];
    OsRandom.fill(&mut bytes);
    u64::from_le_bytes(bytes) % most
}

/// How many notes the caller sees, and whether on the standby.
async fn look(rows: &Rows) -> (u64, bool) {
    let count = |tx: Tx| async move { Ok::<_, StoreError>((notes::Entity::find().count(&tx).await?, is_standby(&tx).await?)) };
    rows.read(count).await.unwrap()
}

/// Writes through one process or the other, and reads through either: never less than was written.
async fn person(nodes: Arc<Vec<banyan_store::Store>>, caller: Caller, by_standby: Arc<AtomicUsize>) {
    let mut written = 0;
    for step in 0..STEPS {
        let store = &nodes[usize::try_from(number(2)).unwrap()];
        if number(3) == 0 {
            write(&store.bind(&caller), &format!("{step}")).await;
            written += 1;
        }
        let store = &nodes[usize::try_from(number(2)).unwrap()];
        let (seen, standby) = look(&store.bind(&caller)).await;
        assert_eq!(seen, written, "step {step}, on the standby: {standby}");
        by_standby.fetch_add(usize::from(standby), Ordering::SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_ever_sees_less_than_was_written() {
    let scene = Scene::new();
    let nodes = Arc::new(vec![scene.node().await.store, scene.node().await.store]);
    let (over, by_standby) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut people = JoinSet::new();
    for _ in 0..PEOPLE {
        people.spawn(person(nodes.clone(), scene.person(), by_standby.clone()));
    }
    let disturb = async {
        while !over.load(Ordering::SeqCst) {
            let what = if number(2) == 0 { "pause" } else { "resume" };
            scene.standby.execute(&format!("SELECT pg_wal_replay_{what}()")).await;
            tokio::time::sleep(Duration::from_millis(number(40))).await;
        }
    };
    let act = async {
        while let Some(person) = people.join_next().await {
            person.unwrap();
        }
        over.store(true, Ordering::SeqCst);
    };
    tokio::join!(act, disturb);
    let (by_standby, all) = (by_standby.load(Ordering::SeqCst), PEOPLE * usize::try_from(STEPS).unwrap());
    assert!(by_standby > 0 && by_standby < all, "{by_standby} of {all} reads on the standby");
}
