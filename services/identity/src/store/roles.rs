//! Roles and the version of a user's rights.

use banyan_kernel::{Role, Roles, Uuid};
use banyan_store::{StoreError, Tx};
use sea_orm::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ExprTrait as _, QueryOrder as _, QuerySelect as _};

use super::{insert, organisations};
use crate::entity::{role_assignment, user};
use crate::model::{Rights, Status};

pub(crate) async fn rights_of(tx: &Tx, user: &user::Model) -> Result<Rights, StoreError> {
    let roles = roles_of(tx, user.id).await?;
    let organisations = organisations::of_user(tx, user.id).await?;
    Ok(Rights { roles, organisations, version: user.rights_version })
}

pub(crate) async fn roles_of(tx: &Tx, user: Uuid) -> Result<Roles, StoreError> {
    let rows = role_assignment::Entity::find().filter(role_assignment::Column::UserId.eq(user)).all(tx).await?;
    Ok(rows.iter().filter_map(|row| row.role.parse::<Role>().ok()).collect())
}

/// The roles of several users at once.
pub(crate) async fn roles_of_all(tx: &Tx, users: &[Uuid]) -> Result<Vec<(Uuid, Role)>, StoreError> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let query = role_assignment::Entity::find().filter(role_assignment::Column::UserId.is_in(users.iter().copied()));
    let rows = query.all(tx).await?;
    Ok(rows.iter().filter_map(|row| Some((row.user_id, row.role.parse().ok()?))).collect())
}

/// Gives and takes roles until the user holds exactly `after`.
pub(crate) async fn replace(tx: &Tx, user: Uuid, before: Roles, after: Roles) -> Result<(), StoreError> {
    for role in after.iter().filter(|role| !before.contains(*role)) {
        let row = role_assignment::Model {
            tenant_id: tx.caller().tenant,
            id: tx.new_id(),
            user_id: user,
            role: role.name().to_owned(),
            assigned_by: tx.caller().user_id(),
            created_at: tx.now().micros(),
        };
        insert(tx, row).await?;
    }
    let taken: Vec<&str> = before.iter().filter(|role| !after.contains(*role)).map(Role::name).collect();
    if taken.is_empty() {
        return Ok(());
    }
    let delete = role_assignment::Entity::delete_many().filter(role_assignment::Column::UserId.eq(user));
    delete.filter(role_assignment::Column::Role.is_in(taken)).exec(tx).await?;
    Ok(())
}

/// Tokens with the rights so far count no longer; gives the version that does. Also a new version of the user's row.
pub(crate) async fn raise(tx: &Tx, user: Uuid) -> Result<i64, StoreError> {
    let values = user::ActiveModel { updated_at: Set(tx.now().micros()), ..Default::default() };
    user::Entity::update_many()
        .set(values)
        .col_expr(user::Column::RightsVersion, Expr::col(user::Column::RightsVersion).add(1))
        .col_expr(user::Column::Version, Expr::col(user::Column::Version).add(1))
        .filter(user::Column::Id.eq(user))
        .exec(tx)
        .await?;
    let row = super::accounts::find(tx, user).await?;
    Ok(row.map_or(i64::MAX, |row| row.rights_version))
}

/// Whether the tenant has an active owner besides `user`. Holds the owners' rows until the transaction ends, so that two owners
/// who remove one another do not both succeed.
pub(crate) async fn has_another_owner(tx: &Tx, user: Uuid) -> Result<bool, StoreError> {
    let owners = role_assignment::Entity::find().filter(role_assignment::Column::Role.eq(Role::Owner.name())).all(tx).await?;
    let ids: Vec<Uuid> = owners.iter().map(|row| row.user_id).collect();
    if ids.is_empty() {
        return Ok(false);
    }
    let rows =
        user::Entity::find().filter(user::Column::Id.is_in(ids)).order_by_asc(user::Column::Id).lock_exclusive().all(tx).await?;
    // Read again: another transaction may have taken the role while this one waited for the rows.
    let still = role_assignment::Entity::find().filter(role_assignment::Column::Role.eq(Role::Owner.name())).all(tx).await?;
    let is_owner = |id: Uuid| still.iter().any(|row| row.user_id == id);
    Ok(rows.iter().any(|row| row.id != user && row.status == Status::Active.word() && is_owner(row.id)))
}
