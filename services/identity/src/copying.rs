//! A copy of all that is held of a person (GDPR article 15, UU No. 27 Tahun 2022 article 7), asked of each service in turn.
//!
//! It is written while it is read, a page of rows at a time, so that it costs the same memory for ten rows and for ten million.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::time::Duration;

use banyan_http::people::{CopiedRows, CopyPlace, PEOPLE};
use banyan_http::{AskError, Peer, Problem};
use banyan_kernel::{Caller, Timestamp, Uuid};
use banyan_mesh::Mesh;
use banyan_store::audit::Record;
use futures_util::stream::{self, Stream};
use http::StatusCode;
use serde_json::{Map, Value};

use crate::accounts::user_of;
use crate::schema::SERVICE;
use crate::{Identity, IdentityError};

/// The services that hold rows of people, by name, in the order of the copy: a service that is added says so here, which a test of the
/// server compares.
pub const COPYING_SERVICES: [&str; 7] = [SERVICE, "content", "goals", "notifications", "support", "context", "realtime"];
/// How long a service may take for a page.
const ANSWER: Duration = Duration::from_secs(20);
/// In bytes. A page has 200 rows.
const LARGEST_PAGE: usize = 64 * 1024 * 1024;

/// A copy that is being made.
pub(crate) struct Copying {
    mesh: Mesh,
    user: Uuid,
    caller: Caller,
    /// What is to be written next, and the first pages of the services after it.
    pages: VecDeque<(&'static str, CopiedRows)>,
    text: Text,
}

impl Identity {
    /// Begins a copy of all that is the caller's. Each service has answered once when this returns, so that what fails at once is told.
    pub(crate) async fn copy(&self, caller: &Caller, mesh: &Mesh) -> Result<Copying, Problem> {
        let user = user_of(caller)?;
        let rows = self.rows(caller);
        let noted = rows.write(move |tx| async move {
            tx.audit(Record::new("user.data-copied").subject(user).object("user", user));
            Ok::<_, IdentityError>(())
        });
        noted.await?;
        let system = Caller::system(caller.tenant, SERVICE, caller.request);
        let mut copying = Copying {
            mesh: mesh.clone(),
            user,
            caller: system,
            pages: VecDeque::new(),
            text: Text::of(user, self.0.clock.now()),
        };
        for service in COPYING_SERVICES {
            let first = copying.ask(service, CopyPlace::default()).await?;
            copying.pages.push_back((service, first));
        }
        Ok(copying)
    }
}

impl Copying {
    /// The copy as JSON, piece by piece. It breaks off where a service does not answer, so that half a copy never looks whole.
    pub(crate) fn pieces(self) -> impl Stream<Item = Result<String, AskError>> + Send {
        stream::try_unfold(Some(self), |copying| async move {
            let Some(mut copying) = copying else { return Ok(None) };
            let Some((service, page)) = copying.pages.pop_front() else { return Ok(Some((copying.text.end(), None))) };
            let text = copying.text.rows(service, page.table, page.rows);
            if let Some(place) = page.next {
                let next = copying.ask(service, place).await?;
                copying.pages.push_front((service, next));
            }
            Ok(Some((text, Some(copying))))
        })
    }

    async fn ask(&self, service: &'static str, place: CopyPlace) -> Result<CopiedRows, AskError> {
        let after = place.after.map_or_else(String::new, |after| format!("&after={after}"));
        let path = format!("{PEOPLE}/{}/copy?table={}{after}", self.user, place.table);
        let peer = Peer { mesh: &self.mesh, service, within: ANSWER };
        peer.get(self.caller.clone(), &path, LARGEST_PAGE).await?.ok_or_else(|| peer.answered(StatusCode::NOT_FOUND))
    }
}

/// Writes the copy: `{"user": …, "copiedAt": …, "services": {"identity": {"users": [{…}], …}, …}}`.
struct Text {
    begin: String,
    service: Option<&'static str>,
    table: Option<String>,
    /// Whether the table has a row.
    filled: bool,
}

impl Text {
    fn of(user: Uuid, at: Timestamp) -> Self {
        let begin = format!("{{\"user\":\"{user}\",\"copiedAt\":\"{at}\",\"services\":{{");
        Self { begin, service: None, table: None, filled: false }
    }

    fn rows(&mut self, service: &'static str, table: String, rows: Vec<Map<String, Value>>) -> String {
        let mut text = std::mem::take(&mut self.begin);
        // Names of services and tables are plain words.
        if self.service != Some(service) {
            let before = if self.service.is_some() { "]}," } else { "" };
            let _never_fails = write!(text, "{before}\"{service}\":{{\"{table}\":[");
            (self.service, self.table, self.filled) = (Some(service), Some(table), false);
        } else if self.table.as_ref() != Some(&table) {
            let _never_fails = write!(text, "],\"{table}\":[");
            (self.table, self.filled) = (Some(table), false);
        }
        for row in rows {
            text.push_str(if self.filled { ",\n" } else { "\n" });
            let _never_fails = write!(text, "{}", Value::Object(row));
            self.filled = true;
        }
        text
    }

    fn end(&mut self) -> String {
        let last = if self.service.is_some() { "]}" } else { "" };
        format!("{}{last}}}}}\n", std::mem::take(&mut self.begin))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rows(text: &mut Text, service: &'static str, table: &str, rows: &[Value]) -> String {
        text.rows(service, table.to_owned(), rows.iter().map(|row| row.as_object().unwrap().clone()).collect())
    }

    #[test]
    fn a_copy_is_json_however_its_pages_fall() {
        let (user, at) = (Uuid::nil(), Timestamp::from_micros(0));
        let mut text = Text::of(user, at);
        let pieces = [
            rows(&mut text, "identity", "users", &[json!({ "name": "\"Ann\"\n" })]),
            rows(&mut text, "identity", "sessions", &[]),
            rows(&mut text, "goals", "goals", &[json!({ "id": 1 }), json!({ "id": 2 })]),
            rows(&mut text, "goals", "goals", &[json!({ "id": 3 })]),
            rows(&mut text, "goals", "habits", &[]),
            text.end(),
        ];
        let whole: Value = serde_json::from_str(&pieces.concat()).unwrap();
        let expected = json!({ "user": user, "copiedAt": "1970-01-01T00:00:00Z", "services": {
            "identity": { "users": [{ "name": "\"Ann\"\n" }], "sessions": [] },
            "goals": { "goals": [{ "id": 1 }, { "id": 2 }, { "id": 3 }], "habits": [] },
        }});
        assert_eq!(whole, expected);
        let nothing: Value = serde_json::from_str(&Text::of(user, at).end()).unwrap();
        assert_eq!(nothing["services"], json!({}));
    }
}
