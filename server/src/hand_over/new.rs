//! The end of the process that takes over.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use banyan_edge::Sockets;

use super::{GO, Offer, UP, descriptors};
use crate::data::DataDirectory;

/// An offer is short, in bytes.
const LONGEST_OFFER: usize = 64 * 1024;
/// There are as many sockets as workers, for each of two listeners.
const MOST_SOCKETS: usize = 4 * 1024;

/// The process whose place is taken.
pub(crate) struct Predecessor {
    stream: UnixStream,
}

/// The process that serves on the data directory, with its sockets; none where nobody does.
///
/// # Errors
/// When it does not hand them over.
pub(crate) fn find(data: &DataDirectory) -> Result<Option<(Predecessor, Sockets)>> {
    let file = data.hand_over_socket();
    let short = crate::admin_socket::ShortPath::of(&file)?;
    let mut stream = match UnixStream::connect(short.as_path()) {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => return Ok(None),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            bail!("{} belongs to another user: take over as the user that the server runs as", file.display())
        }
        Err(error) => return Err(error).with_context(|| format!("cannot talk to the server at {}", file.display())),
    };
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let receiving = "the running server did not hand its sockets over";
    let mut length = [0; 4];
    stream.read_exact(&mut length).context(receiving)?;
    let length = usize::try_from(u32::from_be_bytes(length))?;
    ensure!(length <= LONGEST_OFFER, "{receiving}: its offer is too long");
    let mut text = vec![0; length];
    stream.read_exact(&mut text).context(receiving)?;
    let offer: Offer = serde_json::from_slice(&text).context(receiving)?;
    ensure!(offer.public.max(offer.tls).max(offer.admin) <= MOST_SOCKETS, "{receiving}: it has too many");
    let mut files = descriptors::receive(&stream, offer.public + offer.tls + offer.admin).context(receiving)?.into_iter();
    let mut next = |count: usize| files.by_ref().take(count).map(TcpListener::from).collect();
    let sockets = Sockets { public: next(offer.public), tls: next(offer.tls), admin: next(offer.admin) };
    tracing::info!(version = offer.version, pid = offer.pid, "taking over from the running server");
    Ok(Some((Predecessor { stream }, sockets)))
}

impl Predecessor {
    /// Has the old process drain and give the data free.
    ///
    /// # Errors
    /// When it is gone.
    pub(crate) fn go(&mut self) -> Result<()> {
        self.stream.write_all(&[GO]).context("the running server is gone")
    }

    /// Lets the old process end.
    pub(crate) fn up(mut self) {
        // Gone or not, we serve.
        let _gone = self.stream.write_all(&[UP]);
    }
}
