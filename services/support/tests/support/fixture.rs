//! What several tests need: an identity that answers, and somebody who does the jobs.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Extension, Path, Query, State};
use axum::routing::get;
use axum::{Json, Router};
use banyan_contracts::identity::{ErasureSheet, PersonSheet, StaffSheet, UserSummary};
use banyan_events::jobs::Runner;
use banyan_kernel::{Caller, OsRandom, Permission, Role, Uuid};
use banyan_store::StoreError;
use banyan_testkit::{Answer, App, Bench};
use http::StatusCode;
use parking_lot::Mutex;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use tokio::sync::watch;

/// As long as anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the identity of the tests knows.
#[derive(Default)]
pub(crate) struct Known {
    pub(crate) people: HashMap<Uuid, PersonSheet>,
    pub(crate) erased: Vec<Uuid>,
    /// Not reachable, as it were.
    pub(crate) is_away: bool,
}

type Identity = Arc<Mutex<Known>>;

pub(crate) struct Place {
    pub(crate) app: App,
    pub(crate) identity: Identity,
    stop: watch::Sender<bool>,
}

impl Place {
    pub(crate) async fn new(bench: &mut Bench) -> Self {
        bench.stay_in_one_process().await;
        let service = banyan_support::service();
        let host = bench.host(&service, json!({}), http::Extensions::new()).await;
        let identity = Identity::default();
        let router = Router::new()
            .route("/internal/people/{user}", get(sheet))
            .route("/internal/people/{user}/erasure", get(erasure).post(erase))
            .route("/internal/staff", get(staff))
            .with_state(identity.clone());
        host.mesh.register("identity", router, Vec::<&str>::new()).unwrap();
        let (stop, stopped) = watch::channel(false);
        let app = App::new(&service, host);
        let jobs = service.jobs_of(&app.host);
        let runner = Runner::new(app.host.store.clone(), jobs, Arc::new(OsRandom)).unwrap();
        tokio::spawn(runner.run(stopped));
        Self { app, identity, stop }
    }

    /// Somebody whom identity knows.
    pub(crate) fn person(&self, bench: &Bench, name: &str, role: Role) -> Caller {
        let caller = bench.with_role(role);
        let id = caller.user_id().unwrap();
        let user = UserSummary {
            id,
            email: format!("{}@example.com", name.to_lowercase()),
            name: name.to_owned(),
            roles: vec![role],
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
        self.identity.lock().people.insert(id, sheet);
        caller
    }

    /// Opens a ticket in Indonesian.
    pub(crate) async fn ticket(&self, person: &Caller, category: &str) -> Value {
        let body = json!({ "category": category, "subject": "Mohon bantuan", "text": "Ini pertanyaan saya." });
        let call = self.app.call(person, http::Method::POST, "/api/v1/support/tickets").header("accept-language", "id");
        let answer = call.json(body).send().await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        answer.body
    }

    pub(crate) async fn good(&self, answer: Answer, status: StatusCode) -> Value {
        assert_eq!(answer.status, status, "{answer:?}");
        answer.body
    }

    /// The ticket as those who answer see it.
    pub(crate) async fn seen(&self, agent: &Caller, ticket: &Value) -> Value {
        self.good(self.app.get(agent, &all(ticket)).await, StatusCode::OK).await
    }

    /// Types and data of the events of the tenant, in order.
    pub(crate) async fn events(&self, bench: &Bench) -> Vec<(String, Value)> {
        let rows = self.rows(bench, "SELECT type, data, id FROM outbox ORDER BY id").await;
        rows.iter().map(|row| (row.try_get("", "type").unwrap(), row.try_get("", "data").unwrap())).collect()
    }

    /// Waits for an event that fits.
    pub(crate) async fn event(&self, bench: &Bench, kind: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let events = self.events(bench).await;
            if let Some((_, data)) = events.iter().find(|(known, data)| known == kind && fits(data)) {
                return data.clone();
            }
            assert!(begun.elapsed() < PATIENCE, "no {kind} among {events:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until nothing is to be done now: no job is ready, runs or is due.
    pub(crate) async fn settle(&self, bench: &Bench) {
        let begun = Instant::now();
        loop {
            let now = bench.environment.clock.now().micros();
            let jobs =
                self.rows(bench, "SELECT state, due_at, id FROM jobs WHERE state IN ('waiting', 'ready', 'running')").await;
            let busy = jobs.iter().any(|row| {
                row.try_get::<String>("", "state").unwrap() != "waiting" || row.try_get::<i64>("", "due_at").unwrap() <= now
            });
            if !busy {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "work does not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn rows(&self, bench: &Bench, sql: &'static str) -> Vec<sea_orm::QueryResult> {
        let rows = self.app.store.system(bench.tenant);
        let read = rows.read(move |tx| async move {
            Ok::<_, StoreError>(tx.query_all_raw(Statement::from_string(tx.get_database_backend(), sql)).await?)
        });
        read.await.unwrap()
    }

    /// Actions of the audit log about a person, the latest first.
    pub(crate) async fn audited(&self, bench: &Bench, about: &Caller) -> Vec<String> {
        let path = format!("/api/v1/admin/support/audit?subject={}&limit=100", about.user_id().unwrap());
        let page = self.good(self.app.get(&bench.with_role(Role::Admin), &path).await, StatusCode::OK).await;
        page["data"].as_array().unwrap().iter().map(|record| record["action"].as_str().unwrap().to_owned()).collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

/// `/api/v1/support/tickets/<id>`
pub(crate) fn own(ticket: &Value) -> String {
    format!("/api/v1/support/tickets/{}", ticket["id"].as_str().unwrap())
}

/// `/api/v1/admin/support/tickets/<id>`
pub(crate) fn all(ticket: &Value) -> String {
    format!("/api/v1/admin/support/tickets/{}", ticket["id"].as_str().unwrap())
}

pub(crate) fn assert_hidden(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{answer:?}");
    assert_eq!(answer.code(), "forbidden");
}

async fn sheet(State(known): State<Identity>, Path(user): Path<Uuid>) -> Result<Json<PersonSheet>, StatusCode> {
    let known = known.lock();
    if known.is_away {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    known.people.get(&user).cloned().map(Json).ok_or(StatusCode::NOT_FOUND)
}

async fn erasure(State(known): State<Identity>, Path(user): Path<Uuid>) -> Json<ErasureSheet> {
    let erases_at = known.lock().people.get(&user).map(|sheet| sheet.user.created_at.plus_seconds(14 * 86_400));
    Json(ErasureSheet { erases_at })
}

/// As identity does: by the right of whoever asks.
async fn erase(State(known): State<Identity>, Extension(caller): Extension<Caller>, Path(user): Path<Uuid>) -> StatusCode {
    if caller.require(Permission::UsersManage).is_err() {
        return StatusCode::FORBIDDEN;
    }
    known.lock().erased.push(user);
    StatusCode::NO_CONTENT
}

async fn staff(
    State(known): State<Identity>,
    Query(wanted): Query<HashMap<String, String>>,
) -> Result<Json<StaffSheet>, StatusCode> {
    let known = known.lock();
    if known.is_away {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    let role: Role = wanted["role"].parse().map_err(|_| StatusCode::BAD_REQUEST)?;
    let people = known.people.values().filter(|sheet| sheet.active && sheet.user.roles.contains(&role));
    Ok(Json(StaffSheet { people: people.map(|sheet| sheet.user.id).collect() }))
}
