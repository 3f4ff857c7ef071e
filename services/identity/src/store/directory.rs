//! Lists of people for those who run the tenant.

use banyan_kernel::{Role, Uuid};
use banyan_store::{StoreError, Tx};
use sea_orm::prelude::*;
use sea_orm::sea_query::{Expr, Func, LikeExpr, Query};
use sea_orm::{Condition, ExprTrait as _, QueryOrder as _, QuerySelect as _};

use super::{organisations, roles};
use crate::entity::{role_assignment, user};
use crate::model::{Person, Rights, Status};

/// Which users.
#[derive(Clone, Debug, Default)]
pub(crate) struct UserFilter {
    /// A part of the name or of the address.
    pub search: Option<String>,
    pub status: Option<Status>,
    pub role: Option<Role>,
}

/// The users that the filter lets through, without an order.
pub(crate) fn select(filter: &UserFilter) -> Select<user::Entity> {
    let mut all = Condition::all();
    if let Some(status) = filter.status {
        all = all.add(user::Column::Status.eq(status.word()));
    }
    if let Some(role) = filter.role {
        let holders = Query::select()
            .column(role_assignment::Column::UserId)
            .from(role_assignment::Entity)
            .and_where(role_assignment::Column::Role.eq(role.name()))
            .to_owned();
        all = all.add(user::Column::Id.in_subquery(holders));
    }
    if let Some(text) = &filter.search {
        let pattern = || LikeExpr::new(containing(text)).escape('\\');
        let name = Expr::expr(Func::lower(Expr::col(user::Column::Name)));
        let email = Expr::col(user::Column::Email);
        all = all.add(Condition::any().add(email.like(pattern())).add(name.like(pattern())));
    }
    user::Entity::find().filter(all)
}

/// The first in the order of their addresses.
pub(crate) async fn first(tx: &Tx, filter: &UserFilter, limit: u64) -> Result<Vec<Person>, StoreError> {
    let rows = select(filter).order_by_asc(user::Column::Email).limit(limit).all(tx).await?;
    with_rights(tx, rows).await
}

/// Users with their roles and organisations.
pub(crate) async fn with_rights(tx: &Tx, rows: Vec<user::Model>) -> Result<Vec<Person>, StoreError> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let held = roles::roles_of_all(tx, &ids).await?;
    let memberships = organisations::of_users(tx, &ids).await?;
    let people = rows.into_iter().map(|user| {
        let roles = held.iter().filter(|(id, _)| *id == user.id).map(|(_, role)| *role).collect();
        let organisations = memberships.iter().filter(|row| row.user_id == user.id).map(|row| row.organisation_id).collect();
        let rights = Rights { roles, organisations, version: user.rights_version };
        Person { user, rights }
    });
    Ok(people.collect())
}

/// The pattern of texts that contain `text`, in lower case; `%`, `_` and `\` stand for themselves.
fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::containing;

    #[test]
    fn wildcards_in_a_search_stand_for_themselves() {
        assert_eq!(containing("50%_A\\"), "%50\\%\\_a\\\\%");
    }
}
