//! `GET /api/v1/support/categories`

use axum::extract::State;
use banyan_http::{Language, Localized, Paged, Paging, Problem, SignedIn, Tenant};
use banyan_locale::Args;
use serde::Serialize;
use utoipa::ToSchema;

use super::tickets::SelfService;
use crate::App;
use crate::model::Category;
use crate::terms;

/// Something that can be asked, in the language of the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "category": "data-copy", "title": "Salinan data pribadi saya", "description": "Anda meminta salinan data pribadi Anda.",
    "dataRequest": true, "answeredWithinHours": 72, "selfService": { "method": "GET", "path": "/api/v1/users/data" }
}))]
pub(crate) struct SupportCategory {
    #[schema(inline)]
    category: Category,
    title: String,
    description: String,
    /// Whether it is a request about personal data, for which the law sets the time (UU No. 27 Tahun 2022).
    data_request: bool,
    answered_within_hours: i64,
    /// What can be done at once, without waiting for anybody.
    #[schema(inline)]
    self_service: Option<SelfService>,
}

/// Lists what can be asked, and in what time it is answered.
#[utoipa::path(
    get,
    path = "/api/v1/support/categories",
    operation_id = "listSupportCategories",
    tag = "support",
    params(Paging),
    responses((status = 200, description = "A page of categories.", body = Paged<SupportCategory>))
)]
pub(crate) async fn list_support_categories(
    State(app): State<App>,
    _signed_in: SignedIn,
    tenant: Tenant,
    Language(locale): Language,
    paging: Paging,
) -> Result<Localized<Paged<SupportCategory>>, Problem> {
    paging.ordered_by::<()>(&[])?;
    let messages = app.catalogues.messages(Some(tenant.application.name()), locale).of_tenant(tenant.id);
    let text = |id: String| messages.find(&id, &Args::new()).map(std::borrow::Cow::into_owned).unwrap_or_default();
    let category = |category: &Category| {
        let id = format!("support-category-{}", category.word());
        let seconds = if category.is_data_request() { terms::DATA_REQUEST } else { category.usual_priority().answer() };
        SupportCategory {
            category: *category,
            description: text(format!("{id}.description")),
            title: text(id),
            data_request: category.is_data_request(),
            answered_within_hours: seconds / 3_600,
            self_service: SelfService::of(*category),
        }
    };
    Ok(Localized(locale, paging.cut(Category::ALL.iter().map(category))))
}
