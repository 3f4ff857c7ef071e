//! Refresh tokens: each is used once. Its successor is derived from it, so that a retry after a lost answer gets the very same one;
//! whoever comes later with a used token has a copy of it, and the whole session ends (RFC 9700 §4.14.2).

use banyan_contracts::identity::SessionRevoked;
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::Tx;
use banyan_store::audit::Record;

use crate::entity::{refresh_token, session};
use crate::keeping::announce;
use crate::login::Welcome;
use crate::model::Person;
use crate::secrets::{OpaqueSecret, SecretKind};
use crate::signals::Signal;
use crate::store::{accounts, sessions};
use crate::visit::Visit;
use crate::{Identity, IdentityError};

/// For so many seconds a used token is given its successor again.
pub(crate) const GRACE_SECONDS: i64 = 10;

/// How a refresh ended, inside its transaction.
enum Ended {
    Renewed(Box<Person>, Uuid),
    Refused,
    /// A used token came back: the session has ended.
    Reused(Uuid),
}

impl Identity {
    /// A new pair of tokens for a refresh token.
    pub(crate) async fn refresh(&self, visit: &Visit, token: &str) -> Result<Welcome, IdentityError> {
        let token = OpaqueSecret::parse(SecretKind::Refresh, token).ok_or(IdentityError::InvalidRefreshToken)?;
        let next = token.successor(&self.0.successor_key);
        let rows = self.system(visit.tenant(), visit.request());
        let (presented, successor) = (&token, &next);
        let ended = rows.write(move |tx| async move { renew(&tx, presented, successor).await }).await?;
        match ended {
            Ended::Renewed(person, session) => {
                let access_token = self.access_token(&person, session)?;
                Ok(Welcome { person: *person, access_token, refresh_token: next })
            }
            Ended::Refused => Err(IdentityError::InvalidRefreshToken),
            Ended::Reused(session) => {
                self.heed(&[Signal::SessionEnded(session)]);
                Err(IdentityError::InvalidRefreshToken)
            }
        }
    }
}

async fn renew(tx: &Tx, presented: &OpaqueSecret, successor: &OpaqueSecret) -> Result<Ended, IdentityError> {
    let Some(token) = sessions::find_token(tx, presented.fingerprint()).await? else {
        return Ok(Ended::Refused);
    };
    let Some((session, person)) = live_session(tx, &token).await? else {
        return Ok(Ended::Refused);
    };
    if token.used_at.is_none() && token.expires_at <= tx.now().micros() {
        return Ok(Ended::Refused);
    }
    if token.used_at.is_none() && sessions::claim_token(tx, token.id).await? {
        sessions::add_token(tx, &session, Some(token.id), successor.fingerprint()).await?;
        sessions::touch(tx, session.id).await?;
        return Ok(Ended::Renewed(Box::new(person), session.id));
    }
    // Used before, or by another transaction since we looked.
    if is_retry(tx, presented).await? {
        return Ok(Ended::Renewed(Box::new(person), session.id));
    }
    sessions::end(tx, session.id).await?;
    announce(tx, &[Signal::SessionEnded(session.id)]).await?;
    tx.publish(&SessionRevoked { user_id: session.user_id, session_id: session.id }).await?;
    tx.audit(Record::new("session.refresh-reused").subject(session.user_id).object("session", session.id));
    Ok(Ended::Reused(session.id))
}

/// The session and its person, if both may go on.
async fn live_session(tx: &Tx, token: &refresh_token::Model) -> Result<Option<(session::Model, Person)>, IdentityError> {
    let Some(session) = sessions::find(tx, token.session_id).await? else {
        return Ok(None);
    };
    if session.revoked_at.is_some() || session.expires_at <= tx.now().micros() {
        return Ok(None);
    }
    let person = accounts::person(tx, session.user_id).await?.filter(Person::is_active);
    Ok(person.map(|person| (session, person)))
}

/// Within the grace window, and the successor has not been used: the answer was lost, or two tabs asked at once.
async fn is_retry(tx: &Tx, presented: &OpaqueSecret) -> Result<bool, IdentityError> {
    let Some(token) = sessions::find_token(tx, presented.fingerprint()).await? else {
        return Ok(false);
    };
    let used_at = token.used_at.map(Timestamp::from_micros);
    let in_time = used_at.is_some_and(|used| tx.now().micros() - used.micros() <= GRACE_SECONDS * Timestamp::MICROS_PER_SECOND);
    let child = sessions::child_of(tx, token.id).await?;
    Ok(in_time && child.is_some_and(|child| child.used_at.is_none()))
}
