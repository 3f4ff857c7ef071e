//! The attack suite over tables of every kind, on both engines; and over guards with a part missing, where it must find that out.

use banyan_store::testing::attack::attack;
use banyan_store::testing::guard::{Guard, Part};

use banyan_store::testing::tables_of;

use super::fixture::{Place, tables};
use crate::notes;

#[tokio::test]
async fn every_table_withstands_every_attack_on_sqlite() {
    let mut place = Place::sqlite();
    let report = attack(&mut place.ground).await.unwrap();
    assert_eq!(report.failures(), Vec::<String>::new());
    assert!(report.attempts() > 3_000, "{}", report.attempts());
    for finding in report.findings.iter().filter(|finding| finding.attack.starts_with("read")) {
        assert!(finding.attempts > 0 && (finding.allowed > 0 || finding.table == "events"), "{finding:?}");
    }
}

#[tokio::test]
async fn every_table_withstands_every_attack_on_postgres() {
    let mut place = Place::postgres(&tables()).await;
    let report = attack(&mut place.ground).await.unwrap();
    assert_eq!(report.failures(), Vec::<String>::new());
    assert!(report.attempts() > 3_000, "{}", report.attempts());
    place.close().await;
}

/// The outbox, the audit chain, idempotency records and grants, which every service has.
#[tokio::test]
async fn the_tables_of_every_service_withstand_every_attack() {
    let all = tables_of(&notes::schema());
    assert!(all.len() > 5);
    let mut sqlite = Place::guarded(&all, Guard::new(&all).unwrap());
    assert_eq!(attack(&mut sqlite.ground).await.unwrap().failures(), Vec::<String>::new());
    let mut postgres = Place::postgres(&all).await;
    assert_eq!(attack(&mut postgres.ground).await.unwrap().failures(), Vec::<String>::new());
    postgres.close().await;
}

#[tokio::test]
async fn each_missing_part_is_noticed() {
    let missing = [
        (Part::ReadPolicy("goals"), "goals"),
        (Part::ReadPolicy("secrets"), "secrets"),
        (Part::ReadPolicy("grants"), "grants"),
        (Part::InsertCheck("goals"), "goals"),
        (Part::InsertCheck("events"), "events"),
        (Part::UpdateCheck("inbox"), "inbox"),
        (Part::UpdateCheck("goals"), "goals"),
        (Part::Splices, "drafts"),
    ];
    for (part, table) in missing {
        let guard = Guard::new(&tables()).unwrap().without(part);
        let mut place = Place::guarded(&tables(), guard);
        let failures = attack(&mut place.ground).await.unwrap().failures();
        assert!(failures.iter().any(|line| line.starts_with(table)), "nothing noticed without {part:?}: {failures:?}");
    }
}

#[tokio::test]
async fn a_policy_that_is_gone_is_noticed_on_postgres() {
    for sql in ["ALTER TABLE goals DISABLE ROW LEVEL SECURITY", "ALTER POLICY banyan_read ON inbox USING (true)"] {
        let mut place = Place::postgres(&tables()).await;
        if let banyan_store::testing::Ground::Postgres(ground) = &place.ground {
            ground.batch(sql).await.unwrap();
        }
        assert_ne!(attack(&mut place.ground).await.unwrap().failures(), Vec::<String>::new(), "{sql}");
        place.close().await;
    }
}
