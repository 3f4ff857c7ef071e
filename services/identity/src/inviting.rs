//! Invitations: an address is asked in, and whoever reads its mail sets a password and is let in.

use banyan_contracts::identity::{InvitationCreated, SessionOpened, UserRegistered};
use banyan_kernel::{Roles, Timestamp, Uuid};
use banyan_store::audit::Record;
use banyan_store::idempotency::IdempotencyKey;
use banyan_store::{Rows, Tx};
use serde_json::json;

use crate::accounts::{choose, email_taken};
use crate::email::Email;
use crate::entity::{invitation, one_time_token, user};
use crate::login::Welcome;
use crate::managing::{Newcomer, names, raise_rights};
use crate::model::{Kind, Manager, Person, Purpose, Status};
use crate::organising;
use crate::recovery::{fingerprint, verify};
use crate::secrets::{Fingerprint, OpaqueSecret, SecretKind};
use crate::signals::Signal;
use crate::store::accounts::{self, NewUser};
use crate::store::invitations::{self, NewInvitation, State};
use crate::store::{organisations, roles, sessions, tokens};
use crate::view::InvitationView;
use crate::visit::Visit;
use crate::{Identity, IdentityError};

impl Identity {
    /// Invites an address that has no account.
    pub(crate) async fn invite(
        &self,
        rows: &Rows,
        by: Manager,
        key: Option<&IdempotencyKey>,
        new: &Newcomer<'_>,
        organisation: Option<Uuid>,
    ) -> Result<InvitationView, IdentityError> {
        by.may_appoint(new.roles)?;
        let made = rows.write_once(key, move |tx| async move {
            if accounts::find_by_email(&tx, new.email).await?.is_some() {
                return Err(IdentityError::EmailTaken);
            }
            if invitations::is_pending(&tx, new.email.as_str()).await? {
                return Err(IdentityError::Conflict);
            }
            if let Some(id) = organisation {
                organisations::find(&tx, id).await?.ok_or(IdentityError::Hidden)?;
            }
            let name = Some(new.name).filter(|name| !name.is_empty());
            let email = new.email.as_str();
            let invitation = NewInvitation { email, name, roles: new.roles, organisation, user: None, locale: None };
            let invitation = invitations::add(&tx, &invitation).await?;
            tx.publish(&InvitationCreated { invitation_id: invitation.id, locale: new.locale.to_owned() }).await?;
            let detail = json!({ "roles": names(new.roles) });
            tx.audit(Record::new("invitation.created").object("invitation", invitation.id).detail(detail));
            Ok(InvitationView::from(invitation))
        });
        made.await
    }

    /// Takes an invitation back; its mail opens nothing any more.
    pub(crate) async fn revoke_invitation(&self, rows: &Rows, id: Uuid) -> Result<(), IdentityError> {
        let revoked = rows.write(move |tx| async move {
            let invitation = invitations::find(&tx, id).await?.ok_or(IdentityError::Hidden)?;
            if !invitations::settle(&tx, id, State::Revoked).await? {
                return if invitation.status == State::Revoked.word() { Ok(()) } else { Err(IdentityError::Conflict) };
            }
            tx.audit(Record::new("invitation.revoked").object("invitation", id));
            Ok(())
        });
        revoked.await
    }

    /// Sets a password by the secret of an invitation, and lets the person in.
    pub(crate) async fn accept_invitation(
        &self,
        visit: &Visit,
        secret: &str,
        password: &str,
        name: Option<&str>,
    ) -> Result<Welcome, IdentityError> {
        let hash = fingerprint(SecretKind::Invitation, secret)?;
        let rows = self.system(visit.tenant(), visit.request());
        let wanted = &hash;
        let (_, invitation) = rows.read(move |tx| async move { open(&tx, wanted).await }).await?;
        let email = Email::parse(&invitation.email)?;
        let called = name.or(invitation.name.as_deref()).unwrap_or_else(|| email.local_part()).to_owned();
        let password = self.0.passwords.hash(choose(password, &email, &called)?).await?;
        let refresh_token = OpaqueSecret::new(SecretKind::Refresh, &*self.0.random);
        let accepting = Accepting { visit, email: &email, name: &called, password: &password, refresh: &refresh_token };
        let accepting = &accepting;
        let accepted = rows.write(move |tx| async move { accepting.accept(&tx, wanted).await });
        let (person, session, signals) = accepted.await.map_err(email_taken)?;
        self.heed(&signals);
        let access_token = self.access_token(&person, session)?;
        Ok(Welcome { person, access_token, refresh_token })
    }
}

/// The secret and its invitation, if both are open.
async fn open(tx: &Tx, hash: &Fingerprint) -> Result<(one_time_token::Model, invitation::Model), IdentityError> {
    let token = tokens::find(tx, Purpose::Invitation, hash.clone()).await?.filter(|token| token.used_at.is_none());
    let token = token.ok_or(IdentityError::InvalidSecret)?;
    let id = token.invitation_id.ok_or(IdentityError::InvalidSecret)?;
    let invitation = invitations::find(tx, id).await?.filter(|invitation| invitation.status == State::Pending.word());
    Ok((token, invitation.ok_or(IdentityError::InvalidSecret)?))
}

struct Accepting<'a> {
    visit: &'a Visit,
    email: &'a Email,
    name: &'a str,
    password: &'a str,
    refresh: &'a OpaqueSecret,
}

impl Accepting<'_> {
    async fn accept(&self, tx: &Tx, hash: &Fingerprint) -> Result<(Person, Uuid, Vec<Signal>), IdentityError> {
        let (token, invitation) = open(tx, hash).await?;
        if !tokens::claim(tx, token.id).await? || !invitations::settle(tx, invitation.id, State::Accepted).await? {
            return Err(IdentityError::InvalidSecret);
        }
        let user = self.user(tx, &invitation).await?;
        accounts::set_password(tx, user.id, self.password).await?;
        verify(tx, &user).await?;
        let mut signals = Vec::new();
        if let Some(organisation) = invitation.organisation_id {
            organising::join(tx, organisation, user.id).await?;
            signals = raise_rights(tx, user.id).await?;
        }
        tx.audit(Record::new("invitation.accepted").subject(user.id).object("invitation", invitation.id));
        let session = sessions::open(tx, user.id, &self.visit.device, self.refresh.fingerprint()).await?;
        tx.publish(&SessionOpened { user_id: user.id, session_id: session.id }).await?;
        tx.audit(Record::new("session.opened").subject(user.id).object("session", session.id));
        let person = accounts::person(tx, user.id).await?.ok_or(IdentityError::InvalidSecret)?;
        Ok((person, session.id, signals))
    }

    /// The account that waits for its person, or a new one.
    async fn user(&self, tx: &Tx, invitation: &invitation::Model) -> Result<user::Model, IdentityError> {
        if let Some(id) = invitation.user_id {
            let user = accounts::find(tx, id).await?.filter(|user| user.status == Status::Active.word());
            return user.ok_or(IdentityError::InvalidSecret);
        }
        let locale = invitation.locale.as_deref();
        let verified_at: Option<Timestamp> = None;
        let new = NewUser { email: self.email.as_str(), name: self.name, kind: Kind::Person, locale, verified_at };
        let user = accounts::add(tx, &new).await?;
        roles::replace(tx, user.id, Roles::NONE, invitations::roles(invitation)).await?;
        tx.publish(&UserRegistered { user_id: user.id, locale: user.locale.clone() }).await?;
        tx.audit(Record::new("user.registered").subject(user.id).object("user", user.id));
        Ok(user)
    }
}
