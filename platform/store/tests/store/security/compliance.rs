//! The compliance check: nothing to say about a sound database, and something about each unsound one.

use banyan_kernel::{Permission, Role};
use banyan_store::StoreError;
use banyan_store::compliance::Entry;
use banyan_store::testing::Ground;
use banyan_store::testing::guard::{Guard, Part};
use banyan_testkit::on_both_engines;

use super::fixture::{Place, tables};
use crate::notes;

on_both_engines! {
    async fn a_store_is_as_declared(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let report = store.compliance().await.unwrap();
        assert!(report.holds(), "{report:#?}");
        assert_eq!(report.entries.len(), store.schema().tables.len() * 4);
        assert_eq!(report.score(), 100.0);
        let read = report.entries.iter().find(|entry| entry.table == "notes" && entry.command == "read").unwrap();
        assert_eq!(read.policy, "owner by user_id or elevated");
    }

    async fn an_attack_is_withstood_and_remembered(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        assert!(store.compliance().await.unwrap().entries.iter().all(|entry| entry.last_test.is_none()));
        store.attack("1.2.3").await.unwrap();
        let report = store.compliance().await.unwrap();
        for entry in &report.entries {
            let test = entry.last_test.as_ref().unwrap();
            assert!(test.passed && test.version == "1.2.3", "{entry:#?}");
        }
        assert!(report.holds());
    }

    async fn overrides_are_counted(bench: Bench) {
        let store = bench.store(notes::schema()).await;
        let admin = bench.with_role(Role::Admin);
        for reason in [Some("asked by the owner"), None] {
            let elevated = admin.elevate(Permission::RecordsOverride, reason).unwrap();
            store.bind(&elevated).read(|_| async move { Ok::<_, StoreError>(()) }).await.unwrap();
        }
        let report = store.compliance().await.unwrap();
        assert_eq!((report.overrides, report.unexplained_overrides), (2, 1));
    }
}

fn unsound(entries: &[Entry]) -> Vec<(&str, &str)> {
    entries.iter().filter(|entry| !entry.enforced).map(|entry| (entry.table.as_str(), entry.command)).collect()
}

#[tokio::test]
async fn a_missing_part_of_the_guard_is_found() {
    for (part, entry) in [
        (Part::ReadPolicy("goals"), ("goals", "read")),
        (Part::InsertCheck("tasks"), ("tasks", "insert")),
        (Part::UpdateCheck("inbox"), ("inbox", "update")),
    ] {
        let mut place = Place::guarded(&tables(), Guard::new(&tables()).unwrap().without(part));
        let (entries, _) = place.as_sqlite().compliance().unwrap();
        assert_eq!(unsound(&entries), [entry], "{part:?}");
    }
    let mut place = Place::sqlite();
    assert_eq!(unsound(&place.as_sqlite().compliance().unwrap().0), []);
    place.as_sqlite().unguarded(|raw| raw.execute_batch("CREATE TEMP VIEW open AS SELECT * FROM main.goals")).unwrap();
    assert_eq!(place.as_sqlite().compliance().unwrap().1.len(), 1);
}

#[tokio::test]
async fn each_change_of_the_catalogue_is_found() {
    let place = Place::postgres(&tables()).await;
    let Ground::Postgres(ground) = &place.ground else { unreachable!() };
    let role = format!("banyan_{}", ground.schema().service);
    let (entries, findings) = ground.compliance().await.unwrap();
    assert_eq!((unsound(&entries), findings), (vec![], vec![]));
    let all = [("goals", "read"), ("goals", "insert"), ("goals", "update"), ("goals", "delete")];
    for (change, entry) in [
        ("ALTER TABLE goals DISABLE ROW LEVEL SECURITY".to_owned(), &all[..]),
        ("ALTER TABLE goals NO FORCE ROW LEVEL SECURITY".to_owned(), &all[..]),
        ("DROP POLICY banyan_delete ON goals".to_owned(), &all[3..]),
        ("ALTER POLICY banyan_read ON goals USING (true)".to_owned(), &all[..1]),
        ("ALTER POLICY banyan_update ON goals WITH CHECK (true)".to_owned(), &all[2..3]),
        ("ALTER POLICY banyan_insert ON goals TO PUBLIC".to_owned(), &all[1..2]),
        (format!("GRANT SELECT ON events TO {role}"), &[("events", "read")][..]),
        (format!("REVOKE UPDATE ON goals FROM {role}"), &all[2..3]),
        ("COMMENT ON POLICY banyan_read ON goals IS 'trust me'".to_owned(), &all[..1]),
    ] {
        ground.batch("BEGIN").await.unwrap();
        ground.batch(&change).await.unwrap();
        let (entries, _) = ground.compliance().await.unwrap();
        ground.batch("ROLLBACK").await.unwrap();
        assert_eq!(unsound(&entries), entry, "{change}");
    }
    for change in [
        "CREATE POLICY extra ON goals FOR SELECT USING (true)".to_owned(),
        format!("ALTER ROLE {role} BYPASSRLS"),
        format!("ALTER TABLE goals OWNER TO {role}"),
        format!("CREATE TABLE copy AS SELECT * FROM goals; GRANT SELECT ON copy TO {role}"),
    ] {
        ground.batch("BEGIN").await.unwrap();
        ground.batch(&change).await.unwrap();
        let (_, findings) = ground.compliance().await.unwrap();
        ground.batch("ROLLBACK").await.unwrap();
        assert!(!findings.is_empty(), "{change}");
    }
    place.close().await;
}
