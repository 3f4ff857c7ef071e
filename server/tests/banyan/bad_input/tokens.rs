//! Tokens that are expired, forged, of another tenant, of another kind, or nothing of the sort. Some of them are signed with the
//! installation's own key, taken out of its database: what they say is wrong, not their signature.

use std::sync::Arc;

use banyan_http::openapi;
use banyan_identity::tokens::{Claims, KeyState, Keyring, PrivateKey, Tokens};
use banyan_kernel::{OsRandom, SystemClock, Uuid};
use banyan_store::idempotency::Cipher;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Scene;
use crate::database::look;
use crate::harness::{PASSWORD, Place, on_both_engines};
use crate::wire::Request;

/// 2^252 + 27742317777372353535851937790883648493, the order of the group (RFC 8032 §5.1), little-endian.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0x10,
];

on_both_engines! {
    fn nobody_is_let_in_where_somebody_must_be_signed_in(place: Place) {
        let mut scene = Scene::set(&place);
        for service in crate::every_table::services() {
            for call in openapi::signed_in_operations(service.openapi()) {
                let request = Request::new(call.method.as_str(), &scene.path(&call.path));
                // Refused before the body is looked at: what is asked for is not told to strangers.
                let request = if call.method == "GET" { request } else { request.json(&json!({ "nobodyKnowsThis": 1 })) };
                let reply = scene.refuses(&call.id, &request, &[401]);
                assert_eq!(reply.map(|reply| reply.code().to_owned()).as_deref(), Some("unauthenticated"), "{}", call.id);
            }
        }
        scene.close(60);
    }

    fn tokens_that_do_not_count_are_refused(place: Place) {
        let mut scene = Scene::set(&place);
        let token = scene.token.clone();
        let forger = Forger::at_work(&place);
        let good = claims_of(&token);
        assert_eq!(forger.sign(&good), token, "the forger's art is good enough to be a test");
        for (what, code, forged) in forgeries(&forger, &good).into_iter().chain(alterations(&token)).chain(of_another_make(&token)) {
            let reply = scene.refuses(what, &Request::get("/api/v1/goals").token(&forged), &[401]);
            let met = reply.map(|reply| reply.code().to_owned()).unwrap_or_default();
            assert_eq!(met, code, "{what}");
        }
        other_headers(&mut scene, &token);
        other_secrets(&mut scene);
        other_tenants(&mut scene, &forger, &good);
        scene.close(50);
    }
}

/// Whoever has read the database and the key file.
struct Forger {
    tokens: Tokens,
    key: SigningKey,
    key_id: String,
}

impl Forger {
    fn at_work(place: &Place) -> Self {
        let master = std::fs::read_to_string(place.data().join("keys/master.key")).unwrap();
        let cipher = Cipher::new(unhex(master.trim()).try_into().unwrap(), Arc::new(OsRandom));
        let row = look(place, "identity", "SELECT {hex:private_key} || ' ' || key_id FROM signing_keys WHERE state = 'active'")
            .remove(0);
        let (sealed, key_id) = row.split_once(' ').unwrap();
        let seed: [u8; 32] = cipher.open(&unhex(sealed), key_id.as_bytes()).unwrap().try_into().unwrap();
        let keyring = Keyring::new(&[(KeyState::Active, PrivateKey::from_seed(&seed))]).unwrap();
        let tokens = Tokens::new(keyring, "banyan".into(), "banyan-api".into(), Arc::new(SystemClock));
        Self { tokens, key: SigningKey::from_bytes(&seed), key_id: key_id.to_owned() }
    }

    fn sign(&self, claims: &Claims) -> String {
        self.tokens.sign(claims).unwrap()
    }

    /// A token of any header and claims, signed as it should be.
    fn sign_raw(&self, header: &Value, claims: &Value) -> String {
        let said = format!("{}.{}", encode(&header.to_string()), encode(&claims.to_string()));
        let signature = self.key.sign(said.as_bytes());
        format!("{said}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }
}

type Forgery = (&'static str, &'static str, String);

/// Signed by the right key, and wrong in what they say.
fn forgeries(forger: &Forger, good: &Claims) -> Vec<Forgery> {
    const INVALID: &str = "invalid-token";
    let with = |change: &dyn Fn(&mut Claims)| {
        let mut claims = good.clone();
        change(&mut claims);
        forger.sign(&claims)
    };
    let header = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": forger.key_id });
    let said = serde_json::to_value(good).unwrap();
    let headed = |change: &dyn Fn(&mut Value)| {
        let mut header = header.clone();
        change(&mut header);
        forger.sign_raw(&header, &said)
    };
    let without = |name: &str| {
        let mut said = said.clone();
        said.as_object_mut().unwrap().remove(name);
        forger.sign_raw(&header, &said)
    };
    let stranger = SigningKey::from_bytes(&[7; 32]);
    let of_stranger = {
        let said = format!("{}.{}", encode(&header.to_string()), encode(&said.to_string()));
        format!("{said}.{}", URL_SAFE_NO_PAD.encode(stranger.sign(said.as_bytes()).to_bytes()))
    };
    let mut forged = vec![
        (
            "expired",
            "token-expired",
            with(&|claims| {
                claims.issued_at -= 4_000;
                claims.expires_at = claims.issued_at + 900;
            }),
        ),
        (
            "issued tomorrow",
            INVALID,
            with(&|claims| {
                claims.issued_at += 86_400;
                claims.expires_at += 86_400;
            }),
        ),
        ("of another issuer", INVALID, with(&|claims| claims.issuer = "somebody".into())),
        ("for another audience", INVALID, with(&|claims| claims.audience = "another-api".into())),
        ("of a tenant that is not there", INVALID, with(&|claims| claims.tenant = Uuid::from_u128(1))),
        ("a stranger's signature under our key's name", INVALID, of_stranger),
        ("no JSON Web Token by its type", INVALID, headed(&|header| header["typ"] = json!("JWT"))),
        ("an ID token by its type", INVALID, headed(&|header| header["typ"] = json!("id+jwt"))),
        ("an unknown key", INVALID, headed(&|header| header["kid"] = json!("unknown"))),
        ("a path as a key", INVALID, headed(&|header| header["kid"] = json!("../../keys/master.key"))),
        ("a key that is no text", INVALID, headed(&|header| header["kid"] = json!(1))),
        ("a critical extension", INVALID, headed(&|header| header["crit"] = json!(["b64"]))),
        ("algorithm none, signed", INVALID, headed(&|header| header["alg"] = json!("none"))),
        ("another algorithm, signed", INVALID, headed(&|header| header["alg"] = json!("ES256"))),
        ("no algorithm, signed", INVALID, headed(&|header| header["alg"] = Value::Null)),
    ];
    forged.extend(
        ["iss", "aud", "sub", "tid", "sid", "iat", "exp", "roles", "ver"]
            .map(|name| ("a claim is missing", INVALID, without(name))),
    );
    forged
}

/// A good token that was changed on its way.
fn alterations(token: &str) -> Vec<Forgery> {
    const INVALID: &str = "invalid-token";
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("three parts") };
    let mut said: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    said["roles"] = json!(["owner", "admin", "user"]);
    said["exp"] = json!(4_000_000_000_i64);
    let greedy = encode(&said.to_string());
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let mut grown = bytes.clone();
    let mut carry = 0_u16;
    for (byte, add) in grown[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = (sum & 0xff) as u8;
        carry = sum >> 8;
    }
    let none = encode(&json!({ "alg": "none", "typ": "at+jwt" }).to_string());
    let shouted = encode(&json!({ "alg": "NoNe", "typ": "at+jwt" }).to_string());
    vec![
        ("more roles under the old signature", INVALID, format!("{header}.{greedy}.{signature}")),
        ("algorithm none without a signature", INVALID, format!("{none}.{greedy}.")),
        ("algorithm none with a signature", INVALID, format!("{none}.{greedy}.{signature}")),
        ("algorithm NoNe", INVALID, format!("{shouted}.{greedy}.")),
        ("no signature", INVALID, format!("{header}.{payload}.")),
        ("two parts", INVALID, format!("{header}.{payload}")),
        ("four parts", INVALID, format!("{token}.{signature}")),
        ("empty parts", INVALID, "..".to_owned()),
        ("a signature with S + L (RFC 8032 §8.4)", INVALID, format!("{header}.{payload}.{}", URL_SAFE_NO_PAD.encode(grown))),
        ("a signature that is cut", INVALID, format!("{header}.{payload}.{}", URL_SAFE_NO_PAD.encode(&bytes[..63]))),
        ("a signature of zeroes", INVALID, format!("{header}.{payload}.{}", URL_SAFE_NO_PAD.encode([0; 64]))),
        ("a token that is cut", INVALID, token[..token.len() - 4].to_owned()),
        ("padding", INVALID, format!("{token}==")),
        ("a megabyte of nothing is too much, 9 KB are", INVALID, "a".repeat(9_000)),
    ]
}

/// Signed with what everybody knows: our public key, taken for a shared secret.
fn of_another_make(token: &str) -> Vec<Forgery> {
    let payload = token.split('.').nth(1).unwrap();
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap()).unwrap();
    let secrets = [b"secret".to_vec(), Vec::new(), header["kid"].as_str().unwrap().as_bytes().to_vec()];
    let sign = |secret: Vec<u8>| {
        let said = format!("{}.{payload}", encode(&json!({ "alg": "HS256", "typ": "at+jwt", "kid": header["kid"] }).to_string()));
        (
            "a shared secret's signature",
            "invalid-token",
            format!("{said}.{}", URL_SAFE_NO_PAD.encode(hmac(&secret, said.as_bytes()))),
        )
    };
    secrets.map(sign).into()
}

fn other_headers(scene: &mut Scene<'_>, token: &str) {
    let get = || Request::get("/api/v1/goals");
    let basic = format!("Basic {}", STANDARD.encode(format!("owner@example.org:{PASSWORD}")));
    for value in [
        "",
        "Bearer",
        "Bearer ",
        token,
        &basic,
        "Bearer null",
        "Bearer undefined",
        &format!("Bearer {token} {token}"),
        "Bearer \u{e9}",
    ] {
        let what = format!("authorization: {}", value.chars().take(20).collect::<String>());
        scene.refuses(&what, &get().header("authorization", value), &[401]);
    }
    scene.refuses("two tokens", &get().token(token).token(token), &[401]);
    scene.refuses("a token in the query", &Request::get(&format!("/api/v1/goals?access_token={token}")), &[401]);
    scene.refuses("a token in a cookie", &get().header("cookie", &format!("access_token={token}")), &[401]);
    scene.takes("the good one, after all that", &get().token(token), 200);
}

/// Secrets of one kind are worth nothing as another.
fn other_secrets(scene: &mut Scene<'_>) {
    let who = json!({ "email": "owner@example.org", "password": PASSWORD });
    let welcome = scene.takes("log in", &Request::post("/api/v1/auth/login", &who), 200).expect("tokens");
    let (access, refresh) = (welcome.text("accessToken").to_owned(), welcome.text("refreshToken").to_owned());
    scene.refuses("a refresh token as an access token", &Request::get("/api/v1/goals").token(&refresh), &[401]);
    let refreshing = |token: &str| Request::post("/api/v1/auth/refresh", &json!({ "refreshToken": token }));
    for token in [access.as_str(), "", "bnr_", "bnr_AAAA", &format!("{refresh}x"), &refresh.to_uppercase(), &"r".repeat(10_000)] {
        let what = format!("refresh with {}", token.chars().take(20).collect::<String>());
        scene.refuses(&what, &refreshing(token), &[401, 422]);
    }
    for path in ["/api/v1/auth/verify-email", "/api/v1/auth/password/reset", "/api/v1/auth/invitations/accept"] {
        let body = json!({ "token": refresh, "password": "nine amber kites rise" });
        scene.refuses(&format!("{path} with a refresh token"), &Request::post(path, &body), &[400, 401, 403, 422]);
    }
    scene.takes("the refresh token still counts", &refreshing(&refresh), 200);
}

/// A credential of one tenant is worthless in another, and its holder sees nothing there.
fn other_tenants(scene: &mut Scene<'_>, forger: &Forger, good: &Claims) {
    let ann = json!({ "email": "ann@example.org", "password": PASSWORD, "name": "Ann" });
    let welcome =
        scene.takes("register elsewhere", &Request::post("/api/v1/auth/register", &ann).header("x-tenant", "fittracker"), 201);
    let elsewhere = welcome.expect("tokens").text("accessToken").to_owned();
    let goal = scene.path("/api/v1/goals/{id}");
    let get = |path: &str| Request::get(path).token(&elsewhere);
    let reply = scene.refuses("another tenant by header", &get("/api/v1/goals").header("x-tenant", "upcoach"), &[401]);
    assert_eq!(reply.map(|reply| reply.code().to_owned()).as_deref(), Some("tenant-mismatch"));
    scene.refuses("another tenant by host", &get("/api/v1/goals").header("host", "upcoach.localhost"), &[401]);
    scene.refuses("another tenant's goal", &get(&goal), &[403]);
    scene.takes("her own tenant", &get("/api/v1/goals").header("host", "fittracker.localhost"), 200);
    let login = Request::post("/api/v1/auth/login", &json!({ "email": "owner@example.org", "password": PASSWORD }));
    scene.refuses("an account of another tenant", &login.header("x-tenant", "fittracker"), &[401]);
    // Even somebody with our key, who puts the owner into her tenant, finds it empty.
    let mut moved = good.clone();
    moved.tenant = claims_of(&elsewhere).tenant;
    let moved = forger.sign(&moved);
    scene.refuses("the owner's goal, from elsewhere", &Request::get(&goal).token(&moved), &[403]);
    let list = scene.takes("the owner's goals, from elsewhere", &Request::get("/api/v1/goals").token(&moved), 200);
    assert_eq!(list.map(|list| list.body["pagination"]["total"].clone()), Some(json!(0)));
}

fn claims_of(token: &str) -> Claims {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

fn encode(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// HMAC-SHA256 (RFC 2104), for keys of up to a block.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let pad = |with: u8| -> Vec<u8> { (0..64).map(|at| key.get(at).copied().unwrap_or(0) ^ with).collect() };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().to_vec()
}
