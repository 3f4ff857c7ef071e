//! What a client may ask for once it is known.

use banyan_contracts::realtime::RoomAccess;
use serde_json::value::RawValue;

use super::{Outcome, Session};
use crate::broker::{Asked, Crowd, Order, Place};
use crate::engine::Wish;
use crate::methods::{Call, Method};
use crate::protocol::{
    Answered, Disconnect, Empty, History, HistoryPage, Presence, PresenceStats, Publish, Refusal, Request, Rpc, Subscribe,
    failure, reply,
};
use crate::room::RoomKey;

/// Of a person's presence, as much is shown at once.
const MOST_PRESENT: usize = 1_000;
/// Publications of one answer.
const MOST_KEPT: usize = 1_000;
/// What a person says, in bytes.
const LARGEST_SAID: usize = 32 * 1024;

impl Session {
    pub(super) async fn answer(&mut self, id: u32, request: Request<'_>) -> Result<Result<Outcome, Refusal>, Disconnect> {
        Ok(match request {
            Request::Connect(_) | Request::Pong => return Err(Disconnect::BadRequest),
            Request::Refresh(token) => return self.refresh(id, &token).await,
            Request::Subscribe(asked) => self.subscribe(id, &asked).await,
            Request::Unsubscribe(channel) => self.unsubscribe(id, &channel).await,
            Request::Publish(asked) => self.publish(id, &asked).await,
            Request::Presence(channel) => self.presence(id, &channel).await,
            Request::PresenceStats(channel) => self.presence_stats(id, &channel).await,
            Request::History(asked) => self.history(id, &asked).await,
            Request::Ping => Ok(Outcome::Reply(reply(id, "ping", &Empty {}))),
            // Subscriptions have no tokens of their own here.
            Request::SubRefresh => Err(Refusal::NotAvailable),
            Request::Rpc(asked) => self.call(id, &asked),
            Request::Send => Ok(Outcome::Silent),
        })
    }

    async fn subscribe(&mut self, id: u32, asked: &Subscribe<'_>) -> Result<Outcome, Refusal> {
        let room = self.room(&asked.channel)?;
        if self.rooms.contains_key(&room.name) {
            return Err(Refusal::AlreadySubscribed);
        }
        if self.rooms.len() >= self.engine.settings.most_subscriptions {
            return Err(Refusal::LimitExceeded);
        }
        if !self.access(&room).await?.subscribe {
            return Err(Refusal::PermissionDenied);
        }
        let recover = asked.recover.then(|| Place { epoch: asked.epoch.as_str().into(), offset: asked.offset });
        let wish = Wish { room: &room, reply: Some(id), recover, wants_joins: asked.join_leave && room.has_presence() };
        let number = self.engine.subscribe(&self.link, &wish).await?;
        self.rooms.insert(room.name, number);
        Ok(Outcome::Replied)
    }

    async fn unsubscribe(&mut self, id: u32, channel: &str) -> Result<Outcome, Refusal> {
        let room = self.room(channel)?;
        if let Some(number) = self.rooms.remove(&room.name) {
            self.engine.leave(&room, &self.link, number).await;
        }
        Ok(Outcome::Reply(reply(id, "unsubscribe", &Empty {})))
    }

    async fn publish(&mut self, id: u32, asked: &Publish<'_>) -> Result<Outcome, Refusal> {
        let room = self.room(&asked.channel)?;
        let data = asked.data;
        if data.get().len() > LARGEST_SAID {
            return Err(Refusal::LimitExceeded);
        }
        if !self.access(&room).await?.publish {
            return Err(Refusal::PermissionDenied);
        }
        let who = self.link.who().ok_or(Refusal::Unauthorized)?;
        let info: &RawValue = serde_json::from_str(&who.info).map_err(|_| Refusal::Internal)?;
        self.engine.publish(&room, data, Some(info), None).await?;
        Ok(Outcome::Reply(reply(id, "publish", &Empty {})))
    }

    async fn presence(&self, id: u32, channel: &str) -> Result<Outcome, Refusal> {
        let room = self.with_presence(channel).await?;
        let present = self.engine.broker.presence(&room, MOST_PRESENT).await?;
        Ok(Outcome::Reply(reply(id, "presence", &Presence(&present))))
    }

    async fn presence_stats(&self, id: u32, channel: &str) -> Result<Outcome, Refusal> {
        let room = self.with_presence(channel).await?;
        let Crowd { clients, users } = self.engine.broker.presence_stats(&room).await?;
        let stats = PresenceStats { num_clients: clients, num_users: users };
        Ok(Outcome::Reply(reply(id, "presence_stats", &stats)))
    }

    /// A room in which the client may see who is there.
    async fn with_presence(&self, channel: &str) -> Result<RoomKey, Refusal> {
        let room = self.room(channel)?;
        if !self.access(&room).await?.subscribe {
            return Err(Refusal::PermissionDenied);
        }
        if !room.has_presence() {
            return Err(Refusal::NotAvailable);
        }
        Ok(room)
    }

    async fn history(&self, id: u32, asked: &History) -> Result<Outcome, Refusal> {
        let room = self.room(&asked.channel)?;
        if !self.access(&room).await?.subscribe {
            return Err(Refusal::PermissionDenied);
        }
        let keep = self.engine.settings.keep(room.namespace());
        if !keep.keeps() {
            return Err(Refusal::NotAvailable);
        }
        let order = if asked.reverse { Order::LatestFirst } else { Order::OldestFirst };
        let most = usize::try_from(asked.limit).unwrap_or(MOST_KEPT).min(MOST_KEPT);
        let question = Asked { since: asked.since.as_ref().map(|since| since.offset), most, order };
        let kept = self.engine.broker.history(&room, question, keep).await?;
        if asked.since.as_ref().is_some_and(|since| !since.epoch.is_empty() && *since.epoch != *kept.top.epoch) {
            return Err(Refusal::UnrecoverablePosition);
        }
        let page = HistoryPage { epoch: kept.top.epoch.to_string(), offset: kept.top.offset, publications: kept.publications };
        Ok(Outcome::Reply(page.reply(id)))
    }

    /// The reply follows when the method has answered: what the client says meanwhile does not wait for it.
    fn call(&self, id: u32, asked: &Rpc<'_>) -> Result<Outcome, Refusal> {
        let method = Method::of(&asked.method).ok_or(Refusal::MethodNotFound)?;
        if asked.data.get().len() > LARGEST_SAID {
            return Err(Refusal::LimitExceeded);
        }
        let caller = self.link.who().ok_or(Refusal::Unauthorized)?.caller.clone();
        let turn = self.engine.methods.turn(&self.link).ok_or(Refusal::TooManyRequests)?;
        let call = Call { method, data: asked.data.get().to_owned(), caller, language: self.hello.language };
        let (engine, link) = (self.engine.clone(), self.link.clone());
        tokio::spawn(async move {
            let reply = match engine.methods.call(call).await {
                Ok(data) => reply(id, "rpc", &Answered { data: &data }),
                Err(why) => failure(id, &why),
            };
            link.outbox.send(reply);
            drop(turn);
        });
        Ok(Outcome::Silent)
    }

    fn room(&self, channel: &str) -> Result<RoomKey, Refusal> {
        let who = self.link.who().ok_or(Refusal::Unauthorized)?;
        RoomKey::new(who.caller.tenant, channel).ok_or(Refusal::UnknownChannel)
    }

    async fn access(&self, room: &RoomKey) -> Result<RoomAccess, Refusal> {
        let who = self.link.who().ok_or(Refusal::Unauthorized)?;
        self.engine.access.of(&who.caller, room).await.map_err(|_| Refusal::Internal)
    }
}
