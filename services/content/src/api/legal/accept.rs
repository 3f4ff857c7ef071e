//! `POST /api/v1/legal/{kind}/acceptances`

use axum::extract::{Extension, State};
use banyan_contracts::content::{ConsentWithdrawn, LegalTextAccepted};
use banyan_http::client::ClientAddress;
use banyan_http::{Check, Created, FieldError, Language, Once, Path, Problem, SignedIn, Tenant, Validate};
use banyan_kernel::Uuid;
use banyan_store::Tx;
use serde::Deserialize;
use utoipa::ToSchema;

use super::LegalAcceptance;
use crate::App;
use crate::entity::legal_version::Kind;
use crate::error::ContentError;
use crate::legal::{Text, in_language};
use crate::store::{acceptances, legal};

const MOST_PURPOSES: usize = 50;

/// What a person accepts.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"number": 1, "purposes": ["reminders"]}))]
pub(crate) struct NewAcceptance {
    /// The version that was read. It must be the one that counts.
    #[schema(minimum = 1)]
    number: i64,
    /// Purposes to which the person agrees, each for itself; all that are left out are declined.
    #[serde(default)]
    #[schema(max_items = 50)]
    purposes: Vec<String>,
}

impl Validate for NewAcceptance {
    fn validate(&self, check: &mut Check) {
        check.range("number", self.number, 1, i64::MAX);
        check.count("purposes", &self.purposes, 0, MOST_PURPOSES);
        for (place, purpose) in self.purposes.iter().enumerate() {
            let field = format!("purposes[{place}]");
            check.line(&field, purpose).length(1, 40).any();
            check.that(!self.purposes[..place].contains(purpose), &field, FieldError::duplicate());
        }
    }
}

/// Accepts a legal text in the language of the request: with the time, the version, the language, the very words (as a digest), and from where
/// (as a keyed digest). Of a consent, purposes that the person agreed to before and does not name any more are taken back.
#[utoipa::path(
    post,
    path = "/api/v1/legal/{kind}/acceptances",
    operation_id = "acceptLegalText",
    tag = "legal",
    params(("kind" = String, Path, description = "`privacy`, `terms` or `consent`.")),
    request_body = NewAcceptance,
    responses(
        (status = 201, description = "The acceptance.", body = LegalAcceptance),
        (status = 404, description = "There is no such text."),
        (status = 409, description = "Another version counts by now.")
    )
)]
pub(crate) async fn accept_legal_text(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    tenant: Tenant,
    Language(locale): Language,
    address: Option<Extension<ClientAddress>>,
    Path(kind): Path<Kind>,
    Once { key, body }: Once<NewAcceptance>,
) -> Result<Created<LegalAcceptance>, Problem> {
    let user = caller.require_user()?;
    let address = address.map(|Extension(ClientAddress(address))| address);
    let (rows, app, application, body) = (app.store.bind(&caller), &app, tenant.application.name(), &body);
    let accepted = rows.write_once(key.as_ref(), move |tx| async move {
        let texts = legal::current(&tx, &app.shelves, application, kind, tx.now()).await?;
        let text = in_language(&texts, locale.tag()).ok_or(ContentError::Missing)?;
        check_against(body, text)?;
        withdraw_what_is_left_out(&tx, user, kind, &body.purposes).await?;
        let row = acceptances::add(&tx, user, text, &body.purposes, address).await?;
        let purposes = body.purposes.clone();
        let event = LegalTextAccepted { user_id: user, kind: kind.word().to_owned(), number: text.number, purposes };
        tx.publish(&event).await?;
        Ok::<_, ContentError>(LegalAcceptance::from(row))
    });
    Ok(Created::at("/api/v1/legal/acceptances", accepted.await?))
}

fn check_against(body: &NewAcceptance, text: &Text) -> Result<(), ContentError> {
    if body.number != text.number {
        return Err(ContentError::Conflict("legal-not-current"));
    }
    let known: Vec<&str> = text.purposes.iter().map(|purpose| purpose.id.as_str()).collect();
    if body.purposes.iter().any(|purpose| !known.contains(&purpose.as_str())) {
        return Err(ContentError::Field { field: "purposes", error: FieldError::not_one_of(&known) });
    }
    let missing = text.purposes.iter().find(|purpose| purpose.required && !body.purposes.contains(&purpose.id));
    match missing {
        None => Ok(()),
        Some(purpose) => {
            let error =
                FieldError::new("purpose-required", "legal-field-purpose-required").with("purpose", purpose.title.clone());
            Err(ContentError::Field { field: "purposes", error })
        }
    }
}

/// What was accepted before does not count any more; who works for a purpose that is left out now must hear of it.
async fn withdraw_what_is_left_out(tx: &Tx, user: Uuid, kind: Kind, purposes: &[String]) -> Result<(), ContentError> {
    let Some(before) = acceptances::latest(tx, user, kind).await? else { return Ok(()) };
    acceptances::withdraw(tx, user, kind).await?;
    let gone: Vec<String> = before.purposes.0.into_iter().filter(|purpose| !purposes.contains(purpose)).collect();
    if !gone.is_empty() {
        tx.publish(&ConsentWithdrawn { user_id: user, purposes: gone }).await?;
    }
    Ok(())
}
