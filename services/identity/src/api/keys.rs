//! `GET /.well-known/jwks.json`

use axum::response::IntoResponse;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Desk;
use crate::Identity;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().routes(routes!(get_keys))
}

/// A public key (RFC 7517, RFC 8037).
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents the body, which is kept as text")]
struct JsonWebKey {
    /// `OKP`.
    kty: String,
    /// `Ed25519`.
    crv: String,
    /// `EdDSA`.
    alg: String,
    /// `sig`.
    #[schema(rename = "use")]
    purpose: String,
    /// The name of the key in the header of tokens: its thumbprint (RFC 7638).
    kid: String,
    /// The key, in base64url.
    x: String,
}

/// The keys with which access tokens are verified.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents the body, which is kept as text")]
struct JsonWebKeySet {
    keys: Vec<JsonWebKey>,
}

/// Gives the public keys of access tokens: the one that signs, the next one, and those that retire.
///
/// A key is published a day before it signs and a day after, so that a copy may be kept for minutes.
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    operation_id = "getSigningKeys",
    tag = "authentication",
    security(()),
    responses((status = 200, description = "A JWK set (RFC 7517).", body = JsonWebKeySet))
)]
async fn get_keys(identity: Identity) -> impl IntoResponse {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=300")];
    (headers, identity.jwks().to_string())
}
