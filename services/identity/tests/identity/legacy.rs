//! Tokens of another system, while people move over.

use banyan_identity::{Identity, NewAccount, Status};
use banyan_kernel::{ErrorCode, OPERATORS, Role, Roles};
use banyan_testkit::{Bench, on_both_engines};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::support::{Desk, PASSWORD, tenant};

const SECRET: &str = "the old system's secret, 32 bytes";
const YEAR: i64 = 365 * 86_400;

fn signed(header: &Value, claims: &Value, secret: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes()).unwrap().chain_update(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

async fn moving(bench: Bench) -> Desk {
    Desk::with(bench, json!({ "legacy_secret": SECRET })).await
}

impl Desk {
    /// A token of the other system that lives for a year, with these claims.
    fn legacy(&self, mut claims: Value) -> String {
        claims["exp"] = json!(banyan_kernel::Clock::now(&self.bench.clock).seconds() + YEAR);
        signed(&json!({ "alg": "HS256", "typ": "JWT" }), &claims, SECRET)
    }

    async fn refused(&self, token: &str) -> ErrorCode {
        self.try_caller(token).await.unwrap_err()
    }
}

on_both_engines! {
    async fn a_legacy_token_stands_for_its_person(bench: Bench) {
        let desk = moving(bench).await;
        let maya = desk.register("maya@example.org").await;
        let stranger = desk.bench.new_id();
        for claims in [
            json!({ "sub": maya.id }),
            json!({ "userId": maya.id }),
            json!({ "sub": 17, "userId": maya.id }),
            json!({ "sub": stranger, "userId": maya.id }),
            json!({ "email": "Maya@Example.org" }),
            json!({ "sub": stranger, "email": "maya@example.org" }),
            json!({ "sub": "17", "email": "maya@example.org", "tid": desk.tenant.id }),
            json!({ "sub": maya.id, "tid": "upcoach" }),
        ] {
            let caller = desk.try_caller(&desk.legacy(claims.clone())).await;
            let caller = caller.unwrap_or_else(|code| panic!("{claims}: {code:?}"));
            assert_eq!((caller.tenant, caller.user_id(), caller.session), (desk.tenant.id, Some(maya.id), None), "{claims}");
        }
        assert!(desk.try_caller(&maya.access).await.is_ok(), "our own tokens count as before");
    }

    async fn roles_are_those_that_are_stored(bench: Bench) {
        let desk = moving(bench).await;
        let maya = desk.register("maya@example.org").await;
        let claims = json!({ "sub": maya.id, "roles": ["owner"], "role": "admin", "orgs": [desk.bench.new_id()], "sid": desk.bench.new_id() });
        let token = desk.legacy(claims);
        let caller = desk.caller(&token).await;
        assert_eq!(caller.roles, desk.caller(&maya.access).await.roles);
        assert!(!caller.roles.contains(Role::Owner) && !caller.roles.contains(Role::Admin));
        assert!(caller.organisations.is_empty() && caller.session.is_none());
        let remembered = desk.identity.authenticate(&token).await.unwrap();
        let roles = Roles::from_iter([Role::User, Role::Coach]);
        desk.identity.set_roles(&desk.tenant.name, "maya@example.org", roles).await.unwrap();
        assert!(remembered.is_revoked(), "what the edge remembers counts no longer");
        assert_eq!(desk.caller(&token).await.roles, roles, "verified anew, it has the new roles");
    }

    async fn a_disabled_person_is_refused(bench: Bench) {
        let desk = moving(bench).await;
        let maya = desk.register("maya@example.org").await;
        let sam = desk.register("sam@example.org").await;
        let token = desk.legacy(json!({ "sub": maya.id }));
        let remembered = desk.identity.authenticate(&token).await.unwrap();
        desk.identity.set_status(&desk.tenant.name, "maya@example.org", Status::Disabled).await.unwrap();
        assert!(remembered.is_revoked());
        assert_eq!(desk.refused(&token).await, ErrorCode::InvalidToken);
        let other = desk.legacy(json!({ "sub": maya.id, "email": "sam@example.org" }));
        assert_eq!(desk.refused(&other).await, ErrorCode::InvalidToken, "nor is she somebody else");
        // Long after the revocation was forgotten, and in a process that never heard of it.
        desk.bench.clock.advance_seconds(86_400);
        let restarted = Identity::open(&desk.app.host).await.unwrap();
        assert_eq!(restarted.authenticate(&token).await.unwrap_err(), ErrorCode::InvalidToken);
        assert!(restarted.authenticate(&desk.legacy(json!({ "sub": sam.id }))).await.is_ok());
    }

    async fn nobody_else_is_found(bench: Bench) {
        let desk = moving(bench).await;
        let maya = desk.register("maya@example.org").await;
        let gym = desk.identity.create_tenant(&tenant("gym")).await.unwrap();
        for claims in [
            json!({}),
            json!({ "sub": desk.bench.new_id() }),
            json!({ "email": "nobody@example.org" }),
            json!({ "email": "not an address" }),
            json!({ "sub": maya.id, "tid": gym.id }),
            json!({ "sub": maya.id, "tid": "unknown" }),
            json!({ "email": "maya@example.org", "tid": "gym" }),
            json!({ "sub": maya.id, "tid": desk.bench.new_id() }),
        ] {
            assert_eq!(desk.refused(&desk.legacy(claims.clone())).await, ErrorCode::InvalidToken, "{claims}");
        }
    }

    async fn the_operators_tenant_is_closed_to_it(bench: Bench) {
        let desk = moving(bench).await;
        let operators = desk.ensure_tenant(&tenant(OPERATORS)).await;
        let roles = Roles::from_iter([Role::Owner]);
        let account = NewAccount { email: "root@example.org", name: "Root", roles, password: PASSWORD, locale: None };
        let root = desk.identity.create_user(OPERATORS, &account).await.unwrap();
        for claims in [
            json!({ "sub": root.id, "tid": OPERATORS }),
            json!({ "sub": root.id, "tid": operators.id }),
            json!({ "sub": root.id, "tid": operators.id.to_string().to_uppercase() }),
            json!({ "email": "root@example.org", "tid": OPERATORS }),
            json!({ "sub": root.id }),
            json!({ "email": "root@example.org" }),
        ] {
            assert_eq!(desk.refused(&desk.legacy(claims.clone())).await, ErrorCode::InvalidToken, "{claims}");
        }
    }

    async fn a_long_token_is_read_anew_and_ends(bench: Bench) {
        let desk = moving(bench).await;
        let maya = desk.register("maya@example.org").await;
        let token = desk.legacy(json!({ "sub": maya.id }));
        let now = || banyan_kernel::Clock::now(&desk.bench.clock);
        let verified = desk.identity.authenticate(&token).await.unwrap();
        assert_eq!(verified.expires(), now().plus_seconds(900), "no longer than a revocation is remembered");
        desk.bench.clock.advance_seconds(YEAR - 60);
        let verified = desk.identity.authenticate(&token).await.unwrap();
        assert_eq!(verified.expires(), now().plus_seconds(60 + 30), "with the leeway of all tokens");
        desk.bench.clock.advance_seconds(60 + 30);
        assert_eq!(desk.refused(&token).await, ErrorCode::TokenExpired);
    }

    async fn other_secrets_and_algorithms_are_refused(bench: Bench) {
        let desk = moving(bench).await;
        let maya = desk.register("maya@example.org").await;
        let exp = banyan_kernel::Clock::now(&desk.bench.clock).seconds() + 60;
        let claims = json!({ "sub": maya.id, "exp": exp });
        let public_key = desk.identity.jwks();
        for (header, secret) in [
            (json!({ "alg": "HS256", "typ": "JWT" }), "another secret that is long enough"),
            (json!({ "alg": "HS256", "typ": "JWT" }), &*public_key),
            (json!({ "alg": "HS256", "typ": "at+jwt" }), SECRET),
            (json!({ "alg": "HS512", "typ": "JWT" }), SECRET),
            (json!({ "alg": "none", "typ": "JWT" }), SECRET),
            (json!({ "alg": "EdDSA", "typ": "at+jwt" }), SECRET),
        ] {
            assert_eq!(desk.refused(&signed(&header, &claims, secret)).await, ErrorCode::InvalidToken, "{header}");
        }
        let unsigned = signed(&json!({ "alg": "none" }), &claims, SECRET);
        let unsigned = &unsigned[..=unsigned.rfind('.').unwrap()];
        assert_eq!(desk.refused(unsigned).await, ErrorCode::InvalidToken);
        let endless = signed(&json!({ "alg": "HS256" }), &json!({ "sub": maya.id }), SECRET);
        assert_eq!(desk.refused(&endless).await, ErrorCode::InvalidToken, "`exp` is required");
    }

    async fn without_the_setting_no_legacy_token_counts(bench: Bench) {
        let desk = Desk::at(bench).await;
        let maya = desk.register("maya@example.org").await;
        assert_eq!(desk.refused(&desk.legacy(json!({ "sub": maya.id }))).await, ErrorCode::InvalidToken);
        let mut host = desk.app.host.clone();
        host.settings["legacy_secret"] = json!("a".repeat(31));
        let error = Identity::open(&host).await.unwrap_err().to_string();
        assert_eq!(error, "legacy_secret: the secret of the legacy tokens must have at least 32 bytes");
    }
}
