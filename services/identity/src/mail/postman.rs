//! Takes mails from the table and hands them over, outside of any transaction.

use banyan_channels::mail::Mail;
use banyan_channels::{Attempt, MessageError, Refused};
use banyan_kernel::Uuid;
use banyan_store::Tx;

use crate::entity::outgoing_mail;
use crate::store::outgoing::{self, Hope};
use crate::{Identity, IdentityError};

/// Mails taken at a time.
const BATCH: u64 = 50;

impl Identity {
    /// Sends the mails that are due; says how many left.
    ///
    /// # Errors
    /// When the store fails. What goes wrong with a mail is kept with it.
    pub async fn send_mails(&self) -> Result<usize, IdentityError> {
        let rows = self.own(Uuid::nil());
        let due = rows.read(|tx: Tx| async move { Ok::<_, IdentityError>(outgoing::due(&tx, BATCH).await?) }).await?;
        let mut sent = 0;
        for mail in &due {
            if !rows.write(move |tx: Tx| async move { Ok::<_, IdentityError>(outgoing::take(&tx, mail).await?) }).await? {
                continue;
            }
            match self.send(mail).await {
                Ok(_) => {
                    sent += 1;
                    rows.write(move |tx: Tx| async move { Ok::<_, IdentityError>(outgoing::sent(&tx, mail.id).await?) }).await?;
                }
                Err(error) => {
                    tracing::warn!(mail = %mail.id, kind = mail.kind, attempts = mail.attempts + 1, %error, "a mail did not leave");
                    let hope = if error.is_temporary() { Hope::Some } else { Hope::None };
                    let error = &error.to_string();
                    rows.write(
                        move |tx: Tx| async move { Ok::<_, IdentityError>(outgoing::failed(&tx, mail, error, hope).await?) },
                    )
                    .await?;
                }
            }
        }
        Ok(sent)
    }

    async fn send(&self, row: &outgoing_mail::Model) -> Attempt {
        let cipher = &self.0.store.environment().cipher;
        let unreadable = || Refused::message("content", MessageError::Malformed);
        let content = cipher.open(&row.content, row.id.as_bytes()).map_err(|_| unreadable())?;
        let mail: Mail = serde_json::from_slice(&content).map_err(|_| unreadable())?;
        self.0.mailer.send(&mail).await
    }
}
