//! The pages behind the links of mails.

use utoipa_axum::router::OpenApiRouter;

use super::Desk;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
}
