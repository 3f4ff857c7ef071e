//! Invitations.

use banyan_kernel::{Role, Roles, Uuid};
use banyan_store::{StoreError, Tx};
use sea_orm::ActiveValue::Set;
use sea_orm::ExprTrait as _;
use sea_orm::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::insert;
use crate::entity::invitation;
use crate::model::Purpose;

/// Where an invitation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = InvitationStatus)]
pub(crate) enum State {
    Pending,
    Accepted,
    Revoked,
}

impl State {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Revoked => "revoked",
        }
    }

    /// A word that is not known opens nothing.
    pub(crate) fn parse(word: &str) -> Self {
        [Self::Pending, Self::Accepted].into_iter().find(|state| state.word() == word).unwrap_or(Self::Revoked)
    }
}

/// Somebody who is about to be invited. `user` is there already if an administrator made it.
#[derive(Clone, Debug)]
pub(crate) struct NewInvitation<'a> {
    pub email: &'a str,
    pub name: Option<&'a str>,
    pub roles: Roles,
    pub organisation: Option<Uuid>,
    pub user: Option<Uuid>,
    pub locale: Option<&'a str>,
}

/// Deletes what a person was invited by: with an account that was there, or by the address alone.
pub(crate) async fn erase(tx: &Tx, user: Uuid, email: &str) -> Result<(), StoreError> {
    let theirs = invitation::Column::UserId.eq(user).or(invitation::Column::Email.eq(email));
    invitation::Entity::delete_many().filter(theirs).exec(tx).await?;
    Ok(())
}

pub(crate) async fn add(tx: &Tx, new: &NewInvitation<'_>) -> Result<invitation::Model, StoreError> {
    let now = tx.now();
    let row = invitation::Model {
        tenant_id: tx.caller().tenant,
        id: tx.new_id(),
        email: new.email.to_owned(),
        name: new.name.map(str::to_owned),
        roles: new.roles.iter().map(Role::name).collect::<Vec<_>>().into(),
        organisation_id: new.organisation,
        user_id: new.user,
        invited_by: tx.caller().user_id(),
        locale: new.locale.map(str::to_owned),
        status: State::Pending.word().to_owned(),
        created_at: now.micros(),
        expires_at: now.plus_seconds(Purpose::Invitation.lifetime_seconds()).micros(),
        accepted_at: None,
    };
    insert(tx, row.clone()).await?;
    Ok(row)
}

pub(crate) async fn find(tx: &Tx, id: Uuid) -> Result<Option<invitation::Model>, StoreError> {
    Ok(invitation::Entity::find().filter(invitation::Column::Id.eq(id)).one(tx).await?)
}

/// Those in a state, or all, without an order.
pub(crate) fn select(state: Option<State>) -> Select<invitation::Entity> {
    let query = invitation::Entity::find();
    match state {
        Some(state) => query.filter(invitation::Column::Status.eq(state.word())),
        None => query,
    }
}

/// Whether somebody with this address is invited and has not answered.
pub(crate) async fn is_pending(tx: &Tx, email: &str) -> Result<bool, StoreError> {
    let query = invitation::Entity::find().filter(invitation::Column::Email.eq(email));
    let query = query.filter(invitation::Column::Status.eq(State::Pending.word()));
    Ok(query.filter(invitation::Column::ExpiresAt.gt(tx.now().micros())).one(tx).await?.is_some())
}

/// From pending to accepted or revoked. False if it was not pending, or is not there.
pub(crate) async fn settle(tx: &Tx, id: Uuid, state: State) -> Result<bool, StoreError> {
    let accepted_at = (state == State::Accepted).then(|| tx.now().micros());
    let values =
        invitation::ActiveModel { status: Set(state.word().to_owned()), accepted_at: Set(accepted_at), ..Default::default() };
    let update = invitation::Entity::update_many().set(values).filter(invitation::Column::Id.eq(id));
    Ok(update.filter(invitation::Column::Status.eq(State::Pending.word())).exec(tx).await?.rows_affected == 1)
}

pub(crate) fn roles(row: &invitation::Model) -> Roles {
    let names = row.roles.as_array().into_iter().flatten();
    names.filter_map(|name| name.as_str()?.parse::<Role>().ok()).collect()
}
