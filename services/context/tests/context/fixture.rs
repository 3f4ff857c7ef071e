//! What several tests need: a service whose jobs are done, and people with a session.

use std::sync::Arc;
use std::time::{Duration, Instant};

use banyan_events::jobs::Runner;
use banyan_kernel::{Caller, OsRandom, Uuid};
use banyan_store::StoreError;
use banyan_testkit::{Answer, App, Bench};
use http::{Method, StatusCode};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use tokio::sync::watch;

/// As long as anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const SESSIONS: &str = "/api/v1/context/sessions";

pub(crate) struct Place {
    pub(crate) app: App,
    stop: watch::Sender<bool>,
}

impl Place {
    pub(crate) async fn new(bench: &mut Bench) -> Self {
        bench.stay_in_one_process().await;
        let service = banyan_context::service();
        let host = bench.host(&service, json!({}), http::Extensions::new()).await;
        let app = App::new(&service, host);
        let (stop, stopped) = watch::channel(false);
        let runner = Runner::new(app.host.store.clone(), service.jobs_of(&app.host), Arc::new(OsRandom)).unwrap();
        tokio::spawn(runner.run(stopped));
        Self { app, stop }
    }

    /// A new session; gives its path.
    pub(crate) async fn session(&self, owner: &Caller) -> String {
        let made = self.made(owner, SESSIONS, json!({ "title": "Move" })).await;
        format!("{SESSIONS}/{}", made["id"].as_str().unwrap())
    }

    /// Lets somebody take part.
    pub(crate) async fn share(&self, owner: &Caller, session: &str, guest: &Caller, role: &str) {
        let answer = self.put(owner, &seat(session, guest), json!({ "role": role })).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    }

    pub(crate) async fn put(&self, caller: &Caller, path: &str, body: Value) -> Answer {
        self.app.call(caller, Method::PUT, path).json(body).send().await
    }

    pub(crate) async fn made(&self, caller: &Caller, path: &str, body: Value) -> Value {
        let answer = self.app.post(caller, path, body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        answer.body
    }

    /// A note; gives it as it was answered.
    pub(crate) async fn note(&self, caller: &Caller, session: &str, text: &str) -> Value {
        self.made(caller, &format!("{session}/items"), json!({ "kind": "note", "value": { "text": text } })).await
    }

    pub(crate) async fn read(&self, caller: &Caller, path: &str) -> Value {
        let answer = self.app.get(caller, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.body
    }

    /// Suggestions of a session once the engine has done its work.
    pub(crate) async fn suggestions(&self, bench: &Bench, caller: &Caller, session: &str) -> Vec<Value> {
        self.settle(bench).await;
        let page = self.read(caller, &format!("{session}/suggestions?limit=100")).await;
        page["data"].as_array().unwrap().clone()
    }

    /// Types and data of the events of the tenant, in order.
    pub(crate) async fn events(&self, bench: &Bench) -> Vec<(String, Value)> {
        let rows = self.rows(bench, "SELECT type, data, id FROM outbox ORDER BY era, position").await;
        rows.iter().map(|row| (row.try_get("", "type").unwrap(), row.try_get("", "data").unwrap())).collect()
    }

    /// What listeners of a session have heard, in order.
    pub(crate) async fn heard(&self, bench: &Bench, session: &str) -> Vec<Value> {
        let room = format!("session:{}", id_in(session));
        let events = self.events(bench).await.into_iter();
        events
            .filter(|(kind, data)| kind == "realtime.room.addressed" && data["room"] == room.as_str())
            .map(|(_, data)| data["data"].clone())
            .collect()
    }

    /// Waits until no job is ready or runs.
    pub(crate) async fn settle(&self, bench: &Bench) {
        let begun = Instant::now();
        loop {
            let sql = "SELECT state, errors, attempts, id FROM jobs WHERE state IN ('waiting', 'ready', 'running', 'failed')";
            let jobs = self.rows(bench, sql).await;
            for job in &jobs {
                let errors: Value = job.try_get("", "errors").unwrap();
                assert!(job.try_get::<i64>("", "attempts").unwrap() < 3, "a job fails again and again: {errors}");
            }
            if jobs.is_empty() {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "work does not end");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) async fn rows(&self, bench: &Bench, sql: &'static str) -> Vec<sea_orm::QueryResult> {
        let rows = self.app.store.system(bench.tenant);
        let read = rows.read(move |tx| async move {
            Ok::<_, StoreError>(tx.query_all_raw(Statement::from_string(tx.get_database_backend(), sql)).await?)
        });
        read.await.unwrap()
    }

    /// As identity has it done, when an account goes.
    pub(crate) async fn erase(&self, bench: &Bench, person: Uuid) -> StatusCode {
        let caller = Caller::system(bench.tenant, "identity", banyan_kernel::RequestId(bench.new_id()));
        self.app.call(&caller, Method::DELETE, &format!("/internal/people/{person}")).send().await.status
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

/// `…/participants/<id>`
pub(crate) fn seat(session: &str, person: &Caller) -> String {
    format!("{session}/participants/{}", person.user_id().unwrap())
}

/// `…/<what>/<id>`
pub(crate) fn path_in(session: &str, what: &str, thing: &Value) -> String {
    format!("{session}/{what}/{}", thing["id"].as_str().unwrap())
}

/// The id at the end of a path.
pub(crate) fn id_in(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

pub(crate) fn assert_hidden(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{answer:?}");
    assert_eq!(answer.code(), "forbidden");
}

pub(crate) fn assert_status(answer: &Answer, status: StatusCode) {
    assert_eq!(answer.status, status, "{answer:?}");
}
