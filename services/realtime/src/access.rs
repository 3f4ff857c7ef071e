//! Who may listen and speak: the room's owner is asked, in the name of who wants to.

use std::time::Duration;

use banyan_contracts::realtime::{RoomAccess, access_path};
use banyan_http::Peer;
use banyan_kernel::{Caller, Uuid};
use banyan_mesh::Mesh;
use quick_cache::sync::Cache;
use tokio::time::Instant;

use crate::room::{Kind, RoomKey};

/// How long an answer is waited for.
const WITHIN: Duration = Duration::from_secs(2);
/// How long an answer counts without asking again.
const REMEMBERED: Duration = Duration::from_secs(3);
const MOST_REMEMBERED: usize = 20_000;
/// Of an answer, in bytes.
const LARGEST: usize = 4 * 1024;

/// The owner of the room does not answer now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Away;

pub(crate) struct Access {
    mesh: Mesh,
    remembered: Cache<Key, (RoomAccess, Instant)>,
}

/// A key or a session may be allowed less than the person.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    room: RoomKey,
    user: Option<Uuid>,
    session: Option<Uuid>,
    key: Option<Uuid>,
}

impl Access {
    pub(crate) fn new(mesh: Mesh) -> Self {
        Self { mesh, remembered: Cache::new(MOST_REMEMBERED) }
    }

    /// What the caller may do in the room. Nothing, where nobody says otherwise.
    ///
    /// # Errors
    /// When who knows does not answer.
    pub(crate) async fn of(&self, caller: &Caller, room: &RoomKey) -> Result<RoomAccess, Away> {
        let key = Key { room: room.clone(), user: caller.user_id(), session: caller.session, key: caller.key() };
        if let Some((access, at)) = self.remembered.get(&key)
            && at.elapsed() < REMEMBERED
        {
            return Ok(access);
        }
        let access = self.ask(caller, room).await?;
        // Not what is refused: who was let in a moment ago is not told otherwise.
        if access.subscribe && access.publish {
            self.remembered.insert(key, (access, Instant::now()));
        }
        Ok(access)
    }

    /// As [`Access::of`], not from memory.
    pub(crate) async fn ask(&self, caller: &Caller, room: &RoomKey) -> Result<RoomAccess, Away> {
        if caller.tenant != room.tenant {
            return Ok(RoomAccess::default());
        }
        let listens = RoomAccess { subscribe: true, publish: false };
        match room.kind() {
            Some(Kind::User(user)) if caller.user_id() == Some(user) => Ok(listens),
            Some(Kind::Everybody) if caller.user_id().is_some() => Ok(listens),
            Some(Kind::Asked { service, namespace, id }) => self.ask_owner(caller, service, &access_path(namespace, id)).await,
            _ => Ok(RoomAccess::default()),
        }
    }

    async fn ask_owner(&self, caller: &Caller, service: &str, path: &str) -> Result<RoomAccess, Away> {
        let peer = Peer { mesh: &self.mesh, service, within: WITHIN };
        match peer.get::<RoomAccess>(caller.clone(), path, LARGEST).await {
            Ok(access) => Ok(access.unwrap_or_default()),
            Err(error) if error.is_refusal() => Ok(RoomAccess::default()),
            Err(error) => {
                tracing::warn!(%error, "who owns a room cannot be asked");
                Err(Away)
            }
        }
    }
}
