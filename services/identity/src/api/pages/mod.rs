//! The pages behind the links of mails: one button each, without a script, so that any browser will do.
//!
//! Opening a page changes nothing: mail programs look at links before people do.

mod form;
mod invitation;
mod render;
mod reset;
mod verification;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Desk;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(verification::open_verification_page, verification::submit_verification_page))
        .routes(routes!(reset::open_reset_page, reset::submit_reset_page))
        .routes(routes!(invitation::open_invitation_page, invitation::submit_invitation_page))
}
