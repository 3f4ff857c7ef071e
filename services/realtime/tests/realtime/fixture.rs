//! A served instance of the service, an identity that knows tokens, and a context engine that knows rooms.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use axum::extract::{Extension, Path, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::routing::{get, post};
use axum::{Json, Router};
use banyan_contracts::realtime::RoomAccess;
use banyan_http::{Problem, Tenant, render_problems};
use banyan_kernel::{Caller, ErrorCode, RequestId, Timestamp, Uuid};
use banyan_locale::{Locale, Negotiated, Source};
use banyan_realtime::{Shared, Token, VerifyToken};
use banyan_store::EngineKind;
use banyan_testkit::{App, Bench};
use http::StatusCode;
use http::header::ACCEPT_LANGUAGE;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// As long as anything may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Redis for tests of this crate: the rooms of each have a tenant of their own.
const REDIS_DATABASE: u8 = 55;

/// What joins the processes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Between {
    Memory,
    Redis,
}

pub(crate) fn redis() -> String {
    format!("{}/{REDIS_DATABASE}", banyan_testkit::redis_url().trim_end_matches('/'))
}

/// Makes each `async fn name(between: Between)` two tests.
macro_rules! on_both_brokers {
    ($($(#[$meta:meta])* async fn $name:ident($between:ident: Between) $body:block)+) => {
        $(
            $(#[$meta])*
            mod $name {
                use super::*;
                use crate::fixture::Between;

                async fn run($between: Between) $body

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn memory() {
                    run(Between::Memory).await;
                }

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn redis() {
                    run(Between::Redis).await;
                }
            }
        )+
    };
}
pub(crate) use on_both_brokers;

#[derive(Clone)]
pub(crate) struct Pass {
    pub(crate) caller: Caller,
    pub(crate) expires: Timestamp,
    pub(crate) revoked: Arc<AtomicBool>,
}

impl Token for Pass {
    fn caller(&self, request: RequestId) -> Caller {
        let mut caller = self.caller.clone();
        caller.request = request;
        caller
    }

    fn expires(&self) -> Timestamp {
        self.expires
    }

    fn is_revoked(&self) -> bool {
        self.revoked.load(Ordering::Relaxed)
    }
}

#[derive(Clone, Default)]
pub(crate) struct Passes(Arc<Mutex<HashMap<String, Pass>>>);

#[async_trait]
impl VerifyToken for Passes {
    async fn verify(&self, token: &str) -> Result<Arc<dyn Token>, ErrorCode> {
        match token {
            "expired" => return Err(ErrorCode::TokenExpired),
            "away" => return Err(ErrorCode::ServiceUnavailable),
            _ => {}
        }
        let pass = self.0.lock().get(token).cloned().ok_or(ErrorCode::InvalidToken)?;
        Ok(Arc::new(pass))
    }
}

/// Who may do what in which session.
pub(crate) type Rights = Arc<Mutex<HashMap<(String, Uuid), RoomAccess>>>;

/// Tokens and rights, which nodes have in common.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) passes: Passes,
    pub(crate) rights: Rights,
    /// Methods named `slow` answer when it has so many places.
    pub(crate) answers: Arc<Semaphore>,
}

impl Default for World {
    fn default() -> Self {
        Self { passes: Passes::default(), rights: Rights::default(), answers: Arc::new(Semaphore::new(0)) }
    }
}

impl World {
    /// A token for somebody, which counts for an hour.
    pub(crate) fn token(&self, bench: &Bench, caller: &Caller) -> String {
        let token = format!("token-{}", bench.new_id());
        let expires = bench.environment.clock.now().plus_seconds(3_600);
        self.passes.0.lock().insert(token.clone(), Pass { caller: caller.clone(), expires, revoked: Arc::default() });
        token
    }

    pub(crate) fn revoke(&self, token: &str) {
        self.passes.0.lock()[token].revoked.store(true, Ordering::Relaxed);
    }

    pub(crate) fn allow(&self, session: &str, caller: &Caller, access: RoomAccess) {
        self.rights.lock().insert((session.to_owned(), caller.user_id().unwrap()), access);
    }
}

pub(crate) const BOTH: RoomAccess = RoomAccess { subscribe: true, publish: true };
pub(crate) const LISTEN: RoomAccess = RoomAccess { subscribe: true, publish: false };

/// One process of the service.
pub(crate) struct Node {
    pub(crate) app: App,
    pub(crate) address: SocketAddr,
    serving: tokio::task::JoinHandle<()>,
}

pub(crate) async fn bench() -> Bench {
    Bench::on(EngineKind::Sqlite).await
}

impl Node {
    pub(crate) async fn start(bench: &Bench, world: &World, between: Between, settings: Value) -> Self {
        Self::with(bench, world, between, settings, http::Extensions::new()).await
    }

    pub(crate) async fn with(
        bench: &Bench,
        world: &World,
        between: Between,
        mut settings: Value,
        mut resources: http::Extensions,
    ) -> Self {
        if let (Between::Redis, None) = (between, settings.get("redis_url")) {
            settings["redis_url"] = json!(redis());
        }
        let service = banyan_realtime::service();
        resources.insert(Shared::default());
        resources.insert::<Arc<dyn VerifyToken>>(Arc::new(world.passes.clone()));
        let host = bench.host(&service, settings, resources).await;
        let context = Router::new()
            .route("/internal/rooms/session/{id}", get(rights))
            .route("/internal/methods/context/{name}", post(method))
            .layer(render_problems(host.catalogues.clone()))
            .with_state(world.clone());
        host.mesh.register("context", context, Vec::<&str>::new()).unwrap();
        let app = App::new(&service, host);
        let door = Door { caller: bench.anonymous(), application: app.host.applications.default_application().clone() };
        let router = service.router(&app.host).layer(from_fn_with_state(Arc::new(door), introduce));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { app, address, serving }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

struct Door {
    caller: Caller,
    application: Arc<banyan_kernel::application::Application>,
}

/// As the front door does for who has shown nothing.
async fn introduce(State(door): State<Arc<Door>>, mut request: Request, next: Next) -> axum::response::Response {
    let caller = door.caller.clone();
    let application = door.application.clone();
    let indonesian = request.headers().get(ACCEPT_LANGUAGE).is_some_and(|wish| wish == "id");
    let locale = if indonesian { Locale::id_id() } else { Locale::en_us() };
    let extensions = request.extensions_mut();
    extensions.insert(Negotiated { locale, source: Source::Header });
    extensions.insert(caller.request);
    extensions.insert(Tenant { id: caller.tenant, name: "upcoach".into(), application });
    extensions.insert(caller);
    next.run(request).await
}

/// As the context engine does: in the caller's name.
async fn rights(
    State(world): State<World>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Json<RoomAccess>, StatusCode> {
    if id == "away" {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    let user = caller.user_id().ok_or(StatusCode::FORBIDDEN)?;
    world.rights.lock().get(&(id, user)).copied().map(Json).ok_or(StatusCode::NOT_FOUND)
}

/// Methods of the context engine, as far as tests need them.
async fn method(
    State(world): State<World>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
    Json(data): Json<Value>,
) -> Result<String, Problem> {
    match name.as_str() {
        "echo" => Ok(json!({ "by": caller.user_id(), "data": data }).to_string()),
        "pretty" => Ok("{\n  \"a\": 1\n}".to_owned()),
        "slow" => {
            world.answers.acquire().await.unwrap().forget();
            Ok(data.to_string())
        }
        "huge" => Ok(format!("\"{}\"", "x".repeat(600 * 1024))),
        "text" => Ok("hello".to_owned()),
        "conflict" => Err(ErrorCode::Conflict.into()),
        "hidden" => Err(Problem::hidden()),
        "invalid" => Err(Problem::invalid("after", banyan_http::FieldError::required())),
        "away" => Err(ErrorCode::ServiceUnavailable.into()),
        _ => Err(ErrorCode::NotFound.into()),
    }
}

/// Asks until there is something.
pub(crate) async fn eventually<T, F: AsyncFnMut() -> Option<T>>(what: &str, mut ask: F) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "{what} does not come");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
