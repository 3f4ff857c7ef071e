//! In what time a ticket is dealt with.
//!
//! UU No. 27 Tahun 2022 gives 3 × 24 hours from the request for corrections (article 30), access (article 32), withdrawn consent (article 40)
//! and restriction (article 41). They run day and night, on holidays too, and do not stop while the person is asked for something. For
//! erasure (article 43) the law names no time; here it has the same.

use banyan_kernel::Timestamp;

use crate::entity::ticket::Model;
use crate::model::{Category, Priority, State};

const HOUR: i64 = 3_600;
/// 3 × 24 hours.
pub(crate) const DATA_REQUEST: i64 = 3 * 24 * HOUR;
/// So long before the end the next tier hears of a data request: a day.
pub(crate) const WARNED_BEFORE: i64 = 24 * HOUR;
/// A solved ticket is closed when nobody has written for so long.
pub(crate) const CLOSED_AFTER: i64 = 7 * 24 * HOUR;
/// For so long a closed ticket can be opened again.
pub(crate) const REOPENED_WITHIN: i64 = 30 * 24 * HOUR;
/// The last tier: there is nobody above owners.
pub(crate) const LAST_TIER: i64 = 3;

impl Priority {
    /// Seconds until an answer is due.
    pub(crate) const fn answer(self) -> i64 {
        match self {
            Self::Urgent => 4 * HOUR,
            Self::High => 8 * HOUR,
            Self::Normal => 24 * HOUR,
            Self::Low => 72 * HOUR,
        }
    }
}

/// When those who answer must have acted; nothing while nothing is expected of them.
pub(crate) fn due(ticket: &Model) -> Option<Timestamp> {
    if !runs(ticket.category, ticket.state) {
        return None;
    }
    let at = |micros: i64, seconds: i64| Some(Timestamp::from_micros(micros).plus_seconds(seconds));
    if ticket.category.is_data_request() {
        at(ticket.requested_at, DATA_REQUEST)
    } else {
        at(ticket.asked_at, ticket.priority.answer())
    }
}

/// Whether the clock runs in this state: a data request's until it is over, any other one's while people must act.
fn runs(category: Category, state: State) -> bool {
    if category.is_data_request() { !state.is_over() } else { state.needs_agents() }
}

#[cfg(test)]
mod tests {
    use banyan_kernel::Uuid;

    use super::*;

    fn ticket(category: Category, priority: Priority, state: State) -> Model {
        Model {
            tenant_id: Uuid::nil(),
            id: Uuid::nil(),
            user_id: Uuid::nil(),
            reference: String::new(),
            category,
            subject: String::new(),
            locale: "id-ID".to_owned(),
            state,
            priority,
            assignee_id: None,
            tier: 1,
            asked_at: 100_000_000_000,
            requested_at: 0,
            due_at: None,
            escalated_at: None,
            first_answered_at: None,
            first_due_at: 0,
            solved_at: None,
            closed_at: None,
            outcome: None,
            reopened: 0,
            rating: None,
            rating_comment: None,
            version: 1,
            created_at: 0,
            updated_at: 0,
        }
    }

    #[test]
    fn data_requests_have_three_days_from_the_request_whatever_happens() {
        let due = |category, priority, state| due(&ticket(category, priority, state)).map(Timestamp::seconds);
        for priority in [Priority::Low, Priority::Urgent] {
            assert_eq!(due(Category::DataCopy, priority, State::Open), Some(259_200));
        }
        assert_eq!(due(Category::DataCopy, Priority::Low, State::Waiting), Some(259_200), "the law's clock does not stop");
        assert_eq!(due(Category::DataCopy, Priority::Low, State::Solved), None);
        assert_eq!(due(Category::Question, Priority::Urgent, State::Open), Some(100_000 + 4 * 3_600));
        assert_eq!(due(Category::Question, Priority::Urgent, State::Waiting), None);
    }
}
