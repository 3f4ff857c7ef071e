//! `GET /api/v1/usage/export`

use std::fmt::Write as _;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use banyan_http::{Problem, Query, SignedIn};
use banyan_kernel::Timestamp;
use banyan_store::{Rows, StoreError, Tx};
use futures_util::stream;
use http::HeaderValue;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};

use super::{Which, average_millis};
use crate::Identity;
use crate::entity::usage_hour::Model;
use crate::store::usage::{self, UsageFilter};

/// Hours that are read in one transaction.
const AT_ONCE: u64 = 1_000;
const HEADING: &str = "hour,key_id,route,version,requests,refused,limited,failed,average_millis\r\n";

/// Reads hours piece by piece, the oldest first.
struct Reader {
    rows: Rows,
    filter: UsageFilter,
    last: Option<Model>,
}

impl Reader {
    /// The next piece; an empty one is the end.
    async fn next(&mut self) -> Result<Vec<Model>, StoreError> {
        let (filter, last) = (&self.filter, &self.last);
        let read = move |tx: Tx| async move { usage::after(&tx, filter, last.as_ref(), AT_ONCE).await };
        let piece = self.rows.read(read).await?;
        self.last = piece.last().cloned();
        Ok(piece)
    }
}

/// The hours as a table (RFC 4180). It is read while it is sent; what cannot be read to its end is broken off, so that it never looks whole.
pub(in crate::api) async fn table(rows: Rows, filter: UsageFilter) -> Result<Response, Problem> {
    let mut reader = Reader { rows, filter, last: None };
    // Before the answer begins, so that what fails at once is a problem.
    let first = reader.next().await?;
    let start = HEADING.to_owned() + &lines(&first);
    let rest = stream::try_unfold((reader, Some(start)), |(mut reader, ready)| async move {
        let text = match ready {
            Some(text) => text,
            None if reader.last.is_none() => return Ok(None),
            None => lines(&reader.next().await?),
        };
        Ok::<_, StoreError>(Some((text, (reader, None))))
    });
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present")),
        (CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"usage.csv\"")),
    ];
    Ok((headers, Body::from_stream(rest)).into_response())
}

fn lines(piece: &[Model]) -> String {
    piece.iter().fold(String::with_capacity(piece.len() * 120), |mut text, row| {
        let hour = Timestamp::from_micros(row.hour);
        let key = if row.key_id.is_nil() { String::new() } else { row.key_id.to_string() };
        let (route, mean) = (Field(&row.route), average_millis(row.micros, row.requests));
        let _never_fails = write!(
            text,
            "{hour},{key},{route},{},{},{},{},{},{mean}\r\n",
            row.version, row.requests, row.refused, row.limited, row.failed
        );
        text
    })
}

/// A text as a field: quoted where it must be, and marked where a spreadsheet would take it for a formula.
struct Field<'t>(&'t str);

impl std::fmt::Display for Field<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mark = if self.0.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
        if self.0.contains([',', '"', '\r', '\n']) {
            write!(f, "\"{mark}{}\"", self.0.replace('"', "\"\""))
        } else {
            write!(f, "{mark}{}", self.0)
        }
    }
}

/// Gives what the caller's API keys have asked as a table for spreadsheets (CSV): a line for each hour, key, route and version, the oldest first.
#[utoipa::path(
    get,
    path = "/api/v1/usage/export",
    operation_id = "exportUsage",
    tag = "API keys",
    params(Which),
    responses((
        status = 200,
        description = "The table.",
        body = String,
        content_type = "text/csv",
        example = json!("hour,key_id,route,version,requests,refused,limited,failed,average_millis\r\n2025-01-01T08:00:00Z,01941f29-7c00-7000-8000-0000000000cc,/api/v1/goals,1,120,3,1,0,4.2\r\n")
    ))
)]
pub(super) async fn export_usage(
    identity: Identity,
    SignedIn(caller): SignedIn,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let user = caller.require_user()?;
    table(identity.rows(&caller), which.filter(Some(user))).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_and_are_no_formulas() {
        let shown = |text: &str| Field(text).to_string();
        assert_eq!(shown("/api/v1/goals/{id}"), "/api/v1/goals/{id}");
        assert_eq!(shown("/a,\"b\"\n"), "\"/a,\"\"b\"\"\n\"");
        assert_eq!(shown("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
        assert_eq!(shown("@a"), "'@a");
    }
}
