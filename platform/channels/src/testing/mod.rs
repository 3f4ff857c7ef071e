//! Servers for tests, on a free port of this machine. They end when they are dropped.

mod http_sink;
mod smtp_sink;
mod sns_topic;

pub use http_sink::{Heard, HttpSink, Reply};
pub use smtp_sink::{Mishap, ReceivedMail, SmtpSink};
pub use sns_topic::SnsTopic;

use crate::guard::GuardSettings;
use crate::http::HttpSettings;

/// Settings under which a client may reach servers of this machine, over `http` too, with patience for a busy one.
pub fn local_settings() -> HttpSettings {
    let networks = ["127.0.0.0/8", "::1"].iter().filter_map(|network| network.parse().ok()).collect();
    let guard = GuardSettings { networks, ..GuardSettings::default() };
    HttpSettings { guard, deadline_seconds: 120, ..HttpSettings::default() }
}
