//! Certificates of signers, fetched once a day.

use banyan_kernel::Timestamp;
use bytes::Bytes;
use parking_lot::Mutex;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use url::Url;
use x509_parser::parse_x509_certificate;

use super::SnsError;

/// Certificates that are kept: a region has one at a time, and a few while they change.
const MOST: usize = 16;
/// In seconds.
const OLDEST: i64 = 86_400;

#[derive(Default)]
pub(super) struct Certificates {
    kept: Mutex<Vec<(Url, Certificate)>>,
    /// One is fetched at a time: whoever makes up addresses keeps others waiting for a certificate that is new, and for nothing else.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Clone)]
pub(super) struct Certificate {
    key: Bytes,
    since: Timestamp,
    until: Timestamp,
}

impl Certificates {
    /// The certificate at an address whose host is to be trusted.
    pub(super) async fn get<F>(&self, url: &Url, now: Timestamp, fetch: impl FnOnce() -> F) -> Result<Certificate, SnsError>
    where
        F: Future<Output = Result<Bytes, SnsError>>,
    {
        if let Some(kept) = self.kept(url, now) {
            return Ok(kept);
        }
        let _one = self.fetching.lock().await;
        if let Some(kept) = self.kept(url, now) {
            return Ok(kept);
        }
        let certificate =
            Certificate::read(&fetch().await?, now).ok_or(SnsError::Unbelieved("its certificate does not count"))?;
        let mut all = self.kept.lock();
        if all.len() >= MOST {
            all.remove(0);
        }
        all.push((url.clone(), certificate.clone()));
        Ok(certificate)
    }

    fn kept(&self, url: &Url, now: Timestamp) -> Option<Certificate> {
        let mut all = self.kept.lock();
        all.retain(|(_, kept)| now <= kept.until && now.seconds_since(kept.since) < OLDEST);
        all.iter().find(|(known, _)| known == url).map(|(_, kept)| kept.clone())
    }
}

impl Certificate {
    /// The first one in PEM, if it counts now. Who issued it is not looked at: TLS has shown whose host it lies at.
    fn read(pem: &[u8], now: Timestamp) -> Option<Self> {
        let der = CertificateDer::from_pem_slice(pem).ok()?;
        let (_, parsed) = parse_x509_certificate(&der).ok()?;
        let validity = parsed.validity();
        let until = Timestamp::from_seconds(validity.not_after.timestamp());
        let counts = (Timestamp::from_seconds(validity.not_before.timestamp())..=until).contains(&now);
        let key = Bytes::copy_from_slice(&parsed.public_key().subject_public_key.data);
        counts.then_some(Self { key, since: now, until })
    }

    /// By RSA (PKCS #1, version 1.5) and SHA-256.
    pub(super) fn is_signed(&self, content: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.key).verify(content, signature).is_ok()
    }
}
