//! Getting in, staying in, getting out.

mod accept_invitation;
mod change_password;
mod client_token;
mod delete_session;
mod delete_sessions;
mod forgot_password;
mod list_sessions;
mod log_in;
mod log_out;
mod refresh;
mod register;
mod resend_verification;
mod reset_password;
mod verify_email;

use banyan_http::Json;
use http::HeaderName;
use http::header::CACHE_CONTROL;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Desk;
use crate::login::Welcome;
use crate::tokens::LIFETIME_SECONDS;
use crate::view::UserView;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(register::register))
        .routes(routes!(log_in::log_in))
        .routes(routes!(refresh::refresh))
        .routes(routes!(log_out::log_out))
        .routes(routes!(forgot_password::forgot_password))
        .routes(routes!(reset_password::reset_password))
        .routes(routes!(change_password::change_password))
        .routes(routes!(verify_email::verify_email))
        .routes(routes!(resend_verification::resend_verification))
        .routes(routes!(accept_invitation::accept_invitation))
        .routes(routes!(list_sessions::list_sessions, delete_sessions::delete_sessions))
        .routes(routes!(delete_session::delete_session))
        .routes(routes!(client_token::client_token))
}

/// An answer that holds tokens: nobody keeps it (RFC 6749 §5.1).
type Unkept<T> = ([(HeaderName, &'static str); 1], T);

fn unkept<T>(answer: T) -> Unkept<T> {
    ([(CACHE_CONTROL, "no-store")], answer)
}

/// Somebody is in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Admission {
    user: UserView,
    /// For `Authorization: Bearer …`.
    access_token: String,
    /// For the next access token. Each is used once: keep the one that comes with the answer.
    refresh_token: String,
    /// Seconds until the access token expires.
    #[schema(example = 900)]
    expires_in: i64,
}

impl Admission {
    fn of(welcome: Welcome) -> Unkept<Json<Self>> {
        unkept(Json(welcome.into()))
    }
}

impl From<Welcome> for Admission {
    fn from(welcome: Welcome) -> Self {
        Self {
            user: welcome.person.into(),
            access_token: welcome.access_token,
            refresh_token: welcome.refresh_token.reveal().to_owned(),
            expires_in: LIFETIME_SECONDS,
        }
    }
}
