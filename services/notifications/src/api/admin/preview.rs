//! `POST /api/v1/admin/notifications/templates/preview`

use axum::extract::State;
use banyan_http::{Allowed, Body, Check, FieldError, Json, Problem, Tenant, Validate, permit};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::App;
use crate::api::send::refusal;
use crate::template::{self, Letter, Line};

/// Which template, in which language, with which values.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"template": "habit-reminder", "locale": "id-ID", "arguments": {"habit": "Membaca"}}))]
#[schema(as = TemplatePreviewRequest)]
pub(crate) struct PreviewRequest {
    #[schema(min_length = 1, max_length = 60)]
    template: String,
    /// BCP 47.
    #[schema(min_length = 2, max_length = 35)]
    locale: String,
    #[serde(default = "nothing")]
    #[schema(value_type = Object)]
    arguments: Value,
}

fn nothing() -> Value {
    json!({})
}

impl Validate for PreviewRequest {
    fn validate(&self, check: &mut Check) {
        let name = FieldError::new("template-name", "notifications-field-template-name");
        check.that(template::is_name(&self.template), "template", name);
        check.that(self.arguments.is_object(), "arguments", FieldError::new("arguments", "notifications-field-arguments"));
    }
}

/// What a person would get.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TemplatePreview)]
pub(crate) struct Preview {
    locale: String,
    title: String,
    body: String,
    action: Option<String>,
    mail: MailPreview,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MailPreview {
    subject: String,
    text: String,
    html: String,
}

/// Shows a template in a language, in the edition of the tenant's application, without sending it. A value that is missing is named: 422.
#[utoipa::path(
    post,
    path = "/api/v1/admin/notifications/templates/preview",
    operation_id = "previewTemplate",
    tag = "administration",
    request_body = PreviewRequest,
    responses((status = 200, description = "What a person would get.", body = Preview))
)]
pub(crate) async fn preview_template(
    State(app): State<App>,
    Allowed { .. }: Allowed<permit::NotificationsManage>,
    tenant: Tenant,
    Body(request): Body<PreviewRequest>,
) -> Result<Json<Preview>, Problem> {
    let application = tenant.application.name();
    let locale = app.catalogues.locales(Some(application)).lookup(&request.locale);
    let locale = locale.ok_or_else(|| Problem::invalid("locale", FieldError::locale()))?;
    let messages = app.catalogues.messages(Some(application), locale);
    let words = template::words(messages, &request.template, &request.arguments).map_err(|missing| refusal(&missing))?;
    let brand = &tenant.application.manifest().brand.name;
    let letter = Letter { messages, brand, name: "", settings: None, unsubscribe: None };
    let mail = template::letter(&letter, &Line { words: words.clone(), link: None }).map_err(|missing| refusal(&missing))?;
    Ok(Json(Preview {
        locale: locale.tag().to_owned(),
        title: words.title,
        body: words.body,
        action: words.action,
        mail: MailPreview { subject: mail.subject, text: mail.text, html: mail.html },
    }))
}
