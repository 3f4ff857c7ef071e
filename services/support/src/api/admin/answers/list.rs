//! `GET /api/v1/admin/support/answers`

use axum::extract::State;
use banyan_http::{Allowed, Language, Paged, Paging, Problem, Query, Tenant, Validate, permit};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Source, SupportAnswer};
use crate::App;
use crate::answers::{Facts, SHIPPED, write};
use crate::store::answers;

/// In which language.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// BCP 47; the request's own if it is left out.
    #[param(max_length = 35)]
    locale: Option<String>,
}

impl Validate for Which {}

/// Lists the answers of a language: the tenant's own, and those of the catalogues that it has not made its own.
#[utoipa::path(
    get,
    path = "/api/v1/admin/support/answers",
    operation_id = "listAnswers",
    tag = "administration",
    params(Which, Paging),
    responses((status = 200, description = "A page of answers, in order of their keys.", body = Paged<SupportAnswer>))
)]
pub(crate) async fn list_answers(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::SupportHandle>,
    tenant: Tenant,
    Language(negotiated): Language,
    Query(which): Query<Which>,
    paging: Paging,
) -> Result<Paged<SupportAnswer>, Problem> {
    paging.ordered_by::<()>(&[])?;
    let application = tenant.application.name();
    let locale = which.locale.as_deref().map_or(negotiated, |tag| app.locale(&tenant, tag));
    let messages = app.catalogues.messages(Some(application), locale).of_tenant(tenant.id);
    let rows = app.store.bind(&caller);
    let own = rows.read(move |tx| async move { answers::all(&tx).await }).await?;
    let own: Vec<_> = own.into_iter().filter(|row| row.locale == locale.tag()).collect();
    let example = Facts::example(messages, &tenant.application.manifest().brand.name);
    let shipped = SHIPPED.iter().filter(|key| !own.iter().any(|row| row.key == **key)).filter_map(|key| {
        let words = write(&[], messages, key, &example).ok()?;
        Some(SupportAnswer {
            key: (*key).to_owned(),
            locale: locale.tag().to_owned(),
            source: Source::File,
            title: words.title,
            body: words.body,
            version: None,
            updated_at: None,
        })
    });
    let mut all: Vec<SupportAnswer> = shipped.collect();
    all.extend(own.into_iter().map(SupportAnswer::from));
    all.sort_by(|one, other| one.key.cmp(&other.key));
    Ok(paging.cut(all.into_iter()))
}
