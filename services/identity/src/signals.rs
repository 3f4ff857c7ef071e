//! What every node must hear within a second: ended sessions, changed rights, changed people, tenants and keys.
//!
//! A signal is written in the transaction of its cause and heeded by this process at once. Other processes read the table twice a
//! second; a restarted one reads what still counts.

use banyan_kernel::Uuid;

use crate::entity::signal;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    SessionEnded(Uuid),
    /// Tokens of the user with a lower version of rights count no longer.
    RightsRaised {
        user: Uuid,
        version: i64,
    },
    /// The language that the person chose is another one.
    PersonChanged(Uuid),
    TenantsChanged,
    KeysChanged,
}

impl Signal {
    /// Kind, subject and value as they are stored.
    pub(crate) const fn parts(self) -> (&'static str, Uuid, i64) {
        match self {
            Self::SessionEnded(session) => ("session-ended", session, 0),
            Self::RightsRaised { user, version } => ("rights-raised", user, version),
            Self::PersonChanged(user) => ("person-changed", user, 0),
            Self::TenantsChanged => ("tenants-changed", Uuid::nil(), 0),
            Self::KeysChanged => ("keys-changed", Uuid::nil(), 0),
        }
    }

    /// `None` for a kind that a newer node wrote.
    pub(crate) fn read(row: &signal::Model) -> Option<Self> {
        match row.kind.as_str() {
            "session-ended" => Some(Self::SessionEnded(row.subject)),
            "rights-raised" => Some(Self::RightsRaised { user: row.subject, version: row.value }),
            "person-changed" => Some(Self::PersonChanged(row.subject)),
            "tenants-changed" => Some(Self::TenantsChanged),
            "keys-changed" => Some(Self::KeysChanged),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_are_read_as_they_were_written() {
        let id = Uuid::from_u128(5);
        let signals = [
            Signal::SessionEnded(id),
            Signal::RightsRaised { user: id, version: 7 },
            Signal::PersonChanged(id),
            Signal::TenantsChanged,
            Signal::KeysChanged,
        ];
        for signal in signals {
            let (kind, subject, value) = signal.parts();
            let row = signal::Model { id, tenant: id, kind: kind.into(), subject, value, created_at: 0 };
            assert_eq!(Signal::read(&row), Some(signal));
        }
        let unknown = signal::Model { id, tenant: id, kind: "of-the-future".into(), subject: id, value: 0, created_at: 0 };
        assert_eq!(Signal::read(&unknown), None);
    }
}
