//! One service with its router, as callers meet it behind the edge.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use banyan_events::Consumers;
use banyan_http::{Host, Service, Tenant};
use banyan_kernel::application::Applications;
use banyan_kernel::{Caller, OsRandom};
use banyan_locale::{Catalogues, Layer, Locale, Negotiation};
use banyan_mesh::{Mesh, Place};
use banyan_store::Store;
use banyan_store::log::Log;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use crate::Bench;
use crate::split::{Installation, Outgoing};

/// A running service.
pub struct App {
    pub store: Store,
    pub host: Host,
    /// The service's consumers: `drain` them to let events take effect.
    pub consumers: Consumers,
    router: Router,
    tenant_name: Arc<str>,
    service: &'static str,
    /// Where the service is a process of its own, behind a front door.
    split: Option<Arc<Installation>>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// `Null` where the body is empty; a string where it is not JSON.
    pub body: Value,
}

impl Answer {
    /// The problem's code, or "" where it is none.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The names of the fields that a validation problem names, sorted.
    pub fn bad_fields(&self) -> Vec<String> {
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        let mut fields: Vec<String> = errors.iter().filter_map(|error| Some(error["field"].as_str()?.to_owned())).collect();
        fields.sort();
        fields
    }
}

/// A request that a test puts together.
pub struct Call<'a> {
    app: &'a App,
    caller: Caller,
    method: Method,
    path: String,
    headers: HeaderMap,
    extensions: http::Extensions,
    body: Option<Vec<u8>>,
    bearer: Option<String>,
}

impl Bench {
    /// Starts a service without settings or resources of its own.
    pub async fn app(&self, service: Service) -> App {
        self.app_with(service, Value::Object(serde_json::Map::new()), http::Extensions::new()).await
    }

    /// Starts a service with its settings and resources.
    ///
    /// # Panics
    /// When catalogues or applications do not hold together.
    pub async fn app_with(&self, service: Service, settings: Value, resources: http::Extensions) -> App {
        let host = self.host(&service, settings, resources).await;
        App::new(&service, host)
    }

    /// What a service is given: for one that makes something of it before it serves. Then [`App::new`].
    ///
    /// # Panics
    /// When catalogues or applications do not hold together.
    pub async fn host(&self, service: &Service, settings: Value, mut resources: http::Extensions) -> Host {
        if let Some(split) = &self.split {
            resources.insert(split.clone());
        }
        resources.insert(self.cache.clone());
        let store = self.store(service.schema.clone()).await;
        let applications = applications();
        let mut builder = service.add_messages(banyan_http::add_messages(Catalogues::builder().add_platform()));
        for application in applications.iter() {
            builder = builder.at_home(application.name(), &application.manifest().default_locale);
            for catalogue in application.catalogues() {
                let layer = Layer::Application(application.name().to_owned());
                builder = builder.add(layer, &catalogue.locale, catalogue.file.as_str(), catalogue.text.as_str());
            }
        }
        let catalogues = Arc::new(builder.build().expect("the catalogues hold together"));
        let clock: Arc<dyn banyan_kernel::Clock> = Arc::new(self.clock.clone());
        Host {
            store,
            catalogues,
            applications: Arc::new(applications),
            settings,
            mesh: Mesh::new(clock.clone(), Place::default()),
            clock,
            ids: self.environment.ids.clone(),
            random: Arc::new(OsRandom),
            resources,
        }
    }
}

impl App {
    /// Serves with what [`Bench::host`] gave. Events of other services are heard where their logs are among the resources, as
    /// `Vec<Log>`.
    pub fn new(service: &Service, host: Host) -> Self {
        let logs: Vec<Log> = host.resource::<Vec<Log>>().unwrap_or_default().into_iter().chain([host.store.log()]).collect();
        let consumers = Consumers::of_logs_at_hand(&host.store, service.consumers_of(&host), &logs);
        let mut host = host;
        host.resources.insert(consumers.clone());
        let (router, split) = (service.router(&host), host.resource::<Arc<Installation>>());
        let (store, tenant_name) = (host.store.clone(), "upcoach".into());
        Self { store, router, host, consumers, tenant_name, service: service.name, split }
    }

    /// Whether the service is a process of its own, behind a front door.
    pub fn is_split(&self) -> bool {
        self.split.is_some()
    }

    /// A setting for processes, before the first call starts them. In the test's own process settings come with the host.
    ///
    /// # Panics
    /// When they run.
    pub fn set(&self, variable: &str, value: &str) {
        if let Some(split) = &self.split {
            split.set(variable, value);
        }
    }

    /// From here on the callers' tenant has another name than `upcoach`.
    pub fn name_tenant(&mut self, name: &str) {
        self.tenant_name = name.into();
    }

    pub fn call(&self, caller: &Caller, method: Method, path: &str) -> Call<'_> {
        Call {
            app: self,
            caller: caller.clone(),
            method,
            path: path.to_owned(),
            headers: HeaderMap::new(),
            extensions: http::Extensions::new(),
            body: None,
            bearer: None,
        }
    }

    pub async fn get(&self, caller: &Caller, path: &str) -> Answer {
        self.call(caller, Method::GET, path).send().await
    }

    pub async fn post(&self, caller: &Caller, path: &str, body: Value) -> Answer {
        self.call(caller, Method::POST, path).json(body).send().await
    }

    pub async fn patch(&self, caller: &Caller, path: &str, body: Value) -> Answer {
        self.call(caller, Method::PATCH, path).json(body).send().await
    }

    pub async fn delete(&self, caller: &Caller, path: &str) -> Answer {
        self.call(caller, Method::DELETE, path).send().await
    }

    /// Lets all events take effect that are due now.
    pub async fn deliver(&self) {
        self.consumers.drain().await.expect("events can be read");
    }
}

impl Call<'_> {
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "callers write `json!` in place")]
    pub fn json(self, body: Value) -> Self {
        self.header(header::CONTENT_TYPE.as_str(), "application/json").bytes(body.to_string())
    }

    /// A body as it is.
    #[must_use]
    pub fn bytes(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// # Panics
    /// When name or value cannot stand in a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = header::HeaderName::try_from(name).expect("a header name");
        self.headers.insert(name, value.try_into().expect("a header value"));
        self
    }

    /// Something that the edge would have put into the request.
    #[must_use]
    pub fn extension<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.extensions.insert(value);
        self
    }

    /// The credential that the caller came from. Without a front door it does nothing, as the caller is known there.
    #[must_use]
    pub fn bearer(mut self, credential: &str) -> Self {
        self.bearer = Some(credential.to_owned());
        self
    }

    /// # Panics
    /// When the path is none.
    pub async fn send(self) -> Answer {
        match self.app.split.clone() {
            Some(split) => self.send_to(&split).await,
            None => self.send_here().await,
        }
    }

    async fn send_to(self, split: &Installation) -> Answer {
        let outgoing = Outgoing {
            service: self.app.service,
            caller: &self.caller,
            bearer: self.bearer,
            method: self.method,
            path: &self.path,
            headers: self.headers,
            extensions: &self.extensions,
            body: self.body,
            now: self.app.host.clock.now(),
        };
        let response = split.send(outgoing).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await.expect("the body can be read");
        Answer { status, headers, body: read(&bytes) }
    }

    async fn send_here(self) -> Answer {
        let mut request = Request::new(self.body.map_or_else(Body::empty, Body::from));
        *request.extensions_mut() = self.extensions;
        *request.method_mut() = self.method;
        *request.uri_mut() = self.path.parse().expect("a path");
        let accept_language = self.headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let application = self.app.host.applications.default_application().clone();
        let locales = self.app.host.catalogues.locales(Some(application.name()));
        let negotiation = Negotiation { accept_language, ..Negotiation::of(Locale::en_us()) };
        let negotiated = negotiation.resolve(&locales);
        request.extensions_mut().insert(negotiated);
        request.extensions_mut().insert(self.caller.request);
        request.extensions_mut().insert(Tenant { id: self.caller.tenant, name: self.app.tenant_name.clone(), application });
        request.extensions_mut().insert(self.caller);
        *request.headers_mut() = self.headers;
        let response = self.app.router.clone().oneshot(request).await.expect("a router does not fail");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("the body can be read").to_bytes();
        Answer { status: parts.status, headers: parts.headers, body: read(&bytes) }
    }
}

fn read(bytes: &[u8]) -> Value {
    match (bytes.is_empty(), serde_json::from_slice(bytes)) {
        (true, _) => Value::Null,
        (false, Ok(value)) => value,
        (false, Err(_)) => Value::String(String::from_utf8_lossy(bytes).into_owned()),
    }
}

/// The applications of the repository, read from their folders.
fn applications() -> Applications {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../apps");
    let mut files = Vec::new();
    collect(&root, &root, &mut files);
    Applications::parse(files.iter().map(|(path, text)| (path.as_str(), text.as_str()))).expect("the applications hold together")
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).expect("a folder can be read") {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let name = path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
            files.push((name, std::fs::read_to_string(&path).expect("a file can be read")));
        }
    }
}
