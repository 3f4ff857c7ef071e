//! All that a process listens on: the front door if it has that role, and the listener for other nodes if there are any.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use banyan_edge::{Drained, Edge, Listen, Running, Sockets, Stopper};

use super::Start;
use crate::cluster::{EDGE, Left, Node, UNTIL_HEARD};
use crate::hand_over::{Successor, Window};
use crate::house::House;
use crate::settings::Settings;

/// Realtime clients are told of the end within so long, if the deadline leaves the time.
const TELLING: Duration = Duration::from_secs(5);

/// In which time realtime clients are told of the end.
fn telling_within(deadline: Duration) -> Duration {
    TELLING.min(deadline / 3)
}

/// How long connections that became something else go on, so that those of realtime clients end in their own way.
pub(super) fn farewell(deadline: Duration) -> Duration {
    (UNTIL_HEARD + telling_within(deadline) + banyan_realtime::LAST_WORDS).min(deadline)
}

/// The open listeners.
pub(super) struct Doors {
    pub(super) public: Option<Running>,
    pub(super) node: Option<Node>,
}

impl Doors {
    /// Other nodes first, so that nobody comes to a door whose services are not there.
    pub(super) async fn open(
        start: &Start<'_>,
        house: &Arc<House>,
        edge: &Edge,
        inherited: Sockets,
        listen: Listen,
    ) -> Result<Self> {
        let node = match start.cluster {
            Some(cluster) => Some(Node::open(cluster, start.loaded, house, edge).await?),
            None => None,
        };
        let public = house.roles.have(EDGE).then(|| edge.serve_on(inherited, listen)).transpose()?;
        Ok(Self { public, node })
    }

    pub(super) fn admin_addr(&self) -> Option<SocketAddr> {
        let public = self.public.as_ref().and_then(Running::admin_addr);
        public.or_else(|| self.node.as_ref().and_then(|node| node.admin))
    }

    pub(super) fn stopper(&self) -> Option<Stopper> {
        self.public.as_ref().map(Running::stopper)
    }

    /// A process without a front door has no sockets that another one would have to take over.
    pub(super) async fn watch(&self, window: &Window) -> Successor {
        match &self.public {
            Some(running) => window.watch(running).await,
            None => std::future::pending().await,
        }
    }

    pub(super) async fn drain(self, settings: &Settings, house: &House) -> Drained {
        let (grace, deadline) = (settings.general.drain_grace.0, settings.general.drain_timeout.0);
        let Self { public, mut node } = self;
        // When nobody comes any more: who is told to come again does not come to this process.
        let until_heard = node.as_ref().map_or(grace, |node| node.until_heard(grace));
        let telling = async {
            tokio::time::sleep(until_heard).await;
            house.end_conversations(telling_within(deadline)).await;
        };
        let public = async {
            match public {
                Some(running) => running.drain().await,
                None => Drained::Finished,
            }
        };
        let node = async {
            match &mut node {
                Some(node) => node.drain(grace, deadline).await,
                None => Left::InGoodOrder,
            }
        };
        match tokio::join!(public, node, telling) {
            (Drained::Finished, Left::InGoodOrder, ()) => Drained::Finished,
            _ => Drained::Cut,
        }
    }
}
