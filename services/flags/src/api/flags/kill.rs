//! `POST /api/v1/admin/flags/{key}/kill`

use axum::extract::State;
use banyan_http::{Path, Preconditions, Problem, Reason, Tagged};

use super::{Change, Flag, Guard};
use crate::api::manager::Manager;
use crate::app::App;
use crate::entity::flag::Model;
use crate::store::flags::Deed;

/// Switches a flag off in every environment, at once and for everybody: whoever manages flags may, no approval is asked for, and what others
/// change at the same time does not hinder it. Doing it twice is the same as once.
#[utoipa::path(
    post,
    path = "/api/v1/admin/flags/{key}/kill",
    operation_id = "killFlag",
    tag = "flags",
    params(
        ("key" = String, Path, description = "The flag."),
        ("X-Reason" = Option<String>, Header, description = "Why, for the history and the audit log.")
    ),
    responses((status = 200, description = "The flag as it is now.", body = Flag))
)]
pub(crate) async fn kill_flag(
    State(app): State<App>,
    Manager(caller): Manager,
    Path(key): Path<String>,
    reason: Reason,
) -> Result<Tagged<Flag>, Problem> {
    let (deed, preconditions) = (Deed { act: "killed", why: reason.as_deref() }, Preconditions::default());
    let change = Change { key: &key, guard: Guard::Managers, deed, preconditions: &preconditions };
    let work = |row: &mut Model| {
        row.settings.0.values_mut().for_each(|settings| settings.enabled = false);
        Ok(())
    };
    app.change(&caller, &change, work).await
}
