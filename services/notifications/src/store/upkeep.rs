//! What goes: an erased person's rows, and what is old.

use banyan_kernel::Uuid;
use banyan_store::{Store, StoreError, Tx};

use super::execute;

/// What was put away stays for 30 days, everything else for half a year, the log of deliveries for 90 days.
const ARCHIVED_SECONDS: i64 = 30 * 86_400;
const KEPT_SECONDS: i64 = 183 * 86_400;
const DELIVERIES_SECONDS: i64 = 90 * 86_400;
/// Providers tell again for some days what was not heard.
const PROVIDER_SECONDS: i64 = 7 * 86_400;
/// An hour counts until it is over.
const ALLOWANCES_SECONDS: i64 = 2 * 3_600;
/// Streams hear of a change within seconds, or when they look by themselves.
const SIGNALS_SECONDS: i64 = 60;

/// All that is a person's.
pub(crate) async fn erase(tx: &Tx, user: Uuid) -> Result<(), StoreError> {
    const TABLES: [&str; 7] = [
        "DELETE FROM deliveries WHERE user_id = $1",
        "DELETE FROM notifications WHERE user_id = $1",
        "DELETE FROM preferences WHERE user_id = $1",
        "DELETE FROM profiles WHERE user_id = $1",
        "DELETE FROM endpoints WHERE user_id = $1",
        "DELETE FROM phones WHERE user_id = $1",
        "DELETE FROM inboxes WHERE user_id = $1",
    ];
    for sql in TABLES {
        execute(tx, sql, [user.into()]).await?;
    }
    Ok(())
}

/// Removes what is old in a tenant; says how many rows.
///
/// # Errors
/// What the store answers.
pub async fn purge(store: &Store, tenant: Uuid) -> Result<u64, StoreError> {
    let rows = store.system(tenant);
    let purged = rows.write(move |tx| async move {
        let before = |seconds: i64| tx.now().plus_seconds(-seconds).micros();
        let mut rows = 0;
        for (sql, seconds) in [
            ("DELETE FROM notifications WHERE archived_at < $1", ARCHIVED_SECONDS),
            ("DELETE FROM notifications WHERE created_at < $1", KEPT_SECONDS),
            ("DELETE FROM deliveries WHERE created_at < $1", DELIVERIES_SECONDS),
            ("DELETE FROM inbox_signals WHERE created_at < $1", SIGNALS_SECONDS),
            ("DELETE FROM reached WHERE last_sent_at < $1", KEPT_SECONDS),
            ("DELETE FROM provider_events WHERE created_at < $1", PROVIDER_SECONDS),
            ("DELETE FROM allowances WHERE hour < $1", ALLOWANCES_SECONDS),
            // Numbers that nobody has confirmed.
            ("DELETE FROM phones WHERE verified_at IS NULL AND created_at < $1", 86_400),
        ] {
            rows += execute(&tx, sql, [before(seconds).into()]).await?;
        }
        Ok::<_, StoreError>(rows)
    });
    purged.await
}
