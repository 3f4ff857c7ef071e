//! Who reads from a standby, and that nobody reads anything old.

use std::time::Duration;

use banyan_kernel::{Caller, Permission, Role, Roles};
use banyan_store::{FallBack, ReplicaStanding, StoreError};
use banyan_testkit::eventually;
use sea_orm::entity::prelude::*;
use sea_orm::{DbBackend, Statement};

use super::scene::{Scene, from_standby, is_standby, write};
use crate::notes;

fn fallen_back(node: &super::scene::Node, why: FallBack) -> u64 {
    node.report().fallen_back.into_iter().find(|(known, _)| *known == why).unwrap().1
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_read_from_the_standby_and_services_from_the_primary() {
    let scene = Scene::new();
    let node = scene.node().await;
    let person = scene.person();
    let rows = node.store.bind(&person);
    write(&rows, "first").await;
    eventually("the standby answers", async || from_standby(&rows).await).await;
    assert_eq!(notes::texts(&rows).await, ["first"]);
    let before = node.report().replicas[0].reads;
    eventually("one more read of the standby", async || {
        notes::texts(&rows).await;
        node.report().replicas[0].reads > before
    })
    .await;

    let admin = Caller::user(scene.tenant, Uuid::from_u128(2), Roles::from_iter([Role::Admin]), person.request);
    let elevated = node.store.bind(&admin.elevate(Permission::RecordsOverride, Some("a test")).unwrap());
    let anonymous = node.store.bind(&Caller::anonymous(scene.tenant, person.request));
    for other in [node.store.system(scene.tenant), elevated, anonymous] {
        assert!(!from_standby(&other).await, "{:?}", other.caller());
    }
    assert!(!rows.write(|tx| async move { is_standby(&tx).await }).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_read_by_everybody_while_the_standby_stands_still() {
    let scene = Scene::new();
    let (one, other) = (scene.node().await, scene.node().await);
    let person = scene.person();
    let (here, there) = (one.store.bind(&person), other.store.bind(&person));
    scene.standby.execute("SELECT pg_wal_replay_pause()").await;
    let mut written = Vec::new();
    for step in 0..20 {
        let text = format!("{step:02}");
        // Through one process, and read through both.
        write(if step % 2 == 0 { &here } else { &there }, &text).await;
        written.push(text);
        assert_eq!(notes::texts(&here).await, written);
        assert_eq!(notes::texts(&there).await, written);
    }
    assert!(fallen_back(&one, FallBack::Behind) > 0, "{:?}", one.report());
    assert_eq!(one.standing(), ReplicaStanding::Serving, "not behind for long enough to be told");

    scene.standby.execute("SELECT pg_wal_replay_resume()").await;
    eventually("the standby answers again", async || from_standby(&here).await && from_standby(&there).await).await;
    assert_eq!(notes::texts(&there).await, written);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_that_is_too_far_behind_is_left_alone() {
    let scene = Scene::new();
    let node = scene.node_with(&scene.primary, &scene.standby, Duration::from_millis(150)).await;
    node.serves().await;
    scene.standby.execute("SELECT pg_wal_replay_pause()").await;
    let rows = node.store.bind(&scene.person());
    write(&rows, "missed").await;
    node.stands(ReplicaStanding::Behind).await;
    let known = node.report().replicas.remove(0);
    assert!(known.lag_bytes > Some(0) && known.lag > Some(Duration::from_millis(150)), "{known:?}");
    assert!(!from_standby(&rows).await);
    assert!(fallen_back(&node, FallBack::NoneServes) > 0);
    scene.standby.execute("SELECT pg_wal_replay_resume()").await;
    node.stands(ReplicaStanding::Serving).await;
    eventually("the standby answers again", async || from_standby(&rows).await).await;
    assert_eq!(node.report().replicas[0].lag_bytes, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_security_holds_on_the_standby() {
    let scene = Scene::new();
    let node = scene.node().await;
    let owner = scene.person();
    write(&node.store.bind(&owner), "mine").await;
    let same_id_elsewhere = {
        let other = scene.person_of(Uuid::from_u128(9));
        Caller::user(other.tenant, owner.user_id().unwrap(), owner.roles, owner.request)
    };
    let attacks = [
        "SELECT text FROM notes",
        "SELECT text FROM notes.notes WHERE tenant_id IS NOT NULL OR true",
        "SELECT string_agg(text, ',') AS text FROM notes HAVING count(*) > 0",
        "WITH all_notes AS (SELECT * FROM notes.notes) SELECT text FROM all_notes",
    ];
    for stranger in [scene.person(), scene.person_of(Uuid::from_u128(9)), same_id_elsewhere] {
        let rows = node.store.bind(&stranger);
        for sql in attacks {
            eventually("the standby answers", async || {
                let look = rows.read(|tx| async move {
                    let seen = tx.query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await?.len();
                    Ok::<_, StoreError>((seen, is_standby(&tx).await?))
                });
                let (seen, by_standby) = look.await.unwrap();
                assert_eq!(seen, 0, "{sql}");
                by_standby
            })
            .await;
        }
    }
    // And nothing of a caller stays on a connection for the next one.
    let mine = node.store.bind(&owner);
    eventually("the standby answers the owner", async || from_standby(&mine).await).await;
    assert_eq!(notes::texts(&mine).await, ["mine"]);
    // Nothing is written there.
    let refused = mine.read(|tx| async move { notes::insert(&tx, "by a reader").await }).await;
    assert!(refused.is_err());
    assert_eq!(notes::texts(&mine).await, ["mine"]);
}
