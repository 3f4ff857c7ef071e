//! What can be wrong with certificates, in words that help.

use std::io;
use std::path::PathBuf;

use banyan_kernel::Timestamp;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("{} holds no certificate: it must be PEM, with `-----BEGIN CERTIFICATE-----`, the server's own first", path.display())]
    NoCertificate { path: PathBuf },
    #[error("{} holds no private key: it must be PEM, with `-----BEGIN PRIVATE KEY-----`, without a password", path.display())]
    NoKey { path: PathBuf },
    #[error("{} cannot be read as a certificate: {reason}", path.display())]
    Certificate { path: PathBuf, reason: String },
    #[error("the key {} does not belong to the certificate {}: give the two that were made together", key.display(), certificate.display())]
    Mismatch { certificate: PathBuf, key: PathBuf },
    #[error("the key {} is of no kind that is supported (ECDSA P-256 or P-384, Ed25519, RSA of 2048 bits or more): {reason}", path.display())]
    Key { path: PathBuf, reason: String },
    #[error("the certificate {} has expired at {at}: renew it", path.display())]
    Expired { path: PathBuf, at: Timestamp },
    #[error("{} is there already: keep it, or replace it with --force", path.display())]
    Exists { path: PathBuf },
    #[error("there is no authority in {}: make one with `banyan certs init`", folder.display())]
    NoAuthority { folder: PathBuf },
    #[error("`{name}` is not a {what}: {remedy}")]
    Name { name: String, what: &'static str, remedy: &'static str },
    #[error("TLS cannot be set up: {0}")]
    Setup(#[from] rustls::Error),
    #[error("a certificate cannot be made: {0}")]
    Make(#[from] rcgen::Error),
}
