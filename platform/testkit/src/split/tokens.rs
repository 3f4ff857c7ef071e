//! Access tokens for callers that a test has made up: what they say is the test's, the signature is the installation's. The form is that
//! of RFC 9068, with the claims of Banyan's identity.

use banyan_kernel::{Actor, Caller, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use uuid::Uuid;

use super::installation::{Installation, connect};

const LIFETIME_SECONDS: i64 = 900;

/// None for who has not signed in.
///
/// # Panics
/// For whom no token can stand: a service, or somebody who acts by a key.
pub(super) async fn of(installation: &Installation, caller: &Caller, now: Timestamp) -> Option<String> {
    let user = match &caller.actor {
        Actor::Anonymous => return None,
        Actor::User(user) => *user,
        Actor::System(service) => panic!("`{service}` calls by the mesh, and never through the door"),
    };
    assert!(caller.key().is_none(), "a key's caller goes through the door by the key: give it to `Call::bearer`");
    let row = connect(&installation.url).await;
    let row = row.query_one("SELECT private_key, key_id FROM identity.signing_keys WHERE state = 'active'", &[]).await;
    let row = row.expect("there is a key");
    let (sealed, key_id): (Vec<u8>, String) = (row.get(0), row.get(1));
    let seed = installation.cipher.open(&sealed, key_id.as_bytes()).expect("the key is sealed by the test's own");
    let key = SigningKey::from_bytes(&seed.try_into().expect("32 bytes"));
    let roles: Vec<Value> = caller.roles.iter().map(|role| json!(role)).collect();
    let claims = json!({
        "iss": "banyan", "aud": "banyan-api", "sub": user, "client_id": "banyan", "tid": caller.tenant,
        "sid": caller.session.unwrap_or_else(new_id), "ver": i64::MAX, "roles": roles, "orgs": caller.organisations.to_vec(),
        "iat": now.seconds(), "exp": now.seconds() + LIFETIME_SECONDS, "jti": new_id(),
    });
    let header = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": key_id });
    let said = format!("{}.{}", encode(&header), encode(&claims));
    Some(format!("{said}.{}", URL_SAFE_NO_PAD.encode(key.sign(said.as_bytes()).to_bytes())))
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

#[expect(clippy::disallowed_methods, reason = "ids that nothing depends on")]
fn new_id() -> Uuid {
    Uuid::now_v7()
}
