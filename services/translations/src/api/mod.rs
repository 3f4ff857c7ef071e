//! The routes: types, documentation, handlers.

mod audit;
mod files;
mod glossary;
mod messages;
mod publications;
mod report;
mod sheet;
mod steps;
mod suggestions;
mod who;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(messages::list_translations))
        .routes(routes!(messages::get_translation, messages::propose_translation))
        .routes(routes!(steps::request_translation_review))
        .routes(routes!(steps::approve_translation))
        .routes(routes!(steps::reject_translation))
        .routes(routes!(steps::comment_translation))
        .routes(routes!(steps::list_translation_steps))
        .routes(routes!(suggestions::suggest_translations))
        .routes(routes!(publications::list_publications, publications::publish_translations))
        .routes(routes!(publications::roll_back_translations))
        .routes(routes!(glossary::list_terms, glossary::add_term))
        .routes(routes!(glossary::list_house_terms))
        .routes(routes!(glossary::remove_term))
        .routes(routes!(files::export_translations))
        .routes(routes!(files::import_translations))
        .routes(routes!(report::report_translations))
        .routes(routes!(audit::list_translations_audit))
}
