//! `/account/reset-password`

use axum::response::Response;

use super::form::{Form, Link};
use super::render::Reader;
use crate::mail::LetterKind;
use crate::visit::Visit;

/// Opens the page on which a person sets another password.
#[utoipa::path(
    get,
    path = "/account/reset-password",
    operation_id = "openResetPage",
    tag = "pages",
    security(()),
    params(("token" = Option<String>, Query, description = "The secret of the mail.")),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"))
)]
pub(super) async fn open_reset_page(reader: Reader, Link(secret): Link) -> Response {
    reader.empty(LetterKind::Reset, &secret)
}

/// Sets another password from its page.
#[utoipa::path(
    post,
    path = "/account/reset-password",
    operation_id = "submitResetPage",
    tag = "pages",
    security(()),
    request_body(content = Form, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The password is set.", body = String, content_type = "text/html"),
        (status = 422, description = "The page again, with what is wrong.", body = String, content_type = "text/html"),
        (status = 503, description = "The page again: too busy now.", body = String, content_type = "text/html")
    )
)]
pub(super) async fn submit_reset_page(reader: Reader, visit: Visit, form: Form) -> Response {
    let result = reader.identity.reset_password(&visit, &form.token, &form.password).await;
    reader.answer(LetterKind::Reset, &form.token, result)
}
