//! Logging in: with constant answers, bounded hashing, and locks that grow.

use std::net::IpAddr;

use banyan_contracts::identity::SessionOpened;
use banyan_kernel::Uuid;
use banyan_store::audit::Record;
use banyan_store::{Rows, Tx};
use serde_json::json;

use crate::email::Email;
use crate::entity::user;
use crate::lockout::{Backoff, Failures};
use crate::model::{Kind, Person};
use crate::passwords::{Password, Verdict};
use crate::secrets::{OpaqueSecret, SecretKind};
use crate::store::{accounts, failures, sessions};
use crate::tokens::{Claims, LIFETIME_SECONDS, SigningFailed};
use crate::visit::Visit;
use crate::{Identity, IdentityError};

/// `client_id` of people's tokens: our own clients.
const FIRST_PARTY: &str = "banyan";

/// What somebody gets who is let in.
#[derive(Clone, Debug)]
pub(crate) struct Welcome {
    pub(crate) person: Person,
    pub(crate) access_token: String,
    pub(crate) refresh_token: OpaqueSecret,
}

/// What the first look finds; all of it may be nothing.
struct Found {
    user: Option<Uuid>,
    hash: Option<String>,
    account: Failures,
    address: Failures,
}

/// How an attempt ended, inside its transaction. Not an error there: failures are counted and recorded.
enum Ended {
    In(Box<Person>, Uuid),
    Out(IdentityError),
}

impl Identity {
    /// Lets somebody in by e-mail and password.
    ///
    /// Unknown, disabled, without a password, wrong: the same answer, after the same work.
    pub(crate) async fn log_in(&self, visit: &Visit, email: &str, password: &str) -> Result<Welcome, IdentityError> {
        // Text that is no address cannot be an account; it is counted all the same, so that it is answered the same.
        let counted = Counted::of(self, visit, Email::parse(email).as_ref().map_or(email, Email::as_str));
        let email = Email::parse(email).ok();
        let rows = self.system(visit.tenant(), visit.request());
        let (email, counters) = (&email, &counted);
        let found = rows.read(move |tx| async move { look(&tx, email.as_ref(), counters).await }).await?;
        refuse_locked(&[found.account, found.address], self.0.clock.now())?;

        let known_hash = found.hash.clone();
        let verdict = self.0.passwords.verify(Password::attempt(password), found.hash).await?;
        let refresh_token = OpaqueSecret::new(SecretKind::Refresh, &*self.0.random);
        let (verdict, refresh, hash, user) = (&verdict, &refresh_token, &known_hash, found.user);
        let ended = rows.write(move |tx| async move {
            let attempt = Attempt { visit, counters, user, hash: hash.as_deref(), verdict, refresh };
            attempt.settle(&tx).await
        });
        match ended.await? {
            Ended::In(person, session) => {
                let access_token = self.access_token(&person, session)?;
                Ok(Welcome { person: *person, access_token, refresh_token })
            }
            Ended::Out(error) => Err(error),
        }
    }

    /// Asks a person who is in for the password once more. Failures count as those of a log-in.
    pub(crate) async fn confirm_password(
        &self,
        rows: &Rows,
        user: &user::Model,
        stored: Option<String>,
        password: &str,
    ) -> Result<(), IdentityError> {
        let account = self.subject("account", &user.email);
        let account = &account;
        let locked = rows.read(move |tx: Tx| async move { Ok::<_, IdentityError>(failures::load(&tx, account).await?) }).await?;
        refuse_locked(&[locked], self.0.clock.now())?;
        let verdict = self.0.passwords.verify(Password::attempt(password), stored).await?;
        if verdict != Verdict::Wrong {
            return Ok(());
        }
        let id = user.id;
        let counted = rows.write(move |tx| async move {
            let held = failures::hold(&tx, account).await?;
            let failures = failures::count(&tx, account, held, Backoff::ACCOUNT).await?;
            tx.audit(Record::new("password.confirmation-failed").subject(id).detail(json!({ "failures": failures.count })));
            Ok::<_, IdentityError>(())
        });
        counted.await?;
        Err(IdentityError::InvalidCredentials)
    }

    /// A signed access token for the session.
    pub(crate) fn access_token(&self, person: &Person, session: Uuid) -> Result<String, SigningFailed> {
        let now = self.0.clock.now().seconds();
        let client_id =
            if person.user.kind == Kind::Service.word() { person.user.id.to_string() } else { FIRST_PARTY.to_owned() };
        self.0.tokens.sign(&Claims {
            issuer: self.0.tokens.issuer().to_owned(),
            audience: self.0.tokens.audience().to_owned(),
            user: person.user.id,
            client_id,
            tenant: person.user.tenant_id,
            session,
            rights_version: person.rights.version,
            roles: person.rights.roles.iter().collect(),
            organisations: person.rights.organisations.clone(),
            issued_at: now,
            expires_at: now + LIFETIME_SECONDS,
            id: self.0.ids.next(),
        })
    }
}

/// Who is counted when the attempt fails.
struct Counted {
    account: failures::Subject,
    address: Option<failures::Subject>,
}

impl Counted {
    fn of(identity: &Identity, visit: &Visit, email: &str) -> Self {
        let address = visit.device.counted.map(|address| identity.subject("address", &network(address)));
        Self { account: identity.subject("account", email), address }
    }
}

/// What one party has of addresses: one of IPv4, a /64 of IPv6 (RFC 6177).
fn network(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("{:016x}", address.to_bits() >> 64),
    }
}

async fn look(tx: &Tx, email: Option<&Email>, counted: &Counted) -> Result<Found, IdentityError> {
    let account = failures::load(tx, &counted.account).await?;
    let address = match &counted.address {
        Some(subject) => failures::load(tx, subject).await?,
        None => Failures::default(),
    };
    let user = match email {
        Some(email) => accounts::find_by_email(tx, email).await?.map(|user| user.id),
        None => None,
    };
    // Asked for an unknown account, too, so that both take as long.
    let hash = accounts::password_hash(tx, user.unwrap_or_default()).await?;
    Ok(Found { user, hash, account, address })
}

fn refuse_locked(counters: &[Failures], now: banyan_kernel::Timestamp) -> Result<(), IdentityError> {
    let longest = counters.iter().filter_map(|failures| failures.locked_for(now)).max();
    match longest {
        Some(seconds) => Err(IdentityError::Locked { seconds, until: now.plus_seconds(seconds) }),
        None => Ok(()),
    }
}

struct Attempt<'a> {
    visit: &'a Visit,
    counters: &'a Counted,
    user: Option<Uuid>,
    /// What the password was compared with.
    hash: Option<&'a str>,
    verdict: &'a Verdict,
    refresh: &'a OpaqueSecret,
}

impl Attempt<'_> {
    async fn settle(&self, tx: &Tx) -> Result<Ended, IdentityError> {
        // Once more, in the transaction: others may have failed while this one was hashed. Whoever holds the counter is told; the rest
        // of a burst finds it locked, a right password among them, too.
        let account = failures::hold(tx, &self.counters.account).await?;
        if let Err(locked) = refuse_locked(&[account], tx.now()) {
            return Ok(Ended::Out(locked));
        }
        let person = match self.user {
            Some(user) => accounts::person(tx, user).await?,
            None => None,
        };
        // The password may have been changed while this one was compared with the old one.
        let present = accounts::password_hash(tx, self.user.unwrap_or_default()).await?;
        let right = *self.verdict != Verdict::Wrong && present.as_deref() == self.hash;
        match person.filter(|person| right && person.is_active()) {
            Some(person) => self.welcome(tx, person).await,
            None => self.turn_away(tx, account).await,
        }
    }

    async fn welcome(&self, tx: &Tx, person: Person) -> Result<Ended, IdentityError> {
        let user = person.user.id;
        failures::clear(tx, &self.counters.account).await?;
        if let (Verdict::RightButOutdated(new), Some(old)) = (self.verdict, self.hash) {
            accounts::rehash(tx, user, old, new).await?;
        }
        let session = sessions::open(tx, user, &self.visit.device, self.refresh.fingerprint()).await?;
        tx.publish(&SessionOpened { user_id: user, session_id: session.id }).await?;
        tx.audit(Record::new("session.opened").subject(user).object("session", session.id));
        Ok(Ended::In(Box::new(person), session.id))
    }

    async fn turn_away(&self, tx: &Tx, held: Failures) -> Result<Ended, IdentityError> {
        let failures = failures::count(tx, &self.counters.account, held, Backoff::ACCOUNT).await?;
        if let Some(address) = &self.counters.address {
            let held = failures::hold(tx, address).await?;
            failures::count(tx, address, held, Backoff::ADDRESS).await?;
        }
        let locked = failures.locked_for(tx.now());
        let mut record = Record::new("login.failed").detail(json!({ "failures": failures.count, "lockedSeconds": locked }));
        if let Some(user) = self.user {
            record = record.subject(user);
        }
        tx.audit(record);
        Ok(Ended::Out(IdentityError::InvalidCredentials))
    }
}

#[cfg(test)]
mod tests {
    use super::network;

    #[test]
    fn one_party_is_counted_as_one() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("203.0.113.7"), of("203.0.113.8"));
    }
}
