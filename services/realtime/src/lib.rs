//! What happens reaches every screen at once: rooms that people listen to, by WebSocket.
//!
//! Clients of Centrifugo (`centrifuge-js`, `centrifuge-python`) work as they are: the protocol is theirs, version 2, in JSON. Other services
//! speak in rooms by the event [`banyan_contracts::realtime::RoomAddressed`], and say who may listen. See `docs/realtime.md`.

mod access;
mod api;
mod broker;
mod closing;
mod consumers;
mod documents;
mod engine;
mod entity;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod hub;
mod methods;
mod protocol;
mod room;
mod schema;
mod session;
mod settings;
mod stop;
mod tokens;
mod upgrade;

use std::sync::{Arc, OnceLock};

use banyan_http::{Host, Service};

use crate::engine::Engine;

pub use schema::{SERVICE, schema};
pub use stop::LAST_WORDS;
pub use tokens::{Token, VerifyToken};

/// Of this interface, as clients are told.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What routes and consumers of a process have in common. The server puts one into the service's resources.
#[derive(Clone, Default)]
pub struct Shared(Arc<OnceLock<Arc<Engine>>>);

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) engine: Arc<Engine>,
}

/// The service as one value. [`Shared`] and an `Arc<dyn VerifyToken>` are among the host's resources.
pub fn service() -> Service {
    Service::new(SERVICE, schema())
        .messages("en-US", "realtime.ftl", include_str!("../locales/en-US/realtime.ftl"))
        .messages("id-ID", "realtime.ftl", include_str!("../locales/id-ID/realtime.ftl"))
        .erases(|tx, user| async move { documents::erase(&tx, user).await })
        .consumers(|host| consumers::all(&App::of(host)))
        .routes(api::routes, App::of)
}

impl App {
    fn of(host: &Host) -> Self {
        let made = || Arc::new(Engine::new(host));
        let engine = host.resource::<Shared>().map_or_else(made, |shared| shared.0.get_or_init(made).clone());
        Self { engine }
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("made", &self.0.get().is_some()).finish()
    }
}
