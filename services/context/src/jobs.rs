//! What the engine does after changes, and when somebody asks for all of it again.

use std::sync::Arc;
use std::time::Duration;

use banyan_events::jobs::{Job, JobContext, JobError, JobHandler, Jobs, Retries};
use banyan_kernel::Uuid;
use banyan_store::{Rows, Tx};
use serde::{Deserialize, Serialize};

use crate::engine::{Engine, EngineError, Known, Proposal};
use crate::entity::item;
use crate::error::ContextError;
use crate::model::RunState;
use crate::store::{features, items, patterns, runs, steps, suggestions};
use crate::words;

/// Items that are looked at in one go.
const AT_ONCE: i64 = 20;
/// Sessions of a reprocessing that are read at once.
const SESSIONS: u64 = 50;

/// Look at what has changed in a session up to this number.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Process {
    pub(crate) session: Uuid,
    pub(crate) seq: i64,
}

/// Look at everything again, in one session or in all.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Reprocess {
    pub(crate) run: Uuid,
    pub(crate) session: Option<Uuid>,
}

impl Job for Process {
    const KIND: &'static str = "context.process";
}

impl Job for Reprocess {
    const KIND: &'static str = "context.reprocess";
    const TIMEOUT: Duration = Duration::from_secs(30 * 60);
    const RETRIES: Retries = Retries::OVER_DAYS;
}

pub(crate) fn all(engine: &Arc<Engine>) -> Jobs {
    let (processing, reprocessing) = (engine.clone(), engine.clone());
    Jobs::new()
        .handle(JobHandler::new(move |job: Process, context| {
            let engine = processing.clone();
            async move { process(&engine, &job, &context).await }
        }))
        .handle(JobHandler::new(move |job: Reprocess, context| {
            let engine = reprocessing.clone();
            async move { reprocess(&engine, &job, &context).await }
        }))
}

/// One job a change; the first that runs does the work of all that were asked for until then.
async fn process(engine: &Engine, job: &Process, context: &JobContext) -> Result<(), JobError> {
    loop {
        let look = look(engine, context.rows(), job.session, job.seq).await?;
        let Some(look) = &look else { return context.finish(|_| async { Ok(()) }).await };
        let write = move |tx: Tx| async move { look.write(&tx, engine).await.map_err(job_error) };
        if look.is_last {
            return context.finish(write).await;
        }
        context.write(write).await?;
    }
}

async fn reprocess(engine: &Engine, job: &Reprocess, context: &JobContext) -> Result<(), JobError> {
    let (mut done, mut after) = (0_i64, Uuid::nil());
    let total = match job.session {
        Some(_) => 1,
        None => context.rows().read(|tx| async move { runs::count_sessions(&tx).await }).await.map_err(job_error)?,
    };
    loop {
        let sessions = match job.session {
            Some(session) if done == 0 => vec![session],
            Some(_) => Vec::new(),
            None => {
                let read = move |tx: Tx| async move { runs::sessions_after(&tx, after, SESSIONS).await };
                context.rows().read(read).await.map_err(job_error)?
            }
        };
        let Some(last) = sessions.last() else { break };
        after = *last;
        for session in sessions {
            if context.is_cancelled() {
                return Err(JobError::Cancelled);
            }
            again(engine, context, session).await?;
            done += 1;
            let told = total.max(done);
            let write =
                move |tx: Tx| async move { runs::progress(&tx, job.run, RunState::Running, done, told).await.map_err(job_error) };
            context.write(write).await?;
            context.progress(u8::try_from(done * 100 / told).unwrap_or(100), "sessions").await?;
        }
    }
    let write = move |tx: Tx| async move { runs::progress(&tx, job.run, RunState::Done, done, done).await.map_err(job_error) };
    context.finish(write).await
}

/// Looks at a session as if nothing of it had been seen.
async fn again(engine: &Engine, context: &JobContext, session: Uuid) -> Result<(), JobError> {
    context.write(move |tx| async move { features::look_again(&tx, session).await.map_err(job_error) }).await?;
    loop {
        let look = look(engine, context.rows(), session, i64::MAX).await?;
        let Some(look) = &look else { return Ok(()) };
        context.write(move |tx: Tx| async move { look.write(&tx, engine).await.map_err(job_error) }).await?;
        if look.is_last {
            return Ok(());
        }
    }
}

/// What the engine makes of some changed items, before it is written.
struct Look {
    session: Uuid,
    /// Everything up to this number is in it, where it is the last.
    seq: i64,
    is_last: bool,
    found: Vec<(item::Model, Known)>,
    proposals: Vec<Proposal>,
}

/// Reads what has changed and thinks about it, without a transaction that others would wait for. Nothing where it was done already.
async fn look(engine: &Engine, rows: &Rows, session: Uuid, wanted: i64) -> Result<Option<Look>, JobError> {
    let read = rows.read(move |tx| async move {
        let Some(counter) = steps::counter(&tx, session).await?.filter(|counter| counter.processed_seq < wanted) else {
            return Ok(None);
        };
        let unseen = features::unseen(&tx, session, AT_ONCE).await?;
        Ok(Some((counter.seq, unseen, features::known(&tx, session).await?, tx.now())))
    });
    let Some((seq, unseen, mut others, now)) = read.await.map_err(job_error)? else { return Ok(None) };
    let is_last = i64::try_from(unseen.len()).is_ok_and(|count| count < AT_ONCE);
    let mut found = Vec::new();
    for item in unseen {
        let text = words::engine_text(item.title.as_deref(), &item.value);
        let analysis = engine.extract.extract(&text).await.map_err(|error| engine_error(&error))?;
        let one = features::of(&item, analysis);
        others.retain(|other| other.id != item.id);
        others.push(one.clone());
        found.push((item, one));
    }
    let mut proposals: Vec<Proposal> = Vec::new();
    for (_, one) in &found {
        let relations = engine.relate.relate(one, &others).await.map_err(|error| engine_error(&error))?;
        for proposal in engine.suggest.suggest(one, &relations, &others, now).await.map_err(|error| engine_error(&error))? {
            if !proposals.iter().any(|known| known.fingerprint == proposal.fingerprint) {
                proposals.push(proposal);
            }
        }
    }
    Ok(Some(Look { session, seq, is_last, found, proposals }))
}

impl Look {
    async fn write(&self, tx: &Tx, engine: &Engine) -> Result<(), ContextError> {
        let counter = match steps::hold(tx, self.session).await {
            Err(ContextError::Hidden) => return Ok(()),
            counter => counter?,
        };
        let mut touched = Vec::new();
        for (item, known_as) in &self.found {
            // Changed meanwhile: the job of that change looks at it.
            let author = match items::locked(tx, self.session, item.id).await {
                Ok(present) if present.version == item.version => present.updated_by,
                Ok(_) | Err(ContextError::Hidden) => continue,
                Err(error) => return Err(error),
            };
            let seen = features::put(tx, item, known_as).await?;
            touched.push(item.id);
            if seen != features::Seen::Already {
                let counted = patterns::of_item(item, &known_as.analysis);
                patterns::count_in_session(tx, self.session, &counted).await?;
                if let Some(user) = author {
                    patterns::count_of_person(tx, user, &counted).await?;
                }
            }
        }
        let gone = features::forget_deleted(tx, self.session).await?;
        let still = |proposal: &&Proposal| {
            let items = &proposal.reasons.items;
            items.iter().any(|item| touched.contains(item)) && !items.iter().any(|item| gone.contains(item))
        };
        let proposals: Vec<Proposal> = self.proposals.iter().filter(still).cloned().collect();
        touched.extend(&gone);
        suggestions::propose(tx, self.session, &touched, &proposals, &engine.suggest.info()).await?;
        if self.is_last && counter.processed_seq < self.seq {
            steps::processed(tx, self.session, self.seq).await?;
        }
        Ok(())
    }
}

fn engine_error(error: &EngineError) -> JobError {
    JobError::Retry(error.to_string())
}

fn job_error(error: ContextError) -> JobError {
    match error {
        ContextError::Store(error) => error.into(),
        // Read again, it is there or gone.
        ContextError::Hidden => JobError::Retry("a row was not there".to_owned()),
        other => JobError::Fatal(other.to_string()),
    }
}
