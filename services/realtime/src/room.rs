//! Names of rooms, and what the rules of each kind are.

use std::sync::Arc;

use banyan_contracts::realtime::{NAMESPACES, USER};
use banyan_kernel::Uuid;

/// In bytes.
const LONGEST: usize = 255;
const LONGEST_NAMESPACE: usize = 32;

/// What people of a tenant see of a market: every person listens, only services speak.
pub(crate) const MARKET: &str = "market";
/// One room for a tenant, `flags:`: that flags have changed.
pub(crate) const FLAGS: &str = "flags";

/// What the name begins with under which processes speak of a document.
const DOCUMENT: char = '~';

/// A room of a tenant. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RoomKey {
    pub(crate) tenant: Uuid,
    pub(crate) name: Arc<str>,
}

/// Whose rules hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind<'n> {
    /// Of one person.
    User(Uuid),
    /// Of all people of the tenant.
    Everybody,
    /// A service is asked.
    Asked { service: &'static str, namespace: &'static str, id: &'n str },
}

impl RoomKey {
    /// Nothing for a name that no room has.
    pub(crate) fn new(tenant: Uuid, name: &str) -> Option<Self> {
        kind(name)?;
        Some(Self { tenant, name: name.into() })
    }

    /// The name under which processes speak of the room's shared document. No room that people can name is called so.
    pub(crate) fn of_document(&self) -> Self {
        Self { tenant: self.tenant, name: format!("{DOCUMENT}{}", self.name).into() }
    }

    /// The room whose document this name is for.
    pub(crate) fn as_document(&self) -> Option<Self> {
        Self::new(self.tenant, self.name.strip_prefix(DOCUMENT)?)
    }

    /// As processes name rooms to one another.
    pub(crate) fn heard(tenant: Uuid, name: &str) -> Option<Self> {
        kind(name.strip_prefix(DOCUMENT).unwrap_or(name))?;
        Some(Self { tenant, name: name.into() })
    }

    pub(crate) fn namespace(&self) -> &str {
        self.name.split_once(':').map_or(&*self.name, |(namespace, _)| namespace)
    }

    pub(crate) fn kind(&self) -> Option<Kind<'_>> {
        kind(&self.name)
    }

    /// Whether a service says who may.
    pub(crate) fn has_owner(&self) -> bool {
        NAMESPACES.iter().any(|(known, _)| *known == self.namespace())
    }

    /// Whether people see who else is there.
    pub(crate) fn has_presence(&self) -> bool {
        self.has_owner()
    }
}

/// Nothing for what no room is called: deny by default.
pub(crate) fn kind(name: &str) -> Option<Kind<'_>> {
    let (namespace, id) = name.split_once(':')?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let sound = name.len() <= LONGEST && (1..=LONGEST_NAMESPACE).contains(&namespace.len()) && id.bytes().all(plain);
    // A dot alone would climb in the path by which the service is asked.
    if !sound || id == "." || id == ".." {
        return None;
    }
    if namespace == FLAGS {
        return id.is_empty().then_some(Kind::Everybody);
    }
    if id.is_empty() {
        return None;
    }
    if namespace == USER {
        // One form only, or a person had several rooms.
        return id.parse().ok().filter(|user: &Uuid| user.to_string() == id).map(Kind::User);
    }
    if namespace == MARKET {
        return Some(Kind::Everybody);
    }
    let asked = NAMESPACES.iter().find(|(known, _)| *known == namespace)?;
    Some(Kind::Asked { service: asked.1, namespace: asked.0, id })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_have_names_that_no_room_has() {
        let room = RoomKey::new(Uuid::nil(), "session:1").unwrap();
        let document = room.of_document();
        assert_eq!((&*document.name, document.as_document()), ("~session:1", Some(room.clone())));
        assert_eq!((RoomKey::new(Uuid::nil(), &document.name), room.as_document()), (None, None));
        assert_eq!(RoomKey::heard(Uuid::nil(), &document.name), Some(document));
        assert_eq!(RoomKey::heard(Uuid::nil(), "session:1"), Some(room));
        assert_eq!((RoomKey::heard(Uuid::nil(), "~"), RoomKey::heard(Uuid::nil(), "~~session:1")), (None, None));
    }

    #[test]
    fn only_known_rooms_have_a_kind() {
        let user = "0190a5b0-0000-7000-8000-000000000000";
        assert_eq!(kind(&format!("user:{user}")), Some(Kind::User(user.parse().unwrap())));
        assert_eq!(kind("market:BTC-USD"), Some(Kind::Everybody));
        assert_eq!(kind("flags:"), Some(Kind::Everybody));
        assert_eq!(kind("session:1"), Some(Kind::Asked { service: "context", namespace: "session", id: "1" }));
        let upper = format!("user:{}", user.to_uppercase());
        let long = format!("market:{}", "a".repeat(255));
        for bad in [
            "",
            ":",
            "user",
            "user:",
            "user:1",
            &upper,
            "flags:x",
            "market:",
            "market:a/b",
            "market:..",
            "session:../people",
            "session:a b",
            "session:a\"",
            "session:a\n",
            "session:é",
            "nobody:1",
            "USER:1",
            &long,
            "market:a:b",
            "session:%2e",
        ] {
            assert_eq!(kind(bad), None, "{bad}");
        }
    }
}
