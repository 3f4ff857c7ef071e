//! Transport security: which certificate a listener shows, where certificates come from, and how nodes know one another.
//!
//! - [`ServerCertificates`]: pairs of certificate and key, chosen by the name that the client asks for, changed while serving.
//! - [`Acme`]: certificates from an authority such as Let's Encrypt (RFC 8555), renewed in time.
//! - [`Authority`]: an authority of one's own in the data directory, for nodes and for trying out.
//! - [`NodeTls`]: both ends of a connection between nodes, each of which must have a certificate of that authority.
//!
//! rustls with `ring` does the cryptography, TLS 1.2 and 1.3; there is no other provider in the program.

mod acme;
mod authority;
mod challenges;
mod client;
mod error;
mod node;
mod pair;
mod private;
mod server;

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

pub use acme::{Acme, AcmeError, AcmeSettings};
pub use authority::{Authority, Issued, Kind, Overwrite};
pub use challenges::Challenges;
pub use client::{ClientConfigs, ClientFiles, ServerCheck};
pub use error::TlsError;
pub use node::NodeTls;
pub use pair::{CertificateInfo, PairFiles};
pub use server::{Reloaded, ServerCertificates};

pub use rustls::{ClientConfig, ServerConfig};

/// HTTP/2 and HTTP/1.1, as ALPN names them (RFC 7301), the better one first.
const HTTP: [&[u8]; 2] = [b"h2", b"http/1.1"];

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}
