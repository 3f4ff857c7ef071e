//! `GET /api/v1/admin/flags/{key}`

use axum::extract::State;
use banyan_http::{Path, Preconditions, Problem, Tagged};

use super::Flag;
use crate::api::manager::Manager;
use crate::api::tag;
use crate::app::App;
use crate::store::flags;

/// Gives a flag with what it says of each environment.
#[utoipa::path(
    get,
    path = "/api/v1/admin/flags/{key}",
    operation_id = "getFlag",
    tag = "flags",
    params(("key" = String, Path, description = "The flag."), Preconditions),
    responses((status = 200, description = "The flag.", body = Flag))
)]
pub(crate) async fn get_flag(
    State(app): State<App>,
    Manager(caller): Manager,
    Path(key): Path<String>,
    preconditions: Preconditions,
) -> Result<Tagged<Flag>, Problem> {
    let (rows, key) = (app.store.bind(&caller), &key);
    let row = rows.read(move |tx| async move { flags::get(&tx, key).await }).await?;
    Ok(preconditions.answer(tag(row.id, row.version), || row.into()))
}
