//! Who comes to a document, before anything of it is shown.

use std::sync::Arc;
use std::time::Duration;

use banyan_contracts::realtime::RoomAccess;
use banyan_http::Problem;
use banyan_kernel::{Caller, ErrorCode};

use super::out::Out;
use super::peers::Peer;
use super::registry::TooMany;
use crate::engine::Engine;
use crate::hub::{Link, Who};
use crate::room::RoomKey;
use crate::tokens::Token;

/// Who came by something whose end is not known comes again after so many seconds.
const WITHOUT_END: i64 = 600;
/// How long a token may take to be verified.
const VERIFYING: Duration = Duration::from_secs(5);

/// Somebody who may come to a document. [`Entry::leave`] ends it.
pub(crate) struct Entry {
    pub(super) room: RoomKey,
    pub(super) access: RoomAccess,
    pub(super) peer: Peer,
}

/// Looks who it is, by the token or by what the request brought, and what they may do.
///
/// # Errors
/// 401 for nobody, 403 for who may not read, 429 for too many connections, 503 where it cannot be known now.
pub(crate) async fn enter(engine: &Arc<Engine>, caller: Caller, token: Option<&str>, name: &str) -> Result<Entry, Problem> {
    let who = identify(engine, caller, token).await?;
    let (room, access) = allowed(engine, &who.caller, name).await?;
    if engine.hub.stops() {
        return Err(ErrorCode::ServiceUnavailable.into());
    }
    engine.run();
    let link = engine.hub.open(engine.ids.next());
    let peer = Peer { link: link.clone(), out: Arc::new(Out::new(engine.settings.documents.queue_bytes)), own: Arc::default() };
    let entry = Entry { room, access, peer };
    if engine.hub.identify(&link, Arc::new(who), &engine.settings).is_err() {
        entry.leave(engine);
        return Err(Problem::new(ErrorCode::RateLimited).detail_message("realtime-connections", []));
    }
    if let Err(TooMany) = engine.documents.open(engine, &entry.room) {
        entry.leave(engine);
        return Err(ErrorCode::Overloaded.into());
    }
    Ok(entry)
}

impl Entry {
    pub(crate) fn leave(&self, engine: &Engine) {
        engine.hub.close(&self.peer.link);
    }

    pub(super) fn link(&self) -> &Arc<Link> {
        &self.peer.link
    }
}

/// The document's room, for who may read it. To everybody else it is as if there were none.
///
/// # Errors
/// 403 for who may not; 503 where it cannot be known now.
pub(crate) async fn allowed(engine: &Engine, caller: &Caller, name: &str) -> Result<(RoomKey, RoomAccess), Problem> {
    let room = RoomKey::new(caller.tenant, name).ok_or_else(Problem::hidden)?;
    let away = |_| Problem::new(ErrorCode::ServiceUnavailable).detail_message("realtime-away", []);
    let access = engine.access.of(caller, &room).await.map_err(away)?;
    if access.subscribe { Ok((room, access)) } else { Err(Problem::hidden()) }
}

async fn identify(engine: &Engine, caller: Caller, token: Option<&str>) -> Result<Who, Problem> {
    let now = engine.clock.now();
    let (caller, token, expires) = match token {
        Some(token) => {
            let token = verify(engine, token).await?;
            (token.caller(caller.request), Some(token.clone()), token.expires())
        }
        None => (caller, None, now.plus_seconds(WITHOUT_END)),
    };
    let user = caller.user_id().ok_or(ErrorCode::Unauthenticated)?;
    if now >= expires {
        return Err(ErrorCode::TokenExpired.into());
    }
    Ok(Who::new(caller, user, token, expires, "".into()))
}

async fn verify(engine: &Engine, token: &str) -> Result<Arc<dyn Token>, Problem> {
    let tokens = engine.tokens.as_ref().ok_or(ErrorCode::InvalidToken)?;
    let verified = tokio::time::timeout(VERIFYING, tokens.verify(token)).await;
    match verified.unwrap_or(Err(ErrorCode::ServiceUnavailable))? {
        token if token.is_revoked() => Err(ErrorCode::InvalidToken.into()),
        token => Ok(token),
    }
}
