//! All event types, with what their data looks like, and what a change of it means to those who know the present one.

use serde_json::{Value, json};
use utoipa::PartialSchema;

use crate::{Event, Keep, content, context, event_door, flags, goals, identity, realtime, support};

/// One type of event.
#[derive(Clone, Debug, PartialEq)]
pub struct EventType {
    /// `identity.user.registered`.
    pub kind: &'static str,
    pub version: u32,
    pub keep: Keep,
    /// JSON Schema of its data.
    pub schema: Value,
}

impl EventType {
    fn of<E: Event + PartialSchema>() -> Self {
        Self { kind: E::TYPE, version: E::VERSION, keep: E::KEEP, schema: serde_json::to_value(E::schema()).unwrap_or_default() }
    }

    /// As it is written down in `docs/events`.
    pub fn document(&self) -> Value {
        json!({ "type": self.kind, "version": self.version, "data": self.schema })
    }
}

macro_rules! types {
    ($($event:path),+ $(,)?) => { vec![$(EventType::of::<$event>()),+] };
}

/// Every type that a service emits, in order of name. A test finds the forgotten one.
pub fn event_types() -> Vec<EventType> {
    let mut types = types![
        content::VoiceJournalRecorded,
        content::LegalTextPublished,
        content::LegalTextAccepted,
        content::ConsentWithdrawn,
        context::SessionCreated,
        context::SessionEnded,
        context::SessionDeleted,
        context::ItemChanged,
        context::SuggestionGenerated,
        context::SuggestionAnswered,
        event_door::WebhookDisabled,
        flags::FlagChanged,
        goals::GoalCreated,
        goals::GoalCompleted,
        goals::TaskCompleted,
        goals::HabitCreated,
        goals::HabitCheckedIn,
        identity::UserRegistered,
        identity::UserVerified,
        identity::UserDisabled,
        identity::UserErased,
        identity::UserEnabled,
        identity::UserRolesChanged,
        identity::UserProfileChanged,
        identity::PasswordChanged,
        identity::VerificationRequested,
        identity::PasswordResetRequested,
        identity::SessionOpened,
        identity::SessionRevoked,
        identity::InvitationCreated,
        realtime::RoomAddressed,
        support::TicketOpened,
        support::TicketAnswered,
        support::TicketReplied,
        support::TicketAssigned,
        support::TicketEscalated,
        support::TicketSolved,
        support::TicketClosed,
        support::TicketRated,
    ];
    types.sort_by_key(|one| one.kind);
    types
}

/// What a program that reads `old` would stumble over in `new`, in words; nothing where it may go on as it is.
///
/// Fields that it does not know it passes over. Those that it requires must be there, and all that it knows must keep their types.
pub fn breaks(old: &Value, new: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("", old, new, &mut found);
    found
}

fn compare(at: &str, old: &Value, new: &Value, found: &mut Vec<String>) {
    let required =
        |schema: &Value, name: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
    let nothing = serde_json::Map::new();
    let properties = old["properties"].as_object().unwrap_or(&nothing);
    for (name, before) in properties {
        let at = format!("{at}/{name}");
        match new["properties"].get(name) {
            None => found.push(format!("{at} is gone")),
            Some(_) if required(old, name) && !required(new, name) => found.push(format!("{at} need not be there any more")),
            Some(after) => compare(&at, before, after, found),
        }
    }
    for key in ["type", "format", "enum", "$ref", "oneOf", "anyOf", "allOf", "additionalProperties"] {
        if old[key] != new[key] {
            found.push(format!("{}: `{key}` was {} and is {}", if at.is_empty() { "the data" } else { at }, old[key], new[key]));
        }
    }
    if !old["items"].is_null() || !new["items"].is_null() {
        compare(&format!("{at}[]"), &old["items"], &new["items"], found);
    }
}
