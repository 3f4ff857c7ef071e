//! What several tests need: an identity that answers, and ways out that remember what went by them.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use banyan_contracts::identity::{PersonSheet, UserSummary};
use banyan_events::jobs::Runner;
use banyan_http::Service;
use banyan_kernel::{Caller, OsRandom, Role, Uuid};
use banyan_notifications::{Attempt, Message, Senders, Sent, Way};
use banyan_store::migrate::Schema;
use banyan_store::{Store, StoreError};
use banyan_testkit::{App, Bench};
use http::StatusCode;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::watch;

/// As long as anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const EMAIL: &str = "ann@example.com";

/// Ways out that remember.
#[derive(Default)]
pub(crate) struct Out {
    pub(crate) messages: Mutex<Vec<Message>>,
    /// What the next attempts come to; after these all succeed.
    pub(crate) answers: Mutex<VecDeque<Attempt>>,
}

#[async_trait]
impl Senders for Out {
    fn has(&self, _: Way) -> bool {
        true
    }

    async fn send(&self, message: &Message) -> Attempt {
        self.messages.lock().push(message.clone());
        self.answers.lock().pop_front().unwrap_or_else(|| Ok(Sent { reference: Some("ref-1".to_owned()) }))
    }
}

impl Out {
    pub(crate) fn mails(&self) -> Vec<banyan_notifications::Mail> {
        let mails = self.messages.lock();
        mails.iter().filter_map(|message| if let Message::Mail(mail) = message { Some(mail.clone()) } else { None }).collect()
    }
}

type People = Arc<Mutex<HashMap<Uuid, PersonSheet>>>;

/// The service with all that it needs around it.
pub(crate) struct Place {
    pub(crate) app: App,
    pub(crate) out: Arc<Out>,
    pub(crate) people: People,
    /// Publishes as identity does.
    pub(crate) identity: Store,
    pub(crate) goals: Store,
    pub(crate) tickets: Store,
    stop: watch::Sender<bool>,
}

impl Place {
    pub(crate) async fn new(bench: &mut Bench) -> Self {
        Self::remembering(bench, json!({})).await
    }

    /// With settings, and ways out that remember.
    pub(crate) async fn remembering(bench: &mut Bench, settings: Value) -> Self {
        let out = Arc::new(Out::default());
        let mut resources = http::Extensions::new();
        resources.insert::<Arc<dyn Senders>>(out.clone());
        Self::made(bench, settings, resources, out).await.working()
    }

    /// With the ways out that the settings say.
    pub(crate) async fn sending(bench: &mut Bench, settings: Value) -> Self {
        Self::with_settings(bench, settings).await.working()
    }

    fn working(self) -> Self {
        let jobs = banyan_notifications::service().jobs_of(&self.app.host);
        let runner = Runner::new(self.app.host.store.clone(), jobs, Arc::new(OsRandom)).unwrap();
        tokio::spawn(runner.run(self.stop.subscribe()));
        self
    }

    /// With the ways out that the settings say, and nobody who does the jobs.
    pub(crate) async fn with_settings(bench: &mut Bench, settings: Value) -> Self {
        Self::made(bench, settings, http::Extensions::new(), Arc::default()).await
    }

    async fn made(bench: &mut Bench, settings: Value, mut resources: http::Extensions, out: Arc<Out>) -> Self {
        bench.stay_in_one_process().await;
        let people = People::default();
        let publisher = |name| Service::new(name, Schema::new(name, Vec::new())).schema;
        let (identity, goals) = (bench.store(publisher("identity")).await, bench.store(publisher("goals")).await);
        let tickets = bench.store(publisher("support")).await;
        resources.insert(vec![identity.log(), goals.log(), tickets.log()]);
        let service = banyan_notifications::service();
        let host = bench.host(&service, settings, resources).await;
        let router = Router::new().route("/internal/people/{user}", get(sheet)).with_state(people.clone());
        host.mesh.register("identity", router, Vec::<&str>::new()).unwrap();
        let (stop, _) = watch::channel(false);
        Self { app: App::new(&service, host), out, people, identity, goals, tickets, stop }
    }

    /// Somebody whom identity knows.
    pub(crate) fn person(&self, bench: &Bench) -> Caller {
        let caller = bench.user();
        let id = caller.user_id().unwrap();
        let user = UserSummary {
            id,
            email: EMAIL.to_owned(),
            name: "Ann".to_owned(),
            roles: vec![Role::User],
            locale: Some("id-ID".to_owned()),
            time_zone: Some("Asia/Jakarta".to_owned()),
            created_at: bench.environment.clock.now(),
        };
        let sheet = PersonSheet {
            user,
            active: true,
            email_verified: true,
            tenant: "upcoach".to_owned(),
            application: "upcoach".to_owned(),
            brand: "UpCoach".to_owned(),
            base_url: "https://upcoach.example".to_owned(),
        };
        self.people.lock().insert(id, sheet);
        caller
    }

    pub(crate) fn change(&self, caller: &Caller, how: impl FnOnce(&mut PersonSheet)) {
        how(self.people.lock().get_mut(&caller.user_id().unwrap()).unwrap());
    }

    /// Tells a person something, as an operator does.
    pub(crate) async fn tell(&self, bench: &Bench, person: &Caller, more: Value) -> Value {
        let mut body = json!({
            "userIds": [person.user_id().unwrap()], "topic": "messages", "arguments": { "title": "Hello", "body": "All is well." }
        });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        let answer = self.app.post(&bench.with_role(Role::Admin), "/api/v1/notifications", body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        answer.body
    }

    pub(crate) async fn rows(&self, bench: &Bench, sql: &'static str) -> Vec<sea_orm::QueryResult> {
        use sea_orm::{ConnectionTrait, Statement};
        let rows = self.app.store.system(bench.tenant);
        let read = rows.read(move |tx| async move {
            Ok::<_, StoreError>(tx.query_all_raw(Statement::from_string(tx.get_database_backend(), sql)).await?)
        });
        read.await.unwrap()
    }

    /// `way state` of each delivery, in alphabetical order: ids of one millisecond have none.
    pub(crate) async fn deliveries(&self, bench: &Bench) -> Vec<String> {
        let rows = self.rows(bench, "SELECT way, state, reason, attempts, id FROM deliveries ORDER BY id").await;
        let word = |row: &sea_orm::QueryResult, column| row.try_get::<String>("", column).unwrap();
        let mut all: Vec<String> = rows.iter().map(|row| format!("{} {}", word(row, "way"), word(row, "state"))).collect();
        all.sort();
        all
    }

    /// Waits until the deliveries are as they should be.
    pub(crate) async fn until(&self, bench: &Bench, wanted: &[&str]) {
        let (begun, mut wanted) = (Instant::now(), wanted.to_vec());
        wanted.sort_unstable();
        loop {
            let found = self.deliveries(bench).await;
            if found == wanted {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "wanted {wanted:?}, found {found:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Whether a job is ready or runs.
    pub(crate) async fn busy(&self, bench: &Bench) -> bool {
        let busy = self.rows(bench, "SELECT COUNT(*) AS busy FROM jobs WHERE state IN ('ready', 'running')").await;
        busy[0].try_get::<i64>("", "busy").unwrap() > 0
    }

    /// Waits until nothing is to be done now: no job is ready or runs.
    pub(crate) async fn settle(&self, bench: &Bench) {
        let begun = Instant::now();
        loop {
            if !self.busy(bench).await {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "work does not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

async fn sheet(State(people): State<People>, Path(user): Path<Uuid>) -> Result<Json<PersonSheet>, StatusCode> {
    people.lock().get(&user).cloned().map(Json).ok_or(StatusCode::NOT_FOUND)
}

/// `/api/v1/notifications/<id>` of the first one in a list.
pub(crate) fn path_of(notification: &Value) -> String {
    format!("/api/v1/notifications/{}", notification["id"].as_str().unwrap())
}
