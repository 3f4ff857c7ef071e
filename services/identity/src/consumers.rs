//! What the service does when its own events come by: it writes mails.

use banyan_channels::mail::Mail;
use banyan_contracts::Event as _;
use banyan_contracts::identity::{InvitationCreated, PasswordResetRequested, VerificationRequested};
use banyan_events::{Consumer, ConsumerError, Delivery};

use crate::mail::{Letter, LetterKind, base_url, compose};
use crate::model::Status;
use crate::secrets::{OpaqueSecret, SecretKind};
use crate::store::invitations::{self, State};
use crate::store::tokens::{self, For};
use crate::store::{accounts, outgoing};
use crate::{Identity, IdentityError};

const TYPES: &[&str] = &[VerificationRequested::TYPE, PasswordResetRequested::TYPE, InvitationCreated::TYPE];

pub(crate) fn all(identity: Identity) -> Vec<Consumer> {
    let newcomers = crate::welcoming::consumer(identity.clone());
    let mails = move |delivery: Delivery| {
        let identity = identity.clone();
        async move { identity.write_mail(&delivery).await }
    };
    vec![Consumer::new("mails", TYPES, mails), newcomers]
}

/// To whom a mail goes.
struct Addressee {
    whom: For,
    email: String,
    name: String,
    locale: String,
}

impl Identity {
    /// Makes the secret, and the mail that carries it: both or none, with the delivery. The secret itself was in no event.
    async fn write_mail(&self, delivery: &Delivery) -> Result<(), ConsumerError> {
        let event = &delivery.event;
        let (kind, addressee) = match event.kind.as_str() {
            VerificationRequested::TYPE => (LetterKind::Verify, unverified(delivery, &event.decode()?).await?),
            PasswordResetRequested::TYPE => (LetterKind::Reset, forgetful(delivery, &event.decode()?).await?),
            InvitationCreated::TYPE => (LetterKind::Invite, invited(delivery, &event.decode()?).await?),
            other => return Err(ConsumerError::Poison(format!("no mail is written for {other}"))),
        };
        // Verified, disabled or revoked since: nothing to send.
        let Some(addressee) = addressee else { return Ok(()) };
        self.queue(delivery, kind, &addressee).await.map_err(|error| match error {
            IdentityError::Store(error) => error.into(),
            other => ConsumerError::Retry(other.to_string()),
        })
    }

    async fn queue(&self, delivery: &Delivery, kind: LetterKind, to: &Addressee) -> Result<(), IdentityError> {
        let (tx, tenant) = (&delivery.tx, delivery.event.tenant);
        let tenant = match self.tenant(tenant) {
            Some(tenant) => tenant,
            None => return Err(IdentityError::UnknownTenant(tenant.to_string())),
        };
        let secret = OpaqueSecret::new(secret_kind(kind), &*self.0.random);
        tokens::add(tx, kind.purpose(), to.whom, &to.email, secret.fingerprint()).await?;
        let app = Some(&*tenant.application);
        let locale = self.0.catalogues.locales_of(app, Some(tenant.id)).lookup(&to.locale).unwrap_or_default();
        let default = self.0.applications.default_application().name();
        let base_url = base_url(&self.0.settings.public_url, &tenant.name, default);
        let letter = Letter { kind, brand: &tenant.display_name, name: &to.name, base_url: &base_url, secret: secret.reveal() };
        let composed = compose(&letter, self.0.catalogues.messages(app, locale).of_tenant(tenant.id));
        let mail = Mail {
            id: tx.new_id(),
            to: to.email.clone(),
            name: to.name.clone(),
            subject: composed.subject,
            text: composed.text,
            html: composed.html,
            written_at: tx.now().micros(),
            // Somebody asked for it, or was asked: there is nothing to end.
            unsubscribe: None,
        };
        let content = serde_json::to_vec(&mail).unwrap_or_default();
        let sealed = self.0.store.environment().cipher.seal(&content, mail.id.as_bytes());
        outgoing::add(tx, mail.id, kind.word(), sealed).await?;
        // The transaction is not over yet: the postman finds the mail at the latest when it looks by itself.
        self.0.mail_due.notify_one();
        Ok(())
    }
}

const fn secret_kind(kind: LetterKind) -> SecretKind {
    match kind {
        LetterKind::Verify => SecretKind::VerifyEmail,
        LetterKind::Reset => SecretKind::ResetPassword,
        LetterKind::Invite => SecretKind::Invitation,
    }
}

async fn unverified(delivery: &Delivery, event: &VerificationRequested) -> Result<Option<Addressee>, ConsumerError> {
    let user = accounts::find(&delivery.tx, event.user_id).await?;
    let user = user.filter(|user| user.email_verified_at.is_none() && user.status == Status::Active.word());
    Ok(user.map(|user| Addressee {
        whom: For::User(user.id),
        locale: user.locale.unwrap_or_else(|| event.locale.clone()),
        email: user.email,
        name: user.name,
    }))
}

async fn forgetful(delivery: &Delivery, event: &PasswordResetRequested) -> Result<Option<Addressee>, ConsumerError> {
    let user = accounts::find(&delivery.tx, event.user_id).await?.filter(|user| user.status == Status::Active.word());
    Ok(user.map(|user| Addressee { whom: For::User(user.id), locale: event.locale.clone(), email: user.email, name: user.name }))
}

async fn invited(delivery: &Delivery, event: &InvitationCreated) -> Result<Option<Addressee>, ConsumerError> {
    let invitation = invitations::find(&delivery.tx, event.invitation_id).await?;
    let invitation = invitation.filter(|invitation| invitation.status == State::Pending.word());
    Ok(invitation.map(|invitation| Addressee {
        whom: For::Invitation(invitation.id),
        locale: invitation.locale.unwrap_or_else(|| event.locale.clone()),
        email: invitation.email,
        name: invitation.name.unwrap_or_default(),
    }))
}
