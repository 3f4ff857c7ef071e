//! Every call of every service, by enumeration of the OpenAPI document: a new route cannot be forgotten here.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::harness::{Place, client};

/// The calls that anybody may make. A call that joins them does so knowingly, here.
const OPEN: [&str; 31] = [
    "GET /.well-known/jwks.json",
    // Pages that mails lead to; each acts by the secret in the mail.
    "GET /account/accept-invitation",
    "GET /account/reset-password",
    "GET /account/verify-email",
    "POST /account/accept-invitation",
    "POST /account/reset-password",
    "POST /account/verify-email",
    "GET /api/v1/content/landing",
    // What is on for who asks; they ask for one flag by its name.
    "GET /api/v1/features/{key}",
    "GET /api/v1/legal",
    "GET /api/v1/legal/{kind}",
    // Languages, and values as they write them: nobody's data.
    "GET /api/v1/locale",
    "POST /api/v1/locale/format",
    // By the sealed token of a mail (RFC 8058).
    "GET /api/v1/notifications/unsubscribe",
    "POST /api/v1/notifications/unsubscribe",
    // By the provider's signature or token.
    "POST /api/v1/notifications/bounces/{provider}",
    "POST /api/v1/notifications/sms/answers",
    // Who it is stands in the first thing that a client says.
    "GET /connection/websocket",
    "GET /api/v1/realtime/connection/websocket",
    "GET /api/v1/realtime/connection/sse",
    "POST /api/v1/realtime/emulation",
    // By a token in its address, or as any other call; who shows nothing is answered 401 before anything is said.
    "GET /realtime/doc/{id}",
    "POST /api/v1/auth/invitations/accept",
    "POST /api/v1/auth/login",
    "POST /api/v1/auth/logout",
    "POST /api/v1/auth/password/forgot",
    "POST /api/v1/auth/password/reset",
    "POST /api/v1/auth/refresh",
    "POST /api/v1/auth/register",
    "POST /api/v1/auth/token",
    "POST /api/v1/auth/verify-email",
];

struct Call {
    method: String,
    /// With its parameters: `/api/v1/goals/{id}`.
    pattern: String,
    open: bool,
    /// For clients of feature flags, which show tokens of their own: nobody else gets anything.
    of_flag_clients: bool,
}

impl Call {
    fn name(&self) -> String {
        format!("{} {}", self.method, self.pattern)
    }

    /// The path with something in the place of each parameter.
    fn path(&self) -> String {
        let parts = self.pattern.split('/').map(|part| match part.strip_prefix('{') {
            Some(name) if name.starts_with("date") => "2024-01-15",
            Some(name) if name.starts_with("service") => "identity",
            Some(_) => "0190a5b0-0000-7000-8000-000000000000",
            None => part,
        });
        parts.collect::<Vec<_>>().join("/")
    }

    /// Makes the call with an empty object as its body; the status and the problem's code.
    fn make(&self, url: &str, headers: &[(&str, &str)]) -> (u16, String) {
        let mut request = ureq::http::Request::builder().method(self.method.as_str()).uri(format!("{url}{}", self.path()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = match self.method.as_str() {
            "GET" | "DELETE" => client().run(request.body(()).unwrap()),
            _ => client().run(request.header("Content-Type", "application/json").body("{}").unwrap()),
        }
        .unwrap();
        // A stream has no end that one could wait for.
        if response.headers().get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream")) {
            return (response.status().as_u16(), String::new());
        }
        let body: Value = serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap_or_default();
        (response.status().as_u16(), body["code"].as_str().unwrap_or_default().to_owned())
    }
}

fn calls(place: &Place) -> Vec<Call> {
    let document: Value = serde_json::from_str(&place.run(&["openapi"]).good()).unwrap();
    let mut calls = Vec::new();
    for (pattern, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if !["get", "put", "post", "patch", "delete"].contains(&method.as_str()) {
                continue;
            }
            let open = operation["security"].as_array().is_some_and(|all| all.is_empty() || all.contains(&serde_json::json!({})));
            let of_flag_clients = operation["security"][0].get("flagToken").is_some();
            calls.push(Call { method: method.to_ascii_uppercase(), pattern: pattern.clone(), open, of_flag_clients });
        }
    }
    calls
}

#[test]
fn only_known_calls_are_open_to_everybody() {
    let place = Place::sqlite();
    let open: BTreeSet<String> = calls(&place).iter().filter(|call| call.open).map(Call::name).collect();
    assert_eq!(open, OPEN.map(str::to_owned).into());
}

#[test]
fn every_other_call_refuses_who_is_not_signed_in_here() {
    let place = Place::sqlite();
    let server = place.serve();
    let token = format!("Bearer {}", server.register("ann@example.org"));
    let forged = format!("{}x", &token[..token.len() - 1]);
    let mut wrong = Vec::new();
    let calls: Vec<Call> = calls(&place).into_iter().filter(|call| !call.open).collect();
    assert!(calls.len() > 50, "{} calls", calls.len());
    for call in calls {
        let attempts: [(&str, &[(&str, &str)]); 3] = [
            ("nobody", &[]),
            ("a forged token", &[("Authorization", &forged)]),
            ("a token of another tenant", &[("Authorization", &token), ("X-Tenant", "fittracker")]),
        ];
        for (who, headers) in attempts {
            let (status, code) = call.make(&server.url, headers);
            if status != 401 {
                wrong.push(format!("{}: {who} gets {status} {code}", call.name()));
            }
        }
        // And it is there: somebody who is signed in gets something else.
        let (status, code) = call.make(&server.url, &[("Authorization", &token)]);
        if call.of_flag_clients {
            if status != 401 {
                wrong.push(format!("{}: a person's token opens it: {status} {code}", call.name()));
            }
            continue;
        }
        if status == 401 || status == 405 || status >= 500 || (status == 404 && call.pattern == call.path()) {
            wrong.push(format!("{}: somebody signed in gets {status} {code}", call.name()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn administrators_calls_refuse_everybody_else() {
    let place = Place::sqlite();
    let server = place.serve();
    let token = format!("Bearer {}", server.register("ann@example.org"));
    let mut wrong = Vec::new();
    for call in calls(&place).iter().filter(|call| call.pattern.starts_with("/api/v1/admin/")) {
        let (status, code) = call.make(&server.url, &[("Authorization", &token)]);
        if status != 403 {
            wrong.push(format!("{}: {status} {code}", call.name()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
