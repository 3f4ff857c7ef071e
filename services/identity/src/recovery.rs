//! By mail: showing that an address is one's own, and setting another password.

use banyan_contracts::identity::{PasswordChanged, PasswordResetRequested, UserVerified, VerificationRequested};
use banyan_kernel::Caller;
use banyan_store::Tx;
use banyan_store::audit::Record;

use crate::accounts::{end_sessions, user_of};
use crate::email::Email;
use crate::entity::{one_time_token, user};
use crate::lockout::Backoff;
use crate::model::{Purpose, Status};
use crate::passwords::{Password, Personal};
use crate::secrets::{Fingerprint, OpaqueSecret, SecretKind};
use crate::store::sessions::Which;
use crate::store::{accounts, failures, tokens};
use crate::visit::Visit;
use crate::{Identity, IdentityError};

/// So often a mail may be asked for: three times, then after 1 min, 2 min, … 1 h.
const MAILS: Backoff = Backoff { free: 4, first_seconds: 60, longest_seconds: 3_600, forget_seconds: 86_400 };

impl Identity {
    /// Sends a mail to set another password, if the address has an account. The answer and the work are the same if it has none.
    pub(crate) async fn forgot_password(&self, visit: &Visit, email: &str) -> Result<(), IdentityError> {
        let email = Email::parse(email)?;
        let counter = self.subject("reset-mail", email.as_str());
        let (email, counter) = (&email, &counter);
        let rows = self.system(visit.tenant(), visit.request());
        let asked = rows.write(move |tx| async move {
            let before = failures::hold(&tx, counter).await?;
            failures::count(&tx, counter, before, MAILS).await?;
            let user = accounts::find_by_email(&tx, email).await?.filter(|user| user.status == Status::Active.word());
            let mut record = Record::new("password.reset-requested");
            if let Some(user) = user.filter(|_| before.locked_for(tx.now()).is_none()) {
                record = record.subject(user.id);
                let locale = user.locale.unwrap_or_else(|| visit.locale.tag().to_owned());
                tx.publish(&PasswordResetRequested { user_id: user.id, locale }).await?;
            }
            tx.audit(record);
            Ok(())
        });
        asked.await
    }

    /// Sets another password by the secret of a mail. All sessions end; the address is shown to be the person's.
    pub(crate) async fn reset_password(&self, visit: &Visit, secret: &str, password: &str) -> Result<(), IdentityError> {
        let hash = fingerprint(SecretKind::ResetPassword, secret)?;
        let rows = self.system(visit.tenant(), visit.request());
        let wanted = &hash;
        let found = rows.read(move |tx| async move { unused(&tx, Purpose::ResetPassword, wanted).await });
        let (_, user) = found.await?;
        let personal = Personal { email: &user.email, name: &user.name };
        let password = Password::choose(password, personal).map_err(IdentityError::WeakPassword)?;
        let password = self.0.passwords.hash(password).await?;
        let account = self.subject("account", &user.email);
        let (password, account) = (&password, &account);
        let ended = rows.write(move |tx| async move {
            let (token, user) = unused(&tx, Purpose::ResetPassword, wanted).await?;
            if !tokens::claim(&tx, token.id).await? {
                return Err(IdentityError::InvalidSecret);
            }
            accounts::set_password(&tx, user.id, password).await?;
            failures::clear(&tx, account).await?;
            verify(&tx, &user).await?;
            tx.publish(&PasswordChanged { user_id: user.id }).await?;
            tx.audit(Record::new("password.reset").subject(user.id));
            end_sessions(&tx, user.id, Which::All).await
        });
        self.heed(&ended.await?);
        Ok(())
    }

    /// Shows by the secret of a mail that the address is the person's. Twice is as good as once.
    pub(crate) async fn verify_email(&self, visit: &Visit, secret: &str) -> Result<(), IdentityError> {
        let hash = fingerprint(SecretKind::VerifyEmail, secret)?;
        let hash = &hash;
        let rows = self.system(visit.tenant(), visit.request());
        let verified = rows.write(move |tx| async move {
            let token = tokens::find(&tx, Purpose::VerifyEmail, hash.clone()).await?.ok_or(IdentityError::InvalidSecret)?;
            let user = holder(&tx, &token).await?;
            if !tokens::claim(&tx, token.id).await? && user.email_verified_at.is_none() {
                return Err(IdentityError::InvalidSecret);
            }
            verify(&tx, &user).await
        });
        verified.await
    }

    /// Sends the verification mail again.
    pub(crate) async fn resend_verification(&self, caller: &Caller, visit: &Visit) -> Result<(), IdentityError> {
        let id = user_of(caller)?;
        let counter = self.subject("verification-mail", &id.to_string());
        let counter = &counter;
        let rows = self.system(caller.tenant, caller.request);
        let asked = rows.write(move |tx| async move {
            let user = accounts::find(&tx, id).await?.ok_or(IdentityError::Hidden)?;
            if user.email_verified_at.is_some() {
                return Ok(());
            }
            let before = failures::hold(&tx, counter).await?;
            if let Some(seconds) = before.locked_for(tx.now()) {
                return Err(IdentityError::Locked { seconds, until: before.locked_until });
            }
            failures::count(&tx, counter, before, MAILS).await?;
            tx.publish(&VerificationRequested { user_id: id, locale: visit.locale.tag().to_owned() }).await?;
            tx.audit(Record::new("email.verification-requested").subject(id));
            Ok(())
        });
        asked.await
    }
}

pub(crate) fn fingerprint(kind: SecretKind, secret: &str) -> Result<Fingerprint, IdentityError> {
    OpaqueSecret::parse(kind, secret).map(|secret| secret.fingerprint()).ok_or(IdentityError::InvalidSecret)
}

/// The secret and its person, if it can still be used.
async fn unused(tx: &Tx, purpose: Purpose, hash: &Fingerprint) -> Result<(one_time_token::Model, user::Model), IdentityError> {
    let token = tokens::find(tx, purpose, hash.clone()).await?.filter(|token| token.used_at.is_none());
    let token = token.ok_or(IdentityError::InvalidSecret)?;
    let user = holder(tx, &token).await?;
    Ok((token, user))
}

/// The person to whom a secret was sent, if they are active and still have the address.
async fn holder(tx: &Tx, token: &one_time_token::Model) -> Result<user::Model, IdentityError> {
    let id = token.user_id.ok_or(IdentityError::InvalidSecret)?;
    let user = accounts::find(tx, id).await?;
    let user = user.filter(|user| user.email == token.email && user.status == Status::Active.word());
    user.ok_or(IdentityError::InvalidSecret)
}

/// Records that the address is the person's, once.
pub(crate) async fn verify(tx: &Tx, user: &user::Model) -> Result<(), IdentityError> {
    if accounts::mark_verified(tx, user.id).await? {
        tx.publish(&UserVerified { user_id: user.id }).await?;
        tx.audit(Record::new("email.verified").subject(user.id));
    }
    Ok(())
}
