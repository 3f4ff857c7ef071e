//! All events as an AsyncAPI 3.0 document (<https://www.asyncapi.com/docs/reference/specification/v3.0.0>): what a program outside can
//! read from NATS, Redis and RabbitMQ, and what it finds there.

use serde_json::{Map, Value, json};

use crate::catalogue::{EventType, event_types};

const DESCRIPTION: &str = "What happens in Banyan, as CloudEvents 1.0 in NATS JetStream, Redis and RabbitMQ, in those of them that the installation has. Each \
    event comes at least once, and in order for each tenant and subject: pass over ids that you have had. Fields may be added; what breaks a reader \
    comes as a new `dataversion`.";
const TENANT: &str = "The id of the tenant in which it happened, or `*` for all.";

/// Where programs read events.
struct Broker {
    name: &'static str,
    protocol: &'static str,
    port: u16,
    /// What is said about it.
    description: &'static str,
    /// Before the type in an address, with parameters in braces.
    before: &'static str,
    parameters: &'static [&'static str],
}

const BROKERS: [Broker; 3] = [
    Broker {
        name: "nats",
        protocol: "nats",
        port: 4222,
        description: "The stream is what is set as `events.nats.stream`. The header `Nats-Msg-Id` is the event's id: JetStream drops what comes twice \
            within its window.",
        before: "{natsPrefix}.{tenant}.",
        parameters: &["natsPrefix", "tenant"],
    },
    Broker {
        name: "redis",
        protocol: "redis",
        port: 6379,
        description: "Channels and streams have the same names. A stream's entry has the fields `id`, `tenant`, `subject` and `event`, the last of which is \
            the whole event. Events of all tenants come by one name.",
        before: "{redisPrefix}",
        parameters: &["redisPrefix"],
    },
    Broker {
        name: "rabbitmq",
        protocol: "amqp",
        port: 5672,
        description: "The exchange of type topic is what is set as `events.rabbitmq.exchange`; addresses are routing keys. The properties `message_id` and \
            `type` are those of the event.",
        before: "{tenant}.",
        parameters: &["tenant"],
    },
];

/// `version`: that of the program.
pub fn document(version: &str) -> Value {
    let types = event_types();
    let at_each = |make: fn(&Broker, &EventType) -> Value| {
        let all = BROKERS.iter().flat_map(|broker| types.iter().map(move |one| (name(broker, one), make(broker, one))));
        all.collect::<Map<_, _>>()
    };
    let messages: Map<_, _> = types.iter().map(|one| (one.kind.to_owned(), message(one))).collect();
    let servers: Map<_, _> = BROKERS.iter().map(|broker| (broker.name.to_owned(), server(broker))).collect();
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Banyan events",
            "version": version,
            "description": DESCRIPTION,
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "defaultContentType": "application/cloudevents+json",
        "servers": servers,
        "channels": at_each(channel),
        "operations": at_each(operation),
        "components": {
            "messages": messages,
            "schemas": { "CloudEvent": cloud_event() },
            "parameters": {
                "natsPrefix": { "description": "What the installation has set as `events.nats.prefix`.", "default": "banyan" },
                "redisPrefix": { "description": "What the installation has set as `events.redis.prefix`.", "default": "events:" },
                "tenant": { "description": TENANT },
            },
        },
    })
}

/// A key of the document: letters, digits and points.
fn name(broker: &Broker, one: &EventType) -> String {
    format!("{}.{}", broker.name, one.kind)
}

fn server(broker: &Broker) -> Value {
    json!({
        "host": format!("{{host}}:{}", broker.port),
        "protocol": broker.protocol,
        "description": broker.description,
        "variables": { "host": { "default": "localhost", "description": "Where it is." } },
    })
}

fn channel(broker: &Broker, one: &EventType) -> Value {
    let parameter = |name: &&str| ((*name).to_owned(), json!({ "$ref": format!("#/components/parameters/{name}") }));
    json!({
        "address": format!("{}{}", broker.before, one.kind),
        "servers": [{ "$ref": format!("#/servers/{}", broker.name) }],
        "messages": { "event": { "$ref": format!("#/components/messages/{}", one.kind) } },
        "parameters": broker.parameters.iter().map(parameter).collect::<Map<_, _>>(),
    })
}

fn operation(broker: &Broker, one: &EventType) -> Value {
    let channel = format!("#/channels/{}", name(broker, one));
    json!({
        "action": "send",
        "channel": { "$ref": channel },
        "summary": summary(one),
        "messages": [{ "$ref": format!("{channel}/messages/event") }],
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
