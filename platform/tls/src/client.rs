//! TLS towards servers that others run: whose certificates are believed, and which certificate is shown.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::Mutex;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use zeroize::Zeroizing;

use crate::error::TlsError;
use crate::pair::{PairFiles, PairText, chain, read};
use crate::provider;

/// More are not kept: who has so many changes them all the time.
const MOST: usize = 1_000;

/// How servers are known. The default believes the authorities that browsers believe, and shows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ClientFiles {
    /// A file of the authorities that are believed, and no others.
    pub authorities: Option<PathBuf>,
    /// The certificate that is shown to servers that ask for one.
    pub own: Option<PairFiles>,
    pub check: ServerCheck,
}

/// Whether a server has to show who it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ServerCheck {
    #[default]
    Full,
    /// Whoever is on the way may read and change everything.
    InsecurelyAcceptAny,
}

/// What makes connections, made once for the same files with the same content: connections outlive a reload that changes nothing about
/// them. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct ClientConfigs(Arc<Mutex<HashMap<ClientFiles, Kept>>>);

#[derive(Debug)]
struct Kept {
    texts: Texts,
    config: Arc<ClientConfig>,
}

/// What lies in the files.
#[derive(PartialEq, Eq)]
struct Texts {
    authorities: Option<Vec<u8>>,
    certificate: Option<Vec<u8>>,
    key: Option<Zeroizing<Vec<u8>>>,
}

impl std::fmt::Debug for Texts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Texts").finish_non_exhaustive()
    }
}

impl ClientFiles {
    /// Whether it names a file of the machine.
    pub fn names_a_file(&self) -> bool {
        self.authorities.is_some() || self.own.is_some()
    }
}

impl ClientConfigs {
    /// # Errors
    /// When one of the files cannot be used.
    pub fn get(&self, files: &ClientFiles) -> Result<Arc<ClientConfig>, TlsError> {
        let texts = Texts::read(files)?;
        if let Some(kept) = self.0.lock().get(files).filter(|kept| kept.texts == texts) {
            return Ok(kept.config.clone());
        }
        let config = Arc::new(make(files, &texts)?);
        let mut all = self.0.lock();
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(files.clone(), Kept { texts, config: config.clone() });
        Ok(config)
    }

    /// As [`ClientConfigs::get`], or as it was when the files could be used last.
    pub fn latest(&self, files: &ClientFiles) -> Option<Arc<ClientConfig>> {
        self.get(files).ok().or_else(|| self.0.lock().get(files).map(|kept| kept.config.clone()))
    }
}

impl Texts {
    fn read(files: &ClientFiles) -> Result<Self, TlsError> {
        let authorities = files.authorities.as_deref().map(read).transpose()?;
        let own = files.own.as_ref().map(PairFiles::read).transpose()?;
        let (certificate, key) = own.map(|PairText { certificate, key }| (certificate, key)).unzip();
        Ok(Self { authorities, certificate, key })
    }
}

fn make(files: &ClientFiles, texts: &Texts) -> Result<ClientConfig, TlsError> {
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    let builder = match files.check {
        ServerCheck::Full => builder.with_root_certificates(roots(files, texts)?),
        ServerCheck::InsecurelyAcceptAny => builder.dangerous().with_custom_certificate_verifier(Arc::new(AcceptAny(provider()))),
    };
    let (Some(own), Some(certificate), Some(key)) = (&files.own, &texts.certificate, &texts.key) else {
        return Ok(builder.with_no_client_auth());
    };
    own.warn_of_others();
    // Says what is wrong with the two in words of its own.
    PairText { certificate: certificate.clone(), key: key.clone() }.parse(own)?;
    let chain = chain(certificate, &own.certificate)?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsError::NoKey { path: own.key.clone() })?;
    Ok(builder.with_client_auth_cert(chain, key)?)
}

fn roots(files: &ClientFiles, texts: &Texts) -> Result<RootCertStore, TlsError> {
    let (Some(path), Some(text)) = (&files.authorities, &texts.authorities) else {
        return Ok(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() });
    };
    let mut roots = RootCertStore::empty();
    for certificate in chain(text, path)? {
        let bad = |error: rustls::Error| TlsError::Certificate { path: path.clone(), reason: error.to_string() };
        roots.add(certificate).map_err(bad)?;
    }
    Ok(roots)
}

/// Believes everybody. The signature is checked all the same, so that the other end at least has the key of what it shows.
#[derive(Debug)]
struct AcceptAny(Arc<CryptoProvider>);

impl ServerCertVerifier for AcceptAny {
    fn verify_server_cert(
        &self,
        _certificate: &CertificateDer<'_>,
        _others: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
