//! A service as a value: documented without a database, served with one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::extract::State;
use banyan_http::{Host, Problem, Service, SignedIn};
use banyan_kernel::application::Applications;
use banyan_kernel::{ErrorCode, Ids, OsRandom, Role, SystemClock};
use banyan_locale::Catalogues;
use banyan_mesh::{Mesh, Place};
use banyan_store::idempotency::Cipher;
use banyan_store::migrate::Schema;
use banyan_store::{Engine, Environment, Store};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::support::{anonymous, from, get as get_request, indonesian, send, user};

#[derive(Clone)]
struct App {
    greeting: String,
    store: Store,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    greeting: String,
    limit: u32,
}

/// Greets.
#[utoipa::path(get, path = "/api/v1/greeting", operation_id = "greet", tag = "greeting", responses((status = 200, body = String)))]
async fn greet(State(app): State<App>, SignedIn(caller): SignedIn) -> Result<String, Problem> {
    let tenant = app.store.bind(&caller).read(|tx| async move { Ok::<_, Problem>(tx.caller().tenant) }).await?;
    Ok(format!("{} {tenant}", app.greeting))
}

#[utoipa::path(get, path = "/api/v1/refusal", operation_id = "refuse", tag = "greeting", security(()), responses((status = 409)))]
async fn refuse() -> Problem {
    Problem::new(ErrorCode::Conflict).detail_message("greeting-refused", [("count", 2_i64.into())])
}

fn service() -> Service {
    Service::new("greeting", Schema::new("greeting", Vec::new()))
        .messages("en-US", "greeting.ftl", "greeting-refused = Greeted { $count } times already.")
        .messages("id-ID", "greeting.ftl", "greeting-refused = Sudah disapa { $count } kali.")
        .routes(
            || OpenApiRouter::new().routes(routes!(greet)).routes(routes!(refuse)),
            |host| App { greeting: host.settings::<Settings>().unwrap_or_default().greeting, store: host.store.clone() },
        )
}

/// The applications of the repository.
fn applications() -> Applications {
    fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { collect(&path, found) } else { found.push(path) }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../apps");
    let mut paths = Vec::new();
    collect(&root, &mut paths);
    let read =
        |path: &PathBuf| (path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(path).unwrap());
    let files: Vec<(String, String)> = paths.iter().map(read).collect();
    Applications::parse(files.iter().map(|(path, text)| (path.as_str(), text.as_str()))).unwrap()
}

async fn host(directory: &Path, settings: serde_json::Value) -> Host {
    let service = service();
    let environment = Environment::system(Cipher::new([1; 32], Arc::new(OsRandom)));
    let store = Store::open(&Engine::sqlite(directory), service.schema.clone(), environment).await.unwrap();
    let builder = banyan_http::add_messages(Catalogues::builder().add_platform());
    let (clock, random) = (Arc::new(SystemClock), Arc::new(OsRandom));
    Host {
        store,
        catalogues: Arc::new(service.add_messages(builder).build().unwrap()),
        applications: Arc::new(applications()),
        settings,
        mesh: Mesh::new(clock.clone(), Place::new("here", "here")),
        clock: clock.clone(),
        ids: Ids::new(clock, random.clone()),
        random,
        resources: http::Extensions::new(),
    }
}

#[test]
fn it_is_documented_without_a_database() {
    let service = service();
    let (shared, own): (Vec<_>, Vec<_>) =
        service.paths().into_iter().partition(|path| path.contains("/admin/services/greeting/"));
    assert_eq!(own, ["/api/v1/greeting", "/api/v1/refusal"]);
    assert!(shared.contains(&"/api/v1/admin/services/greeting/jobs/{id}".to_owned()), "{shared:?}");
    let ids: Vec<String> = service.operations().into_iter().map(|operation| operation.id).collect();
    assert_eq!(ids, ["greet", "refuse"]);
}

#[tokio::test]
async fn it_serves_with_its_settings_its_store_and_its_messages() {
    let directory = tempfile::tempdir().unwrap();
    let host = host(directory.path(), serde_json::json!({"greeting": "Halo"})).await;
    let router = service().router(&host);
    let answer = send(router.clone(), from(user(Role::User), get_request("/api/v1/greeting"))).await;
    assert_eq!(answer.text(), "Halo 00000000-0000-0000-0000-000000000001");
    assert_eq!(send(router.clone(), from(anonymous(), get_request("/api/v1/greeting"))).await.problem(), "401 unauthenticated");
    assert_eq!(send(router.clone(), get_request("/api/v1/other")).await.problem(), "404 not-found");
    let refused = send(router, indonesian(get_request("/api/v1/refusal"))).await;
    assert_eq!(refused.json()["detail"], "Sudah disapa 2 kali.");
}

#[tokio::test]
async fn settings_that_do_not_fit_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let mut host = host(directory.path(), serde_json::Value::Null).await;
    assert_eq!(host.settings::<Settings>().unwrap().limit, 0);
    host.settings = serde_json::json!({"limit": "many"});
    assert_eq!(host.settings::<Settings>().err().unwrap().path, "limit");
    host.settings = serde_json::json!({"colour": 1});
    assert!(host.settings::<Settings>().err().unwrap().to_string().contains("colour"));
}

#[tokio::test]
async fn resources_are_found_by_their_type() {
    let directory = tempfile::tempdir().unwrap();
    let mut host = host(directory.path(), serde_json::Value::Null).await;
    host.resources.insert(7_u8);
    assert_eq!((host.resource::<u8>(), host.resource::<u16>()), (Some(7), None));
}
