//! `POST /api/v1/admin/notifications/templates/preview`, and `POST /api/v1/admin/notifications/test`: the same, sent.

use axum::extract::State;
use banyan_http::{Allowed, Body, Check, FieldError, Json, Problem, Tenant, Validate, permit};
use banyan_locale::Locale;
use banyan_store::Tx;
use banyan_store::audit::Record;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::App;
use crate::api::send::refusal;
use crate::error::NotificationsError;
use crate::senders::{Mail, Message};
use crate::store::allowances::{self, Allowance};
use crate::store::{deliveries, suppressions};
use crate::template::{self, Letter, Line, Words, Written};
use crate::topic::{Channel, Topic, Way};
use crate::trial::{Tried, try_now};

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
    let composed = compose(&app, &tenant, &request)?;
    Ok(Json(Preview {
        locale: composed.locale.tag().to_owned(),
        title: composed.words.title,
        body: composed.words.body,
        action: composed.words.action,
        mail: MailPreview { subject: composed.mail.subject, text: composed.mail.text, html: composed.mail.html },
    }))
}

struct Composed {
    locale: Locale,
    words: Words,
    mail: Written,
}

fn compose(app: &App, tenant: &Tenant, request: &PreviewRequest) -> Result<Composed, Problem> {
    let application = tenant.application.name();
    let locale = app.catalogues.locales_of(Some(application), Some(tenant.id)).lookup(&request.locale);
    let locale = locale.ok_or_else(|| Problem::invalid("locale", FieldError::locale()))?;
    let messages = app.catalogues.messages(Some(application), locale).of_tenant(tenant.id);
    let words = template::words(messages, &request.template, &request.arguments).map_err(|missing| refusal(&missing))?;
    let brand = &tenant.application.manifest().brand.name;
    let letter = Letter { messages, brand, name: "", settings: None, unsubscribe: None };
    let mail = template::letter(&letter, &Line { words: words.clone(), link: None }).map_err(|missing| refusal(&missing))?;
    Ok(Composed { locale, words, mail })
}

/// In an hour.
const TESTS_OF_AN_OPERATOR: i64 = 20;

/// Which template, in which language, with which values, and to whom.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"template": "habit-reminder", "locale": "id-ID", "arguments": {"habit": "Membaca"}, "address": "ann@example.org"}))]
#[schema(as = TemplateTestRequest)]
pub(crate) struct TestRequest {
    #[schema(min_length = 1, max_length = 60)]
    template: String,
    /// BCP 47.
    #[schema(min_length = 2, max_length = 35)]
    locale: String,
    #[serde(default = "nothing")]
    #[schema(value_type = Object)]
    arguments: Value,
    /// Where the mail goes.
    #[schema(min_length = 3, max_length = 254)]
    address: String,
}

impl Validate for TestRequest {
    fn validate(&self, check: &mut Check) {
        let name = FieldError::new("template-name", "notifications-field-template-name");
        check.that(template::is_name(&self.template), "template", name);
        check.that(self.arguments.is_object(), "arguments", FieldError::new("arguments", "notifications-field-arguments"));
        check.line("address", &self.address).length(3, 254).email().any();
    }
}

/// Mails a template to an address, and answers what the mail server said. Twenty in an hour.
#[utoipa::path(
    post,
    path = "/api/v1/admin/notifications/test",
    operation_id = "testTemplate",
    tag = "administration",
    request_body = TestRequest,
    responses((status = 200, description = "What came of it.", body = Tried))
)]
pub(crate) async fn test_template(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::NotificationsManage>,
    tenant: Tenant,
    Body(request): Body<TestRequest>,
) -> Result<Json<Tried>, Problem> {
    let by = caller.require_user()?;
    let TestRequest { template, locale, arguments, address } = request;
    let (application, address) = (&tenant.application, &address);
    let composed = compose(&app, &tenant, &PreviewRequest { template: template.clone(), locale, arguments })?;
    let (rows, template) = (app.store.system(caller.tenant), &template);
    let prepared = rows.write(move |tx: Tx| async move {
        let allowance = Allowance { kind: "tests-of-operator", subject: by.as_bytes().to_vec(), most: TESTS_OF_AN_OPERATOR };
        allowances::take(&tx, &[allowance]).await?;
        let mut row = deliveries::new(&tx, None, Topic::Account, Way::Email);
        row.address_hint = Some(suppressions::hint(address));
        let detail = json!({ "template": template, "application": application.name(), "by": by });
        tx.audit(Record::new("template.tested").object("delivery", row.id).detail(detail));
        let is_suppressed = suppressions::find(&tx, Channel::Email, address).await?.is_some();
        Ok::<_, NotificationsError>((row, is_suppressed))
    });
    let (row, is_suppressed) = prepared.await?;
    let mail = Mail {
        id: row.id,
        to: address.clone(),
        name: String::new(),
        subject: composed.mail.subject,
        text: composed.mail.text,
        html: composed.mail.html,
        unsubscribe: None,
        written_at: row.created_at,
    };
    let message = if is_suppressed { Err("suppressed") } else { Ok(Message::Mail(mail)) };
    Ok(Json(try_now(&app, row, message).await?))
}
