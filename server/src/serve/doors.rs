//! All that a process listens on: the front door if it has that role, and the listener for other nodes if there are any.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use banyan_edge::{Drained, Edge, Listen, Running, Sockets, Stopper};

use super::Start;
use crate::cluster::{EDGE, Left, Node};
use crate::hand_over::{Successor, Window};
use crate::house::House;
use crate::settings::Settings;

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

    pub(super) async fn drain(self, settings: &Settings) -> Drained {
        let (grace, deadline) = (settings.general.drain_grace.0, settings.general.drain_timeout.0);
        let public = async {
            match self.public {
                Some(running) => running.drain().await,
                None => Drained::Finished,
            }
        };
        let node = async {
            match self.node {
                Some(node) => node.drain(grace, deadline).await,
                None => Left::InGoodOrder,
            }
        };
        match tokio::join!(public, node) {
            (Drained::Finished, Left::InGoodOrder) => Drained::Finished,
            _ => Drained::Cut,
        }
    }
}
