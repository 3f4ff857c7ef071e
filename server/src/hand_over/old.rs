//! The end of the process that serves.

use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use banyan_edge::{Running, Sockets};
use tokio::net::UnixListener;
use tokio::sync::mpsc;

use super::{GO, Offer, UP, descriptors};
use crate::data::DataDirectory;

/// A new process may look around for so long before it says go. Migrations on PostgreSQL are part of it.
const LOOKING: Duration = Duration::from_secs(10 * 60);
/// It may open its data for so long until it is up.
const OPENING: Duration = Duration::from_secs(10 * 60);

/// Where a new process knocks. The file goes with it.
pub(crate) struct Window {
    listener: UnixListener,
    file: PathBuf,
    inode: u64,
}

/// A new process that takes our place.
pub(crate) struct Successor {
    stream: UnixStream,
    /// Kept open here, so that nobody is refused while neither serves.
    pub(crate) sockets: Sockets,
}

impl Window {
    /// Opens it in the data directory. Whoever had it before is one that this process takes the place of, or is gone.
    pub(crate) fn open(data: &DataDirectory) -> Result<Self> {
        let file = data.hand_over_socket();
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot remove {}", file.display()));
            }
            _ => {}
        }
        let short = crate::admin_socket::ShortPath::of(&file)?;
        let listener =
            UnixListener::bind(short.as_path()).with_context(|| format!("cannot open the socket {}", file.display()))?;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600))?;
        let inode = file.metadata()?.ino();
        Ok(Self { listener, file, inode })
    }

    /// Gives the sockets to each process that knocks, and tells of the one that says go. Serving goes on meanwhile.
    pub(crate) async fn watch(&self, running: &Running) -> Successor {
        let (sender, mut successors) = mpsc::channel(1);
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => self.offer(stream, running, sender.clone()),
                    Err(error) => {
                        tracing::error!(%error, "the socket for a hand-over does not accept");
                        tokio::time::sleep(Duration::from_secs(1)).await;
                    }
                },
                Some(successor) = successors.recv() => return successor,
            }
        }
    }

    fn offer(&self, stream: tokio::net::UnixStream, running: &Running, sender: mpsc::Sender<Successor>) {
        let ours = rustix::process::geteuid().as_raw();
        if !stream.peer_cred().is_ok_and(|peer| peer.uid() == ours || peer.uid() == 0) {
            tracing::warn!("a stranger knocked at the socket for a hand-over");
            return;
        }
        let given = running.sockets().and_then(|sockets| Ok((stream.into_std()?, sockets)));
        let (stream, sockets) = match given {
            Ok(given) => given,
            Err(error) => return tracing::error!(%error, "the sockets cannot be handed over"),
        };
        tracing::info!("another process wants to go on in our place");
        tokio::task::spawn_blocking(move || match wait_for_go(&stream, &sockets) {
            Ok(()) => drop(sender.blocking_send(Successor { stream, sockets })),
            Err(error) => tracing::warn!(%error, "the other process gave up; we go on"),
        });
    }
}

/// Gives the sockets and waits for the word.
fn wait_for_go(mut stream: &UnixStream, sockets: &Sockets) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_write_timeout(Some(Duration::from_secs(10)))?;
    stream.set_read_timeout(Some(LOOKING))?;
    let (public, tls, admin) = (sockets.public.len(), sockets.tls.len(), sockets.admin.len());
    let offer = Offer { version: crate::VERSION.to_owned(), pid: std::process::id(), public, tls, admin };
    let text = serde_json::to_vec(&offer)?;
    stream.write_all(&u32::try_from(text.len()).unwrap_or(0).to_be_bytes())?;
    stream.write_all(&text)?;
    let all: Vec<_> = sockets.public.iter().chain(&sockets.tls).chain(&sockets.admin).map(|socket| socket.as_fd()).collect();
    descriptors::send(stream, &all)?;
    expect(stream, GO)
}

fn expect(mut stream: &UnixStream, word: u8) -> io::Result<()> {
    let mut said = [0];
    stream.read_exact(&mut said)?;
    if said[0] == word { Ok(()) } else { Err(io::Error::new(io::ErrorKind::InvalidData, "an unknown word")) }
}

impl Successor {
    /// Waits until the new process serves.
    ///
    /// # Errors
    /// When it ended before.
    pub(crate) fn wait_until_up(&self) -> io::Result<()> {
        self.stream.set_read_timeout(Some(OPENING))?;
        expect(&self.stream, UP)
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // The one that took our place has put its own there.
        if self.file.metadata().is_ok_and(|file| file.ino() == self.inode) {
            let _gone_already = std::fs::remove_file(&self.file);
        }
    }
}
