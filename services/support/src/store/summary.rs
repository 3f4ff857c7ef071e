//! How much is to be done, and how well it is done.

use banyan_store::Tx;
use sea_orm::{ConnectionTrait, Statement, Value};

use crate::error::SupportError;
use crate::model::State;

/// Figures of a tenant's tickets.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Figures {
    pub(crate) by_state: [i64; 5],
    pub(crate) overdue: i64,
    pub(crate) unassigned: i64,
    pub(crate) data_requests: i64,
    pub(crate) answered: i64,
    pub(crate) answered_in_time: i64,
    pub(crate) ratings: i64,
    /// The sum of all ratings.
    pub(crate) rated: i64,
}

/// Counts the tickets that were opened since `since`, in microseconds, and what is open of all.
pub(crate) async fn count(tx: &Tx, since: i64) -> Result<Figures, SupportError> {
    const STATES: &str = "SELECT COUNT(*) AS number FROM tickets WHERE state = $1";
    const OVERDUE: &str = "SELECT COUNT(*) AS number FROM tickets WHERE state IN ('open', 'answered', 'waiting') AND due_at < $1";
    const UNASSIGNED: &str = "SELECT COUNT(*) AS number FROM tickets WHERE state = 'open' AND assignee_id IS NULL";
    const REQUESTS: &str = "SELECT COUNT(*) AS number FROM tickets WHERE state IN ('open', 'answered', 'waiting') \
        AND category IN ('data-copy', 'data-correction', 'data-erasure', 'consent-withdrawal', 'data-restriction')";
    const ANSWERED: &str = "SELECT COUNT(*) AS number FROM tickets WHERE created_at >= $1 AND first_answered_at IS NOT NULL";
    const IN_TIME: &str = "SELECT COUNT(*) AS number FROM tickets WHERE created_at >= $1 AND first_answered_at <= first_due_at";
    const RATINGS: &str = "SELECT COUNT(*) AS number FROM tickets WHERE created_at >= $1 AND rating IS NOT NULL";
    const RATED: &str = "SELECT COUNT(*) AS number FROM tickets WHERE created_at >= $1 AND rating >= $2";
    let mut figures = Figures::default();
    for (place, state) in figures.by_state.iter_mut().zip(State::ALL) {
        *place = number(tx, STATES, vec![state.word().into()]).await?;
    }
    figures.overdue = number(tx, OVERDUE, vec![tx.now().micros().into()]).await?;
    figures.unassigned = number(tx, UNASSIGNED, Vec::new()).await?;
    figures.data_requests = number(tx, REQUESTS, Vec::new()).await?;
    figures.answered = number(tx, ANSWERED, vec![since.into()]).await?;
    figures.answered_in_time = number(tx, IN_TIME, vec![since.into()]).await?;
    figures.ratings = number(tx, RATINGS, vec![since.into()]).await?;
    // A sum of integers is another type on each engine; five counts are the same on both.
    for at_least in 1..=5_i64 {
        figures.rated += number(tx, RATED, vec![since.into(), at_least.into()]).await?;
    }
    Ok(figures)
}

async fn number(tx: &Tx, sql: &str, values: Vec<Value>) -> Result<i64, SupportError> {
    let row = tx.query_one_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    Ok(row.map(|row| row.try_get("", "number")).transpose()?.unwrap_or(0))
}
