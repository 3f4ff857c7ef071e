//! The routes. One file a call: its types, its documentation, its handler.

mod admin;
mod api_keys;
mod auth;
mod fields;
mod keys;
mod maybe;
mod pages;
mod person;
mod usage;
mod users;

use axum::extract::FromRequestParts;
use banyan_http::Problem;
use banyan_mesh::Mesh;
use http::request::Parts;
use utoipa_axum::router::OpenApiRouter;

use crate::Identity;

/// The routes' state: what the server has put in for them.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) identity: Option<Identity>,
    pub(crate) mesh: Mesh,
}

/// Handlers take the service itself.
impl FromRequestParts<Desk> for Identity {
    type Rejection = Problem;

    async fn from_request_parts(_: &mut Parts, desk: &Desk) -> Result<Self, Problem> {
        desk.identity.clone().ok_or_else(|| Problem::internal(&"the server has put no identity into the host's resources"))
    }
}

pub(crate) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .merge(auth::routes())
        .merge(users::routes())
        .merge(api_keys::routes())
        .merge(usage::routes())
        .merge(admin::routes())
        .merge(keys::routes())
        .merge(pages::routes())
        .merge(person::routes())
}
