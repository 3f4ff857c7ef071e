//! `/api/v1/admin/flag-environments`

use axum::extract::State;
use banyan_http::{Body, Check, Created, Json, NoContent, Once, Path, Preconditions, Problem, Reason, Tagged, Validate, present};
use banyan_kernel::{Permission, Role, Timestamp, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::flags::check_key;
use super::manager::Manager;
use super::{moment, tag};
use crate::app::App;
use crate::entity::environment::{Changers, Model};
use crate::error::FlagsError;
use crate::store::environments;

/// More approvals than people look at a change.
const MOST_APPROVALS: i64 = 10;
const MOST_CHANGERS: usize = 100;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_flag_environments, create_flag_environment)).routes(routes!(
        get_flag_environment,
        change_flag_environment,
        remove_flag_environment
    ))
}

/// What an environment is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = FlagEnvironmentType)]
pub(crate) enum EnvironmentType {
    #[default]
    Development,
    Test,
    Preproduction,
    Production,
}

impl EnvironmentType {
    const ALL: [Self; 4] = [Self::Development, Self::Test, Self::Preproduction, Self::Production];

    const fn word(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Test => "test",
            Self::Preproduction => "preproduction",
            Self::Production => "production",
        }
    }

    fn of(word: &str) -> Self {
        Self::ALL.into_iter().find(|one| one.word() == word).unwrap_or_default()
    }
}

/// Roles that may be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = FlagChangerRole)]
pub(crate) enum ChangerRole {
    Admin,
    Owner,
}

/// Where flags have settings of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FlagEnvironment)]
pub(crate) struct Environment {
    name: String,
    #[serde(rename = "type")]
    kind: EnvironmentType,
    sort_order: i64,
    /// Approvals by others that a change of a flag needs here.
    required_approvals: i64,
    /// Who may change flags here, beside owners; whoever manages flags, where neither people nor roles are named.
    changers: Vec<Uuid>,
    changer_roles: Vec<ChangerRole>,
    version: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Model> for Environment {
    fn from(row: Model) -> Self {
        let role = |role: &Role| match role {
            Role::Owner => ChangerRole::Owner,
            _ => ChangerRole::Admin,
        };
        Self {
            kind: EnvironmentType::of(&row.kind),
            name: row.name,
            sort_order: row.sort_order,
            required_approvals: row.approvals,
            changer_roles: row.changers.roles.iter().map(role).collect(),
            changers: row.changers.users,
            version: row.version,
            created_at: moment(row.created_at),
            updated_at: moment(row.updated_at),
        }
    }
}

/// All of the tenant, in their order.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = FlagEnvironments)]
pub(crate) struct Environments {
    data: Vec<Environment>,
}

/// An environment that is to be.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewFlagEnvironment)]
#[schema(example = json!({"name": "staging", "type": "preproduction", "sortOrder": 2}))]
pub(crate) struct NewEnvironment {
    /// 1 to 100 letters, digits, `-`, `_`, `.`, `~`. It never changes.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    #[serde(rename = "type", default)]
    #[schema(inline)]
    kind: EnvironmentType,
    #[schema(minimum = 0, maximum = 1000)]
    sort_order: Option<i64>,
}

impl Validate for NewEnvironment {
    fn validate(&self, check: &mut Check) {
        check_key(check, "name", &self.name);
        check.range("sortOrder", self.sort_order, 0, 1000);
    }
}

/// What is to be different. What is left out stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = FlagEnvironmentChanges)]
pub(crate) struct Changes {
    #[serde(rename = "type", default, deserialize_with = "present")]
    #[schema(inline)]
    kind: Option<EnvironmentType>,
    #[serde(default, deserialize_with = "present")]
    #[schema(minimum = 0, maximum = 1000)]
    sort_order: Option<i64>,
    #[serde(default, deserialize_with = "present")]
    #[schema(minimum = 0, maximum = 10)]
    required_approvals: Option<i64>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_items = 100)]
    changers: Option<Vec<Uuid>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(inline, max_items = 2)]
    changer_roles: Option<Vec<ChangerRole>>,
}

impl Validate for Changes {
    fn validate(&self, check: &mut Check) {
        check.range("sortOrder", self.sort_order, 0, 1000);
        check.range("requiredApprovals", self.required_approvals, 0, MOST_APPROVALS);
        check.count("changers", self.changers.as_deref().unwrap_or_default(), 0, MOST_CHANGERS);
        check.count("changerRoles", self.changer_roles.as_deref().unwrap_or_default(), 0, 2);
    }
}

/// Lists the environments in their order.
#[utoipa::path(
    get,
    path = "/api/v1/admin/flag-environments",
    operation_id = "listFlagEnvironments",
    tag = "flags",
    responses((status = 200, description = "All of them.", body = Environments))
)]
pub(crate) async fn list_flag_environments(
    State(app): State<App>,
    Manager(caller): Manager,
) -> Result<Json<Environments>, Problem> {
    let rows = app.store.bind(&caller);
    let found = rows.read(|tx| async move { environments::all(&tx).await }).await?;
    Ok(Json(Environments { data: found.into_iter().map(Environment::from).collect() }))
}

/// Makes an environment, in which every flag is off.
#[utoipa::path(
    post,
    path = "/api/v1/admin/flag-environments",
    operation_id = "createFlagEnvironment",
    tag = "flags",
    params(("X-Reason" = Option<String>, Header, description = "Why, for the history and the audit log.")),
    request_body = NewEnvironment,
    responses((status = 201, description = "The new environment.", body = Environment))
)]
pub(crate) async fn create_flag_environment(
    State(app): State<App>,
    Manager(caller): Manager,
    reason: Reason,
    Once { key, body }: Once<NewEnvironment>,
) -> Result<Created<Environment>, Problem> {
    let (rows, body, why) = (app.store.bind(&caller), &body, reason.as_deref());
    let made = rows.write_once(key.as_ref(), move |tx| async move {
        let row = environments::new(&tx, &body.name, body.kind.word(), body.sort_order.unwrap_or(100));
        Ok::<_, FlagsError>(Environment::from(environments::insert(&tx, row, why).await?))
    });
    let made = made.await?;
    app.refresh(caller.tenant, std::slice::from_ref(&made.name)).await;
    Ok(Created::at(format!("/api/v1/admin/flag-environments/{}", made.name), made))
}

/// Gives an environment.
#[utoipa::path(
    get,
    path = "/api/v1/admin/flag-environments/{name}",
    operation_id = "getFlagEnvironment",
    tag = "flags",
    params(("name" = String, Path, description = "The environment."), Preconditions),
    responses((status = 200, description = "The environment.", body = Environment))
)]
pub(crate) async fn get_flag_environment(
    State(app): State<App>,
    Manager(caller): Manager,
    Path(name): Path<String>,
    preconditions: Preconditions,
) -> Result<Tagged<Environment>, Problem> {
    let (rows, name) = (app.store.bind(&caller), &name);
    let row = rows.read(move |tx| async move { environments::get(&tx, name).await }).await?;
    Ok(preconditions.answer(tag(row.id, row.version), || row.into()))
}

/// Says who may change flags in an environment, and how many others have to agree. Only somebody who may change flags there may say so, and
/// where approvals are needed, only who holds `roles.manage` besides.
#[utoipa::path(
    patch,
    path = "/api/v1/admin/flag-environments/{name}",
    operation_id = "changeFlagEnvironment",
    tag = "flags",
    params(
        ("name" = String, Path, description = "The environment."),
        ("X-Reason" = Option<String>, Header, description = "Why, for the history and the audit log."),
        Preconditions
    ),
    request_body = Changes,
    responses((status = 200, description = "The environment as it is now.", body = Environment))
)]
pub(crate) async fn change_flag_environment(
    State(app): State<App>,
    Manager(caller): Manager,
    Path(name): Path<String>,
    preconditions: Preconditions,
    reason: Reason,
    Body(changes): Body<Changes>,
) -> Result<Tagged<Environment>, Problem> {
    let (rows, name, preconditions, changes, why) = (app.store.bind(&caller), &name, &preconditions, &changes, reason.as_deref());
    let row = rows.write(move |tx| async move {
        let before = environments::locked(&tx, name).await?;
        preconditions.allow(&tag(before.id, before.version))?;
        before.require_change(tx.caller())?;
        let person = tx.caller().user_id().is_some();
        if person && before.approvals > 0 && !tx.caller().allows(Permission::RolesManage) {
            return Err(FlagsError::Hidden);
        }
        let mut after = before.clone();
        let changes = changes.clone();
        after.kind = changes.kind.map_or(after.kind, |kind| kind.word().to_owned());
        after.sort_order = changes.sort_order.unwrap_or(after.sort_order);
        after.approvals = changes.required_approvals.unwrap_or(after.approvals);
        let roles = changes.changer_roles.map(|roles| {
            let role = |role| if role == ChangerRole::Owner { Role::Owner } else { Role::Admin };
            roles.into_iter().map(role).collect()
        });
        after.changers =
            Changers { users: changes.changers.unwrap_or(after.changers.users), roles: roles.unwrap_or(after.changers.roles) };
        environments::save(&tx, &before, after, why).await
    });
    let row = row.await?;
    Ok(Tagged::new(tag(row.id, row.version), row.into()))
}

/// Removes an environment in which no flag is on. Tokens for it get nothing any more.
#[utoipa::path(
    delete,
    path = "/api/v1/admin/flag-environments/{name}",
    operation_id = "removeFlagEnvironment",
    tag = "flags",
    params(
        ("name" = String, Path, description = "The environment."),
        ("X-Reason" = Option<String>, Header, description = "Why, for the history and the audit log."),
        Preconditions
    ),
    responses((status = 204, description = "It is gone."), (status = 409, description = "Flags are on there."))
)]
pub(crate) async fn remove_flag_environment(
    State(app): State<App>,
    Manager(caller): Manager,
    Path(name): Path<String>,
    preconditions: Preconditions,
    reason: Reason,
) -> Result<NoContent, Problem> {
    let (rows, name, preconditions, why) = (app.store.bind(&caller), &name, &preconditions, reason.as_deref());
    let removed = rows.write(move |tx| async move {
        let row = environments::locked(&tx, name).await?;
        preconditions.allow(&tag(row.id, row.version))?;
        row.require_change(tx.caller())?;
        let living = crate::store::flags::living(&tx).await?;
        let on: Vec<String> = living.into_iter().filter(|flag| flag.settings_of(name).enabled).map(|flag| flag.key).collect();
        if !on.is_empty() {
            return Err(FlagsError::Named { message: "flags-environment-in-use", names: on });
        }
        environments::remove(&tx, &row, why).await
    });
    removed.await?;
    app.refresh(caller.tenant, std::slice::from_ref(name)).await;
    Ok(NoContent)
}
