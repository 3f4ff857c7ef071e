//! What a keeper has in common with those in other processes, and with those who are at the document.

use std::sync::Arc;

use banyan_kernel::{Random, Uuid};
use tokio::sync::mpsc::{Sender, channel};
use tokio::time::Instant;

use super::super::between::Told;
use super::super::out::Ending;
use super::super::wire::{Aware, awareness_frame, read_awareness, write_awareness};
use super::{ASKED_AT_ONCE, Keeper, Work};
use crate::broker::Said;
use crate::engine::Engine;
use crate::room::RoomKey;

/// What waits to be told to other processes. What finds no place is found in the store.
const MOST_UNTOLD: usize = 64;

/// Hears of the document from now on; the way to tell others, where there are any.
pub(super) async fn listen(engine: &Arc<Engine>, room: &RoomKey) -> Option<Sender<String>> {
    engine.settings.redis_url.as_ref()?;
    let channel_room = room.of_document();
    {
        let _turn = engine.turn(&channel_room).lock().await;
        if let Err(error) = engine.broker.listen(&channel_room).await {
            // The store is looked at from time to time, and Redis is listened to as soon as it is back.
            tracing::warn!(%error, "what other processes say of a document is not heard now");
        }
    }
    let (sender, mut receiver) = channel::<String>(MOST_UNTOLD);
    let engine = engine.clone();
    tokio::spawn(async move {
        while let Some(text) = receiver.recv().await {
            let said = Said::Publication { place: None, body: text.into() };
            if let Err(error) = engine.broker.tell(&channel_room, &said).await {
                tracing::debug!(%error, "other processes do not hear of a document now");
            }
        }
    });
    Some(sender)
}

pub(super) async fn forget(engine: &Arc<Engine>, room: &RoomKey) {
    if engine.settings.redis_url.is_none() {
        return;
    }
    let channel_room = room.of_document();
    let _turn = engine.turn(&channel_room).lock().await;
    // Somebody may have begun anew.
    if !engine.documents.is_open(room)
        && let Err(error) = engine.broker.forget(&channel_room).await
    {
        tracing::debug!(%error, "a document that is closed is still heard");
    }
}

/// Nobody else writes as it.
pub(super) fn new_client(random: &dyn Random) -> u32 {
    let mut bytes = [0; 4];
    random.fill(&mut bytes);
    u32::from_le_bytes(bytes)
}

impl Keeper {
    pub(super) fn tell(&self, told: &Told) {
        if let Some(others) = &self.others {
            let _found_in_the_store = others.try_send(told.write(&self.engine.node));
        }
    }

    pub(super) async fn heard(&mut self, text: &str) -> Result<(), Ending> {
        let Some((node, told)) = Told::read(text) else { return Ok(()) };
        if node == self.engine.node {
            return Ok(());
        }
        match told {
            Told::Update { document, seq, content } => {
                self.flush().await?;
                self.updated(document, seq, content).await?;
            }
            Told::Look => self.look().await?,
            Told::Awareness(content) => {
                let Ok(states) = read_awareness(&content) else { return Ok(()) };
                let new = self.awareness.heard(states);
                self.peers.show(None, &new);
            }
            Told::Query => {
                let here = self.awareness.here();
                if !here.is_empty() {
                    self.tell(&Told::Awareness(write_awareness(here.into_iter())));
                }
            }
        }
        Ok(())
    }

    /// A client shows something. Of who may only read others see nothing.
    pub(super) fn aware(&mut self, peer: Uuid, states: Vec<Aware>) {
        let Some(person) = self.peers.writer(peer) else { return };
        let new = self.awareness.said(peer, person, states);
        if let Some(peer) = self.peers.get(peer) {
            let mut own = peer.own.lock();
            for aware in &new {
                own.retain(|client| *client != aware.client);
                if !aware.is_gone() {
                    own.push(aware.client);
                }
            }
        }
        self.show(Some(peer), &new);
    }

    /// Shows it to all, here and elsewhere.
    pub(super) fn show(&self, but: Option<Uuid>, states: &[Aware]) {
        if states.is_empty() {
            return;
        }
        self.peers.show(but, states);
        self.tell(&Told::Awareness(write_awareness(states.iter())));
    }

    pub(super) fn show_all(&self, to: Uuid) {
        let all = self.awareness.all();
        if !all.is_empty() {
            self.peers.send(to, awareness_frame(&write_awareness(all.into_iter())));
        }
    }

    /// Asks again who may still be there, beside everything else.
    pub(super) fn ask_again(&mut self) {
        let often = std::time::Duration::from_secs(self.engine.settings.recheck_seconds);
        let Some(before) = Instant::now().checked_sub(often) else { return };
        for link in self.peers.ask_now(before, ASKED_AT_ONCE) {
            let (engine, room) = (self.engine.clone(), self.room.clone());
            tokio::spawn(async move {
                let Some(who) = link.who() else { return };
                // Who cannot be asked takes nothing away.
                if let Ok(access) = engine.access.of(&who.caller, &room).await {
                    engine.documents.tell(&room, Work::May { peer: link.id, access });
                }
            });
        }
    }
}
