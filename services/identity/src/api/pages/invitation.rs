//! `/account/accept-invitation`

use axum::response::Response;

use super::form::{Form, Link};
use super::render::Reader;
use crate::mail::LetterKind;
use crate::visit::Visit;

/// Opens the page on which a person accepts an invitation.
#[utoipa::path(
    get,
    path = "/account/accept-invitation",
    operation_id = "openInvitationPage",
    tag = "pages",
    security(()),
    params(("token" = Option<String>, Query, description = "The secret of the mail.")),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"))
)]
pub(super) async fn open_invitation_page(reader: Reader, Link(secret): Link) -> Response {
    reader.empty(LetterKind::Invite, &secret)
}

/// Accepts an invitation from its page.
#[utoipa::path(
    post,
    path = "/account/accept-invitation",
    operation_id = "submitInvitationPage",
    tag = "pages",
    security(()),
    request_body(content = Form, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The account is ready.", body = String, content_type = "text/html"),
        (status = 409, description = "The address got an account in another way.", body = String, content_type = "text/html"),
        (status = 422, description = "The page again, with what is wrong.", body = String, content_type = "text/html"),
        (status = 503, description = "The page again: too busy now.", body = String, content_type = "text/html")
    )
)]
pub(super) async fn submit_invitation_page(reader: Reader, visit: Visit, form: Form) -> Response {
    let result = reader.identity.accept_invitation(&visit, &form.token, &form.password, None).await.map(drop);
    reader.answer(LetterKind::Invite, &form.token, result)
}
