//! What a client asks, in the form of OFREP: `{"context": {"targetingKey": "…", …}}`.

use axum::extract::Request;
use banyan_features::Context;
use banyan_http::{ClientAddress, Problem};
use http::HeaderMap;
use serde_json::{Map, Value};

use super::outcome::Fault;
use crate::clients::{BadContext, Clients, context_of};
use crate::unleash::stand_in;

/// A request that was read; what is wrong with it is told in OFREP's form.
pub(super) struct Asked {
    pub(super) headers: HeaderMap,
    pub(super) context: Result<Context, Fault>,
}

/// # Errors
/// Where the body does not come whole, or is too large.
pub(super) async fn read(clients: &Clients, request: Request) -> Result<Asked, Problem> {
    let address = request.extensions().get::<ClientAddress>().copied();
    let (headers, body) = banyan_http::body::raw(request).await?;
    let context = fields_of(&body).and_then(context_from).map(|mut context| {
        if context.remote_address.is_none() {
            context.remote_address = address.map(|ClientAddress(address)| address.to_string());
        }
        context.current_time.get_or_insert_with(|| clients.clock.now());
        context.stand_in = Some(stand_in(clients));
        context
    });
    Ok(Asked { headers, context })
}

fn fields_of(body: &[u8]) -> Result<Map<String, Value>, Fault> {
    let body = match body.is_empty() {
        true => Value::Object(Map::new()),
        false => serde_json::from_slice(body).map_err(|_| Fault::Body)?,
    };
    let Value::Object(mut body) = body else { return Err(Fault::Body) };
    match body.remove("context") {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(fields)) => Ok(fields),
        Some(_) => Err(Fault::NoContext),
    }
}

/// The targeting key is the user's id, where the context has no `userId`.
fn context_from(mut fields: Map<String, Value>) -> Result<Context, Fault> {
    let key = match fields.remove("targetingKey") {
        None | Some(Value::Null) => None,
        Some(Value::String(key)) => Some(key).filter(|key| !key.is_empty()),
        Some(_) => return Err(Fault::Context(BadContext::WrongType("targetingKey".to_owned()))),
    };
    if let Some(key) = key {
        fields.entry("userId").or_insert(Value::String(key));
    }
    context_of(fields).map_err(Fault::Context)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(body: &str) -> Result<Context, Fault> {
        fields_of(body.as_bytes()).and_then(context_from)
    }

    #[test]
    fn the_targeting_key_is_the_user() {
        let of = |body: &str| context(body).unwrap().user_id;
        assert_eq!(of(r#"{"context":{"targetingKey":"ann"}}"#).as_deref(), Some("ann"));
        assert_eq!(of(r#"{"context":{"targetingKey":"ann","userId":"7"}}"#).as_deref(), Some("7"));
        for nobody in ["", "{}", r#"{"context":null}"#, r#"{"context":{"targetingKey":""}}"#] {
            assert_eq!(of(nobody), None, "{nobody}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        assert_eq!(context("{"), Err(Fault::Body));
        assert_eq!(context("[]"), Err(Fault::Body));
        assert_eq!(context(r#"{"context":"ann"}"#), Err(Fault::NoContext));
        assert_eq!(
            context(r#"{"context":{"targetingKey":7}}"#),
            Err(Fault::Context(BadContext::WrongType("targetingKey".into())))
        );
        assert_eq!(context(r#"{"context":{"a":[]}}"#), Err(Fault::Context(BadContext::WrongType("a".into()))));
    }
}
