//! Connections between nodes: each end shows a certificate of the installation's authority, or there is no connection.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::client::ResolvesClientCert;
use rustls::pki_types::CertificateDer;
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore, ServerConfig, SignatureScheme};

use crate::error::TlsError;
use crate::pair::{CertificateInfo, PairFiles, chain, read};
use crate::provider;

/// Both ends of a connection between nodes. TLS 1.3 only, HTTP/2 only. Cheap to clone.
#[derive(Clone)]
pub struct NodeTls(Arc<Inner>);

struct Inner {
    files: PairFiles,
    own: Arc<Own>,
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
}

impl NodeTls {
    /// The name that every node's certificate has, to ask for where any node will do.
    pub const ANY_NODE: &'static str = "node.banyan.internal";

    /// The name in the certificate of one node.
    pub fn name_of(node: &str) -> String {
        format!("{node}.{}", Self::ANY_NODE)
    }

    /// Reads the authority's certificate and this node's own pair.
    ///
    /// # Errors
    /// When one of the files cannot be used.
    pub fn load(authority: &Path, own: PairFiles) -> Result<Self, TlsError> {
        let mut roots = RootCertStore::empty();
        for certificate in chain(&read(authority)?, authority)? {
            let bad = |error: rustls::Error| TlsError::Certificate { path: authority.to_owned(), reason: error.to_string() };
            roots.add(certificate).map_err(bad)?;
        }
        let roots = Arc::new(roots);
        own.warn_of_others();
        let shown = Arc::new(Own(ArcSwap::new(own.read()?.parse(&own)?.certified)));
        let verifier = WebPkiClientVerifier::builder_with_provider(roots.clone(), provider()).build();
        let verifier =
            verifier.map_err(|error| TlsError::Certificate { path: authority.to_owned(), reason: error.to_string() })?;
        let versions = &[&rustls::version::TLS13];
        let server = ServerConfig::builder_with_provider(provider()).with_protocol_versions(versions)?;
        let mut server = server.with_client_cert_verifier(verifier).with_cert_resolver(shown.clone());
        // A certificate that was withdrawn must not live on in tickets.
        server.send_tls13_tickets = 0;
        server.alpn_protocols = vec![b"h2".to_vec()];
        let client = ClientConfig::builder_with_provider(provider()).with_protocol_versions(versions)?;
        let mut client = client.with_root_certificates(roots).with_client_cert_resolver(shown.clone());
        client.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Self(Arc::new(Inner { files: own, own: shown, server: Arc::new(server), client: Arc::new(client) })))
    }

    /// For accepting: clients without a node's certificate are refused.
    pub fn server(&self) -> Arc<ServerConfig> {
        self.0.server.clone()
    }

    /// For connecting, to the server name [`NodeTls::ANY_NODE`], or [`NodeTls::name_of`] one.
    pub fn client(&self) -> Arc<ClientConfig> {
        self.0.client.clone()
    }

    /// Shows the pair that lies in the files now to new connections.
    ///
    /// # Errors
    /// When it cannot be used; then the one before goes on.
    pub fn reload(&self) -> Result<(), TlsError> {
        self.0.own.0.store(self.0.files.read()?.parse(&self.0.files)?.certified);
        Ok(())
    }

    /// Which node is at the other end, by the chain that TLS has verified.
    pub fn peer(chain: &[CertificateDer<'_>]) -> Option<String> {
        let info = CertificateInfo::of(chain.first()?).ok()?;
        let suffix = format!(".{}", Self::ANY_NODE);
        info.names.iter().find_map(|name| name.strip_suffix(&suffix)).map(str::to_owned)
    }
}

struct Own(ArcSwap<CertifiedKey>);

impl ResolvesServerCert for Own {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

impl ResolvesClientCert for Own {
    fn resolve(&self, _hints: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Own").finish_non_exhaustive()
    }
}

impl fmt::Debug for NodeTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeTls").field("files", &self.0.files).finish_non_exhaustive()
    }
}
