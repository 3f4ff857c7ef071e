//! Consumers of events: where each stands, letting one handle events again, and readers of the log that will not come back.

use axum::extract::State;
use banyan_events::log::GroupState;
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::audit::Record;
use banyan_store::log::Position;
use banyan_store::{StoreError, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::who::{Operator, Overseer};
use super::{Desk, check_reason};
use crate::{Body, Check, FieldError, Json, NoContent, Path, Problem, Reason, Validate};

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(list_consumers))
        .routes(routes!(replay_consumer))
        .routes(routes!(list_log_readers))
        .routes(routes!(forget_log_reader))
}

/// A consumer of the service, and where it stands in one log.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConsumerState {
    consumer: String,
    /// The service whose events it hears.
    source: String,
    /// Events that it has still to handle, counted up to 100,000.
    lag: u64,
    /// Events that wait for another attempt, or for an earlier one about the same subject.
    waiting: u64,
    /// Events that it could not handle.
    dead: u64,
    partitions: Vec<ConsumerPartition>,
}

/// One of the parts that a log is divided into.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConsumerPartition {
    #[schema(minimum = 0, maximum = 15)]
    partition: i64,
    /// The process that reads it.
    owner: Option<Uuid>,
    /// Up to where it was handled.
    #[schema(example = "0/42")]
    place: String,
}

impl From<GroupState> for ConsumerState {
    fn from(state: GroupState) -> Self {
        let partitions = state.partitions.into_iter();
        let partitions = partitions.map(|one| ConsumerPartition { partition: one.partition, owner: one.owner, place: one.place });
        Self {
            consumer: state.consumer,
            source: state.source,
            lag: state.lag,
            waiting: state.waiting,
            dead: state.dead,
            partitions: partitions.collect(),
        }
    }
}

/// Things that are few.
#[derive(Serialize, ToSchema)]
pub(super) struct AllOf<T> {
    pub(super) data: Vec<T>,
}

/// Lists the consumers of the service. For people of the operators' tenant.
#[utoipa::path(
    get,
    path = "/api/v1/admin/services/{service}/consumers",
    operation_id = "listConsumers",
    tag = "background",
    responses((status = 200, description = "All of them.", body = AllOf<ConsumerState>))
)]
async fn list_consumers(State(desk): State<Desk>, _: Operator) -> Result<Json<AllOf<ConsumerState>>, Problem> {
    let states = match &desk.consumers {
        Some(consumers) => consumers.states().await?,
        None => Vec::new(),
    };
    Ok(Json(AllOf { data: states.into_iter().map(ConsumerState::from).collect() }))
}

/// From where a consumer hears a log again: `time` or `after`, one of them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({ "source": "goals", "time": "2025-01-02T00:00:00Z", "reason": "Ticket 7: the totals were wrong since then." }))]
pub(super) struct Replay {
    /// The service whose events they are.
    #[schema(max_length = 100)]
    source: String,
    /// From what happened then on (RFC 3339).
    #[schema(value_type = Option<String>, format = DateTime)]
    time: Option<Timestamp>,
    /// From what stands after this place on; `0/0` is the beginning.
    #[schema(max_length = 50)]
    after: Option<String>,
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

impl Replay {
    fn place(&self) -> Option<Position> {
        self.after.as_deref().and_then(|after| after.parse().ok())
    }
}

impl Validate for Replay {
    fn validate(&self, check: &mut Check) {
        check.line("source", &self.source).not_blank().length(1, 100);
        check_reason(check, &self.reason);
        match (&self.time, &self.after) {
            (None, None) => check.error("time", FieldError::required()),
            (Some(_), Some(_)) => check.error("after", FieldError::new("not-with-time", "background-not-with-time")),
            (None, Some(_)) if self.place().is_none() => check.error("after", FieldError::pattern()),
            _ => {}
        }
    }
}

/// Where it begins.
#[derive(Serialize, ToSchema)]
pub(super) struct Replayed {
    /// What stands after this place is heard again.
    #[schema(example = "0/42")]
    after: String,
}

/// Lets a consumer handle events of a log again. What waits there or is dead is handled anew, too. Effects on rows come again, so the consumer
/// must be one that bears it. The audit log keeps who and why. For people of the operators' tenant.
#[utoipa::path(
    post,
    path = "/api/v1/admin/services/{service}/consumers/{consumer}/replay",
    operation_id = "replayConsumer",
    tag = "background",
    params(("consumer" = String, Path, description = "Its name.")),
    request_body = Replay,
    responses((status = 200, description = "It begins.", body = Replayed))
)]
async fn replay_consumer(
    State(desk): State<Desk>,
    Operator(overseer): Operator,
    Path(Consumer { consumer }): Path<Consumer>,
    Body(replay): Body<Replay>,
) -> Result<Json<Replayed>, Problem> {
    let consumers = desk.consumers.as_ref().ok_or_else(Problem::hidden)?;
    if !consumers.names().contains(&consumer.as_str()) {
        return Err(Problem::hidden());
    }
    let no_source = || Problem::invalid("source", FieldError::not_one_of(&consumers.sources(&consumer)));
    let log = consumers.log(&replay.source).ok_or_else(no_source)?;
    let place = match (replay.time, replay.place()) {
        (Some(time), _) => log.place_at(time).await?,
        (None, place) => place.unwrap_or(Position::BEGINNING),
    };
    if !consumers.replay(&consumer, &replay.source, place).await? {
        return Err(no_source());
    }
    let detail = serde_json::json!({
        "consumer": consumer, "source": replay.source, "after": place.to_string(), "reason": replay.reason,
    });
    note(&desk, &overseer, "consumer.replayed", detail).await?;
    Ok(Json(Replayed { after: place.to_string() }))
}

#[derive(Deserialize)]
struct Consumer {
    consumer: String,
}

async fn note(desk: &Desk, overseer: &Overseer, action: &str, detail: serde_json::Value) -> Result<(), StoreError> {
    let detail = &detail;
    let write = move |tx: Tx| async move {
        tx.audit(Record::new(action).detail(detail.clone()));
        Ok::<_, StoreError>(())
    };
    desk.store.bind(&overseer.caller).write(write).await
}

/// Who follows the log of the service, and how far they have come. Events stay until all have passed them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogReader {
    #[schema(example = "identity.mails")]
    reader: String,
    #[schema(example = "0/42")]
    place: String,
    /// When it last said so.
    #[schema(value_type = String, format = DateTime)]
    seen_at: Timestamp,
}

/// Lists those who read the log of the service. For people of the operators' tenant.
#[utoipa::path(
    get,
    path = "/api/v1/admin/services/{service}/log-readers",
    operation_id = "listLogReaders",
    tag = "background",
    responses((status = 200, description = "All of them.", body = AllOf<LogReader>))
)]
async fn list_log_readers(State(desk): State<Desk>, _: Operator) -> Result<Json<AllOf<LogReader>>, Problem> {
    let readers = desk.store.log().readers().await?.into_iter().map(|reader| LogReader {
        place: Position { era: reader.era, number: reader.position }.to_string(),
        seen_at: Timestamp::from_micros(reader.seen_at),
        reader: reader.reader,
    });
    Ok(Json(AllOf { data: readers.collect() }))
}

/// Forgets one that will not come back, so that old events need not be kept for it. If it does come back, it may have missed some. For people
/// of the operators' tenant.
#[utoipa::path(
    delete,
    path = "/api/v1/admin/services/{service}/log-readers/{reader}",
    operation_id = "forgetLogReader",
    tag = "background",
    params(("reader" = String, Path, description = "As listed: `identity.mails`."), Reason),
    responses((status = 204, description = "It holds nothing up any more."))
)]
async fn forget_log_reader(
    State(desk): State<Desk>,
    Operator(overseer): Operator,
    reason: Reason,
    Path(Reader { reader }): Path<Reader>,
) -> Result<NoContent, Problem> {
    if !desk.store.log().forget_reader(&reader).await? {
        return Err(Problem::hidden());
    }
    let detail = serde_json::json!({ "reader": reader, "reason": reason.as_deref() });
    note(&desk, &overseer, "log-reader.forgotten", detail).await?;
    Ok(NoContent)
}

#[derive(Deserialize)]
struct Reader {
    reader: String,
}
