//! Acts of those who run a tenant on accounts: make, disable, enable, roles, sessions, service accounts.

use banyan_contracts::identity::{InvitationCreated, UserDisabled, UserEnabled, UserRegistered, UserRolesChanged};
use banyan_kernel::{Caller, ErrorCode, Roles, Uuid};
use banyan_store::audit::Record;
use banyan_store::idempotency::IdempotencyKey;
use banyan_store::{Rows, Tx};
use serde_json::json;

use crate::accounts::{email_taken, end_sessions};
use crate::email::Email;
use crate::keeping::announce;
use crate::model::{Kind, Manager, NotAllowed, Person, Rights, Status};
use crate::secrets::{OpaqueSecret, SecretKind};
use crate::signals::Signal;
use crate::store::accounts::{self, NewUser};
use crate::store::invitations::{self, NewInvitation};
use crate::store::roles;
use crate::store::sessions::Which;
use crate::view::UserView;
use crate::visit::Visit;
use crate::{Identity, IdentityError};

/// Somebody whom an administrator adds.
#[derive(Clone, Debug)]
pub(crate) struct Newcomer<'a> {
    pub email: &'a Email,
    pub name: &'a str,
    pub roles: Roles,
    /// Of the one who adds, for the mail.
    pub locale: &'a str,
}

/// The caller as one who acts on accounts.
pub(crate) fn manager(caller: &Caller) -> Result<Manager, ErrorCode> {
    Ok(Manager::Person { id: caller.require_user()?, roles: caller.roles })
}

impl Identity {
    /// Makes an account without a password and invites its person to set one.
    pub(crate) async fn add_person(
        &self,
        rows: &Rows,
        by: Manager,
        key: Option<&IdempotencyKey>,
        new: &Newcomer<'_>,
    ) -> Result<UserView, IdentityError> {
        by.may_appoint(new.roles)?;
        let made = rows.write_once(key, move |tx| async move {
            let account =
                NewUser { email: new.email.as_str(), name: new.name, kind: Kind::Person, locale: None, verified_at: None };
            let user = accounts::add(&tx, &account).await?;
            roles::replace(&tx, user.id, Roles::NONE, new.roles).await?;
            let invitation = NewInvitation {
                email: &user.email,
                name: Some(new.name),
                roles: new.roles,
                organisation: None,
                user: Some(user.id),
                locale: None,
            };
            let invitation = invitations::add(&tx, &invitation).await?;
            tx.publish(&UserRegistered { user_id: user.id, locale: None }).await?;
            tx.publish(&InvitationCreated { invitation_id: invitation.id, locale: new.locale.to_owned() }).await?;
            let detail = json!({ "roles": names(new.roles) });
            tx.audit(Record::new("user.created").subject(user.id).object("user", user.id).detail(detail));
            tx.audit(Record::new("invitation.created").subject(user.id).object("invitation", invitation.id));
            let rights = Rights { roles: new.roles, organisations: Vec::new(), version: user.rights_version };
            Ok::<_, IdentityError>(UserView::from(Person { user, rights }))
        });
        made.await.map_err(email_taken)
    }

    /// Somebody of the tenant, with roles and organisations.
    pub(crate) async fn find_person(&self, rows: &Rows, id: Uuid) -> Result<Person, IdentityError> {
        let read = move |tx: Tx| async move { accounts::person(&tx, id).await?.ok_or(IdentityError::Hidden) };
        rows.read(read).await
    }

    /// Lets an account be used, or not. A disabled one's sessions and tokens end at once.
    pub(crate) async fn change_status(
        &self,
        rows: &Rows,
        by: Manager,
        id: Uuid,
        status: Status,
    ) -> Result<Person, IdentityError> {
        let changed = rows.write(move |tx| async move {
            let before = accounts::person(&tx, id).await?.ok_or(IdentityError::Hidden)?;
            by.may_change(id, before.rights.roles)?;
            if before.user.status == status.word() {
                return Ok((before, Vec::new()));
            }
            let signals = match status {
                Status::Disabled => disable(&tx, &before).await?,
                Status::Active => enable(&tx, id).await?,
            };
            let after = accounts::person(&tx, id).await?.ok_or(IdentityError::Hidden)?;
            Ok::<_, IdentityError>((after, signals))
        });
        let (person, signals) = changed.await?;
        self.heed(&signals);
        Ok(person)
    }

    /// Replaces the roles of an account; its tokens must be renewed at once.
    pub(crate) async fn change_roles(&self, rows: &Rows, by: Manager, id: Uuid, after: Roles) -> Result<Person, IdentityError> {
        let changed = rows.write(move |tx| async move {
            let before = accounts::person(&tx, id).await?.ok_or(IdentityError::Hidden)?;
            by.may_assign(id, before.rights.roles, after)?;
            if before.rights.roles == after {
                return Ok((before, Vec::new()));
            }
            keep_an_owner(&tx, &before, after).await?;
            roles::replace(&tx, id, before.rights.roles, after).await?;
            let signals = raise_rights(&tx, id).await?;
            tx.publish(&UserRolesChanged { user_id: id, roles: after.iter().collect() }).await?;
            let detail = json!({ "before": names(before.rights.roles), "after": names(after) });
            tx.audit(Record::new("user.roles-changed").subject(id).object("user", id).detail(detail));
            let person = accounts::person(&tx, id).await?.ok_or(IdentityError::Hidden)?;
            Ok::<_, IdentityError>((person, signals))
        });
        let (person, signals) = changed.await?;
        self.heed(&signals);
        Ok(person)
    }

    /// Ends all sessions of somebody else.
    pub(crate) async fn end_sessions_of(&self, rows: &Rows, by: Manager, id: Uuid) -> Result<(), IdentityError> {
        let ended = rows.write(move |tx| async move {
            let person = accounts::person(&tx, id).await?.ok_or(IdentityError::Hidden)?;
            by.may_change(id, person.rights.roles)?;
            end_sessions(&tx, id, Which::All).await
        });
        self.heed(&ended.await?);
        Ok(())
    }

    /// Makes an account for a program. The secret is shown once, here.
    pub(crate) async fn add_service_account(
        &self,
        rows: &Rows,
        by: Manager,
        key: Option<&IdempotencyKey>,
        name: &str,
        roles: Roles,
    ) -> Result<(UserView, String), IdentityError> {
        by.may_appoint(roles)?;
        let secret = OpaqueSecret::new(SecretKind::Client, &*self.0.random);
        let secret = &secret;
        let made = rows.write_once(key, move |tx| async move {
            // No mail can reach this address: `.invalid` belongs to nobody (RFC 6761).
            let email = format!("{}@service.invalid", tx.new_id());
            let new = NewUser { email: &email, name, kind: Kind::Service, locale: None, verified_at: None };
            let user = accounts::add(&tx, &new).await?;
            roles::replace(&tx, user.id, Roles::NONE, roles).await?;
            accounts::add_client_secret(&tx, user.id, secret.fingerprint()).await?;
            let detail = json!({ "roles": names(roles) });
            tx.audit(Record::new("service-account.created").subject(user.id).object("user", user.id).detail(detail));
            let rights = Rights { roles, organisations: Vec::new(), version: user.rights_version };
            Ok::<_, IdentityError>((UserView::from(Person { user, rights }), secret.reveal().to_owned()))
        });
        made.await
    }

    /// A token for a program that shows its secret. There is no refresh token: it shows the secret again.
    pub(crate) async fn client_token(&self, visit: &Visit, client: Uuid, secret: &str) -> Result<String, IdentityError> {
        let secret = OpaqueSecret::parse(SecretKind::Client, secret).ok_or(IdentityError::InvalidCredentials)?;
        let secret = &secret;
        let read = move |tx: Tx| async move {
            let row = accounts::client_secret(&tx, secret.fingerprint()).await?.ok_or(IdentityError::InvalidCredentials)?;
            let person =
                accounts::person(&tx, row.user_id).await?.filter(|person| person.is_active() && person.user.id == client);
            Ok::<_, IdentityError>((person.ok_or(IdentityError::InvalidCredentials)?, row.id))
        };
        let (person, credential) = self.system(visit.tenant(), visit.request()).read(read).await?;
        Ok(self.access_token(&person, credential)?)
    }
}

pub(crate) async fn disable(tx: &Tx, person: &Person) -> Result<Vec<Signal>, IdentityError> {
    let id = person.user.id;
    keep_an_owner(tx, person, Roles::NONE).await?;
    accounts::set_status(tx, id, Status::Disabled).await?;
    let mut signals = end_sessions(tx, id, Which::All).await?;
    signals.extend(raise_rights(tx, id).await?);
    tx.publish(&UserDisabled { user_id: id }).await?;
    tx.audit(Record::new("user.disabled").subject(id).object("user", id));
    Ok(signals)
}

async fn enable(tx: &Tx, id: Uuid) -> Result<Vec<Signal>, IdentityError> {
    accounts::set_status(tx, id, Status::Active).await?;
    let signals = raise_rights(tx, id).await?;
    tx.publish(&UserEnabled { user_id: id }).await?;
    tx.audit(Record::new("user.enabled").subject(id).object("user", id));
    Ok(signals)
}

/// A change of roles, status or membership: tokens that say otherwise count no longer.
pub(crate) async fn raise_rights(tx: &Tx, user: Uuid) -> Result<Vec<Signal>, IdentityError> {
    let version = roles::raise(tx, user).await?;
    let signals = vec![Signal::RightsRaised { user, version }];
    announce(tx, &signals).await?;
    Ok(signals)
}

/// Refuses to take the role of the last active owner.
pub(crate) async fn keep_an_owner(tx: &Tx, person: &Person, after: Roles) -> Result<(), IdentityError> {
    let owner = banyan_kernel::Role::Owner;
    let loses = person.is_active() && person.rights.roles.contains(owner) && !after.contains(owner);
    if loses && !roles::has_another_owner(tx, person.user.id).await? {
        return Err(NotAllowed::LastOwner.into());
    }
    Ok(())
}

pub(crate) fn names(roles: Roles) -> Vec<&'static str> {
    roles.iter().map(banyan_kernel::Role::name).collect()
}
