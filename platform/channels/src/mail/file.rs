//! Mails as files, one each: for a laptop, and for tests.

use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use lettre::message::Mailbox;
use tokio::io::AsyncWriteExt as _;

use super::message::{Form, message};
use super::{Mail, Mailer};
use crate::attempt::{Attempt, Delivered, Reason, Refused};

/// Writes `<id>.eml` into a folder, which it makes. A mail that is sent again replaces itself. Mails hold links that sign
/// somebody in, so nobody but the server's own account may read them.
#[derive(Clone, Debug)]
pub struct FileMailer {
    folder: PathBuf,
    from: Mailbox,
}

impl FileMailer {
    pub fn new(folder: PathBuf, from: Mailbox) -> Self {
        Self { folder, from }
    }

    async fn write(&self, mail: &Mail, bytes: &[u8]) -> io::Result<()> {
        private_folder(&self.folder).await?;
        // Whoever looks into the folder sees whole mails only.
        let partial = self.folder.join(format!(".{}.partial", mail.id));
        write_private(&partial, bytes).await?;
        tokio::fs::rename(&partial, self.folder.join(format!("{}.eml", mail.id))).await
    }
}

#[async_trait]
impl Mailer for FileMailer {
    async fn send(&self, mail: &Mail) -> Attempt {
        let bytes = message(mail, &self.from, Form::ForReading)?.formatted();
        self.write(mail, &bytes).await.map_err(|error| {
            tracing::warn!(folder = %self.folder.display(), %error, "a mail could not be written");
            Refused::for_now(Reason::Folder(error.kind()))
        })?;
        Ok(Delivered::nameless())
    }
}

async fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = tokio::fs::DirBuilder::new();
    #[cfg(unix)]
    builder.mode(0o700);
    builder.recursive(true).create(path).await
}

async fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = tokio::fs::OpenOptions::new();
    #[cfg(unix)]
    options.mode(0o600);
    let mut file = options.write(true).create(true).truncate(true).open(path).await?;
    file.write_all(bytes).await?;
    file.flush().await
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

    #[cfg(unix)]
    #[tokio::test]
    async fn nobody_else_reads_them() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let mailer = FileMailer::new(folder.path().join("mail"), "Banyan <no-reply@localhost>".parse().unwrap());
        let mail = super::super::tests::mail();
        mailer.send(&mail).await.unwrap();
        let mode = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(folder.path().join("mail")), 0o700);
        assert_eq!(mode(folder.path().join("mail").join(format!("{}.eml", mail.id))), 0o600);
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_made_is_no_reason_to_give_up() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mailer = FileMailer::new(file.path().join("mail"), "Banyan <no-reply@localhost>".parse().unwrap());
        assert!(mailer.send(&super::super::tests::mail()).await.unwrap_err().is_temporary());
    }
}
