//! How often something may be done in an hour: what costs money, or disturbs somebody who did not ask for it.

use banyan_kernel::Timestamp;
use banyan_store::Tx;

use super::execute;
use crate::error::NotificationsError;

const HOUR: i64 = 3_600;

/// So many an hour, for this subject.
pub(crate) struct Allowance {
    /// Stored: never rename one.
    pub(crate) kind: &'static str,
    pub(crate) subject: Vec<u8>,
    pub(crate) most: i64,
}

/// Takes one of each, or none of any. In the sight of the service itself.
///
/// # Errors
/// [`NotificationsError::TooOften`], until when; what the store says.
pub(crate) async fn take(tx: &Tx, all: &[Allowance]) -> Result<(), NotificationsError> {
    const MORE: &str = "UPDATE allowances SET used = used + 1 WHERE kind = $1 AND subject = $2 AND hour = $3 AND used < $4";
    const FIRST: &str =
        "INSERT INTO allowances (id, kind, subject, hour, used) VALUES ($1, $2, $3, $4, 1) ON CONFLICT DO NOTHING";
    let now = tx.now();
    let hour = Timestamp::from_seconds(now.seconds().div_euclid(HOUR) * HOUR);
    for one in all {
        let more = || [one.kind.into(), one.subject.clone().into(), hour.micros().into(), one.most.into()];
        if execute(tx, MORE, more()).await? > 0 {
            continue;
        }
        let first = [tx.new_id().into(), one.kind.into(), one.subject.clone().into(), hour.micros().into()];
        // Where the row is there it is full, or somebody else has just written it.
        if execute(tx, FIRST, first).await? == 0 && execute(tx, MORE, more()).await? == 0 {
            let until = hour.plus_seconds(HOUR);
            return Err(NotificationsError::TooOften { seconds: until.seconds_since(now), until });
        }
    }
    Ok(())
}
