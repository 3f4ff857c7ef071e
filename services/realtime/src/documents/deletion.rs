//! How a document goes.

use super::between::Told;
use super::keeper::Work;
use super::store::DocumentError;
use crate::broker::Said;
use crate::engine::Engine;
use crate::room::RoomKey;

/// Deletes the document with its history; who is there is closed as gone. Succeeds where there is none.
///
/// # Errors
/// What the store answers.
pub(crate) async fn delete(engine: &Engine, room: &RoomKey) -> Result<(), DocumentError> {
    engine.documents.documents().delete(room).await?;
    engine.documents.tell(room, Work::Look);
    if engine.settings.redis_url.is_some() {
        let told = Said::Publication { place: None, body: Told::Look.write(&engine.node).into() };
        if let Err(error) = engine.broker.tell(&room.of_document(), &told).await {
            // They look at the store by themselves.
            tracing::debug!(%error, "other processes do not hear that a document is gone");
        }
    }
    Ok(())
}
