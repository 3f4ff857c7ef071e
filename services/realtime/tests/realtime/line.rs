//! A line to a process, which can be cut as a network does it, and lead elsewhere.

use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinHandle};

pub(crate) struct Line {
    pub(crate) address: SocketAddr,
    target: Arc<Mutex<SocketAddr>>,
    open: Arc<Mutex<Vec<(SocketAddr, AbortHandle)>>>,
    accepting: JoinHandle<()>,
}

impl Line {
    pub(crate) async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (target, open) = (Arc::new(Mutex::new(target)), Arc::new(Mutex::new(Vec::<(SocketAddr, AbortHandle)>::new())));
        let (leads, lines) = (target.clone(), open.clone());
        let accepting = tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let target = *leads.lock();
                let copying = tokio::spawn(async move {
                    if let Ok(mut server) = TcpStream::connect(target).await {
                        let _cut = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                    }
                });
                lines.lock().push((target, copying.abort_handle()));
            }
        });
        Self { address, target, open, accepting }
    }

    /// All connections break, without a word.
    pub(crate) fn cut(&self) {
        self.open.lock().drain(..).for_each(|(_, copying)| copying.abort());
    }

    /// Those to one process break, as it has ended.
    pub(crate) fn cut_to(&self, target: SocketAddr) {
        self.open.lock().retain(|(leads, copying)| {
            let stays = *leads != target;
            if !stays {
                copying.abort();
            }
            stays
        });
    }

    /// Who comes from now on is led there.
    pub(crate) fn lead(&self, target: SocketAddr) {
        *self.target.lock() = target;
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}
