//! The plan of the control plane: the door follows it while the server runs.

use std::sync::Arc;

use banyan_edge::{Edge, RouteFile};
use banyan_gateway::{Door, OPERATORS, SERVICE};
use serde_json::Value;
use tokio::sync::watch;

use super::routes;
use crate::house::House;

/// The open door as the control plane knows it.
struct Followed(Edge);

impl Door for Followed {
    fn follow(&self, routes: &str) -> Result<(), String> {
        let file = RouteFile::parse(routes, &routes::known()).map_err(|faults| {
            let faults: Vec<String> = faults.iter().take(5).map(ToString::to_string).collect();
            faults.join("; ")
        })?;
        self.0.overlay(file);
        Ok(())
    }

    fn splits(&self) -> Vec<Value> {
        self.0.splits().iter().filter_map(|split| serde_json::to_value(split).ok()).collect()
    }

    fn observed(&self) -> Vec<Value> {
        self.0.observed().iter().filter_map(|route| serde_json::to_value(route).ok()).collect()
    }
}

/// Follows until `stop` is dropped. A process without the plan's database follows nothing.
pub(super) async fn follow(house: Arc<House>, edge: Edge, stop: watch::Receiver<bool>) {
    let room = house.rooms.iter().find(|room| room.service.name == SERVICE);
    let operators = house.identity.tenant_named(OPERATORS);
    let (Some(room), Some(operators)) = (room, operators) else { return };
    banyan_gateway::follow(room.host.clone(), operators.id, Arc::new(Followed(edge)), stop).await;
}
