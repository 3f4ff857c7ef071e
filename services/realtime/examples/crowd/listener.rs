//! One connection of the crowd.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Semaphore;

use crate::delays::Delays;
use crate::dialect::{Dialect, HOST, Heard, all_said_at};
use crate::wire::Wire;

/// Connections that are made at the same time.
const AT_ONCE: usize = 128;
/// Of one address. Of the ports that it has (`ip_local_port_range`, some 28,000), the kernel looks for a free one among each second one first,
/// and ever longer the fewer are left.
const PORTS: usize = 5_000;

pub(crate) struct Crowd {
    pub(crate) server: SocketAddr,
    pub(crate) dialect: Dialect,
    pub(crate) token: String,
    pub(crate) rooms: usize,
}

pub(crate) fn room(number: usize) -> String {
    format!("market:R{number}")
}

impl Crowd {
    /// All connections listen, or were refused: how many came.
    pub(crate) async fn gather(self, connections: usize, delays: &Arc<Delays>) -> usize {
        let crowd = Arc::new(self);
        let (doors, came) = (Arc::new(Semaphore::new(AT_ONCE)), Arc::new(AtomicUsize::new(0)));
        for number in 0..connections {
            let permit = doors.clone().acquire_owned().await.unwrap();
            let (crowd, delays, came) = (crowd.clone(), delays.clone(), came.clone());
            tokio::spawn(async move {
                let Some(wire) = crowd.arrive(number).await else { return };
                came.fetch_add(1, Ordering::Relaxed);
                drop(permit);
                listen(wire, crowd.dialect, &delays).await;
                delays.lost.fetch_add(1, Ordering::Relaxed);
            });
        }
        let _all = doors.acquire_many(u32::try_from(AT_ONCE).unwrap()).await.unwrap();
        came.load(Ordering::Relaxed)
    }

    async fn arrive(&self, number: usize) -> Option<Wire> {
        // Crowds at other servers have other addresses.
        let [high, low] = self.server.port().to_be_bytes();
        let host = u8::try_from(1 + number / PORTS).ok()?;
        let from = SocketAddr::from((Ipv4Addr::new(127, high, low, host), 0));
        let mut wire = Wire::open(from, self.server, self.dialect.path(), HOST).await?;
        let room = room(number % self.rooms.max(1));
        for greeting in self.dialect.greetings(&self.token, &room) {
            wire.send(&greeting).await?;
        }
        loop {
            match wire.next(|text| self.dialect.hear(text)).await? {
                Heard::Listening => return Some(wire),
                Heard::Answer(answer) => wire.send(answer).await?,
                Heard::Admitted => wire.send(&Dialect::wish(&room)).await?,
                Heard::Refused => return None,
                Heard::Said | Heard::Nothing => {}
            }
        }
    }
}

async fn listen(mut wire: Wire, dialect: Dialect, delays: &Delays) {
    loop {
        let hear = |text: &str| {
            let heard = dialect.hear(text);
            if matches!(heard, Heard::Said) {
                all_said_at(text).for_each(|then| delays.heard(then));
            }
            heard
        };
        match wire.next(hear).await {
            Some(Heard::Answer(answer)) if wire.send(answer).await.is_none() => return,
            Some(Heard::Refused) | None => return,
            Some(_) => {}
        }
    }
}
