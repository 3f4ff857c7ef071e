//! `/account/verify-email`

use axum::response::Response;

use super::form::{Form, Link};
use super::render::Reader;
use crate::mail::LetterKind;
use crate::visit::Visit;

/// Opens the page on which a person confirms an address. Nothing is confirmed by that.
#[utoipa::path(
    get,
    path = "/account/verify-email",
    operation_id = "openVerificationPage",
    tag = "pages",
    security(()),
    params(("token" = Option<String>, Query, description = "The secret of the mail.")),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"))
)]
pub(super) async fn open_verification_page(reader: Reader, Link(secret): Link) -> Response {
    reader.empty(LetterKind::Verify, &secret)
}

/// Confirms an address from its page.
#[utoipa::path(
    post,
    path = "/account/verify-email",
    operation_id = "submitVerificationPage",
    tag = "pages",
    security(()),
    request_body(content = Form, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The address is confirmed.", body = String, content_type = "text/html"),
        (status = 422, description = "The page again, with what is wrong.", body = String, content_type = "text/html"),
        (status = 503, description = "The page again: too busy now.", body = String, content_type = "text/html")
    )
)]
pub(super) async fn submit_verification_page(reader: Reader, visit: Visit, form: Form) -> Response {
    let result = reader.identity.verify_email(&visit, &form.token).await;
    reader.answer(LetterKind::Verify, &form.token, result)
}
