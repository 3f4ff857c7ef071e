//! Users, their passwords and preferences.

use banyan_kernel::{Timestamp, Uuid};
use banyan_store::{StoreError, Tx};
use sea_orm::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ExprTrait as _};

use super::{insert, roles};
use crate::email::Email;
use crate::entity::{client_credential, credential, preference, user};
use crate::model::{Kind, Person, Status};
use crate::secrets::Fingerprint;

/// A user who is about to exist.
#[derive(Clone, Debug)]
pub(crate) struct NewUser<'a> {
    pub email: &'a str,
    pub name: &'a str,
    pub kind: Kind,
    pub locale: Option<&'a str>,
    pub verified_at: Option<Timestamp>,
}

/// What a profile change sets; `None` leaves as it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProfileChange {
    pub name: Option<String>,
    pub locale: Option<Option<String>>,
    pub time_zone: Option<Option<String>>,
}

pub(crate) async fn add(tx: &Tx, new: &NewUser<'_>) -> Result<user::Model, StoreError> {
    let now = tx.now().micros();
    let row = user::Model {
        tenant_id: tx.caller().tenant,
        id: tx.new_id(),
        email: new.email.to_owned(),
        name: new.name.to_owned(),
        kind: new.kind.word().to_owned(),
        status: Status::Active.word().to_owned(),
        locale: new.locale.map(str::to_owned),
        time_zone: None,
        email_verified_at: new.verified_at.map(Timestamp::micros),
        rights_version: 1,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    insert(tx, row.clone()).await?;
    Ok(row)
}

pub(crate) async fn find(tx: &Tx, id: Uuid) -> Result<Option<user::Model>, StoreError> {
    Ok(user::Entity::find().filter(user::Column::Id.eq(id)).one(tx).await?)
}

pub(crate) async fn find_by_email(tx: &Tx, email: &Email) -> Result<Option<user::Model>, StoreError> {
    Ok(user::Entity::find().filter(user::Column::Email.eq(email.as_str())).one(tx).await?)
}

/// The user with roles and organisations.
pub(crate) async fn person(tx: &Tx, id: Uuid) -> Result<Option<Person>, StoreError> {
    match find(tx, id).await? {
        Some(user) => Ok(Some(with_rights(tx, user).await?)),
        None => Ok(None),
    }
}

pub(crate) async fn with_rights(tx: &Tx, user: user::Model) -> Result<Person, StoreError> {
    let rights = roles::rights_of(tx, &user).await?;
    Ok(Person { user, rights })
}

/// Changes the profile if it still has the version; `None` takes any. False if it has not, or is not there.
pub(crate) async fn change_profile(tx: &Tx, id: Uuid, version: Option<i64>, change: &ProfileChange) -> Result<bool, StoreError> {
    let mut values = user::ActiveModel { updated_at: Set(tx.now().micros()), ..Default::default() };
    if let Some(name) = &change.name {
        values.name = Set(name.clone());
    }
    if let Some(locale) = &change.locale {
        values.locale = Set(locale.clone());
    }
    if let Some(time_zone) = &change.time_zone {
        values.time_zone = Set(time_zone.clone());
    }
    let mut update = user::Entity::update_many()
        .set(values)
        .col_expr(user::Column::Version, Expr::col(user::Column::Version).add(1))
        .filter(user::Column::Id.eq(id));
    if let Some(version) = version {
        update = update.filter(user::Column::Version.eq(version));
    }
    Ok(update.exec(tx).await?.rows_affected == 1)
}

pub(crate) async fn set_status(tx: &Tx, id: Uuid, status: Status) -> Result<(), StoreError> {
    let values = user::ActiveModel { status: Set(status.word().to_owned()), ..Default::default() };
    user::Entity::update_many().set(values).filter(user::Column::Id.eq(id)).exec(tx).await?;
    Ok(())
}

/// False if the address was shown to be theirs before.
pub(crate) async fn mark_verified(tx: &Tx, id: Uuid) -> Result<bool, StoreError> {
    let now = tx.now().micros();
    let values = user::ActiveModel { email_verified_at: Set(Some(now)), updated_at: Set(now), ..Default::default() };
    let update = user::Entity::update_many()
        .set(values)
        .col_expr(user::Column::Version, Expr::col(user::Column::Version).add(1))
        .filter(user::Column::Id.eq(id))
        .filter(user::Column::EmailVerifiedAt.is_null());
    Ok(update.exec(tx).await?.rows_affected == 1)
}

pub(crate) async fn password_hash(tx: &Tx, user: Uuid) -> Result<Option<String>, StoreError> {
    let row = credential::Entity::find().filter(credential::Column::UserId.eq(user)).one(tx).await?;
    Ok(row.map(|row| row.password_hash))
}

pub(crate) async fn set_password(tx: &Tx, user: Uuid, hash: &str) -> Result<(), StoreError> {
    let now = tx.now().micros();
    let values = credential::ActiveModel { password_hash: Set(hash.to_owned()), updated_at: Set(now), ..Default::default() };
    let update = credential::Entity::update_many().set(values).filter(credential::Column::UserId.eq(user));
    if update.exec(tx).await?.rows_affected == 1 {
        return Ok(());
    }
    let row = credential::Model {
        tenant_id: tx.caller().tenant,
        id: tx.new_id(),
        user_id: user,
        password_hash: hash.to_owned(),
        created_at: now,
        updated_at: now,
    };
    insert(tx, row).await
}

/// Stores a hash with better parameters, unless the password was changed in the meantime.
pub(crate) async fn rehash(tx: &Tx, user: Uuid, old: &str, new: &str) -> Result<(), StoreError> {
    let values = credential::ActiveModel { password_hash: Set(new.to_owned()), ..Default::default() };
    let update = credential::Entity::update_many().set(values).filter(credential::Column::UserId.eq(user));
    update.filter(credential::Column::PasswordHash.eq(old)).exec(tx).await?;
    Ok(())
}

pub(crate) async fn add_client_secret(tx: &Tx, user: Uuid, fingerprint: Fingerprint) -> Result<Uuid, StoreError> {
    let row = client_credential::Model {
        tenant_id: tx.caller().tenant,
        id: tx.new_id(),
        user_id: user,
        secret_hash: fingerprint,
        created_at: tx.now().micros(),
        last_used_at: None,
        revoked_at: None,
    };
    let id = row.id;
    insert(tx, row).await?;
    Ok(id)
}

pub(crate) async fn client_secret(tx: &Tx, fingerprint: Fingerprint) -> Result<Option<client_credential::Model>, StoreError> {
    let query = client_credential::Entity::find().filter(client_credential::Column::SecretHash.eq(fingerprint));
    Ok(query.filter(client_credential::Column::RevokedAt.is_null()).one(tx).await?)
}

pub(crate) async fn notifications(tx: &Tx, user: Uuid) -> Result<Option<serde_json::Value>, StoreError> {
    let row = preference::Entity::find().filter(preference::Column::UserId.eq(user)).one(tx).await?;
    Ok(row.map(|row| row.notifications))
}

pub(crate) async fn set_notifications(tx: &Tx, user: Uuid, value: &serde_json::Value) -> Result<(), StoreError> {
    let now = tx.now().micros();
    let values = preference::ActiveModel { notifications: Set(value.clone()), updated_at: Set(now), ..Default::default() };
    let update = preference::Entity::update_many().set(values).filter(preference::Column::UserId.eq(user));
    if update.exec(tx).await?.rows_affected == 1 {
        return Ok(());
    }
    let row = preference::Model {
        tenant_id: tx.caller().tenant,
        id: tx.new_id(),
        user_id: user,
        notifications: value.clone(),
        updated_at: now,
    };
    insert(tx, row).await
}
