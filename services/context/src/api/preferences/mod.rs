//! What a person wants of the engine.

mod get;
mod get_in_session;
mod put;
mod put_in_session;

use banyan_http::{Check, FieldError, Preconditions, Problem, Tagged, Validate};
use banyan_kernel::{Caller, Uuid};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::tag;
use crate::App;
use crate::entity::preference::Model;
use crate::error::ContextError;
use crate::store::preferences::{self, Preferences};
use crate::store::sessions;
use crate::words;

/// In bytes of JSON.
const LARGEST_CUSTOM: i64 = 8 * 1024;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get::get_context_preferences, put::put_context_preferences))
        .routes(routes!(get_in_session::get_session_preferences, put_in_session::put_session_preferences))
}

/// What a person wants, and whether it was said for this place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContextPreferencesSheet {
    preferences: Preferences,
    /// 0 where nothing was said yet: then it is what counts instead.
    version: i64,
}

impl Validate for Preferences {
    fn validate(&self, check: &mut Check) {
        check.count("mutedKinds", &self.muted_kinds, 0, 5);
        check.range("leastScore", self.least_score, 0.0, 1.0);
        let size = words::size(&Value::Object(self.custom.clone()));
        check.that(size <= LARGEST_CUSTOM, "custom", FieldError::new("too-large", "context-field-custom"));
    }
}

fn sheet(user: Uuid, session: Option<Uuid>, row: Option<Model>, usual: Preferences) -> Tagged<ContextPreferencesSheet> {
    let version = row.as_ref().map_or(0, |row| row.version);
    let preferences = row.map_or(usual, |row| row.value);
    Tagged::new(tag(session.unwrap_or(user), version), ContextPreferencesSheet { preferences, version })
}

async fn read(app: &App, caller: &Caller, session: Option<Uuid>) -> Result<Tagged<ContextPreferencesSheet>, Problem> {
    let user = caller.require_user()?;
    let rows = app.store.bind(caller);
    let read = rows.read(move |tx| async move {
        if let Some(session) = session {
            sessions::visible(&tx, session).await?;
        }
        let row = preferences::find(&tx, user, session).await?;
        let usual = preferences::find(&tx, user, None).await?.map(|row| row.value).unwrap_or_default();
        Ok::<_, ContextError>((row, usual))
    });
    let (row, usual) = read.await?;
    Ok(sheet(user, session, row, usual))
}

async fn write(
    app: &App,
    caller: &Caller,
    session: Option<Uuid>,
    preconditions: &Preconditions,
    value: &Preferences,
) -> Result<Tagged<ContextPreferencesSheet>, Problem> {
    let user = caller.require_user()?;
    let rows = app.store.bind(caller);
    let written = rows.write(move |tx| async move {
        if let Some(session) = session {
            sessions::visible(&tx, session).await?;
        }
        let known = preferences::find(&tx, user, session).await?;
        preconditions.allow(&tag(session.unwrap_or(user), known.as_ref().map_or(0, |row| row.version)))?;
        preferences::put(&tx, user, session, known.as_ref(), value).await
    });
    Ok(sheet(user, session, Some(written.await?), Preferences::default()))
}
