//! A person's own account: registration, profile, preferences, password, sessions.

use banyan_contracts::identity::{
    PasswordChanged, SessionOpened, SessionRevoked, UserProfileChanged, UserRegistered, VerificationRequested,
};
use banyan_kernel::{Caller, Role, Roles, Uuid};
use banyan_store::Tx;
use banyan_store::audit::Record;

use crate::email::Email;
use crate::keeping::announce;
use crate::login::Welcome;
use crate::model::{Kind, Person, Rights};
use crate::passwords::{Password, Personal};
use crate::secrets::{OpaqueSecret, SecretKind};
use crate::signals::Signal;
use crate::store::accounts::{self, NewUser, ProfileChange};
use crate::store::roles;
use crate::store::sessions::{self, Which};
use crate::tenants::Registration;
use crate::visit::Visit;
use crate::{Identity, IdentityError};

/// The index that refuses a second account for an address.
const EMAIL_INDEX: &str = "idx_users_email";

/// A unique address that is taken, as this crate says it.
pub(crate) fn email_taken(error: IdentityError) -> IdentityError {
    match error {
        IdentityError::Store(error) if error.is_unique(EMAIL_INDEX) => IdentityError::EmailTaken,
        other => other,
    }
}

/// The roles of a person who comes without being asked.
pub(crate) fn newcomer() -> Roles {
    Roles::NONE.with(Role::User)
}

impl Identity {
    /// Makes an account and lets its person in.
    pub(crate) async fn register(
        &self,
        visit: &Visit,
        email: &str,
        password: &str,
        name: &str,
    ) -> Result<Welcome, IdentityError> {
        let tenant = self.tenant(visit.tenant());
        if tenant.is_none_or(|tenant| tenant.registration == Registration::Closed) {
            return Err(IdentityError::RegistrationClosed);
        }
        let email = Email::parse(email)?;
        let password = choose(password, &email, name)?;
        let rows = self.system(visit.tenant(), visit.request());
        let address = &email;
        let taken =
            rows.read(move |tx| async move { Ok::<_, IdentityError>(accounts::find_by_email(&tx, address).await?.is_some()) });
        if taken.await? {
            return Err(IdentityError::EmailTaken);
        }
        let hash = self.0.passwords.hash(password).await?;
        let refresh_token = OpaqueSecret::new(SecretKind::Refresh, &*self.0.random);
        let (hash, refresh) = (&hash, &refresh_token);
        let made = rows.write(move |tx| async move {
            let new = NewUser { email: address.as_str(), name, kind: Kind::Person, locale: None, verified_at: None };
            let user = accounts::add(&tx, &new).await?;
            accounts::set_password(&tx, user.id, hash).await?;
            roles::replace(&tx, user.id, Roles::NONE, newcomer()).await?;
            tx.publish(&UserRegistered { user_id: user.id, locale: None }).await?;
            tx.publish(&VerificationRequested { user_id: user.id, locale: visit.locale.tag().to_owned() }).await?;
            tx.audit(Record::new("user.registered").subject(user.id).object("user", user.id));
            let session = sessions::open(&tx, user.id, &visit.device, refresh.fingerprint()).await?;
            tx.publish(&SessionOpened { user_id: user.id, session_id: session.id }).await?;
            tx.audit(Record::new("session.opened").subject(user.id).object("session", session.id));
            let rights = Rights { roles: newcomer(), organisations: Vec::new(), version: user.rights_version };
            Ok::<_, IdentityError>((Person { user, rights }, session.id))
        });
        let (person, session) = made.await.map_err(email_taken)?;
        let access_token = self.access_token(&person, session)?;
        Ok(Welcome { person, access_token, refresh_token })
    }

    /// The caller with roles and organisations.
    pub(crate) async fn profile(&self, caller: &Caller) -> Result<Person, IdentityError> {
        let id = user_of(caller)?;
        let read = move |tx: Tx| async move { accounts::person(&tx, id).await?.ok_or(IdentityError::Hidden) };
        self.rows(caller).read(read).await
    }

    /// Changes the caller's profile if it still has the version; `None` takes any.
    pub(crate) async fn change_profile(
        &self,
        caller: &Caller,
        version: Option<i64>,
        change: &ProfileChange,
    ) -> Result<Person, IdentityError> {
        let id = user_of(caller)?;
        let rows = self.rows(caller);
        let changed = rows.write(move |tx| async move {
            if !accounts::change_profile(&tx, id, version, change).await? {
                return Err(IdentityError::Changed);
            }
            let person = accounts::person(&tx, id).await?.ok_or(IdentityError::Hidden)?;
            let event =
                UserProfileChanged { user_id: id, locale: person.user.locale.clone(), time_zone: person.user.time_zone.clone() };
            tx.publish(&event).await?;
            announce(&tx, &[Signal::PersonChanged(id)]).await?;
            Ok(person)
        });
        let person = changed.await?;
        self.0.languages.choose(id, person.user.locale.as_deref());
        Ok(person)
    }

    /// What the caller wants to be told of, and the person.
    pub(crate) async fn preferences(&self, caller: &Caller) -> Result<(Person, Option<serde_json::Value>), IdentityError> {
        let id = user_of(caller)?;
        let read = move |tx: Tx| async move {
            let person = accounts::person(&tx, id).await?.ok_or(IdentityError::Hidden)?;
            Ok::<_, IdentityError>((person, accounts::notifications(&tx, id).await?))
        };
        self.rows(caller).read(read).await
    }

    /// Saves preferences; `None` leaves as it is.
    pub(crate) async fn set_preferences(
        &self,
        caller: &Caller,
        notifications: Option<&serde_json::Value>,
        language: Option<Option<String>>,
    ) -> Result<(Person, Option<serde_json::Value>), IdentityError> {
        let id = user_of(caller)?;
        if let Some(notifications) = notifications {
            let write =
                move |tx: Tx| async move { Ok::<_, IdentityError>(accounts::set_notifications(&tx, id, notifications).await?) };
            self.rows(caller).write(write).await?;
        }
        if let Some(locale) = language {
            let change = ProfileChange { locale: Some(locale), ..ProfileChange::default() };
            self.change_profile(caller, None, &change).await?;
        }
        self.preferences(caller).await
    }

    /// Another password for somebody who knows the present one. All other sessions end.
    pub(crate) async fn change_password(&self, caller: &Caller, present: &str, new: &str) -> Result<(), IdentityError> {
        let id = user_of(caller)?;
        let rows = self.system(caller.tenant, caller.request);
        let read = move |tx: Tx| async move {
            let user = accounts::find(&tx, id).await?.ok_or(IdentityError::Hidden)?;
            Ok::<_, IdentityError>((user, accounts::password_hash(&tx, id).await?))
        };
        let (user, stored) = rows.read(read).await?;
        self.confirm_password(&rows, &user, stored, present).await?;
        let personal = Personal { email: &user.email, name: &user.name };
        let password = Password::choose(new, personal).map_err(IdentityError::WeakPassword)?;
        let hash = self.0.passwords.hash(password).await?;
        let kept = caller.session.map_or(Which::All, Which::AllBut);
        let hash = &hash;
        let ended = rows.write(move |tx| async move {
            accounts::set_password(&tx, id, hash).await?;
            tx.publish(&PasswordChanged { user_id: id }).await?;
            tx.audit(Record::new("password.changed").subject(id));
            end_sessions(&tx, id, kept).await
        });
        self.heed(&ended.await?);
        Ok(())
    }

    /// Ends one of the caller's sessions.
    pub(crate) async fn end_session(&self, caller: &Caller, session: Uuid) -> Result<(), IdentityError> {
        let id = user_of(caller)?;
        let rows = self.rows(caller);
        let ended = rows.write(move |tx| async move {
            let row = sessions::find(&tx, session).await?.filter(|row| row.user_id == id).ok_or(IdentityError::Hidden)?;
            if !sessions::end(&tx, row.id).await? {
                return Ok(Vec::new());
            }
            let signals = vec![Signal::SessionEnded(row.id)];
            announce(&tx, &signals).await?;
            tx.publish(&SessionRevoked { user_id: id, session_id: row.id }).await?;
            tx.audit(Record::new("session.revoked").subject(id).object("session", row.id));
            Ok::<_, IdentityError>(signals)
        });
        self.heed(&ended.await?);
        Ok(())
    }

    /// Ends all of the caller's sessions but the one that asks.
    pub(crate) async fn end_other_sessions(&self, caller: &Caller) -> Result<(), IdentityError> {
        let id = user_of(caller)?;
        let which = caller.session.map_or(Which::All, Which::AllBut);
        let rows = self.rows(caller);
        let ended = rows.write(move |tx| async move { end_sessions(&tx, id, which).await });
        self.heed(&ended.await?);
        Ok(())
    }

    /// Ends the session of a refresh token that its holder still has. Says nothing about tokens that count no longer.
    pub(crate) async fn log_out_by_token(&self, visit: &Visit, token: &str) -> Result<(), IdentityError> {
        let token = OpaqueSecret::parse(SecretKind::Refresh, token).ok_or(IdentityError::InvalidRefreshToken)?;
        let token = &token;
        let rows = self.system(visit.tenant(), visit.request());
        let ended = rows.write(move |tx| async move {
            let Some(row) = sessions::find_token(&tx, token.fingerprint()).await? else {
                return Err(IdentityError::InvalidRefreshToken);
            };
            let session = sessions::find(&tx, row.session_id).await?.ok_or(IdentityError::InvalidRefreshToken)?;
            if !sessions::end(&tx, session.id).await? {
                return Ok(Vec::new());
            }
            let signals = vec![Signal::SessionEnded(session.id)];
            announce(&tx, &signals).await?;
            tx.publish(&SessionRevoked { user_id: session.user_id, session_id: session.id }).await?;
            tx.audit(Record::new("session.closed").subject(session.user_id).object("session", session.id));
            Ok(signals)
        });
        self.heed(&ended.await?);
        Ok(())
    }
}

/// Ends a person's sessions in their transaction, with event, record and signal for each.
pub(crate) async fn end_sessions(tx: &Tx, user: Uuid, which: Which) -> Result<Vec<Signal>, IdentityError> {
    let ended = sessions::end_all(tx, user, which).await?;
    for session in &ended {
        tx.publish(&SessionRevoked { user_id: user, session_id: *session }).await?;
        tx.audit(Record::new("session.revoked").subject(user).object("session", *session));
    }
    let signals: Vec<Signal> = ended.into_iter().map(Signal::SessionEnded).collect();
    announce(tx, &signals).await?;
    Ok(signals)
}

pub(crate) fn choose(password: &str, email: &Email, name: &str) -> Result<Password, IdentityError> {
    Password::choose(password, Personal { email: email.as_str(), name }).map_err(IdentityError::WeakPassword)
}

/// The caller's id; handlers have let nobody else in.
pub(crate) fn user_of(caller: &Caller) -> Result<Uuid, IdentityError> {
    caller.user_id().ok_or(IdentityError::Hidden)
}
