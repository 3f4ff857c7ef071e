//! How rooms, places and what is said are written in Redis.

use super::super::{BrokerError, Place, Said};
use crate::room::RoomKey;

pub(super) const PREFIX: &str = "banyan:rt:{";
pub(super) const CONTROL: &str = "banyan:rt:control";

pub(super) fn key(room: &RoomKey, end: &str) -> String {
    format!("{PREFIX}{}:{}}}{end}", room.tenant, room.name)
}

pub(super) fn room_of(channel: &str) -> Option<RoomKey> {
    let (tenant, name) = channel.strip_prefix(PREFIX)?.strip_suffix('}')?.split_once(':')?;
    RoomKey::heard(tenant.parse().ok()?, name)
}

pub(super) fn place_of(text: &str) -> Result<Place, BrokerError> {
    let read = text.split_once(':').and_then(|(offset, epoch)| Some(Place { epoch: epoch.into(), offset: offset.parse().ok()? }));
    read.ok_or_else(|| BrokerError::Away("a place that cannot be read".to_owned()))
}

pub(super) fn said_of(content: &str) -> Option<Said> {
    let (kind, rest) = content.split_once(':')?;
    Some(match kind {
        "p" => {
            let (offset, rest) = rest.split_once(':')?;
            let (epoch, body) = rest.split_once(':')?;
            Said::Publication { place: Some(Place { epoch: epoch.into(), offset: offset.parse().ok()? }), body: body.into() }
        }
        "l" => Said::Publication { place: None, body: rest.into() },
        "j" => Said::Joined(rest.into()),
        "g" => Said::Left(rest.into()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use banyan_kernel::Uuid;

    use super::*;

    #[test]
    fn channels_name_their_rooms_and_what_is_said_is_read() {
        let room = RoomKey::new(Uuid::nil(), "market:BTC-USD").unwrap();
        let document = room.of_document();
        assert_eq!((room_of(&key(&room, "")), room_of(&key(&document, ""))), (Some(room), Some(document)));
        assert_eq!(room_of("banyan:rt:{x}"), None);
        let said = said_of("p:7:abc:{\"data\":\":\"}").unwrap();
        assert!(
            matches!(said, Said::Publication { place: Some(place), body } if place.offset == 7 && &*place.epoch == "abc" && &*body == "{\"data\":\":\"}")
        );
        assert!(said_of("x").is_none() && said_of("p:a:b:c").is_none());
    }
}
