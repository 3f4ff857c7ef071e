//! An event as a message of NATS.

use async_nats::jetstream::message::PublishMessage;
use banyan_contracts::CloudEvent;

use crate::message::{Message, STRUCTURED};

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

pub(super) fn of(message: &Message) -> PublishMessage {
    let publish = PublishMessage::build().payload(message.content.clone()).message_id(message.event.id.to_string());
    publish.header("Content-Type", STRUCTURED)
}

#[cfg(test)]
mod tests {
    use banyan_kernel::Uuid;

    use super::*;
    use crate::message::tests::event;

    #[test]
    fn a_subject_has_only_safe_tokens() {
        let mut one = event(1, "a", 1);
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
