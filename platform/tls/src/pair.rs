//! A certificate with its key, as files in PEM.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use banyan_kernel::Timestamp;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_parser::extensions::GeneralName;
use x509_parser::parse_x509_certificate;
use zeroize::Zeroizing;

use crate::error::TlsError;
use crate::{private, provider};

/// Where a certificate (with those between it and the authority, its own first) and its key lie.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PairFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// What a certificate says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateInfo {
    /// Names and addresses that it counts for, in the order of the certificate.
    pub names: Vec<String>,
    pub issuer: String,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
}

/// The texts of a pair. The key is wiped from memory when it goes.
pub(crate) struct PairText {
    pub(crate) certificate: Vec<u8>,
    pub(crate) key: Zeroizing<Vec<u8>>,
}

/// A pair that can be shown to clients.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) certified: Arc<CertifiedKey>,
    pub(crate) info: CertificateInfo,
}

impl PairFiles {
    pub(crate) fn read(&self) -> Result<PairText, TlsError> {
        Ok(PairText { certificate: read(&self.certificate)?, key: Zeroizing::new(read(&self.key)?) })
    }

    /// Says in the log when others on the machine may read the key.
    pub(crate) fn warn_of_others(&self) {
        if private::is_open_to_others(&self.key) {
            tracing::warn!(key = %self.key.display(), "others may read this private key: chmod 600 it");
        }
    }
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::Read { path: path.to_owned(), source })
}

impl PairText {
    /// `files` are named where something is wrong.
    pub(crate) fn parse(&self, files: &PairFiles) -> Result<Pair, TlsError> {
        let chain = chain(&self.certificate, &files.certificate)?;
        let info =
            CertificateInfo::of(&chain[0]).map_err(|reason| TlsError::Certificate { path: files.certificate.clone(), reason })?;
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|_| TlsError::NoKey { path: files.key.clone() })?;
        let certified = CertifiedKey::from_der(chain, key, &provider()).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                TlsError::Mismatch { certificate: files.certificate.clone(), key: files.key.clone() }
            }
            rustls::Error::InvalidCertificate(_) => {
                TlsError::Certificate { path: files.certificate.clone(), reason: error.to_string() }
            }
            error => TlsError::Key { path: files.key.clone(), reason: error.to_string() },
        })?;
        Ok(Pair { certified: Arc::new(certified), info })
    }
}

/// All certificates of the text, at least one.
pub(crate) fn chain(text: &[u8], path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    let chain = chain.map_err(|error| TlsError::Certificate { path: path.to_owned(), reason: format!("{error:?}") })?;
    if chain.is_empty() { Err(TlsError::NoCertificate { path: path.to_owned() }) } else { Ok(chain) }
}

impl CertificateInfo {
    /// # Errors
    /// The reason why these bytes are no certificate.
    pub(crate) fn of(certificate: &CertificateDer<'_>) -> Result<Self, String> {
        let (_, parsed) = parse_x509_certificate(certificate).map_err(|error| error.to_string())?;
        let names = parsed.subject_alternative_name().map_err(|error| error.to_string())?;
        let names = names.map(|names| names.value.general_names.iter().filter_map(name_of).collect()).unwrap_or_default();
        let validity = parsed.validity();
        Ok(Self {
            names,
            issuer: parsed.issuer().to_string(),
            not_before: Timestamp::from_seconds(validity.not_before.timestamp()),
            not_after: Timestamp::from_seconds(validity.not_after.timestamp()),
        })
    }

    /// When two thirds of its life are over.
    pub fn due(&self) -> Timestamp {
        let life = self.not_after.seconds_since(self.not_before).max(0);
        self.not_before.plus_seconds(life / 3 * 2)
    }
}

fn name_of(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|bytes| std::net::Ipv4Addr::from(bytes).to_string()),
            16 => <[u8; 16]>::try_from(*bytes).ok().map(|bytes| std::net::Ipv6Addr::from(bytes).to_string()),
            _ => None,
        },
        _ => None,
    }
}
