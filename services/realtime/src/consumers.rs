//! What other services say in rooms, and what people of a tenant are told of by itself.

use std::sync::Arc;

use banyan_contracts::Event as _;
use banyan_contracts::context::SessionDeleted;
use banyan_contracts::flags::FlagChanged;
use banyan_contracts::realtime::{RoomAddressed, session_room};
use banyan_events::log::{Chooser, Choosing, Start};
use banyan_events::{Consumer, ConsumerError, Delivery};
use banyan_store::log::Entry;
use serde_json::{Value, json};

use crate::App;
use crate::documents::forget;
use crate::engine::Engine;
use crate::room::{FLAGS, RoomKey};

/// Of what is said, in bytes of JSON.
const LARGEST: usize = 32 * 1024;

/// From now on: who listens now wants to hear of nothing that happened before there were rooms.
pub(crate) fn all(app: &App) -> Vec<Consumer> {
    let engine = app.engine.clone();
    let handler = move |delivery: Delivery| {
        let engine = engine.clone();
        async move { say(&engine, &delivery).await }
    };
    vec![Consumer::of_everything("realtime", Arc::new(Addressed), handler).start(Start::Now)]
}

/// Any service may speak in a room, so that all logs are read.
struct Addressed;

impl Chooser for Addressed {
    fn choose<'a>(&'a self, entries: &'a [Entry]) -> Choosing<'a> {
        let wanted =
            |entry: &Entry| [RoomAddressed::TYPE, FlagChanged::TYPE, SessionDeleted::TYPE].contains(&entry.kind.as_str());
        let chosen = entries.iter().map(wanted).collect();
        Box::pin(async move { Ok(chosen) })
    }
}

/// The event's id makes that it is said once, however often it is heard.
async fn say(engine: &Engine, delivery: &Delivery) -> Result<(), ConsumerError> {
    let event = &delivery.event;
    let (name, data) = match event.kind.as_str() {
        RoomAddressed::TYPE => {
            let said = event.decode::<RoomAddressed>()?;
            (said.room, said.data)
        }
        SessionDeleted::TYPE => {
            // In the transaction that notes the event. Who is there is closed when the document is looked at the next time.
            let gone = session_room(event.decode::<SessionDeleted>()?.session_id);
            return forget(&delivery.tx, &gone).await.map_err(|error| ConsumerError::Retry(error.to_string()));
        }
        FlagChanged::TYPE => (format!("{FLAGS}:"), of_flag(&event.decode::<FlagChanged>()?)),
        other => return Err(ConsumerError::Poison(format!("no room hears of {other}"))),
    };
    let room = RoomKey::new(event.tenant, &name).ok_or_else(|| ConsumerError::Poison("there is no such room".to_owned()))?;
    if data.to_string().len() > LARGEST {
        return Err(ConsumerError::Poison(format!("more than {LARGEST} bytes are said in a room")));
    }
    let said = engine.publish_value(&room, &data, Some(event.id)).await;
    said.map(drop).map_err(|error| ConsumerError::Retry(error.to_string()))
}

/// Nothing of who did it: everybody hears it.
fn of_flag(flag: &FlagChanged) -> Value {
    json!({ "key": flag.key, "act": flag.act, "environment": flag.environment, "version": flag.version })
}
