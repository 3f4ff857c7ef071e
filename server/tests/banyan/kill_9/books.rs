//! What the databases say when nobody writes any more: nothing is half there.

use std::collections::BTreeSet;

use banyan_store::EngineKind;

use crate::database::look;
use crate::harness::{Place, SERVICES};

/// A row that must not be there: what it would mean, in which service, and how to find it.
const HALVES: &[(&str, &str, &str)] = &[
    (
        "a goal without its event",
        "goals",
        "SELECT {id:id} FROM goals EXCEPT SELECT {plain:subject} FROM outbox WHERE type = 'goals.goal.created'",
    ),
    (
        "an event without its goal",
        "goals",
        "SELECT {plain:subject} FROM outbox WHERE type = 'goals.goal.created' EXCEPT SELECT {id:id} FROM goals",
    ),
    (
        "days and events of days that do not match",
        "goals",
        "SELECT c.days - o.events FROM (SELECT COUNT(*) AS days FROM check_ins) c, \
         (SELECT COUNT(*) AS events FROM outbox WHERE type = 'goals.habit.checked-in') o WHERE c.days <> o.events",
    ),
    (
        "goals and days without the answer that is kept under their key",
        "goals",
        "SELECT g.n + c.n - i.n FROM (SELECT COUNT(*) AS n FROM goals) g, (SELECT COUNT(*) AS n FROM check_ins) c, \
         (SELECT COUNT(*) AS n FROM idempotency) i WHERE g.n + c.n <> i.n",
    ),
    (
        "journals without the answer that is kept under their key",
        "content",
        "SELECT j.n - i.n FROM (SELECT COUNT(*) AS n FROM journals) j, (SELECT COUNT(*) AS n FROM idempotency) i WHERE j.n <> i.n",
    ),
    ("an account without a password", "identity", "SELECT {id:id} FROM users EXCEPT SELECT {id:user_id} FROM credentials"),
    ("an account without a role", "identity", "SELECT {id:id} FROM users EXCEPT SELECT {id:user_id} FROM role_assignments"),
    (
        "an account without its record",
        "identity",
        "SELECT {id:id} FROM users EXCEPT SELECT {id:object_id} FROM audit WHERE action = 'user.registered'",
    ),
    (
        "a record without its account",
        "identity",
        "SELECT {id:object_id} FROM audit WHERE action = 'user.registered' EXCEPT SELECT {id:id} FROM users",
    ),
    (
        "a session without its record",
        "identity",
        "SELECT {id:id} FROM sessions EXCEPT SELECT {id:object_id} FROM audit WHERE action = 'session.opened'",
    ),
    (
        "a record without its session",
        "identity",
        "SELECT {id:object_id} FROM audit WHERE action = 'session.opened' EXCEPT SELECT {id:id} FROM sessions",
    ),
    (
        "a session without exactly one refresh token that is unused",
        "identity",
        "SELECT {id:s.id} FROM sessions s LEFT JOIN refresh_tokens t ON t.session_id = s.id AND t.used_at IS NULL \
         GROUP BY s.id HAVING COUNT(t.id) <> 1",
    ),
    (
        "a gap in the audit chain",
        "identity",
        "SELECT n FROM (SELECT COUNT(*) AS n, MIN(position) AS low, MAX(position) AS high FROM audit) a WHERE low <> 1 OR high <> n",
    ),
];

/// Finds halves in every service's database.
pub(super) fn check(place: &Place) {
    for (meaning, service, sql) in HALVES {
        let found = look(place, service, sql);
        assert!(found.is_empty(), "{meaning}: {found:?}");
    }
    if place.kind() == EngineKind::Sqlite {
        for service in SERVICES {
            assert_eq!(look(place, service, "PRAGMA integrity_check"), ["ok"], "{service}");
            assert_eq!(look(place, service, "SELECT \"table\" FROM pragma_foreign_key_check"), Vec::<String>::new(), "{service}");
        }
    }
}

/// Every session that was ever opened.
pub(super) fn sessions(place: &Place) -> BTreeSet<String> {
    look(place, "identity", "SELECT {id:id} FROM sessions").into_iter().collect()
}

/// How many deliveries and mails have not left.
pub(super) fn waiting(place: &Place) -> usize {
    // A mail is asked for by an event that is handled, or waits, or stands behind the place of its partition.
    const ASKED: &str = "SELECT {id:o.id} FROM outbox o WHERE o.type IN ('identity.user.verification-requested', \
        'identity.user.password-reset-requested', 'identity.invitation.created') AND (o.era, o.position) > \
        (SELECT p.era, p.position FROM consumer_partitions p WHERE p.consumer = 'mails' ORDER BY p.era, p.position LIMIT 1)";
    const LEFT: &str = "SELECT {id:id} FROM parked_events UNION ALL SELECT {id:id} FROM outgoing_mails";
    look(place, "identity", ASKED).len() + look(place, "identity", LEFT).len()
}

/// Lets the next server send the mails that one was sending when it was killed. No server runs meanwhile.
pub(super) fn release_mails(place: &Place) {
    look(place, "identity", "UPDATE outgoing_mails SET due_at = created_at");
}
