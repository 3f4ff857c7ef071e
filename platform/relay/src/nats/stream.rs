//! The stream: made where there is none, brought to what is set, and asked whether it still has what it acknowledged.

use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::context::{Context, GetStreamErrorKind};
use async_nats::jetstream::stream::{Config, DiscardPolicy, RawMessageErrorKind, RetentionPolicy, StorageType, Stream};
use banyan_events::log::{Last, SinkError};
use time::format_description::well_known::Rfc3339;

use super::options::NatsOptions;

const DESCRIPTION: &str = "Banyan's events, as CloudEvents";

/// Finds or makes it.
pub(super) async fn ready(context: &Context, options: &NatsOptions) -> Result<Stream, SinkError> {
    let found = match context.get_stream(&options.stream).await {
        Ok(stream) => stream,
        Err(error) if is_missing(&error.kind()) => {
            let made = context.create_stream(config(options)).await;
            return made.map_err(|error| SinkError(format!("the stream `{}` cannot be made: {error}", options.stream)));
        }
        Err(error) => return Err(SinkError(format!("the stream `{}` cannot be looked at: {error}", options.stream))),
    };
    let wanted = brought_to(&found.cached_info().config, options);
    if wanted == found.cached_info().config {
        return Ok(found);
    }
    let updated = context.update_stream(&wanted).await;
    updated.map_err(|error| SinkError(format!("the stream `{}` cannot be changed to what is set: {error}", options.stream)))?;
    let again = context.get_stream(&options.stream).await;
    again.map_err(|error| SinkError(format!("the stream `{}` cannot be looked at: {error}", options.stream)))
}

fn is_missing(kind: &GetStreamErrorKind) -> bool {
    matches!(kind, GetStreamErrorKind::JetStream(error) if error.error_code() == ErrorCode::STREAM_NOT_FOUND)
}

fn subjects(options: &NatsOptions) -> String {
    format!("{}.>", options.prefix)
}

fn config(options: &NatsOptions) -> Config {
    let new = Config {
        name: options.stream.clone(),
        description: Some(DESCRIPTION.to_owned()),
        retention: RetentionPolicy::Limits,
        storage: StorageType::File,
        discard: DiscardPolicy::Old,
        max_consumers: -1,
        max_messages: -1,
        max_messages_per_subject: -1,
        ..Config::default()
    };
    brought_to(&new, options)
}

/// What is set goes before what the stream has; the rest, such as mirrors and placement, is its operators'.
fn brought_to(config: &Config, options: &NatsOptions) -> Config {
    let mut config = config.clone();
    let ours = subjects(options);
    if !config.subjects.contains(&ours) {
        config.subjects.push(ours);
    }
    config.max_age = options.max_age;
    config.max_bytes = if options.max_bytes == 0 { -1 } else { i64::try_from(options.max_bytes).unwrap_or(i64::MAX) };
    config.num_replicas = options.replicas;
    config
}

/// The time at which it was made: one that was wiped and made anew has another.
pub(super) fn identity(stream: &Stream) -> String {
    let created = stream.cached_info().created;
    created.format(&Rfc3339).unwrap_or_else(|_| created.unix_timestamp_nanos().to_string())
}

/// Why the message that was acknowledged last is not there; nothing where it is, or where the stream's own limits took it.
pub(super) async fn lost(stream: &Stream, last: Option<Last>) -> Result<Option<String>, SinkError> {
    let Some(last) = last else { return Ok(None) };
    let state = &stream.cached_info().state;
    if state.last_sequence < last.sequence {
        return Ok(Some(format!("the stream ends at {}, but {} was acknowledged", state.last_sequence, last.sequence)));
    }
    if last.sequence < state.first_sequence {
        return Ok(None);
    }
    let message = match stream.get_raw_message(last.sequence).await {
        Ok(message) => message,
        Err(error) if matches!(error.kind(), RawMessageErrorKind::NoMessageFound) => return Ok(None),
        Err(error) => return Err(SinkError(format!("the last message cannot be looked at: {error}"))),
    };
    let id = message.headers.get(async_nats::header::NATS_MESSAGE_ID).map(ToString::to_string);
    let is_ours = id.is_some_and(|id| id == last.event.to_string());
    Ok((!is_ours).then(|| format!("message {} is another one than the one that was acknowledged", last.sequence)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use banyan_kernel::Secret;

    use super::*;

    #[test]
    fn what_operators_chose_stays_and_what_is_set_counts() {
        let mut options = NatsOptions::new(&Secret::new("nats://a".to_owned()), "banyan", "banyan").unwrap();
        options.max_age = Duration::from_secs(60);
        options.max_bytes = 1_000;
        let theirs = Config { subjects: vec!["legacy.>".to_owned()], max_messages: 7, ..config(&options) };
        let brought = brought_to(&theirs, &options);
        assert_eq!(brought.subjects, ["legacy.>", "banyan.>"]);
        assert_eq!((brought.max_messages, brought.max_age, brought.max_bytes), (7, Duration::from_secs(60), 1_000));
        assert_eq!(brought_to(&brought, &options), brought);
    }
}
