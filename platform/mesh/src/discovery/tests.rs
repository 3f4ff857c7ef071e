use std::collections::HashMap;

use banyan_kernel::{TestClock, Timestamp};
use parking_lot::Mutex;
use tokio::time::Instant;

use super::*;
use crate::{Mesh, ServiceHandle};

/// Says what the test tells it to, and how often it was asked.
#[derive(Default)]
struct Scripted {
    hosts: Mutex<HashMap<String, Resolved<IpAddr>>>,
    services: Mutex<Option<Resolved<ServiceRecord>>>,
    asked: Mutex<Vec<Instant>>,
}

impl Scripted {
    fn say(&self, host: &str, addresses: &[&str], seconds: u64) {
        let records = addresses.iter().map(|address| address.parse().unwrap()).collect();
        self.hosts.lock().insert(host.into(), Resolved { records, time_to_live: Duration::from_secs(seconds) });
    }
}

#[async_trait]
impl Resolve for Scripted {
    async fn addresses(&self, host: &str) -> Result<Resolved<IpAddr>, ResolveError> {
        self.asked.lock().push(Instant::now());
        let unknown = || ResolveError { name: host.into(), reason: "unknown".into() };
        self.hosts.lock().get(host).cloned().ok_or_else(unknown)
    }

    async fn services(&self, name: &str) -> Result<Resolved<ServiceRecord>, ResolveError> {
        self.services.lock().clone().ok_or_else(|| ResolveError { name: name.into(), reason: "unknown".into() })
    }
}

fn begin(resolver: &Arc<Scripted>, discovery: Discovery) -> (ServiceHandle, tokio::task::JoinHandle<()>) {
    let mesh = Mesh::new(Arc::new(TestClock::at(Timestamp::from_seconds(1_000))), Place::default());
    let service = mesh.declare("goals", Upstream { discovery, ..Upstream::default() }).unwrap();
    let sources = Sources { resolver: Some(resolver.clone()), registry: None };
    (service, tokio::spawn(mesh.maintain(sources)))
}

fn addresses(service: &ServiceHandle) -> Vec<String> {
    service.report().instances.into_iter().map(|instance| instance.address).collect()
}

/// Lets the tasks run, and the paused clock.
async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

fn of_host() -> Discovery {
    Discovery::Dns { host: "goals.internal".into(), port: 8080, scheme: Scheme::Http }
}

#[tokio::test(start_paused = true)]
async fn names_are_asked_again_when_their_time_is_over_and_not_before() {
    let resolver = Arc::new(Scripted::default());
    resolver.say("goals.internal", &["10.0.0.2", "10.0.0.1", "10.0.0.2"], 30);
    let (service, task) = begin(&resolver, of_host());
    pass(1).await;
    assert_eq!(addresses(&service), ["10.0.0.1:8080", "10.0.0.2:8080"]);
    resolver.say("goals.internal", &["10.0.0.2", "fd00::1"], 30);
    pass(28).await;
    assert_eq!((addresses(&service).len(), resolver.asked.lock().len()), (2, 1));
    pass(2).await;
    assert_eq!(addresses(&service), ["10.0.0.2:8080", "[fd00::1]:8080"]);
    assert_eq!(resolver.asked.lock().len(), 2);
    task.abort();
}

#[tokio::test(start_paused = true)]
async fn a_name_server_that_fails_takes_nobody_out_and_no_time_to_live_is_too_short() {
    let resolver = Arc::new(Scripted::default());
    resolver.say("goals.internal", &["10.0.0.1"], 0);
    let (service, task) = begin(&resolver, of_host());
    pass(10).await;
    let asked = resolver.asked.lock().len();
    assert!((9..=11).contains(&asked), "once a second: {asked}");
    resolver.hosts.lock().clear();
    pass(60).await;
    assert_eq!(addresses(&service), ["10.0.0.1:8080"]);
    assert!(resolver.asked.lock().len() <= asked + 14, "every 5 s");
    resolver.say("goals.internal", &["10.0.0.9"], 10);
    pass(6).await;
    assert_eq!(addresses(&service), ["10.0.0.9:8080"]);
    task.abort();
}

#[tokio::test(start_paused = true)]
async fn services_have_ports_weights_and_the_best_priority() {
    let resolver = Arc::new(Scripted::default());
    resolver.say("a.internal", &["10.0.0.1"], 60);
    resolver.say("b.internal", &["10.0.0.2"], 60);
    resolver.say("c.internal", &["10.0.0.3"], 60);
    let record = |host: &str, port, priority, weight| ServiceRecord { host: host.into(), port, priority, weight };
    let records = vec![
        record("a.internal.", 8001, 1, 30),
        record("b.internal.", 8002, 1, 0),
        record("c.internal.", 8003, 2, 1),
        record("gone.internal.", 8004, 1, 1),
    ];
    *resolver.services.lock() = Some(Resolved { records, time_to_live: Duration::from_secs(300) });
    let (service, task) = begin(&resolver, Discovery::Srv { name: "_goals._tcp.internal".into(), scheme: Scheme::Http });
    pass(1).await;
    let found: Vec<_> = service.report().instances.into_iter().map(|one| (one.address, one.weight)).collect();
    assert_eq!(found, [("10.0.0.1:8001".to_owned(), 30), ("10.0.0.2:8002".to_owned(), 1)]);
    task.abort();
}
