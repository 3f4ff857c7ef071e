//! A door with two tenants, a toy service, and people who are who their token says.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use banyan_edge::{
    Authenticate, Credential, DirectFetch, Edge, EdgeSettings, ImageSettings, Images, Limiter, Listen, MESSAGES, Outbound, Peer,
    RateLimits, Running, TenantDirectory, TenantEntry,
};
use banyan_features::{Features, LocalFlags};
use banyan_http::{ClientAddress, Language, Localized, Problem, Tenant, Visitor};
use banyan_kernel::application::Application;
use banyan_kernel::{Caller, ErrorCode, RequestId, Role, Roles, TestClock, Timestamp, Uuid};
use banyan_locale::{Catalogues, Layer};
use banyan_mesh::caller::ClusterSecret;
use banyan_mesh::{Mesh, Place, ServiceHandle};
use banyan_telemetry::Phase;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

pub(crate) const UPCOACH: Uuid = Uuid::from_u128(1);
pub(crate) const FITTRACKER: Uuid = Uuid::from_u128(2);
const START: Timestamp = Timestamp::from_seconds(1_705_312_800);

pub(crate) struct Door {
    pub(crate) edge: Edge,
    pub(crate) clock: TestClock,
    pub(crate) identity: Arc<Identity>,
    pub(crate) toy: ServiceHandle,
    /// Answers of `/api/v1/slow` wait for it.
    pub(crate) release: Arc<Notify>,
    /// Told when `/api/v1/slow` has begun.
    pub(crate) begun: Arc<Notify>,
    /// Where the test gave one.
    pub(crate) limiter: Option<Limiter>,
    /// In `production`.
    pub(crate) features: Features,
}

/// Knows tokens by heart: `<person>` counts for 900 s at a time.
pub(crate) struct Identity {
    clock: TestClock,
    pub(crate) people: Mutex<HashMap<&'static str, Person>>,
    pub(crate) verified: AtomicUsize,
    /// All tokens have expired.
    pub(crate) ended: Mutex<bool>,
}

#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) tenant: Uuid,
    pub(crate) role: Role,
    pub(crate) revoked: bool,
    pub(crate) language: Option<Arc<str>>,
    pub(crate) plan: Option<Arc<str>>,
}

struct Token {
    identity: Arc<Identity>,
    name: String,
    expires: Timestamp,
}

pub(crate) struct SharedIdentity(Arc<Identity>);

#[async_trait]
impl Authenticate for SharedIdentity {
    async fn authenticate(&self, token: &str) -> Result<Arc<dyn Credential>, ErrorCode> {
        self.0.verified.fetch_add(1, Ordering::SeqCst);
        if *self.0.ended.lock() {
            return Err(ErrorCode::TokenExpired);
        }
        if !self.0.people.lock().contains_key(token) {
            return Err(ErrorCode::InvalidToken);
        }
        let expires = banyan_kernel::Clock::now(&self.0.clock).plus_seconds(900);
        Ok(Arc::new(Token { identity: self.0.clone(), name: token.to_owned(), expires }))
    }
}

impl Token {
    fn person(&self) -> Person {
        self.identity.people.lock()[self.name.as_str()].clone()
    }
}

impl Credential for Token {
    fn tenant(&self) -> Uuid {
        self.person().tenant
    }

    fn caller(&self, request: RequestId) -> Caller {
        Caller::user(self.tenant(), user_of(&self.name), Roles::from_iter([self.person().role]), request)
    }

    fn expires(&self) -> Timestamp {
        self.expires
    }

    fn is_revoked(&self) -> bool {
        self.person().revoked
    }

    fn language(&self) -> Option<Arc<str>> {
        self.person().language
    }

    fn plan(&self) -> Option<Arc<str>> {
        self.person().plan
    }
}

const PLANS: &str = "plan-free = Free\n    .description = Free\nplan-coach = Coach\n    .description = Coach\n";

fn user_of(name: &str) -> Uuid {
    match name {
        "ada" => Uuid::from_u128(7),
        other => Uuid::from_u128(other.bytes().fold(8, |number, byte| number * 256 + u128::from(byte))),
    }
}

/// By which the door signs.
pub(crate) fn secret() -> ClusterSecret {
    ClusterSecret::new(&[7; 32]).unwrap()
}

fn application(name: &str, brand: &str) -> Arc<Application> {
    let manifest = format!(
        r##"
        default = {}
        default_locale = "en-US"
        locales = ["en-US", "id-ID"]
        time_zone = "Asia/Jakarta"
        services = ["identity"]
        [brand]
        name = "{brand}"
        colour = "#0f766e"
        [rate_limits]
        api = {{ requests = 100, window_seconds = 900 }}
        auth = {{ requests = 5, window_seconds = 900 }}
        ai = {{ requests = 50, window_seconds = 900 }}
        [[plans]]
        key = "free"
        [[plans]]
        key = "coach"
        rate_limits = {{ api = {{ requests = 5000, window_seconds = 900 }} }}
        "##,
        name == "upcoach"
    );
    let files = [("manifest.toml", manifest.as_str()), ("locales/en-US/app.ftl", PLANS), ("locales/id-ID/app.ftl", PLANS)];
    Arc::new(Application::parse(name, files).unwrap())
}

fn catalogues() -> Arc<Catalogues> {
    let builder = MESSAGES.iter().fold(Catalogues::builder().add_platform(), |builder, (tag, file, text)| {
        builder.add(Layer::Service, tag, format!("edge/{file}"), *text)
    });
    Arc::new(builder.build().unwrap())
}

fn toy(begun: Arc<Notify>, release: Arc<Notify>) -> Router {
    let slow = move || {
        let (begun, release) = (begun.clone(), release.clone());
        async move {
            begun.notify_one();
            release.notified().await;
            "at last"
        }
    };
    Router::new()
        .route("/api/v1/me", get(me))
        .route("/api/v1/greeting", get(|Language(locale): Language| async move { Localized(locale, locale.tag()) }))
        .route("/api/v1/headers", get(headers))
        .route("/api/v1/endless", get(endless))
        .route("/api/v1/echo", post(|body: axum::body::Bytes| async move { body }))
        .route("/api/v1/ignore", post(|| async { StatusCode::NO_CONTENT }))
        .route("/api/v1/long", get(|| async { Json(json!({ "text": "word ".repeat(1_000) })) }))
        .route("/api/v1/panic", get(panics))
        .route("/api/v1/slow", get(slow))
        .route("/api/v1/things/{id}", get(|| async { "thing" }).delete(|| async { Problem::hidden() }))
        .route("/api/v1/auth/login", post(|| async { (StatusCode::OK, "x".repeat(3_000)) }))
        .route("/api/v1/auth/refresh", post(|| async { "fresh" }))
        .layer(axum::extract::DefaultBodyLimit::disable())
}

const PATHS: [&str; 12] = [
    "/api/v1/me",
    "/api/v1/greeting",
    "/api/v1/headers",
    "/api/v1/endless",
    "/api/v1/echo",
    "/api/v1/ignore",
    "/api/v1/long",
    "/api/v1/panic",
    "/api/v1/slow",
    "/api/v1/things/{id}",
    "/api/v1/auth/login",
    "/api/v1/auth/refresh",
];

async fn me(Visitor(caller): Visitor, tenant: Tenant, Extension(from): Extension<ClientAddress>) -> Json<Value> {
    Json(json!({
        "tenant": &*tenant.name,
        "signedIn": caller.user_id().is_some(),
        "request": caller.request.to_string(),
        "address": from.0.to_string(),
    }))
}

async fn headers(headers: HeaderMap) -> Response {
    let names: Vec<&str> = headers.keys().map(|name| name.as_str()).collect();
    let said = [("server", "toy/1.0"), ("x-powered-by", "toys"), ("keep-alive", "timeout=5")];
    (said, Json(json!(names))).into_response()
}

async fn panics() -> StatusCode {
    panic!("a toy broke")
}

/// One event, and then nothing, for ever.
async fn endless() -> Response {
    let first = futures_util::stream::iter([Ok::<_, std::convert::Infallible>("data: hello\n\n")]);
    let body = Body::from_stream(futures_util::StreamExt::chain(first, futures_util::stream::pending()));
    Response::builder().header("content-type", "text/event-stream").body(body).unwrap()
}

pub(crate) fn door() -> Door {
    door_with(|_| ())
}

pub(crate) fn door_with(change: impl FnOnce(&mut EdgeSettings)) -> Door {
    let mut settings = settings();
    change(&mut settings);
    door_on(settings, TestClock::at(START), None, None)
}

/// A door that makes images.
pub(crate) fn door_with_images(images: ImageSettings) -> Door {
    let images = Images::new(images, Arc::new(DirectFetch::new().unwrap()));
    door_on(settings(), TestClock::at(START), None, Some(images))
}

/// A door that counts with others.
pub(crate) fn door_sharing(limiter: impl FnOnce(Arc<dyn banyan_kernel::Clock>) -> Limiter) -> Door {
    let clock = TestClock::at(START);
    let limiter = limiter(Arc::new(clock.clone()));
    door_on(settings(), clock, Some(limiter), None)
}

fn settings() -> EdgeSettings {
    EdgeSettings { workers: std::num::NonZeroUsize::new(2), rate_limits: RateLimits::Off, ..EdgeSettings::default() }
}

fn door_on(settings: EdgeSettings, clock: TestClock, limiter: Option<Limiter>, images: Option<Images>) -> Door {
    let shared: Arc<dyn banyan_kernel::Clock> = Arc::new(clock.clone());
    let (begun, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let mesh = Mesh::new(shared.clone(), Place::default());
    let toy = mesh.register("toy", toy(begun.clone(), release.clone()), PATHS).unwrap();
    let catalogues = catalogues();
    let entry = |id, name: &str, brand| {
        let tenant = Tenant { id, name: name.into(), application: application(name, brand) };
        TenantEntry::new(tenant, &catalogues).unwrap()
    };
    let tenants = TenantDirectory::new(entry(UPCOACH, "upcoach", "UpCoach"), [entry(FITTRACKER, "fittracker", "FitTracker")]);
    let person = |tenant, role| Person { tenant, role, revoked: false, language: None, plan: None };
    let people = [
        ("ada", person(UPCOACH, Role::User)),
        ("root", person(UPCOACH, Role::Admin)),
        ("fay", person(FITTRACKER, Role::User)),
        ("ghost", person(Uuid::from_u128(99), Role::User)),
    ];
    let people = Mutex::new(people.into());
    let identity = Arc::new(Identity { clock: clock.clone(), people, verified: AtomicUsize::new(0), ended: Mutex::new(false) });
    let features = Features::default();
    let builder = Edge::builder(mesh, Arc::new(tenants), catalogues)
        .authenticate(Arc::new(SharedIdentity(identity.clone())))
        .flags(LocalFlags::new(features.clone(), "production", shared.clone()))
        .clock(shared)
        .settings(settings)
        .outbound(Outbound { secret: Some(secret()), ..Outbound::default() });
    let builder = match &limiter {
        Some(limiter) => builder.limiter(limiter.clone()),
        None => builder,
    };
    let builder = match images {
        Some(images) => builder.images(images),
        None => builder,
    };
    let edge = builder.build().unwrap();
    edge.health().enter(Phase::Serving);
    Door { edge, clock, identity, toy, release, begun, limiter, features }
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) async fn of(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 1 << 24).await.unwrap().to_vec();
        Self { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The status and the code of the problem.
    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{} {}", self.status, self.text());
        let json = self.json();
        assert_eq!(json["status"], self.status.as_u16());
        assert_eq!(json["requestId"], self.header("x-request-id"));
        (self.status.as_u16(), json["code"].as_str().unwrap().to_owned())
    }
}

impl Door {
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], Body::empty()).await
    }

    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", path, headers, Body::empty()).await
    }

    pub(crate) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Body) -> Answer {
        Answer::of(self.edge.handle(request(method, path, headers, body), Peer::in_process()).await).await
    }

    pub(crate) fn serve(&self) -> Running {
        let listen = Listen { public: "127.0.0.1:0".parse().unwrap(), tls: None, admin: Some("127.0.0.1:0".parse().unwrap()) };
        self.edge.serve(listen).unwrap()
    }
}

/// A server of its own, as an upstream is one.
pub(crate) async fn serve(router: Router) -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = hyper_util::service::TowerToHyperService::new(router.clone());
            let stream = hyper_util::rt::TokioIo::new(stream);
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(stream, service).with_upgrades());
        }
    });
    address
}

pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: Body) -> Request {
    let request = Request::builder().method(method).uri(path);
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(body).unwrap()
}

/// Sends bytes as they are and reads until the other end closes, or for ten seconds.
pub(crate) async fn raw(running: &Running, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(running.local_addr()).await.unwrap();
    let (mut reading, mut writing) = stream.split();
    let mut answer = Vec::new();
    // Who refuses need not read it all, and a reset after the answer is the other end's right.
    let both = async { tokio::join!(writing.write_all(bytes), reading.read_to_end(&mut answer)) };
    let _ = tokio::time::timeout(PATIENCE, both).await.unwrap_or_else(|_| panic!("left open after {}", shown(bytes)));
    shown(&answer)
}

pub(crate) async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("the connection closes");
    shown(&answer)
}

/// Asks again until it is so.
pub(crate) async fn eventually(mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(tokio::time::Instant::now() < deadline, "it did not come true");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

const PATIENCE: Duration = Duration::from_secs(10);

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The status line's number.
pub(crate) fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("no status in {answer:?}"))
}
