//! `/api/v1/admin/flag-segments`

use axum::extract::State;
use banyan_http::{Body, Check, Created, NoContent, Once, Paged, Paging, Path, Preconditions, Problem, Reason, Tagged, Validate};
use banyan_http::{nullable, present};
use banyan_kernel::{Timestamp, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::manager::Manager;
use super::{moment, tag};
use crate::app::App;
use crate::definition::{Constraint, Constraints, constraints};
use crate::entity::segment::Model;
use crate::error::FlagsError;
use crate::store::segments;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_flag_segments, create_flag_segment)).routes(routes!(
        get_flag_segment,
        change_flag_segment,
        remove_flag_segment
    ))
}

/// People who have something in common.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FlagSegment)]
pub(crate) struct Segment {
    id: Uuid,
    /// As strategies name it.
    number: i64,
    name: String,
    description: Option<String>,
    constraints: Vec<Constraint>,
    created_by: Option<Uuid>,
    version: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Model> for Segment {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            number: row.number,
            name: row.name,
            description: row.description,
            constraints: row.constraints.0,
            created_by: row.created_by,
            version: row.version,
            created_at: moment(row.created_at),
            updated_at: moment(row.updated_at),
        }
    }
}

/// People who are to be named together.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewFlagSegment)]
#[schema(example = json!({
    "name": "Indonesia", "constraints": [{ "contextName": "locale", "operator": "IN", "values": ["id-ID"] }]
}))]
pub(crate) struct NewSegment {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    #[schema(max_length = 1000)]
    description: Option<String>,
    /// All of them must hold.
    #[schema(max_items = 30)]
    constraints: Vec<Constraint>,
}

impl Validate for NewSegment {
    fn validate(&self, check: &mut Check) {
        check.line("name", &self.name).not_blank().length(1, 100).any();
        check.text("description", &self.description).length(0, 1000).any();
        constraints(check, &self.constraints);
    }
}

/// What is to be different. What is left out stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = FlagSegmentChanges)]
pub(crate) struct Changes {
    #[serde(default, deserialize_with = "present")]
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(max_length = 1000)]
    description: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_items = 30)]
    constraints: Option<Vec<Constraint>>,
}

impl Validate for Changes {
    fn validate(&self, check: &mut Check) {
        check.line("name", &self.name).not_blank().length(1, 100).any();
        check.text("description", &self.description.clone().flatten()).length(0, 1000).any();
        constraints(check, self.constraints.as_deref().unwrap_or_default());
    }
}

/// Lists segments. `orderBy` is one of `createdAt` (the default), `name`, `updatedAt`.
#[utoipa::path(
    get,
    path = "/api/v1/admin/flag-segments",
    operation_id = "listFlagSegments",
    tag = "flags",
    params(Paging),
    responses((status = 200, description = "A page of segments.", body = Paged<Segment>))
)]
pub(crate) async fn list_flag_segments(
    State(app): State<App>,
    Manager(caller): Manager,
    paging: Paging,
) -> Result<Paged<Segment>, Problem> {
    let (rows, paging) = (app.store.bind(&caller), &paging);
    let page = rows.read(move |tx| async move { segments::list(&tx, paging).await }).await?;
    Ok(page.map(Segment::from))
}

/// Makes a segment; strategies name it by its number.
#[utoipa::path(
    post,
    path = "/api/v1/admin/flag-segments",
    operation_id = "createFlagSegment",
    tag = "flags",
    params(("X-Reason" = Option<String>, Header, description = "Why, for the history and the audit log.")),
    request_body = NewSegment,
    responses((status = 201, description = "The new segment.", body = Segment))
)]
pub(crate) async fn create_flag_segment(
    State(app): State<App>,
    Manager(caller): Manager,
    reason: Reason,
    Once { key, body }: Once<NewSegment>,
) -> Result<Created<Segment>, Problem> {
    let (rows, body, why) = (app.store.bind(&caller), &body, reason.as_deref());
    let segment = rows.write_once(key.as_ref(), move |tx| async move {
        let now = tx.now().micros();
        let row = Model {
            tenant_id: tx.caller().tenant,
            id: tx.new_id(),
            number: 0,
            name: body.name.clone(),
            description: body.description.clone(),
            project: None,
            constraints: Constraints(body.constraints.clone()),
            created_by: tx.caller().user_id(),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        Ok::<_, FlagsError>(Segment::from(segments::insert(&tx, row, why).await?))
    });
    let segment = segment.await?;
    app.refresh_all(caller.tenant).await;
    Ok(Created::at(format!("/api/v1/admin/flag-segments/{}", segment.id), segment))
}

/// Gives a segment.
#[utoipa::path(
    get,
    path = "/api/v1/admin/flag-segments/{id}",
    operation_id = "getFlagSegment",
    tag = "flags",
    params(("id" = Uuid, Path, description = "The segment."), Preconditions),
    responses((status = 200, description = "The segment.", body = Segment))
)]
pub(crate) async fn get_flag_segment(
    State(app): State<App>,
    Manager(caller): Manager,
    Path(id): Path<Uuid>,
    preconditions: Preconditions,
) -> Result<Tagged<Segment>, Problem> {
    let rows = app.store.bind(&caller);
    let row = rows.read(move |tx| async move { segments::get(&tx, id).await }).await?;
    Ok(preconditions.answer(tag(row.id, row.version), || row.into()))
}

/// Changes a segment, for all flags that name it.
#[utoipa::path(
    patch,
    path = "/api/v1/admin/flag-segments/{id}",
    operation_id = "changeFlagSegment",
    tag = "flags",
    params(
        ("id" = Uuid, Path, description = "The segment."),
        ("X-Reason" = Option<String>, Header, description = "Why, for the history and the audit log."),
        Preconditions
    ),
    request_body = Changes,
    responses((status = 200, description = "The segment as it is now.", body = Segment))
)]
pub(crate) async fn change_flag_segment(
    State(app): State<App>,
    Manager(caller): Manager,
    Path(id): Path<Uuid>,
    preconditions: Preconditions,
    reason: Reason,
    Body(changes): Body<Changes>,
) -> Result<Tagged<Segment>, Problem> {
    let (rows, preconditions, changes, why) = (app.store.bind(&caller), &preconditions, &changes, reason.as_deref());
    let row = rows.write(move |tx| async move {
        let before = segments::locked(&tx, id).await?;
        preconditions.allow(&tag(before.id, before.version))?;
        let mut after = before.clone();
        let changes = changes.clone();
        after.name = changes.name.unwrap_or(after.name);
        after.description = changes.description.unwrap_or(after.description);
        after.constraints.0 = changes.constraints.unwrap_or(after.constraints.0);
        if after.constraints != before.constraints {
            segments::require_change(&tx, &before).await?;
        }
        segments::save(&tx, &before, after, why).await
    });
    let row = row.await?;
    app.refresh_all(caller.tenant).await;
    Ok(Tagged::new(tag(row.id, row.version), row.into()))
}

/// Removes a segment that no strategy names.
#[utoipa::path(
    delete,
    path = "/api/v1/admin/flag-segments/{id}",
    operation_id = "removeFlagSegment",
    tag = "flags",
    params(
        ("id" = Uuid, Path, description = "The segment."),
        ("X-Reason" = Option<String>, Header, description = "Why, for the history and the audit log."),
        Preconditions
    ),
    responses((status = 204, description = "It is gone."), (status = 409, description = "Flags name it."))
)]
pub(crate) async fn remove_flag_segment(
    State(app): State<App>,
    Manager(caller): Manager,
    Path(id): Path<Uuid>,
    preconditions: Preconditions,
    reason: Reason,
) -> Result<NoContent, Problem> {
    let (rows, preconditions, why) = (app.store.bind(&caller), &preconditions, reason.as_deref());
    let removed = rows.write(move |tx| async move {
        let row = segments::locked(&tx, id).await?;
        preconditions.allow(&tag(row.id, row.version))?;
        segments::remove(&tx, &row, why).await
    });
    removed.await?;
    app.refresh_all(caller.tenant).await;
    Ok(NoContent)
}
