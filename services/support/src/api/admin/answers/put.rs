//! `PUT /api/v1/admin/support/answers/{key}/{locale}`

use axum::extract::State;
use banyan_http::{Allowed, Body, Check, FieldError, Path, Preconditions, Problem, Tagged, Tenant, Validate, permit};
use banyan_kernel::{ErrorCode, Permission};
use banyan_locale::Locale;
use banyan_store::Tx;
use banyan_store::audit::Record;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{SupportAnswer, checked_key, refusal};
use crate::App;
use crate::answers::{Facts, written};
use crate::api::tag;
use crate::entity::answer::Model;
use crate::error::SupportError;
use crate::store::answers;

/// An answer of the tenant's own.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"title": "Terima kasih", "body": "Yth. { $name },\n\nterima kasih atas pesan { $reference }."}))]
pub(crate) struct AnswerText {
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    /// With places for values: `{ $name }`, `{ $agent }`, `{ $reference }`, `{ $subject }`, `{ $brand }`, `{ $deadline }`, `{ $details }`.
    #[schema(min_length = 1, max_length = 10_000)]
    body: String,
}

impl Validate for AnswerText {
    fn validate(&self, check: &mut Check) {
        check.line("title", &self.title).not_blank().length(1, 200).any();
        check.text("body", &self.body).not_blank().length(1, 10_000).any();
    }
}

/// Keeps an answer of the tenant's own in one language; one of the catalogues that has this key is not used any more. It takes the right to
/// manage content. `If-Match` with the tag that was read keeps two writers from overwriting one another.
#[utoipa::path(
    put,
    path = "/api/v1/admin/support/answers/{key}/{locale}",
    operation_id = "putAnswer",
    tag = "administration",
    params(
        ("key" = String, Path, description = "Lower-case words joined by hyphens."),
        ("locale" = String, Path, description = "BCP 47: one that the application offers."),
        ("If-Match" = Option<String>, Header, description = "The tag that was read.")
    ),
    request_body = AnswerText,
    responses((status = 200, description = "The answer as it is now.", body = SupportAnswer))
)]
pub(crate) async fn put_answer(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::SupportHandle>,
    preconditions: Preconditions,
    tenant: Tenant,
    Path((key, locale)): Path<(String, String)>,
    Body(text): Body<AnswerText>,
) -> Result<Tagged<SupportAnswer>, Problem> {
    caller.require(Permission::ContentManage)?;
    let locale = checked_path(&app, &tenant, &key, &locale)?;
    let messages = app.catalogues.messages(Some(tenant.application.name()), locale).of_tenant(tenant.id);
    let example = Facts::example(messages, &tenant.application.manifest().brand.name);
    written(locale, &text.title, &text.body, &example).map_err(|error| refusal("body", &error))?;
    let (rows, preconditions) = (app.store.bind(&caller), &preconditions);
    let (key, text) = (&key, &text);
    let kept = rows.write(move |tx| async move { keep(&tx, key, locale, text, preconditions).await });
    let row = kept.await.map_err(|error| match error {
        SupportError::Store(error) if error.is_unique("idx_answers_key_locale") => Problem::new(ErrorCode::PreconditionFailed),
        other => other.into(),
    })?;
    Ok(Tagged::new(tag(row.id, row.version), row.into()))
}

/// # Errors
/// 422 for a key that is none, or a language that the application does not offer.
pub(super) fn checked_path(app: &App, tenant: &Tenant, key: &str, locale: &str) -> Result<Locale, Problem> {
    let mut check = Check::new();
    checked_key(&mut check, "key", Some(key));
    let locale = app.offered(tenant, locale);
    check.that(locale.is_some(), "locale", FieldError::locale());
    check.finish()?;
    Ok(locale.unwrap_or_default())
}

async fn keep(
    tx: &Tx,
    key: &str,
    locale: Locale,
    text: &AnswerText,
    preconditions: &Preconditions,
) -> Result<Model, SupportError> {
    let now = tx.now().micros();
    let row = match answers::find(tx, key, locale.tag()).await? {
        Some(before) => {
            preconditions.allow(&tag(before.id, before.version))?;
            let after =
                Model { title: text.title.clone(), body: text.body.clone(), author_id: tx.caller().user_id(), ..before.clone() };
            answers::update(tx, &before, after).await?
        }
        None => {
            preconditions.allow_new()?;
            if answers::all(tx).await?.len() as u64 >= answers::MOST {
                return Err(SupportError::Conflict("support-answers-full"));
            }
            let row = Model {
                tenant_id: tx.caller().tenant,
                id: tx.new_id(),
                key: key.to_owned(),
                locale: locale.tag().to_owned(),
                title: text.title.clone(),
                body: text.body.clone(),
                author_id: tx.caller().user_id(),
                version: 1,
                created_at: now,
                updated_at: now,
            };
            answers::insert(tx, row).await?
        }
    };
    let detail = json!({ "key": key, "locale": locale.tag(), "version": row.version });
    tx.audit(Record::new("answer.kept").object("answer", row.id).detail(detail));
    Ok(row)
}
