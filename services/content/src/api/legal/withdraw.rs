//! `DELETE /api/v1/legal/{kind}/acceptances`

use axum::extract::State;
use banyan_contracts::content::ConsentWithdrawn;
use banyan_http::{Check, NoContent, Path, Problem, Query, SignedIn, Validate};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::App;
use crate::entity::legal_version::Kind;
use crate::error::ContentError;
use crate::store::acceptances;

/// What is taken back.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct What {
    /// One purpose; all of them if it is left out.
    #[param(min_length = 1, max_length = 40)]
    purpose: Option<String>,
}

impl Validate for What {
    fn validate(&self, check: &mut Check) {
        check.line("purpose", &self.purpose).length(1, 40).any();
    }
}

/// Takes a consent back, for one purpose or all (UU No. 27 Tahun 2022, article 9). What was done before stays lawful; who works for a purpose
/// hears of it at once. Taking back what was not given changes nothing. Privacy and terms are not a consent: who does not want them any more
/// has the account erased.
#[utoipa::path(
    delete,
    path = "/api/v1/legal/{kind}/acceptances",
    operation_id = "withdrawAcceptance",
    tag = "legal",
    params(("kind" = String, Path, description = "`consent`."), What),
    responses(
        (status = 204, description = "It does not count any more."),
        (status = 409, description = "This text cannot be taken back.")
    )
)]
pub(crate) async fn withdraw_acceptance(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Path(kind): Path<Kind>,
    Query(what): Query<What>,
) -> Result<NoContent, Problem> {
    if kind != Kind::Consent {
        return Err(ContentError::Conflict("legal-not-withdrawable").into());
    }
    let user = caller.require_user()?;
    let (rows, what) = (app.store.bind(&caller), &what);
    let withdrawn = rows.write(move |tx| async move {
        let Some(before) = acceptances::latest(&tx, user, kind).await? else { return Ok(()) };
        let goes = |purpose: &String| what.purpose.as_ref().is_none_or(|one| one == purpose);
        let (gone, kept): (Vec<String>, Vec<String>) = before.purposes.0.clone().into_iter().partition(goes);
        if what.purpose.is_some() && gone.is_empty() {
            return Ok(());
        }
        acceptances::withdraw(&tx, user, kind).await?;
        if what.purpose.is_some() {
            acceptances::keep(&tx, &before, kept).await?;
        }
        if !gone.is_empty() {
            tx.publish(&ConsentWithdrawn { user_id: user, purposes: gone }).await?;
        }
        Ok::<_, ContentError>(())
    });
    withdrawn.await?;
    Ok(NoContent)
}
