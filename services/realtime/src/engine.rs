//! All of this process's connections, with what joins it to the others.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use banyan_http::Host;
use banyan_kernel::{Clock, Ids, Random, Uuid};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::access::Access;
use crate::broker::{Asked, Broker, BrokerError, Ear, Kept, MemoryBroker, Order, Place, RedisBroker, Said};
use crate::documents::{Documents, Ears, Registry};
use crate::hub::{BEATS, Hub, Link, Settled};
use crate::methods::Methods;
use crate::protocol::{Refusal, Subscribed, Unsubscribed, publication};
use crate::room::RoomKey;
use crate::settings::Settings;
use crate::tokens::VerifyToken;

/// Rights that are asked for again in a second, at most.
const ASKED_AT_ONCE: usize = 1_000;
/// Rooms of which one at a time is begun or ended to be heard.
const TURNS: usize = 256;

pub(crate) struct Engine {
    pub(crate) settings: Settings,
    pub(crate) hub: Arc<Hub>,
    pub(crate) broker: Arc<dyn Broker>,
    pub(crate) access: Access,
    pub(crate) methods: Methods,
    pub(crate) tokens: Option<Arc<dyn VerifyToken>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Ids,
    pub(crate) random: Arc<dyn Random>,
    /// Of this process, as clients are told.
    pub(crate) node: String,
    /// Shared documents that are open here.
    pub(crate) documents: Registry,
    /// The broker knows it only as long as it is here.
    _ears: Arc<dyn Ear>,
    turns: Vec<tokio::sync::Mutex<()>>,
    hash: ahash::RandomState,
    runs: AtomicBool,
}

/// What somebody wants to listen to.
pub(crate) struct Wish<'w> {
    pub(crate) room: &'w RoomKey,
    /// The reply's id; none where nobody waits for it.
    pub(crate) reply: Option<u32>,
    /// What was heard before.
    pub(crate) recover: Option<Place>,
    pub(crate) wants_joins: bool,
}

impl Engine {
    pub(crate) fn new(host: &Host) -> Self {
        let settings = host.settings::<Settings>().unwrap_or_else(|error| {
            tracing::error!(%error, "the settings of the service do not fit; those that are customary hold");
            Settings::default()
        });
        let hub = Arc::new(Hub::new(&settings));
        let documents = Registry::new(Documents(host.store.clone()));
        let ears: Arc<dyn Ear> = Arc::new(Ears { hub: hub.clone(), documents: documents.clone() });
        let broker = broker(&settings, &ears, &host.random);
        Self {
            settings,
            hub,
            broker,
            access: Access::new(host.mesh.clone()),
            methods: Methods::new(host.mesh.clone()),
            tokens: host.resource::<Arc<dyn VerifyToken>>(),
            clock: host.clock.clone(),
            ids: host.ids.clone(),
            random: host.random.clone(),
            node: host.ids.next().to_string(),
            documents,
            _ears: ears,
            turns: (0..TURNS).map(|_| tokio::sync::Mutex::default()).collect(),
            hash: ahash::RandomState::new(),
            runs: AtomicBool::new(false),
        }
    }

    /// From the first connection on, what is done every second is done.
    pub(crate) fn run(self: &Arc<Self>) {
        if !self.runs.swap(true, Ordering::AcqRel) {
            self.broker.begin();
            tokio::spawn(run(Arc::downgrade(self)));
        }
    }

    /// Says something in a room, for all who listen in any process.
    pub(crate) async fn publish(
        &self,
        room: &RoomKey,
        data: &RawValue,
        info: Option<&RawValue>,
        once: Option<Uuid>,
    ) -> Result<Option<Place>, BrokerError> {
        let keep = self.settings.keep(room.namespace());
        self.broker.publish(room, &publication(data, info), keep, once).await
    }

    /// As [`Engine::publish`], of a value.
    pub(crate) async fn publish_value(
        &self,
        room: &RoomKey,
        data: &Value,
        once: Option<Uuid>,
    ) -> Result<Option<Place>, BrokerError> {
        let data = serde_json::value::to_raw_value(data).map_err(|error| BrokerError::Away(error.to_string()))?;
        self.publish(room, &data, None, once).await
    }

    /// Begins a subscription; its number. The reply is sent with it.
    pub(crate) async fn subscribe(&self, link: &Arc<Link>, wish: &Wish<'_>) -> Result<u64, Refusal> {
        let room = wish.room;
        let turn = self.turn(room).lock().await;
        let listening = self.hub.join(room, link, wish.wants_joins);
        if listening.is_first
            && let Err(error) = self.broker.listen(room).await
        {
            tracing::warn!(%error, "a room cannot be heard");
            self.hub.leave(room, link.id, listening.number);
            return Err(Refusal::Internal);
        }
        drop(turn);
        match self.begin(link, wish, listening.number).await {
            Ok(()) => Ok(listening.number),
            Err(refusal) => {
                self.leave(room, link, listening.number).await;
                Err(refusal)
            }
        }
    }

    async fn begin(&self, link: &Arc<Link>, wish: &Wish<'_>, number: u64) -> Result<(), Refusal> {
        let (room, who) = (wish.room, link.who().ok_or(Refusal::Unauthorized)?);
        if room.has_presence() {
            let people = [(link.id, who.info.clone())];
            self.broker.be_present(room, &people, self.present()).await?;
        }
        let kept = match self.settings.keep(room.namespace()) {
            keep if keep.keeps() => {
                let most = if wish.recover.is_some() { keep.size } else { 0 };
                let asked = Asked { since: wish.recover.as_ref().map(|place| place.offset), most, order: Order::OldestFirst };
                Some(recovered(self.broker.history(room, asked, keep).await?, wish.recover.as_ref()))
            }
            _ => None,
        };
        match self.hub.settle(room, link, number, wish.reply, kept) {
            Settled::Begun => {}
            Settled::Gone => return Err(Refusal::Internal),
        }
        if room.has_presence() {
            self.say(room, &Said::Joined(who.info.clone())).await;
        }
        Ok(())
    }

    /// Ends a subscription, and hears of the room no longer if it was the last.
    pub(crate) async fn leave(&self, room: &RoomKey, link: &Link, number: u64) {
        let turn = self.turn(room).lock().await;
        if !self.hub.leave(room, link.id, number)
            && let Err(error) = self.broker.forget(room).await
        {
            tracing::debug!(%error, "a room that nobody listens to is still heard");
        }
        drop(turn);
        if room.has_presence()
            && let Some(who) = link.who()
        {
            if let Err(error) = self.broker.be_gone(room, link.id).await {
                tracing::debug!(%error, "somebody who left is present until it is forgotten");
            }
            self.say(room, &Said::Left(who.info.clone())).await;
        }
    }

    fn present(&self) -> Duration {
        Duration::from_secs(self.settings.present_seconds)
    }

    /// What is lost with nobody's harm.
    async fn say(&self, room: &RoomKey, said: &Said) {
        if let Err(error) = self.broker.tell(room, said).await {
            tracing::debug!(%error, "nobody hears who came or went");
        }
    }

    /// One at a time begins or ends to hear of a room.
    pub(crate) fn turn(&self, room: &RoomKey) -> &tokio::sync::Mutex<()> {
        &self.turns[usize::try_from(self.hash.hash_one(room)).unwrap_or_default() % TURNS]
    }

    async fn ask_again(&self) {
        for one in self.hub.to_ask(self.settings.recheck_seconds, ASKED_AT_ONCE) {
            let Some(who) = one.link.who() else { continue };
            // Who cannot be asked takes nothing away.
            if let Ok(access) = self.access.of(&who.caller, &one.room).await
                && !access.subscribe
            {
                self.hub.expel(&one.room, one.link.id, one.number, Unsubscribed::ByServer);
            }
        }
    }

    async fn be_present(&self) {
        for (room, people) in self.hub.present() {
            if let Err(error) = self.broker.be_present(&room, &people, self.present()).await {
                tracing::warn!(%error, "it cannot be said who is present");
                return;
            }
        }
    }
}

/// What is missing, if all of it is there.
fn recovered(mut kept: Kept, recover: Option<&Place>) -> (Kept, Subscribed) {
    let mut subscribed = Subscribed { recoverable: true, was_recovering: recover.is_some(), ..Subscribed::default() };
    if let Some(from) = recover {
        let (top, first) = (&kept.top, kept.publications.first().map(|(offset, _)| *offset));
        let is_whole = from.offset == top.offset || first == Some(from.offset + 1);
        subscribed.recovered = from.epoch == top.epoch && from.offset <= top.offset && is_whole;
    }
    if !subscribed.recovered {
        kept.publications.clear();
    }
    (kept, subscribed)
}

/// Temporary: the client tries again.
impl From<BrokerError> for Refusal {
    fn from(error: BrokerError) -> Self {
        tracing::warn!(%error, "a room cannot be used");
        Self::Internal
    }
}

fn broker(settings: &Settings, ear: &Arc<dyn Ear>, random: &Arc<dyn Random>) -> Arc<dyn Broker> {
    let memory = || Arc::new(MemoryBroker::new(Arc::downgrade(ear), random.clone()));
    let Some(url) = &settings.redis_url else { return memory() };
    match RedisBroker::new(url, Arc::downgrade(ear), random.clone()) {
        Ok(redis) => Arc::new(redis),
        Err(error) => {
            tracing::error!(%error, "rooms are those of this process alone");
            memory()
        }
    }
}

async fn run(engine: std::sync::Weak<Engine>) {
    let (mut seconds, mut beat) = (0_u64, 0);
    loop {
        tokio::time::sleep(Duration::from_secs(1) / BEATS).await;
        let Some(engine) = engine.upgrade() else { return };
        engine.hub.beat(beat, engine.clock.now(), &engine.settings);
        beat = (beat + 1) % BEATS;
        if beat > 0 {
            continue;
        }
        seconds += 1;
        // Beside the beat, which must not wait.
        if seconds.is_multiple_of((engine.settings.present_seconds / 3).max(1)) {
            let engine = engine.clone();
            tokio::spawn(async move { engine.be_present().await });
        }
        tokio::spawn(async move { engine.ask_again().await });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(top: u64, offsets: impl IntoIterator<Item = u64>) -> Kept {
        let body = Arc::<str>::from("{}");
        Kept {
            top: Place { epoch: "e".into(), offset: top },
            publications: offsets.into_iter().map(|offset| (offset, body.clone())).collect(),
        }
    }

    #[test]
    fn only_what_is_whole_is_recovered() {
        let from = |epoch: &str, offset| Place { epoch: epoch.into(), offset };
        let is = |kept: Kept, from: &Place| recovered(kept, Some(from)).1.recovered;
        assert!(is(kept(5, 4..=5), &from("e", 3)));
        assert!(is(kept(5, []), &from("e", 5)));
        assert!(!is(kept(5, 5..=5), &from("e", 3)), "4 is gone");
        assert!(!is(kept(5, []), &from("e", 3)), "all are gone");
        assert!(!is(kept(5, 4..=5), &from("f", 3)), "another epoch");
        assert!(!is(kept(5, []), &from("e", 6)), "of the future");
        assert!(!recovered(kept(5, 4..=5), None).1.was_recovering);
    }
}
