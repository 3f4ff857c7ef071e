//! `/api/v1/admin/translations/publications`

use axum::extract::State;
use banyan_http::{Check, Created, Language, Once, Paged, Paging, Problem, Query, Reason, Tenant, Validate};
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::Tx;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::who::{Publisher, Writer};
use crate::App;
use crate::entity::publication::Model;
use crate::error::TranslationsError;
use crate::place::place;
use crate::store::publications;
use crate::work;

/// Whose publications are meant.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichPublications {
    /// The language. Left out: that of the answer.
    locale: Option<String>,
    /// Operators: the application whose own messages are meant; left out, those of none. Others: their tenant's.
    application: Option<String>,
}

impl Validate for WhichPublications {}

/// What is to be published.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"locale": "id-ID"}))]
pub(crate) struct NewPublication {
    /// The language.
    locale: String,
    /// Operators: the application whose own messages are meant; left out, those of none. Others: their tenant's.
    application: Option<String>,
}

impl Validate for NewPublication {}

/// Which publication is to come back.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"locale": "id-ID", "number": 3}))]
pub(crate) struct RollBack {
    /// The language.
    locale: String,
    /// Operators: the application whose own messages are meant; left out, those of none. Others: their tenant's.
    application: Option<String>,
    /// 0 is what the files say.
    #[schema(minimum = 0)]
    number: i64,
}

impl Validate for RollBack {
    fn validate(&self, check: &mut Check) {
        check.range("number", self.number, 0, i64::MAX);
    }
}

/// Texts that were published together.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Publication {
    id: Uuid,
    /// None for what belongs to no application.
    application: Option<String>,
    locale: String,
    /// From 1. The greatest is the one that people see.
    number: i64,
    /// Texts in it. All others are those of the files.
    texts: usize,
    /// Texts that differ from the publication before.
    changed: i64,
    /// The publication that a roll-back brought again; 0 is what the files say.
    restored_from: Option<i64>,
    /// None: the command line.
    published_by: Option<Uuid>,
    /// As it was said in `X-Reason`.
    why: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Model> for Publication {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            application: Some(row.application).filter(|name| !name.is_empty()),
            locale: row.locale,
            number: row.number,
            texts: row.texts.0.len(),
            changed: row.changed,
            restored_from: row.restored_from,
            published_by: row.published_by,
            why: row.why,
            created_at: Timestamp::from_micros(row.created_at),
        }
    }
}

const PATH: &str = "/api/v1/admin/translations/publications";

/// Lists publications, the latest first. Ordered by `number`.
#[utoipa::path(
    get,
    path = "/api/v1/admin/translations/publications",
    operation_id = "listTranslationPublications",
    tag = "translations",
    params(WhichPublications, Paging),
    responses((status = 200, description = "A page of publications.", body = Paged<Publication>))
)]
pub(crate) async fn list_publications(
    State(app): State<App>,
    Writer(caller): Writer,
    tenant: Tenant,
    Language(language): Language,
    Query(which): Query<WhichPublications>,
    paging: Paging,
) -> Result<Paged<Publication>, Problem> {
    let place = place(&app, &tenant, which.application.as_deref(), which.locale.as_deref().unwrap_or(language.tag()))?;
    let (rows, place, asked) = (app.store.bind(&caller), &place, &paging);
    let found = rows.read(move |tx| async move { publications::list(&tx, place, asked).await }).await?;
    Ok(found.map(Publication::from))
}

/// Publishes all texts of a language that are approved and not outdated: every process shows them within a second.
#[utoipa::path(
    post,
    path = "/api/v1/admin/translations/publications",
    operation_id = "publishTranslations",
    tag = "translations",
    params(("X-Reason" = Option<String>, Header, description = "Why, for the history and the audit log.")),
    request_body = NewPublication,
    responses((status = 201, description = "The publication.", body = Publication))
)]
pub(crate) async fn publish_translations(
    State(app): State<App>,
    Publisher(caller): Publisher,
    tenant: Tenant,
    reason: Reason,
    Once { key, body }: Once<NewPublication>,
) -> Result<Created<Publication>, Problem> {
    let place = place(&app, &tenant, body.application.as_deref(), &body.locale)?;
    let sources = place.sources(&app.catalogues);
    let (rows, place, sources, why) = (app.store.bind(&caller), &place, &sources, reason.as_deref());
    let published = rows.write_once(key.as_ref(), move |tx: Tx| async move {
        Ok::<_, TranslationsError>(Publication::from(work::publish(&tx, place, sources, why).await?))
    });
    Ok(Created::at(PATH, published.await?))
}

/// Publishes an older publication anew, or what the files say. What it takes away goes back to review.
#[utoipa::path(
    post,
    path = "/api/v1/admin/translations/publications/roll-back",
    operation_id = "rollBackTranslations",
    tag = "translations",
    params(("X-Reason" = Option<String>, Header, description = "Why, for the history and the audit log.")),
    request_body = RollBack,
    responses((status = 201, description = "The publication.", body = Publication))
)]
pub(crate) async fn roll_back_translations(
    State(app): State<App>,
    Publisher(caller): Publisher,
    tenant: Tenant,
    reason: Reason,
    Once { key, body }: Once<RollBack>,
) -> Result<Created<Publication>, Problem> {
    let place = place(&app, &tenant, body.application.as_deref(), &body.locale)?;
    let (rows, place, number, why) = (app.store.bind(&caller), &place, body.number, reason.as_deref());
    let published = rows.write_once(key.as_ref(), move |tx: Tx| async move {
        Ok::<_, TranslationsError>(Publication::from(work::roll_back(&tx, place, number, why).await?))
    });
    Ok(Created::at(PATH, published.await?))
}
