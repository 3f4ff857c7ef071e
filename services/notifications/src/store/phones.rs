//! A person's telephones: one that takes texts, and one that waits for its code.

use banyan_kernel::{Random, Uuid};
use banyan_store::{Store, StoreError, Tx};
use hmac::{Hmac, KeyInit, Mac as _};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use sha2::Sha256;

use super::{execute, suppressions};
use crate::entity::phone::{Column, Entity, Model};
use crate::error::NotificationsError;
use crate::topic::Channel;

/// How long a code counts.
pub(crate) const CODE_SECONDS: i64 = 600;
/// How often a code may be said wrong.
pub(crate) const MOST_TRIES: i64 = 5;

pub(crate) async fn list(tx: &Tx, user: Uuid) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find().filter(Column::UserId.eq(user)).order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).all(tx).await?)
}

pub(crate) async fn find(tx: &Tx, id: Uuid) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find().filter(Column::Id.eq(id)).one(tx).await?)
}

pub(crate) async fn own(tx: &Tx, user: Uuid, id: Uuid) -> Result<Model, NotificationsError> {
    let found = find(tx, id).await?.filter(|row| row.user_id == user);
    found.ok_or(NotificationsError::Hidden)
}

/// The one that takes texts.
pub(crate) async fn confirmed(tx: &Tx, user: Uuid) -> Result<Option<Model>, StoreError> {
    let select = Entity::find().filter(Column::UserId.eq(user)).filter(Column::VerifiedAt.is_not_null());
    Ok(select.order_by_desc(Column::VerifiedAt).one(tx).await?)
}

/// The number; nothing where it cannot be opened.
pub(crate) fn number(store: &Store, phone: &Model) -> Option<String> {
    let plain = store.environment().cipher.open(&phone.number, phone.id.as_bytes()).ok()?;
    String::from_utf8(plain).ok()
}

/// The number's row; a new one takes the place of others that were not confirmed.
pub(crate) async fn add(tx: &Tx, user: Uuid, number: &str) -> Result<Model, StoreError> {
    const OTHERS: &str = "DELETE FROM phones WHERE user_id = $1 AND verified_at IS NULL AND fingerprint <> $2";
    let fingerprint = suppressions::fingerprint(tx, Channel::Sms, number);
    execute(tx, OTHERS, [user.into(), fingerprint.clone().into()]).await?;
    let select = Entity::find().filter(Column::UserId.eq(user)).filter(Column::Fingerprint.eq(fingerprint.clone()));
    if let Some(before) = select.one(tx).await? {
        return Ok(before);
    }
    let id = tx.new_id();
    let row = Model {
        tenant_id: tx.caller().tenant,
        id,
        user_id: user,
        number: tx.store().environment().cipher.seal(number.as_bytes(), id.as_bytes()),
        hint: suppressions::hint(number),
        fingerprint,
        verified_at: None,
        code_hash: None,
        code_sent_at: None,
        code_tries: 0,
        created_at: tx.now().micros(),
    };
    tx.insert(row.clone().into_active_model()).await?;
    Ok(row)
}

/// A new code takes the place of the one before.
pub(crate) async fn give_code(tx: &Tx, phone: Uuid, code: &str) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE phones SET code_hash = $1, code_sent_at = $2, code_tries = 0 WHERE id = $3";
    execute(tx, SQL, [digest(tx.store(), phone, code).into(), tx.now().micros().into(), phone.into()]).await.map(drop)
}

/// What came of saying a code. It is written down in any case.
#[derive(Clone, Debug)]
pub(crate) enum Said {
    Right(Model),
    Wrong,
    /// There is none, it is too old, or it was said wrong too often.
    Over,
}

/// One try, counted before it is looked at, so that many at once are no more than they may be.
pub(crate) async fn say_code(tx: &Tx, user: Uuid, id: Uuid, code: &str) -> Result<Said, NotificationsError> {
    const TRY: &str = "UPDATE phones SET code_tries = code_tries + 1 WHERE id = $1 AND user_id = $2 \
        AND code_hash IS NOT NULL AND code_sent_at > $3 AND code_tries < $4";
    const RIGHT: &str =
        "UPDATE phones SET verified_at = $1, code_hash = NULL, code_sent_at = NULL WHERE id = $2 AND user_id = $3";
    const OTHERS: &str = "DELETE FROM phones WHERE user_id = $1 AND id <> $2";
    let (now, oldest) = (tx.now().micros(), tx.now().plus_seconds(-CODE_SECONDS).micros());
    let counted = execute(tx, TRY, [id.into(), user.into(), oldest.into(), MOST_TRIES.into()]).await?;
    let row = own(tx, user, id).await?;
    if counted == 0 {
        return Ok(if row.verified_at.is_some() { Said::Right(row) } else { Said::Over });
    }
    if !row.code_hash.as_deref().is_some_and(|hash| is_same(tx.store(), id, code, hash)) {
        return Ok(Said::Wrong);
    }
    execute(tx, RIGHT, [now.into(), id.into(), user.into()]).await?;
    execute(tx, OTHERS, [user.into(), id.into()]).await?;
    Ok(Said::Right(own(tx, user, id).await?))
}

pub(crate) async fn remove(tx: &Tx, user: Uuid, id: Uuid) -> Result<u64, StoreError> {
    execute(tx, "DELETE FROM phones WHERE id = $1 AND user_id = $2", [id.into(), user.into()]).await
}

/// Six digits, each as likely as the other.
pub(crate) fn new_code(random: &dyn Random) -> String {
    // The largest multiple of a million that fits.
    const BOUND: u32 = u32::MAX - u32::MAX % 1_000_000;
    loop {
        let mut bytes = [0; 4];
        random.fill(&mut bytes);
        let number = u32::from_le_bytes(bytes);
        if number < BOUND {
            return format!("{:06}", number % 1_000_000);
        }
    }
}

fn mac(store: &Store, phone: Uuid, code: &str) -> Hmac<Sha256> {
    let key = store.environment().cipher.derive("notifications: codes of telephones");
    // A short key is filled up with zeros to the digest's block (RFC 2104).
    let mut block = [0_u8; 64];
    block[..key.expose().len()].copy_from_slice(key.expose());
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
    mac.update(phone.as_bytes());
    mac.update(code.as_bytes());
    mac
}

fn digest(store: &Store, phone: Uuid, code: &str) -> Vec<u8> {
    mac(store, phone, code).finalize().into_bytes().to_vec()
}

/// In a time that does not depend on where they differ.
pub(crate) fn is_same(store: &Store, phone: Uuid, code: &str, hash: &[u8]) -> bool {
    mac(store, phone, code).verify_slice(hash).is_ok()
}

/// `+` and 7 to 15 digits (E.164), of what people write with spaces, hyphens, points and brackets; nothing where it is no number.
pub(crate) fn e164(text: &str) -> Option<String> {
    if text.len() > 40 {
        return None;
    }
    let plain: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')' | '\u{a0}')).collect();
    let digits = plain.strip_prefix('+')?;
    let good = (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    good.then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use banyan_kernel::OsRandom;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        assert_eq!(e164("+62 812-3456-7890").as_deref(), Some("+6281234567890"));
        assert_eq!(e164("+1 (415) 555.2671").as_deref(), Some("+14155552671"));
        let long = format!("+{}", "1".repeat(16));
        for bad in [
            "",
            "+",
            "0812 3456 7890",
            "+0123456789",
            "+12345",
            &long,
            "+6281234x",
            "62812345678",
            "+６２８１２３４５６７",
            "++6281234567",
        ] {
            assert_eq!(e164(bad), None, "{bad}");
        }
    }

    #[test]
    fn codes_have_six_digits() {
        for _ in 0..200 {
            let code = new_code(&OsRandom);
            assert!(code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()), "{code}");
        }
    }
}
