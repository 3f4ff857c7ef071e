//! What an answer means, where a provider says nothing of its own.

use banyan_kernel::Timestamp;
use http::StatusCode;

use super::Answer;
use super::retry_after::retry_after;
use crate::attempt::{Hope, ProviderWord, Reason, Refused};

/// Reads answers at a moment, which a `Retry-After` with a date needs.
#[derive(Clone, Copy, Debug)]
pub struct Verdict<'a> {
    answer: &'a Answer,
    now: Timestamp,
}

impl<'a> Verdict<'a> {
    pub fn new(answer: &'a Answer, now: Timestamp) -> Self {
        Self { answer, now }
    }

    pub fn is_success(&self) -> bool {
        self.answer.status.is_success()
    }

    /// What the status says, with the provider's word for it, if there is one:
    /// 408, 425, 429 and 5xx but 501 come later; 404 and 410 are for the channel to say; all else is for good.
    pub fn refused(&self, code: Option<ProviderWord>) -> Refused {
        let status = self.answer.status;
        match status {
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS => self.later(code),
            StatusCode::NOT_IMPLEMENTED => Refused::for_good(self.reason(code)),
            status if status.is_server_error() => self.later(code),
            _ => Refused::for_good(self.reason(code)),
        }
    }

    /// To be tried again, when the server wishes if it says so.
    pub fn later(&self, code: Option<ProviderWord>) -> Refused {
        Refused::until(retry_after(&self.answer.headers, self.now), self.reason(code))
    }

    pub fn gone(&self, code: Option<ProviderWord>) -> Refused {
        Refused::gone(self.reason(code))
    }

    fn reason(&self, code: Option<ProviderWord>) -> Reason {
        let status = self.answer.status.as_u16();
        if self.answer.status.is_redirection() { Reason::Redirect { status } } else { Reason::Status { status, code } }
    }
}

/// What it means that there was no answer.
pub(crate) fn unanswered(reason: Reason) -> Refused {
    let hope = match reason {
        // Somebody has to write another address.
        Reason::Address(_) | Reason::Message { .. } => Hope::Permanent,
        _ => Hope::Temporary { retry_after: None },
    };
    Refused { hope, reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn answer(status: u16) -> Answer {
        let mut headers = http::HeaderMap::new();
        headers.insert("retry-after", "7".parse().unwrap());
        Answer { status: StatusCode::from_u16(status).unwrap(), headers, body: bytes::Bytes::new() }
    }

    #[test]
    fn a_status_says_whether_to_come_again() {
        let refused = |status| Verdict::new(&answer(status), Timestamp::default()).refused(None);
        for status in [408, 425, 429, 500, 502, 503, 504, 507, 599] {
            assert_eq!(refused(status).retry_after(), Some(Duration::from_secs(7)), "{status}");
        }
        for status in [400, 401, 403, 404, 410, 413, 501] {
            assert_eq!(refused(status).hope, Hope::Permanent, "{status}");
        }
        assert_eq!(refused(302).reason, Reason::Redirect { status: 302 });
    }
}
