//! `POST /api/v1/auth/verify-email/resend`

use banyan_http::{Problem, SignedIn};
use http::StatusCode;

use crate::Identity;
use crate::visit::Visit;

/// Sends the mail once more that asks to confirm the address. Nothing is sent for an address that is confirmed.
#[utoipa::path(
    post,
    path = "/api/v1/auth/verify-email/resend",
    operation_id = "resendVerification",
    tag = "authentication",
    responses(
        (status = 202, description = "A mail is on its way, unless the address is confirmed already."),
        (status = 429, description = "Too many mails were asked for; `Retry-After` says for how long.")
    )
)]
pub(super) async fn resend_verification(
    identity: Identity,
    SignedIn(caller): SignedIn,
    visit: Visit,
) -> Result<StatusCode, Problem> {
    identity.resend_verification(&caller, &visit).await?;
    Ok(StatusCode::ACCEPTED)
}
