use banyan_kernel::{TestClock, Timestamp};

use super::*;

fn registration(id: &str) -> Registration {
    Registration {
        id: id.into(),
        services: vec!["goals".into(), "habits".into()],
        address: "http://10.0.0.1:8080".into(),
        region: "id-jk".into(),
        data_centre: "jkt-1".into(),
        load: None,
        weight: 1,
        version: String::new(),
    }
}

#[tokio::test]
async fn who_falls_silent_is_forgotten() {
    let clock = TestClock::at(Timestamp::from_seconds(1_000));
    let registry = MemoryRegistry::new(Arc::new(clock.clone()));
    clock.advance_seconds(20);
    registry.put(&registration("a"), HOLDS).await.unwrap();
    clock.advance_seconds(10);
    registry.put(&registration("b"), HOLDS).await.unwrap();
    let ids = async |service: &str| registry.list(service).await.unwrap().into_iter().map(|one| one.id).collect::<Vec<_>>();
    assert_eq!(
        (ids("goals").await, ids("habits").await, ids("ai").await),
        (vec!["a".into(), "b".into()], ids("goals").await, vec![])
    );
    clock.advance_seconds(5);
    assert_eq!(ids("goals").await, ["b"]);
    clock.advance_seconds(10);
    assert!(ids("goals").await.is_empty());
}

#[tokio::test]
async fn changes_are_told_and_heartbeats_are_none() {
    let registry = MemoryRegistry::new(Arc::new(TestClock::at(Timestamp::from_seconds(1_000))));
    let mut changes = registry.changes().unwrap();
    registry.put(&registration("a"), HOLDS).await.unwrap();
    assert!(changes.has_changed().unwrap());
    changes.borrow_and_update();
    registry.put(&registration("a"), HOLDS).await.unwrap();
    registry.remove("b").await.unwrap();
    assert!(!changes.has_changed().unwrap());
    registry.put(&Registration { load: Some(0.5), ..registration("a") }, HOLDS).await.unwrap();
    assert!(changes.has_changed().unwrap());
}

#[tokio::test]
async fn a_registry_has_a_bound() {
    let registry = MemoryRegistry::new(Arc::new(TestClock::at(Timestamp::from_seconds(1_000))));
    for number in 0..MOST {
        registry.put(&registration(&number.to_string()), HOLDS).await.unwrap();
    }
    assert!(matches!(registry.put(&registration("more"), HOLDS).await, Err(RegistryError::Full(MOST))));
    registry.put(&registration("7"), HOLDS).await.expect("who is there may stay");
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    assert!(registration("a").check().is_ok());
    let wrong: [(&str, Registration); 8] = [
        ("id", Registration { id: "a b".into(), ..registration("a") }),
        ("services", Registration { services: vec![], ..registration("a") }),
        ("address", Registration { address: "10.0.0.1:80".into(), ..registration("a") }),
        ("address", Registration { address: "http://user:word@10.0.0.1".into(), ..registration("a") }),
        ("address", Registration { address: "http://10.0.0.1/path".into(), ..registration("a") }),
        ("load", Registration { load: Some(f64::NAN), ..registration("a") }),
        ("weight", Registration { weight: 0, ..registration("a") }),
        ("region", Registration { region: String::new(), ..registration("a") }),
    ];
    for (expected, registration) in wrong {
        let Err(RegistryError::Invalid { field, .. }) = registration.check() else { panic!("{registration:?}") };
        assert_eq!(field, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn heartbeats_keep_a_registration_alive() {
    let clock = TestClock::at(Timestamp::from_seconds(1_000));
    let registry = Arc::new(MemoryRegistry::new(Arc::new(clock.clone())));
    let task = tokio::spawn(keep_registered(registry.clone(), || registration("a")));
    for _ in 0..10 {
        tokio::time::sleep(HEARTBEAT).await;
        clock.advance_seconds(HEARTBEAT.as_secs().cast_signed());
        assert_eq!(registry.list("goals").await.unwrap().len(), 1);
    }
    task.abort();
    clock.advance_seconds(HOLDS.as_secs().cast_signed() + 1);
    assert!(registry.list("goals").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_registry_that_has_just_begun_does_not_say_that_nobody_is_there() {
    let clock = TestClock::at(Timestamp::from_seconds(1_000));
    let registry = MemoryRegistry::new(Arc::new(clock.clone()));
    assert!(matches!(registry.list("goals").await, Err(RegistryError::Young)));
    registry.put(&registration("a"), HOLDS).await.unwrap();
    registry.remove("a").await.unwrap();
    assert!(registry.list("goals").await.unwrap().is_empty(), "who came and went is known to be gone");
    assert!(matches!(registry.list("ai").await, Err(RegistryError::Young)));
    clock.advance_seconds(15);
    assert!(registry.list("ai").await.unwrap().is_empty());
}
