//! What machines and operators ask: health, readiness, services, metrics.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use banyan_http::Problem;
use banyan_kernel::{Caller, ErrorCode, Permission};
use banyan_mesh::{InstanceHealth, ServiceReport};
use banyan_telemetry::metrics::OPENMETRICS;
use banyan_telemetry::{Finding, HealthReport, Phase};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use serde::Serialize;
use serde_json::json;

use crate::Inner;
use crate::routes::Probe;

const NO_STORE: &str = "no-store";

/// Who looks: operators see reasons and addresses, the public does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Audience {
    Public,
    Operators,
}

impl Inner {
    /// A probe's answer. `/health` is 200 whatever it says: it reports. `/readyz` is 503 while no request should come.
    pub(crate) async fn probe(&self, probe: Probe, method: &Method) -> Response {
        if !is_read(method) {
            return not_allowed();
        }
        match probe {
            Probe::Health => json_answer(StatusCode::OK, &self.health_report().await.without_reasons()),
            Probe::Live => json_answer(StatusCode::OK, &json!({ "status": "up" })),
            Probe::Ready if self.health.is_ready().await => json_answer(StatusCode::OK, &json!({ "status": "ready" })),
            Probe::Ready => {
                let status = match self.health.phase() {
                    Phase::Starting => "starting",
                    Phase::Serving => "down",
                    Phase::Draining => "draining",
                };
                json_answer(StatusCode::SERVICE_UNAVAILABLE, &json!({ "status": status }))
            }
        }
    }

    /// All services; their addresses only for who may read them.
    pub(crate) fn services_page(&self, request: &Parts) -> Response {
        let reader = request.extensions.get::<Caller>().is_some_and(|caller| caller.require(Permission::ServicesRead).is_ok());
        let audience = if reader { Audience::Operators } else { Audience::Public };
        json_answer(StatusCode::OK, &json!({ "services": self.services_for(audience) }))
    }

    /// The admin listener's answers.
    pub(crate) async fn operate(&self, method: &Method, path: &str) -> Response {
        if !is_read(method) {
            return not_allowed();
        }
        match path {
            "/metrics" => self.metrics_text(),
            "/services" => json_answer(StatusCode::OK, &json!({ "services": self.services_for(Audience::Operators) })),
            "/cache" => json_answer(StatusCode::OK, &self.cache.stats()),
            "/health" => json_answer(StatusCode::OK, &self.health_report().await),
            "/ready" | "/readyz" => self.probe(Probe::Ready, method).await,
            "/livez" => self.probe(Probe::Live, method).await,
            _ => json_answer(
                StatusCode::NOT_FOUND,
                &json!({ "paths": ["/metrics", "/services", "/cache", "/health", "/readyz", "/livez"] }),
            ),
        }
    }

    /// What the checks found, and the services of the mesh.
    async fn health_report(&self) -> HealthReport {
        let mut report = self.health.report().await;
        for service in self.mesh.services() {
            report.add(&service.name, finding_of(&service));
        }
        report
    }

    fn services_for(&self, audience: Audience) -> Vec<ServiceReport> {
        let mut services = self.mesh.services();
        if audience == Audience::Public {
            for service in &mut services {
                let elsewhere = service.instances.iter_mut().enumerate().filter(|(_, instance)| instance.address != "in-process");
                for (at, instance) in elsewhere {
                    // The id of one that did not register is its address.
                    instance.id = format!("{}-{}", service.name, at + 1);
                    instance.address = "hidden".into();
                }
            }
        }
        services
    }

    fn metrics_text(&self) -> Response {
        match self.metrics.render() {
            Ok(text) => ([(CONTENT_TYPE, OPENMETRICS), (CACHE_CONTROL, NO_STORE)], text).into_response(),
            Err(error) => {
                tracing::error!(%error, "metrics could not be written");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

fn finding_of(service: &ServiceReport) -> Finding {
    let down = service.instances.iter().filter(|instance| instance.health == InstanceHealth::Down).count();
    match (service.health, down) {
        (InstanceHealth::Down, _) => Finding::down("no instance takes calls"),
        (InstanceHealth::Up, 0) => Finding::up(),
        (InstanceHealth::Up, down) => Finding::degraded(format!("{down} of {} instances are down", service.instances.len())),
    }
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// 405 for what can only be read.
pub(crate) fn not_allowed() -> Response {
    let mut response = Problem::new(ErrorCode::MethodNotAllowed).into_response();
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET,HEAD"));
    response
}

fn json_answer(status: StatusCode, value: &impl Serialize) -> Response {
    let body = serde_json::to_vec(value).map_or_else(|_| Body::from("{}"), Body::from);
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, NO_STORE)];
    (status, headers, body).into_response()
}
