//! Places for certificates, and both ends of a connection.

use std::path::Path;
use std::sync::Arc;

use banyan_kernel::{Clock, SystemClock, TestClock};
use banyan_tls::{Authority, ClientConfig, Issued, Overwrite, PairFiles, ServerConfig};
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::{TlsAcceptor, TlsConnector};

pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) authority: Authority,
    pub(crate) clock: TestClock,
}

impl Place {
    /// With an authority. The clock stands at the present, since a handshake looks at the machine's.
    pub(crate) fn new() -> Self {
        let clock = TestClock::at(SystemClock.now());
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::at(&folder.path().join("certs"), Arc::new(clock.clone()));
        authority.init(3_650, Overwrite::Refuse).unwrap();
        Self { folder, authority, clock }
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.clock.clone())
    }

    pub(crate) fn server(&self, names: &[&str]) -> Issued {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        self.authority.server(&names, 90, Overwrite::Replace).unwrap()
    }

    /// A client that trusts the authority, and nobody else.
    pub(crate) fn client(&self) -> Arc<ClientConfig> {
        Arc::new(client_of(&self.authority.certificate()))
    }
}

pub(crate) fn client_of(authority: &Path) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    config.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots).with_no_client_auth()
}

/// What both ends know after a handshake.
#[derive(Debug)]
pub(crate) struct Met {
    /// The first name of the server's certificate, and the protocol.
    pub(crate) server: Vec<CertificateDer<'static>>,
    pub(crate) client: Option<Vec<CertificateDer<'static>>>,
    pub(crate) alpn: Option<Vec<u8>>,
    pub(crate) resumed: bool,
}

/// A handshake in memory.
pub(crate) async fn meet(server: Arc<ServerConfig>, client: Arc<ClientConfig>, name: &str) -> Result<Met, String> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let accepting = async {
        let mut stream = TlsAcceptor::from(server).accept(ours).await?;
        stream.write_all(b"!").await?;
        stream.flush().await?;
        Ok::<_, std::io::Error>(stream)
    };
    let connecting = async {
        let mut stream = TlsConnector::from(client).connect(name, theirs).await?;
        // Tickets, and a refusal of the client's certificate, come after the handshake.
        stream.read_u8().await?;
        Ok::<_, std::io::Error>(stream)
    };
    let (server, client) = tokio::join!(accepting, connecting);
    let (server, client) =
        (server.map_err(|error| format!("server: {error}"))?, client.map_err(|error| format!("client: {error}"))?);
    let (_, state) = client.get_ref();
    Ok(Met {
        server: state.peer_certificates().unwrap().to_vec(),
        client: server.get_ref().1.peer_certificates().map(<[_]>::to_vec),
        alpn: state.alpn_protocol().map(<[u8]>::to_vec),
        resumed: state.handshake_kind() == Some(rustls::HandshakeKind::Resumed),
    })
}

pub(crate) fn certificate(files: &PairFiles) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(&files.certificate).unwrap()
}
