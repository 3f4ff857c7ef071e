//! `GET /api/v1/content/templates`

use axum::extract::State;
use banyan_http::{Language, Localized, Paged, Paging, Problem, Query, SignedIn, Tenant, Validate};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::App;
use crate::library::{Moment, TemplateKind};
use crate::own_texts::OwnTexts;
use crate::store::template_texts;

/// A text of the application's, in the language of the request.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "first-page", "kind": "prompt", "when": "no-journal", "topics": ["reflection"], "title": "Your first page",
    "body": "Three sentences are enough.", "language": "en-US"
}))]
pub(crate) struct ContentTemplate {
    id: String,
    kind: TemplateKind,
    /// Whom the feed shows it to.
    when: Moment,
    topics: Vec<String>,
    title: String,
    body: String,
    /// BCP 47.
    language: String,
}

/// Which templates to show.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    #[param(inline)]
    kind: Option<TemplateKind>,
    topic: Option<String>,
}

impl Validate for Which {}

/// Lists the application's content templates in the language of the request, in the application's own order.
#[utoipa::path(
    get,
    path = "/api/v1/content/templates",
    operation_id = "listContentTemplates",
    tag = "content",
    params(Which, Paging),
    responses((status = 200, description = "A page of templates.", body = Paged<ContentTemplate>))
)]
pub(crate) async fn list_templates(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    tenant: Tenant,
    Language(locale): Language,
    Query(which): Query<Which>,
    paging: Paging,
) -> Result<Localized<Paged<ContentTemplate>>, Problem> {
    paging.ordered_by::<()>(&[])?;
    let name = tenant.application.name();
    let messages = app.catalogues.messages(Some(name), locale).of_tenant(tenant.id);
    let rows = app.store.bind(&caller);
    let own = rows.read(move |tx| async move { template_texts::current(&tx, locale.tag()).await }).await?;
    let own = OwnTexts::of(own, locale, &tenant.application.manifest().brand.name);
    let library = app.libraries.of(name);
    let fitting = library.into_iter().flat_map(|library| &library.templates).filter(|template| {
        let kind = which.kind.is_none_or(|kind| kind == template.kind);
        kind && which.topic.as_ref().is_none_or(|topic| template.topics.contains(topic))
    });
    let templates = fitting.filter_map(|template| {
        let (title, body) = own.words(messages, template)?;
        Some(ContentTemplate {
            id: template.id.clone(),
            kind: template.kind,
            when: template.when,
            topics: template.topics.clone(),
            title,
            body,
            language: locale.tag().to_owned(),
        })
    });
    let templates: Vec<ContentTemplate> = templates.collect();
    Ok(Localized(locale, paging.cut(templates.into_iter())))
}
