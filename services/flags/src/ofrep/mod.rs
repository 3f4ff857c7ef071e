//! OpenFeature's remote evaluation protocol (OFREP 0.3): <https://openfeature.dev/docs/reference/other-technologies/ofrep>.
//!
//! A flag whose variants have payloads has the payload of the chosen one as its value, and none where none was chosen, so that the program's own
//! default counts. Every other flag's value is whether it is on.

mod bulk;
mod outcome;
mod request;
mod single;

use axum::extract::FromRef;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::clients::Clients;

pub(crate) fn routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Clients: FromRef<S>,
{
    OpenApiRouter::new().routes(routes!(bulk::evaluate_flags)).routes(routes!(single::evaluate_flag))
}
