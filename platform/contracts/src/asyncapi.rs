//! All events as an AsyncAPI 3.0 document (<https://www.asyncapi.com/docs/reference/specification/v3.0.0>): what a program outside can
//! read from NATS, and what it finds there.

use serde_json::{Map, Value, json};

use crate::catalogue::{EventType, event_types};

const DESCRIPTION: &str = "What happens in Banyan, as CloudEvents 1.0 in NATS JetStream. Each event comes at least once, and in order for each tenant \
    and subject: pass over ids that you have had. Fields may be added; what breaks a reader comes as a new `dataversion`.";
const TENANT: &str = "The id of the tenant in which it happened, or `*` for all.";
const PREFIX: &str = "What the installation has set as `events.nats.prefix`.";

/// `version`: that of the program.
pub fn document(version: &str) -> Value {
    let types = event_types();
    let each = |make: fn(&EventType) -> Value| types.iter().map(|one| (name(one), make(one))).collect::<Map<_, _>>();
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Banyan events",
            "version": version,
            "description": DESCRIPTION,
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "defaultContentType": "application/cloudevents+json",
        "servers": { "nats": {
            "host": "{host}:4222",
            "protocol": "nats",
            "description": "The NATS of the installation; the stream is what is set as `events.nats.stream`.",
            "variables": { "host": { "default": "localhost", "description": "Where NATS is." } },
        } },
        "channels": each(channel),
        "operations": each(operation),
        "components": {
            "messages": each(message),
            "schemas": { "CloudEvent": cloud_event() },
            "parameters": {
                "prefix": { "description": PREFIX, "default": "banyan" },
                "tenant": { "description": TENANT },
            },
        },
    })
}

/// A key of the document: letters, digits and points.
fn name(one: &EventType) -> String {
    one.kind.to_owned()
}

fn channel(one: &EventType) -> Value {
    json!({
        "address": format!("{{prefix}}.{{tenant}}.{}", one.kind),
        "messages": { "event": { "$ref": format!("#/components/messages/{}", name(one)) } },
        "parameters": {
            "prefix": { "$ref": "#/components/parameters/prefix" },
            "tenant": { "$ref": "#/components/parameters/tenant" },
        },
    })
}

fn operation(one: &EventType) -> Value {
    json!({
        "action": "send",
        "channel": { "$ref": format!("#/channels/{}", name(one)) },
        "summary": summary(one),
        "messages": [{ "$ref": format!("#/channels/{}/messages/event", name(one)) }],
    })
}

fn summary(one: &EventType) -> Value {
    match &one.schema["description"] {
        Value::String(text) => Value::String(text.lines().next().unwrap_or_default().to_owned()),
        _ => Value::String(one.kind.to_owned()),
    }
}

fn message(one: &EventType) -> Value {
    json!({
        "name": one.kind,
        "title": one.kind,
        "summary": summary(one),
        "contentType": "application/cloudevents+json",
        "headers": {
            "type": "object",
            "properties": {
                "Nats-Msg-Id": { "type": "string", "format": "uuid", "description": "The event's id: JetStream drops what comes twice within its window." },
                "Content-Type": { "const": "application/cloudevents+json; charset=utf-8" },
            },
        },
        "payload": { "allOf": [
            { "$ref": "#/components/schemas/CloudEvent" },
            { "type": "object", "properties": {
                "type": { "const": one.kind },
                "dataversion": { "const": one.version },
                "data": one.schema,
            } },
        ] },
    })
}

/// The attributes that all have (CloudEvents 1.0.2, and two extensions).
fn cloud_event() -> Value {
    json!({
        "type": "object",
        "required": ["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "tenant", "dataversion", "data"],
        "properties": {
            "specversion": { "const": "1.0" },
            "id": { "type": "string", "format": "uuid", "description": "The same however often it comes." },
            "source": { "type": "string", "description": "`/services/` and the service's name." },
            "type": { "type": "string" },
            "subject": { "type": "string", "description": "What it is about. Events with the same tenant and subject come in order." },
            "time": { "type": "string", "format": "date-time" },
            "datacontenttype": { "const": "application/json" },
            "tenant": { "type": "string", "format": "uuid", "description": "In which tenant it happened." },
            "dataversion": { "type": "integer", "minimum": 1, "description": "Rises when a reader of the one before would stumble." },
            "data": {},
        },
    })
}
