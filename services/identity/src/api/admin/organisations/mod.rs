//! Organisations and their members.

mod add_member;
mod create;
mod delete;
mod get;
mod list;
mod list_members;
mod remove_member;
mod update;

use banyan_http::{Check, Validate};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::{Desk, fields};

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(list::list_organisations, create::create_organisation))
        .routes(routes!(get::get_organisation, update::update_organisation, delete::delete_organisation))
        .routes(routes!(list_members::list_members))
        .routes(routes!(add_member::add_member, remove_member::remove_member))
}

/// An organisation that is to be, or its other name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"name": "Gym at the harbour"}))]
struct NewOrganisation {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
}

impl Validate for NewOrganisation {
    fn validate(&self, check: &mut Check) {
        fields::name(check, &self.name);
    }
}
