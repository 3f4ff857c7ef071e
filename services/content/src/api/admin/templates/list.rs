//! `GET /api/v1/admin/content/templates`

use axum::extract::State;
use banyan_http::{Allowed, Check, FieldError, Language, Paged, Paging, Problem, Query, Tenant, Validate, permit};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::App;
use crate::library::{Moment, TemplateKind};
use crate::own_texts::OwnTexts;
use crate::store::template_texts;

/// In which language.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// BCP 47: one that the application offers; the request's own if it is left out.
    #[param(min_length = 1, max_length = 35)]
    locale: Option<String>,
}

impl Validate for Which {
    fn validate(&self, check: &mut Check) {
        check.line("locale", &self.locale).length(1, 35).any();
    }
}

/// Where a text comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = TemplateSource)]
pub(crate) enum Source {
    /// The application's files.
    File,
    /// The tenant's own.
    Tenant,
}

/// A template in one language.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AdminTemplate {
    id: String,
    kind: TemplateKind,
    /// Whom the feed shows it to.
    when: Moment,
    topics: Vec<String>,
    /// BCP 47.
    locale: String,
    #[schema(inline)]
    source: Source,
    /// As people read them.
    title: String,
    body: String,
    /// The change that counts in this language; `null` where the application's own is shown.
    number: Option<i64>,
}

/// Lists the application's templates in a language, with what people read now and where it comes from.
#[utoipa::path(
    get,
    path = "/api/v1/admin/content/templates",
    operation_id = "listAllTemplates",
    tag = "administration",
    params(Which, Paging),
    responses((status = 200, description = "A page of templates, in the application's own order.", body = Paged<AdminTemplate>))
)]
pub(crate) async fn list_all_templates(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::ContentManage>,
    tenant: Tenant,
    Language(negotiated): Language,
    Query(which): Query<Which>,
    paging: Paging,
) -> Result<Paged<AdminTemplate>, Problem> {
    paging.ordered_by::<()>(&[])?;
    let application = tenant.application.name();
    let locale = match &which.locale {
        Some(tag) => app.offered(&tenant, tag).ok_or_else(|| Problem::invalid("locale", FieldError::locale()))?,
        None => negotiated,
    };
    let rows = app.store.bind(&caller);
    let own = rows.read(move |tx| async move { template_texts::current(&tx, locale.tag()).await }).await?;
    let numbers: Vec<(String, i64)> = own.iter().map(|row| (row.template.clone(), row.number)).collect();
    let own = OwnTexts::of(own, locale, &tenant.application.manifest().brand.name);
    let messages = app.catalogues.messages(Some(application), locale).of_tenant(tenant.id);
    let templates = app.libraries.of(application).into_iter().flat_map(|library| &library.templates);
    let templates = templates.filter_map(|template| {
        let (title, body) = own.words(messages, template)?;
        let number = numbers.iter().find(|(id, _)| *id == template.id).map(|(_, number)| *number);
        Some(AdminTemplate {
            id: template.id.clone(),
            kind: template.kind,
            when: template.when,
            topics: template.topics.clone(),
            locale: locale.tag().to_owned(),
            source: if number.is_some() { Source::Tenant } else { Source::File },
            title,
            body,
            number,
        })
    });
    let templates: Vec<AdminTemplate> = templates.collect();
    Ok(paging.cut(templates.into_iter()))
}
