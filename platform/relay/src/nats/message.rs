//! An event as a message, and which messages may travel together.

use std::collections::HashMap;
use std::sync::Arc;

use async_nats::jetstream::message::PublishMessage;
use banyan_contracts::CloudEvent;
use banyan_kernel::Uuid;

/// CloudEvents in JSON, structured (JSON format 1.0.2, §3).
const STRUCTURED: &str = "application/cloudevents+json; charset=utf-8";

/// Messages of 4 MiB at the most travel together: a client holds them until they are acknowledged.
const WAVE_BYTES: usize = 4 * 1024 * 1024;

/// `<prefix>.<tenant>.<type>`. A type's points divide it into tokens; what NATS gives a meaning, or cannot carry, becomes `_`.
pub(super) fn subject(prefix: &str, event: &CloudEvent) -> String {
    let mut subject = format!("{prefix}.{}", event.tenant);
    for token in event.kind.split('.') {
        subject.push('.');
        if token.is_empty() {
            subject.push('_');
        }
        subject.extend(token.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }));
    }
    subject
}

pub(super) fn of(event: &CloudEvent) -> Result<PublishMessage, serde_json::Error> {
    let payload = serde_json::to_vec(event)?;
    let message = PublishMessage::build().payload(payload.into()).message_id(event.id.to_string());
    Ok(message.header("Content-Type", STRUCTURED))
}

/// Divides events so that no part has two with the same tenant and subject, and earlier ones of these come in earlier parts.
pub(super) fn waves(events: Vec<Arc<CloudEvent>>) -> Vec<Vec<Arc<CloudEvent>>> {
    let mut waves: Vec<Vec<Arc<CloudEvent>>> = Vec::new();
    let mut bytes: Vec<usize> = Vec::new();
    let mut next_of: HashMap<(Uuid, String), usize> = HashMap::new();
    for event in events {
        let size = event.data.to_string().len();
        let next = next_of.entry((event.tenant, event.subject.clone())).or_insert(0);
        let mut at = *next;
        while bytes.get(at).is_some_and(|held| held + size > WAVE_BYTES) {
            at += 1;
        }
        *next = at + 1;
        if at == waves.len() {
            waves.push(Vec::new());
            bytes.push(0);
        }
        bytes[at] += size;
        waves[at].push(event);
    }
    waves
}

#[cfg(test)]
mod tests {
    use banyan_kernel::Timestamp;

    use super::*;

    fn event(number: u128, subject: &str, size: usize) -> Arc<CloudEvent> {
        Arc::new(CloudEvent {
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
        })
    }

    fn numbers(waves: &[Vec<Arc<CloudEvent>>]) -> Vec<Vec<u128>> {
        waves.iter().map(|wave| wave.iter().map(|event| event.id.as_u128()).collect()).collect()
    }

    #[test]
    fn no_two_of_a_subject_travel_together() {
        let waves = waves(vec![event(1, "a", 1), event(2, "b", 1), event(3, "a", 1), event(4, "c", 1), event(5, "a", 1)]);
        assert_eq!(numbers(&waves), [vec![1, 2, 4], vec![3], vec![5]]);
    }

    #[test]
    fn large_ones_travel_in_parts_and_stay_in_order() {
        let large = WAVE_BYTES / 2;
        let all = vec![event(1, "a", large), event(2, "b", large), event(3, "b", 1), event(4, "a", large), event(5, "b", 1)];
        let waves = numbers(&waves(all));
        let place = |number: u128| waves.iter().position(|wave| wave.contains(&number)).unwrap_or(usize::MAX);
        assert!(place(2) < place(3) && place(3) < place(5) && place(1) < place(4), "{waves:?}");
        assert_eq!(waves.iter().map(Vec::len).sum::<usize>(), 5);
    }

    #[test]
    fn a_subject_has_only_safe_tokens() {
        let mut one = (*event(1, "a", 1)).clone();
        one.tenant = Uuid::from_u128(0xab);
        let of = |kind: &str| subject("banyan", &CloudEvent { kind: kind.to_owned(), ..one.clone() });
        assert_eq!(
            of("identity.user.password-changed"),
            "banyan.00000000-0000-0000-0000-0000000000ab.identity.user.password-changed"
        );
        assert!(of("com.*.>. x\r\ny").ends_with(".com._._._x__y"), "{}", of("com.*.>. x\r\ny"));
        assert!(of("a..b").ends_with(".a._.b"));
        assert!(of("ö").ends_with("._"));
    }
}
