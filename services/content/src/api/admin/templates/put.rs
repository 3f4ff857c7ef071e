//! `PUT /api/v1/admin/content/templates/{template}/{locale}`

use axum::extract::State;
use banyan_http::{Allowed, Body, Path, Preconditions, Problem, Tagged, Tenant, permit};
use banyan_kernel::ErrorCode;
use banyan_store::audit::Record;
use serde_json::json;

use super::{NewTemplateText, TemplateText, named, words};
use crate::App;
use crate::api::tag;
use crate::error::ContentError;
use crate::store::template_texts;

/// Writes the tenant's own text of a template in one language, in the place of the application's. It counts with the next request. `If-Match`
/// with the tag that was read keeps two writers from overwriting one another. An earlier text is written again to go back to it.
#[utoipa::path(
    put,
    path = "/api/v1/admin/content/templates/{template}/{locale}",
    operation_id = "putTemplateText",
    tag = "administration",
    params(
        ("template" = String, Path, description = "The template's id."),
        ("locale" = String, Path, description = "BCP 47: one that the application offers."),
        ("If-Match" = Option<String>, Header, description = "The tag that was read.")
    ),
    request_body = NewTemplateText,
    responses(
        (status = 200, description = "The text as it is now.", body = TemplateText),
        (status = 404, description = "There is no such template.")
    )
)]
pub(crate) async fn put_template_text(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::ContentManage>,
    preconditions: Preconditions,
    tenant: Tenant,
    Path((template, locale)): Path<(String, String)>,
    Body(text): Body<NewTemplateText>,
) -> Result<Tagged<TemplateText>, Problem> {
    let locale = named(&app, &tenant, &template, &locale)?;
    words(locale, &tenant.application.manifest().brand.name, &text.title, &text.body)?;
    let (rows, template, text, preconditions) = (app.store.bind(&caller), &template, &text, &preconditions);
    let written = rows.write(move |tx| async move {
        let before = template_texts::latest(&tx, template, locale.tag()).await?;
        match &before {
            Some(row) => preconditions.allow(&tag(row.id, row.number))?,
            None => preconditions.allow_new()?,
        }
        let number = before.map_or(0, |row| row.number) + 1;
        let row = template_texts::add(&tx, template, locale.tag(), number, Some((&text.title, &text.body))).await?;
        let detail = json!({ "template": template, "locale": locale.tag(), "number": number });
        tx.audit(Record::new("template.written").object("template-text", row.id).detail(detail));
        Ok::<_, ContentError>(row)
    });
    let row = written.await.map_err(raced)?;
    Ok(Tagged::new(tag(row.id, row.number), row.into()))
}

/// Somebody else wrote at the same moment.
pub(super) fn raced(error: ContentError) -> Problem {
    match error {
        ContentError::Store(error) if error.is_unique("idx_template_texts_template_locale_number") => {
            Problem::new(ErrorCode::PreconditionFailed)
        }
        other => other.into(),
    }
}
