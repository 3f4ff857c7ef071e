//! Mails as files, one each: for a laptop, and for tests.

use std::path::PathBuf;

use async_trait::async_trait;
use lettre::message::Mailbox;

use super::{Form, Mail, MailError, Mailer, message};

/// Writes `<id>.eml` into a folder, which it makes. A mail that is sent again replaces itself.
#[derive(Clone, Debug)]
pub struct FileMailer {
    folder: PathBuf,
    from: Mailbox,
}

impl FileMailer {
    pub fn new(folder: PathBuf, from: Mailbox) -> Self {
        Self { folder, from }
    }
}

#[async_trait]
impl Mailer for FileMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let bytes = message(mail, &self.from, Form::ForReading)?.formatted();
        let failed = |error: std::io::Error| MailError::Unavailable(format!("{}: {error}", self.folder.display()));
        tokio::fs::create_dir_all(&self.folder).await.map_err(failed)?;
        // Whoever looks into the folder sees whole mails only.
        let partial = self.folder.join(format!(".{}.partial", mail.id));
        tokio::fs::write(&partial, bytes).await.map_err(failed)?;
        tokio::fs::rename(&partial, self.folder.join(format!("{}.eml", mail.id))).await.map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_mail_becomes_one_file_however_often_it_is_sent() {
        let folder = tempfile::tempdir().unwrap();
        let mailer = FileMailer::new(folder.path().join("mail"), "Banyan <no-reply@localhost>".parse().unwrap());
        let mail = super::super::tests::mail();
        mailer.send(&mail).await.unwrap();
        mailer.send(&mail).await.unwrap();
        let files: Vec<_> =
            std::fs::read_dir(folder.path().join("mail")).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(files, [std::ffi::OsString::from(format!("{}.eml", mail.id))]);
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_made_is_no_reason_to_give_up() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mailer = FileMailer::new(file.path().join("mail"), "Banyan <no-reply@localhost>".parse().unwrap());
        assert!(matches!(mailer.send(&super::super::tests::mail()).await, Err(MailError::Unavailable(_))));
    }
}
