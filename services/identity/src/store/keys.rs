//! Signing keys. The private half is sealed under the installation's key and bound to the key's id.

use banyan_kernel::{Random, Timestamp, Uuid};
use banyan_store::Tx;
use banyan_store::audit::Record;
use banyan_store::idempotency::Cipher;
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::*;

use super::insert;
use crate::IdentityError;
use crate::entity::signing_key;
use crate::tokens::{KeyState, KeyStep, PrivateKey, SigningKeyInfo};

pub(crate) async fn load(tx: &Tx, cipher: &Cipher) -> Result<Vec<(SigningKeyInfo, PrivateKey)>, IdentityError> {
    let rows = signing_key::Entity::find().all(tx).await?;
    rows.iter().map(|row| open(cipher, row)).collect()
}

fn open(cipher: &Cipher, row: &signing_key::Model) -> Result<(SigningKeyInfo, PrivateKey), IdentityError> {
    let unusable = |what: &str| IdentityError::Key(format!("signing key {}: {what}", row.key_id));
    let seed = cipher.open(&row.private_key, row.key_id.as_bytes()).map_err(|error| unusable(&error.to_string()))?;
    let seed: [u8; 32] = seed.try_into().map_err(|_| unusable("not 32 bytes"))?;
    let state = KeyState::parse(&row.state).ok_or_else(|| unusable("in an unknown state"))?;
    let key = PrivateKey::from_seed(&seed);
    if key.id() != row.key_id {
        return Err(unusable("another key is stored under this id"));
    }
    Ok((SigningKeyInfo { id: row.id, state, since: Timestamp::from_micros(row.since) }, key))
}

/// What a new key is made with.
#[derive(Clone, Copy)]
pub(crate) struct KeyMaker<'a> {
    pub random: &'a dyn Random,
    pub cipher: &'a Cipher,
}

/// Does one step of the rotation. The unique slot lets one node win where two do it at the same time.
pub(crate) async fn apply(tx: &Tx, step: KeyStep, maker: KeyMaker<'_>) -> Result<(), IdentityError> {
    match step {
        KeyStep::Create(state) => create(tx, state, maker).await,
        KeyStep::Promote { next, retiring } => {
            if let Some(id) = retiring {
                set_state(tx, id, KeyState::Retiring).await?;
            }
            set_state(tx, next, KeyState::Active).await
        }
        KeyStep::Delete(id) => {
            signing_key::Entity::delete_many().filter(signing_key::Column::Id.eq(id)).exec(tx).await?;
            Ok(())
        }
    }
}

/// What the audit log says of a step.
pub(crate) fn record(step: KeyStep) -> Record {
    let (action, id) = match step {
        KeyStep::Create(state) => return Record::new("signing-key.created").detail(serde_json::json!({ "state": state.word() })),
        KeyStep::Promote { next, .. } => ("signing-key.activated", next),
        KeyStep::Delete(id) => ("signing-key.deleted", id),
    };
    Record::new(action).object("signing-key", id)
}

async fn create(tx: &Tx, state: KeyState, maker: KeyMaker<'_>) -> Result<(), IdentityError> {
    let key = PrivateKey::generate(maker.random);
    let (id, key_id, now) = (tx.new_id(), key.id(), tx.now().micros());
    let row = signing_key::Model {
        id,
        slot: slot(state, id),
        state: state.word().to_owned(),
        private_key: maker.cipher.seal(key.seed(), key_id.as_bytes()),
        key_id,
        created_at: now,
        since: now,
    };
    insert(tx, row).await?;
    Ok(())
}

async fn set_state(tx: &Tx, id: Uuid, state: KeyState) -> Result<(), IdentityError> {
    let values = signing_key::ActiveModel {
        slot: Set(slot(state, id)),
        state: Set(state.word().to_owned()),
        since: Set(tx.now().micros()),
        ..Default::default()
    };
    signing_key::Entity::update_many().set(values).filter(signing_key::Column::Id.eq(id)).exec(tx).await?;
    Ok(())
}

/// One key is next and one is active; any number retires.
fn slot(state: KeyState, id: Uuid) -> String {
    match state {
        KeyState::Next | KeyState::Active => state.word().to_owned(),
        KeyState::Retiring => format!("retiring:{id}"),
    }
}
