use super::*;
use banyan_kernel::{OsRandom, Role, TestClock, Timestamp, Uuid};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

const START: Timestamp = Timestamp::from_seconds(1_700_000_000);
const TENANT: Uuid = Uuid::from_u128(1);

struct Desk {
    tokens: Tokens,
    clock: TestClock,
    key: PrivateKey,
}

fn desk() -> Desk {
    let clock = TestClock::at(START);
    let key = PrivateKey::generate(&OsRandom);
    let keyring = Keyring::new(&[(KeyState::Active, key.clone())]).unwrap();
    let tokens = Tokens::new(keyring, "banyan".into(), "banyan-api".into(), Arc::new(clock.clone()));
    Desk { tokens, clock, key }
}

fn claims() -> Claims {
    Claims {
        issuer: "banyan".into(),
        audience: "banyan-api".into(),
        user: Uuid::from_u128(7),
        client_id: "banyan".into(),
        tenant: TENANT,
        session: Uuid::from_u128(8),
        rights_version: 1,
        roles: vec![Role::User, Role::Coach],
        organisations: vec![Uuid::from_u128(9)],
        issued_at: START.seconds(),
        expires_at: START.seconds() + LIFETIME_SECONDS,
        id: Uuid::from_u128(10),
    }
}

/// A token of any header and claims, signed with the key as EdDSA whatever the header says.
fn forge(key: &PrivateKey, header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let seed = jsonwebtoken::EncodingKey::from_ed_der(key.seed());
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &seed, Algorithm::EdDSA).unwrap();
    format!("{message}.{signature}")
}

fn header(desk: &Desk) -> Value {
    json!({"typ": "at+jwt", "alg": "EdDSA", "kid": desk.key.id()})
}

#[test]
fn a_token_says_what_was_signed() {
    let desk = desk();
    let token = desk.tokens.sign(&claims()).unwrap();
    assert_eq!(jsonwebtoken::decode_header(&token).unwrap().typ.as_deref(), Some("at+jwt"));
    let read = desk.tokens.verify(&token).unwrap();
    assert_eq!(read, claims());
    let caller = read.caller(banyan_kernel::RequestId(Uuid::nil()));
    assert_eq!(caller.session, Some(Uuid::from_u128(8)));
    assert!(caller.roles.contains(Role::Coach));
    assert_eq!(&*caller.organisations, [Uuid::from_u128(9)]);
}

#[test]
fn time_is_the_injected_clocks() {
    let desk = desk();
    let token = desk.tokens.sign(&claims()).unwrap();
    desk.clock.advance_seconds(LIFETIME_SECONDS + LEEWAY_SECONDS - 1);
    assert!(desk.tokens.verify(&token).is_ok());
    desk.clock.advance_seconds(1);
    assert_eq!(desk.tokens.verify(&token), Err(Refusal::Expired));
    assert_eq!(Refusal::Expired.code(), ErrorCode::TokenExpired);
    desk.clock.set(START.plus_seconds(-LEEWAY_SECONDS - 1));
    assert_eq!(desk.tokens.verify(&token), Err(Refusal::Premature));
}

#[test]
fn other_algorithms_types_keys_and_audiences_are_refused() {
    let desk = desk();
    let genuine = serde_json::to_value(claims()).unwrap();
    assert!(desk.tokens.verify(&forge(&desk.key, &header(&desk), &genuine)).is_ok(), "the forge works");
    let with = |name: &str, value: Value| {
        let mut header = header(&desk);
        header[name] = value;
        desk.tokens.verify(&forge(&desk.key, &header, &genuine)).unwrap_err()
    };
    for algorithm in ["none", "None", "HS256", "HS512", "RS256", "ES256", "PS256", ""] {
        assert_eq!(with("alg", json!(algorithm)), Refusal::Malformed, "{algorithm}");
    }
    assert_eq!(with("typ", json!("JWT")), Refusal::Malformed);
    assert_eq!(with("typ", Value::Null), Refusal::Malformed);
    assert_eq!(with("crit", json!(["exp"])), Refusal::Malformed);
    assert_eq!(with("kid", json!("another")), Refusal::UnknownKey);
    assert_eq!(with("kid", Value::Null), Refusal::UnknownKey);

    let claiming = |name: &str, value: Value| {
        let mut claims = genuine.clone();
        claims[name] = value;
        desk.tokens.verify(&forge(&desk.key, &header(&desk), &claims)).unwrap_err()
    };
    assert_eq!(claiming("iss", json!("someone")), Refusal::Audience);
    assert_eq!(claiming("aud", json!("another-api")), Refusal::Audience);
    assert_eq!(claiming("exp", Value::Null), Refusal::Malformed);
    assert_eq!(claiming("roles", json!(["root"])), Refusal::Malformed);
}

#[test]
fn a_changed_or_unsigned_token_is_refused() {
    let desk = desk();
    let token = desk.tokens.sign(&claims()).unwrap();
    let mut owner = claims();
    owner.roles = vec![Role::Owner];
    let other_key = PrivateKey::generate(&OsRandom);
    let forged = forge(&other_key, &header(&desk), &serde_json::to_value(&owner).unwrap());
    assert_eq!(desk.tokens.verify(&forged), Err(Refusal::Signature));
    let (message, signature) = token.rsplit_once('.').unwrap();
    let payload = URL_SAFE_NO_PAD.encode(serde_json::to_string(&owner).unwrap());
    let head = message.split_once('.').unwrap().0;
    assert_eq!(desk.tokens.verify(&format!("{head}.{payload}.{signature}")), Err(Refusal::Signature));
    for broken in [format!("{message}."), message.to_owned(), format!("{token}x"), String::new(), "..".into(), "a".repeat(9000)] {
        assert!(desk.tokens.verify(&broken).is_err(), "{broken}");
    }
}

#[test]
fn a_rotated_key_still_verifies_and_the_next_one_already_does() {
    let desk = desk();
    let token = desk.tokens.sign(&claims()).unwrap();
    let new = PrivateKey::generate(&OsRandom);
    let keys = [(KeyState::Retiring, desk.key.clone()), (KeyState::Active, new.clone())];
    desk.tokens.replace_keyring(Keyring::new(&keys).unwrap());
    assert!(desk.tokens.verify(&token).is_ok());
    let signed = desk.tokens.sign(&claims()).unwrap();
    assert_eq!(jsonwebtoken::decode_header(&signed).unwrap().kid, Some(new.id()));
    desk.tokens.replace_keyring(Keyring::new(&[(KeyState::Active, new)]).unwrap());
    assert_eq!(desk.tokens.verify(&token), Err(Refusal::UnknownKey));
}

#[test]
fn the_jwk_set_holds_the_public_half_only() {
    let desk = desk();
    let jwks: Value = serde_json::from_str(&desk.tokens.keyring().jwks()).unwrap();
    let key = &jwks["keys"][0];
    assert_eq!(key["kid"], json!(desk.key.id()));
    assert_eq!(key["crv"], json!("Ed25519"));
    assert_eq!(key["x"], json!(URL_SAFE_NO_PAD.encode(desk.key.public())));
    assert_eq!(key.get("d"), None);
    assert!(Keyring::new(&[(KeyState::Next, desk.key)]).is_err());
}
