//! Where the primary is in its log: a replica that is as far has everything that was acknowledged before the question.
//!
//! Questions that come while one is under way share the next one, so that a process asks the primary one small thing at a time however
//! many reads it has. (The same as the read index of Raft: Ongaro, "Consensus: Bridging Theory and Practice", 2014, 6.4.)

use std::time::Duration;

use banyan_kernel::Secret;
use tokio::sync::{mpsc, oneshot};
use tokio_postgres::{Client, Statement};

use crate::error::StoreError;
use crate::postgres::{address, failed};

/// How long somebody waits for an answer.
const PATIENCE: Duration = Duration::from_millis(250);
/// How long the primary may take for one.
const DEADLINE: Duration = Duration::from_secs(1);
/// Questions that wait at a time. Who comes beyond reads from the primary.
const MOST: usize = 1024;

const SYSTEM: &str = "SELECT system_identifier FROM pg_control_system()";

/// A commit is acknowledged when it is flushed; where the server is told not to wait for that, when it is written into memory. The first
/// eight digits of a segment's name are the timeline.
const NOW: &str = "SELECT (lsn - '0/0')::bigint, left(pg_walfile_name(lsn), 8) FROM (SELECT CASE \
    current_setting('synchronous_commit') WHEN 'off' THEN pg_current_wal_insert_lsn() ELSE pg_current_wal_flush_lsn() END AS lsn) a";

/// A place in the log of one primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// What initdb gave the cluster; its copies have the same.
    pub(crate) system: i64,
    /// One more with each promotion.
    pub(crate) timeline: u32,
    /// Bytes of log so far.
    pub(crate) lsn: u64,
}

/// Asks the primary, on a connection of its own.
pub(super) struct Fence {
    questions: mpsc::Sender<oneshot::Sender<Option<Position>>>,
}

impl Fence {
    pub(super) fn start(url: Secret<String>) -> Self {
        let (questions, asked) = mpsc::channel(MOST);
        tokio::spawn(answer(asked, url));
        Self { questions }
    }

    /// Where the primary is, asked after this call began; none where it does not say so soon.
    pub(super) async fn now(&self) -> Option<Position> {
        let (question, answer) = oneshot::channel();
        self.questions.try_send(question).ok()?;
        tokio::time::timeout(PATIENCE, answer).await.ok()?.ok()?
    }
}

async fn answer(mut asked: mpsc::Receiver<oneshot::Sender<Option<Position>>>, url: Secret<String>) {
    let (mut primary, mut says) = (None, true);
    let mut waiting = Vec::with_capacity(MOST);
    while asked.recv_many(&mut waiting, MOST).await > 0 {
        let found = tokio::time::timeout(DEADLINE, ask(&mut primary, &url)).await;
        let found = found.unwrap_or_else(|_| Err(StoreError::Unavailable("no answer".to_owned())));
        match &found {
            Err(error) => {
                primary = None;
                if says {
                    tracing::warn!(%error, "the primary does not say where its log is, so no reads go to replicas");
                }
            }
            Ok(_) if !says => tracing::info!("the primary says again where its log is"),
            Ok(_) => {}
        }
        says = found.is_ok();
        for question in waiting.drain(..) {
            let _nobody_may_wait_any_more = question.send(found.as_ref().ok().copied());
        }
    }
}

struct Primary {
    client: Client,
    now: Statement,
    system: i64,
}

async fn ask(primary: &mut Option<Primary>, url: &Secret<String>) -> Result<Position, StoreError> {
    let primary = match primary {
        Some(primary) => primary,
        None => primary.insert(connect(url).await?),
    };
    let row = primary.client.query_one(&primary.now, &[]).await.map_err(failed)?;
    let (lsn, timeline): (i64, String) = (row.get(0), row.get(1));
    let timeline =
        u32::from_str_radix(&timeline, 16).map_err(|_| StoreError::Database(format!("`{timeline}` is no timeline of a log")))?;
    Ok(Position { system: primary.system, timeline, lsn: lsn.unsigned_abs() })
}

async fn connect(url: &Secret<String>) -> Result<Primary, StoreError> {
    let silent = || StoreError::Unavailable("the primary does not answer".to_owned());
    let client = address(url)?.connect().await.map_err(|error| error.map_or_else(silent, failed))?;
    let system = client.query_one(SYSTEM, &[]).await.map_err(failed)?.get(0);
    let now = client.prepare(NOW).await.map_err(failed)?;
    Ok(Primary { client, now, system })
}
