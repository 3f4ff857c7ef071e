//! Events as they leave, and which of them may travel together.

use std::collections::HashMap;
use std::sync::Arc;

use banyan_contracts::CloudEvent;
use banyan_events::log::SinkError;
use banyan_kernel::Uuid;
use bytes::Bytes;

/// CloudEvents in JSON, structured (JSON format 1.0.2, §3).
pub(crate) const STRUCTURED: &str = "application/cloudevents+json; charset=utf-8";

/// Messages of 4 MiB at the most travel together: a client holds them until they are acknowledged.
const TOGETHER_BYTES: usize = 4 * 1024 * 1024;

/// An event, and the whole of it as JSON.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) event: Arc<CloudEvent>,
    pub(crate) content: Bytes,
}

impl Message {
    pub(crate) fn all(events: Vec<Arc<CloudEvent>>) -> Result<Vec<Self>, SinkError> {
        let message = |event: Arc<CloudEvent>| {
            let content = serde_json::to_vec(&*event).map_err(|error| SinkError(error.to_string()))?;
            Ok(Self { event, content: content.into() })
        };
        events.into_iter().map(message).collect()
    }
}

/// Divides messages so that no part has two with the same tenant and subject, and earlier ones of these come in earlier parts.
pub(crate) fn waves(messages: Vec<Message>) -> Vec<Vec<Message>> {
    let mut waves: Vec<Vec<Message>> = Vec::new();
    let mut bytes: Vec<usize> = Vec::new();
    let mut next_of: HashMap<(Uuid, String), usize> = HashMap::new();
    for message in messages {
        let size = message.content.len();
        let next = next_of.entry((message.event.tenant, message.event.subject.clone())).or_insert(0);
        let mut at = *next;
        while bytes.get(at).is_some_and(|held| held + size > TOGETHER_BYTES) {
            at += 1;
        }
        *next = at + 1;
        if at == waves.len() {
            waves.push(Vec::new());
            bytes.push(0);
        }
        bytes[at] += size;
        waves[at].push(message);
    }
    waves
}

/// Divides messages into parts that are small enough, in order.
pub(crate) fn loads(messages: Vec<Message>) -> Vec<Vec<Message>> {
    let mut loads: Vec<Vec<Message>> = Vec::new();
    let mut bytes = TOGETHER_BYTES;
    for message in messages {
        bytes += message.content.len();
        match loads.last_mut() {
            Some(load) if bytes <= TOGETHER_BYTES => load.push(message),
            _ => {
                bytes = message.content.len();
                loads.push(vec![message]);
            }
        }
    }
    loads
}

#[cfg(test)]
pub(crate) mod tests {
    use banyan_kernel::Timestamp;

    use super::*;

    pub(crate) fn event(number: u128, subject: &str, size: usize) -> CloudEvent {
        CloudEvent {
            specversion: "1.0".to_owned(),
            id: Uuid::from_u128(number),
            source: "/services/things".to_owned(),
            kind: "things.thing.happened".to_owned(),
            subject: subject.to_owned(),
            time: Timestamp::from_seconds(0),
            datacontenttype: "application/json".to_owned(),
            tenant: Uuid::from_u128(7),
            dataversion: 1,
            data: "x".repeat(size).into(),
        }
    }

    fn messages(events: Vec<CloudEvent>) -> Vec<Message> {
        Message::all(events.into_iter().map(Arc::new).collect()).unwrap()
    }

    fn numbers(parts: &[Vec<Message>]) -> Vec<Vec<u128>> {
        parts.iter().map(|part| part.iter().map(|message| message.event.id.as_u128()).collect()).collect()
    }

    #[test]
    fn no_two_of_a_subject_travel_together() {
        let all = vec![event(1, "a", 1), event(2, "b", 1), event(3, "a", 1), event(4, "c", 1), event(5, "a", 1)];
        assert_eq!(numbers(&waves(messages(all))), [vec![1, 2, 4], vec![3], vec![5]]);
    }

    #[test]
    fn large_ones_travel_in_parts_and_stay_in_order() {
        let large = TOGETHER_BYTES / 2 - 1_000;
        let all = vec![event(1, "a", large), event(2, "b", large), event(3, "b", 1), event(4, "a", large), event(5, "b", 1)];
        let waves = numbers(&waves(messages(all.clone())));
        let place = |number: u128| waves.iter().position(|wave| wave.contains(&number)).unwrap_or(usize::MAX);
        assert!(place(2) < place(3) && place(3) < place(5) && place(1) < place(4), "{waves:?}");
        assert_eq!(waves.iter().map(Vec::len).sum::<usize>(), 5);
        assert_eq!(numbers(&loads(messages(all))), [vec![1, 2, 3], vec![4, 5]]);
        assert_eq!(numbers(&loads(messages(vec![event(1, "a", 3 * large), event(2, "b", 1)]))), [vec![1], vec![2]]);
        assert!(loads(Vec::new()).is_empty());
    }
}
