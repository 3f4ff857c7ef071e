//! API keys: what they open, for whom, for how long, and who may make them.

use banyan_identity::{IdentityError, NewKey};
use banyan_kernel::{Clock as _, ErrorCode, Permission, Role, Scopes, Uuid};
use banyan_testkit::{Answer, on_both_engines};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Desk, Person};

const KEYS: &str = "/api/v1/keys";

async fn made(desk: &Desk, who: &Person, body: Value) -> (String, String) {
    let answer = desk.call(who, Method::POST, KEYS, Some(body)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    (text(&answer, "/apiKey/id"), text(&answer, "/secret"))
}

fn text(answer: &Answer, pointer: &str) -> String {
    answer.body.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {answer:?}")).to_owned()
}

/// The same person by a key.
fn by(key: &str, who: &Person) -> Person {
    Person { access: key.to_owned(), ..who.clone() }
}

on_both_engines! {
    async fn a_key_acts_for_its_owner_and_is_shown_once(bench: Bench) {
        let desk = Desk::at(bench).await;
        let maya = desk.register("maya@example.org").await;
        let (id, secret) = made(&desk, &maya, json!({ "name": "Nightly export" })).await;
        assert!(secret.starts_with("bk_") && secret.len() == 98, "{}", secret.len());
        let caller = desk.caller(&secret).await;
        assert_eq!((caller.user_id(), caller.key().map(|key| key.to_string())), (Some(maya.id), Some(id.clone())));
        let profile = desk.get(&by(&secret, &maya), "/api/v1/users/profile").await;
        assert_eq!((profile.status, &profile.body["email"]), (StatusCode::OK, &json!("maya@example.org")));
        let list = desk.get(&maya, KEYS).await;
        assert_eq!(list.body["data"][0]["id"], id, "{list:?}");
        assert!(!list.body.to_string().contains("bk_") && list.body["data"][0]["lastUsedAt"].is_string(), "{list:?}");
        let admin = desk.with_role(Role::Admin, "admin@example.org").await;
        assert_eq!(desk.audited(&admin, maya.id).await.last().unwrap(), "api-key.created");
    }

    async fn a_key_is_no_way_to_more_keys_or_to_others(bench: Bench) {
        let desk = Desk::at(bench).await;
        let (maya, sam) = (desk.register("maya@example.org").await, desk.register("sam@example.org").await);
        let admin = desk.with_role(Role::Admin, "admin@example.org").await;
        let (id, secret) = made(&desk, &maya, json!({ "name": "one" })).await;
        let keyed = by(&secret, &maya);
        let one = format!("{KEYS}/{id}");
        for (method, path, body) in [
            (Method::POST, KEYS.to_owned(), json!({ "name": "two" })),
            (Method::PATCH, one.clone(), json!({ "name": "two" })),
            (Method::POST, format!("{one}/rotate"), json!({})),
        ] {
            let answer = desk.call(&keyed, method, &path, Some(body.clone())).await;
            assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "forbidden"), "{path} {answer:?}");
        }
        // Neither a stranger nor one who runs the tenant reaches a person's key by the calls of its owner.
        for other in [&sam, &admin] {
            for (method, path, body) in [
                (Method::PATCH, one.clone(), Some(json!({ "name": "two" }))),
                (Method::POST, format!("{one}/rotate"), Some(json!({}))),
                (Method::DELETE, one.clone(), None),
            ] {
                assert_eq!(desk.call(other, method, &path, body).await.status, StatusCode::FORBIDDEN, "{path}");
            }
        }
        let impersonation = json!({ "userId": maya.id, "name": "mine now" });
        let answer = desk.call(&admin, Method::POST, "/api/v1/admin/keys", Some(impersonation)).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::UNPROCESSABLE_ENTITY, "validation-failed"), "{answer:?}");
        assert!(desk.try_caller(&secret).await.is_ok());
        let (other, _) = made(&desk, &maya, json!({ "name": "other" })).await;
        assert_eq!(desk.call(&keyed, Method::DELETE, &format!("{KEYS}/{other}"), None).await.status, StatusCode::FORBIDDEN);
        assert_eq!(desk.call(&keyed, Method::DELETE, &one, None).await.status, StatusCode::NO_CONTENT, "itself it may end");
        assert_eq!(desk.try_caller(&secret).await.unwrap_err(), ErrorCode::InvalidToken);
    }

    async fn a_key_may_do_what_its_scopes_and_its_owner_both_allow(bench: Bench) {
        let desk = Desk::at(bench).await;
        let admin = desk.with_role(Role::Admin, "admin@example.org").await;
        let maya = desk.register("maya@example.org").await;
        let (_, secret) = made(&desk, &admin, json!({ "name": "look up", "scopes": ["users.read"] })).await;
        let keyed = by(&secret, &admin);
        let list = desk.get(&keyed, "/api/v1/admin/users").await;
        assert_eq!((list.status, &list.body["pagination"]["total"]), (StatusCode::OK, &json!(2)), "{list:?}");
        let disable = format!("/api/v1/admin/users/{}/disable", maya.id);
        assert_eq!(desk.call(&keyed, Method::POST, &disable, None).await.status, StatusCode::FORBIDDEN);
        assert_eq!(desk.get(&keyed, "/api/v1/admin/audit").await.status, StatusCode::FORBIDDEN);
        let (_, bare) = made(&desk, &admin, json!({ "name": "nothing" })).await;
        assert_eq!(desk.get(&by(&bare, &admin), "/api/v1/admin/users").await.status, StatusCode::FORBIDDEN);
        let caller = desk.caller(&bare).await;
        assert!(!caller.roles.contains(Role::Admin), "nor does it see an admin's rows");
        for scope in ["tenant.manage", "root"] {
            let answer = desk.call(&admin, Method::POST, KEYS, Some(json!({ "name": "more", "scopes": [scope] }))).await;
            assert_eq!((answer.status, answer.code()), (StatusCode::UNPROCESSABLE_ENTITY, "validation-failed"), "{answer:?}");
        }
        // What the owner loses, the key loses at once.
        let remembered = desk.identity.authenticate(&secret).await.unwrap();
        desk.identity.set_roles(&desk.tenant.name, "admin@example.org", [Role::User].into_iter().collect()).await.unwrap();
        assert!(remembered.is_revoked());
        desk.soon(async || desk.get(&keyed, "/api/v1/admin/users").await.status, StatusCode::FORBIDDEN).await;
    }

    async fn a_key_ends_by_revocation_expiry_rotation_and_with_its_owner(bench: Bench) {
        let desk = Desk::at(bench).await;
        let admin = desk.with_role(Role::Admin, "admin@example.org").await;
        let maya = desk.register("maya@example.org").await;
        let soon = desk.bench.clock.now().plus_seconds(100).to_string();
        let (_, short) = made(&desk, &maya, json!({ "name": "short", "expiresAt": soon })).await;
        let (id, old) = made(&desk, &maya, json!({ "name": "rotated" })).await;
        let remembered = desk.identity.authenticate(&old).await.unwrap();
        let rotate = format!("{KEYS}/{id}/rotate");
        let rotated = desk.call(&maya, Method::POST, &rotate, Some(json!({ "overlapSeconds": 60 }))).await;
        let new = text(&rotated, "/secret");
        desk.heard().await;
        assert!(remembered.is_revoked(), "what was remembered did not know the end of the old text");
        assert!(desk.try_caller(&old).await.is_ok() && desk.try_caller(&new).await.is_ok());
        assert!(desk.identity.authenticate(&old).await.unwrap().expires() <= desk.bench.clock.now().plus_seconds(60));
        desk.bench.clock.advance_seconds(61);
        assert_eq!(desk.try_caller(&old).await.unwrap_err(), ErrorCode::InvalidToken);
        assert!(desk.try_caller(&new).await.is_ok() && desk.try_caller(&short).await.is_ok());
        desk.bench.clock.advance_seconds(40);
        assert_eq!(desk.try_caller(&short).await.unwrap_err(), ErrorCode::TokenExpired);
        let remembered = desk.identity.authenticate(&new).await.unwrap();
        let by_admin = format!("/api/v1/admin/keys/{id}");
        assert_eq!(desk.call(&admin, Method::DELETE, &by_admin, None).await.status, StatusCode::NO_CONTENT);
        desk.heard().await;
        assert!(remembered.is_revoked());
        assert_eq!(desk.try_caller(&new).await.unwrap_err(), ErrorCode::InvalidToken);
        assert_eq!(desk.call(&admin, Method::DELETE, &by_admin, None).await.status, StatusCode::FORBIDDEN, "it is gone");
        let (_, last) = made(&desk, &maya, json!({ "name": "last" })).await;
        let disable = format!("/api/v1/admin/users/{}/disable", maya.id);
        assert_eq!(desk.call(&admin, Method::POST, &disable, None).await.status, StatusCode::OK);
        assert_eq!(desk.try_caller(&last).await.unwrap_err(), ErrorCode::InvalidToken);
    }

    async fn what_is_no_key_opens_nothing(bench: Bench) {
        let desk = Desk::at(bench).await;
        let maya = desk.register("maya@example.org").await;
        let gym = desk.identity.create_tenant(&crate::support::tenant("gym")).await.unwrap();
        let (_, secret) = made(&desk, &maya, json!({ "name": "one" })).await;
        let verified = desk.identity.authenticate(&secret).await.unwrap();
        assert_ne!(verified.tenant(), gym.id, "the edge compares");
        let other = if secret.as_bytes()[60] == b'0' { "1" } else { "0" };
        let flipped = format!("{}{other}{}", &secret[..60], &secret[61..]);
        for wrong in ["bk_", "bk_1_2", &secret[..97], &format!("{secret}0"), &flipped] {
            assert_eq!(desk.try_caller(wrong).await.unwrap_err(), ErrorCode::InvalidToken, "{wrong}");
        }
        for body in [
            json!({ "name": "" }),
            json!({ "name": "x", "networks": ["10.0.0.0/99"] }),
            json!({ "name": "x", "expiresAt": "tomorrow" }),
            json!({ "name": "x", "expiresAt": "2001-01-01T00:00:00Z" }),
            json!({ "name": "x", "plan": "coach" }),
        ] {
            let answer = desk.call(&maya, Method::POST, KEYS, Some(body.clone())).await;
            assert_eq!((answer.status, answer.code()), (StatusCode::UNPROCESSABLE_ENTITY, "validation-failed"), "{body} {answer:?}");
        }
    }

    async fn programs_have_keys_networks_and_plans_from_those_who_run_the_tenant(bench: Bench) {
        let desk = Desk::at(bench).await;
        let admin = desk.with_role(Role::Admin, "admin@example.org").await;
        let body = json!({ "name": "Export", "roles": ["service", "analyst"] });
        let program = desk.call(&admin, Method::POST, "/api/v1/admin/service-accounts", Some(body)).await;
        let program: Uuid = text(&program, "/clientId").parse().unwrap();
        let body = json!({
            "userId": program, "name": "nightly", "scopes": ["analytics.read"], "networks": ["203.0.113.0/24"], "plan": "coach"
        });
        let answer = desk.call(&admin, Method::POST, "/api/v1/admin/keys", Some(body)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        let verified = desk.identity.authenticate(&text(&answer, "/secret")).await.unwrap();
        assert_eq!((verified.user(), verified.plan().as_deref()), (program, Some("coach")));
        assert!(verified.counts_from("203.0.113.9".parse().unwrap()) && !verified.counts_from("203.0.114.9".parse().unwrap()));
        assert_eq!(verified.caller(desk.request()).require(Permission::AnalyticsRead), Ok(()));
        let id = text(&answer, "/apiKey/id");
        let changed = desk.call(&admin, Method::PATCH, &format!("/api/v1/admin/keys/{id}"), Some(json!({ "plan": null }))).await;
        assert_eq!((changed.status, &changed.body["plan"]), (StatusCode::OK, &Value::Null), "{changed:?}");
        desk.heard().await;
        assert!(verified.is_revoked(), "so that the change counts at once");
        let list = desk.get(&admin, &format!("/api/v1/admin/keys?user={program}")).await;
        assert_eq!(list.body["pagination"]["total"], 1);
    }

    async fn a_person_has_a_bounded_number_of_keys(bench: Bench) {
        let desk = Desk::at(bench).await;
        let maya = desk.register("maya@example.org").await;
        for number in 0..25 {
            made(&desk, &maya, json!({ "name": format!("key {number}") })).await;
        }
        let answer = desk.call(&maya, Method::POST, KEYS, Some(json!({ "name": "one more" }))).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::UNPROCESSABLE_ENTITY, "unprocessable"), "{answer:?}");
    }

    async fn the_command_line_makes_lists_and_revokes(bench: Bench) {
        let desk = Desk::at(bench).await;
        desk.register("maya@example.org").await;
        let tenant = &*desk.tenant.name;
        let new = NewKey { email: "maya@example.org", name: "ci", scopes: Scopes::NONE, networks: &[], plan: None, lives_seconds: Some(60) };
        let (id, secret) = desk.identity.create_key(tenant, &new).await.unwrap();
        assert!(desk.try_caller(&secret).await.is_ok());
        let more = NewKey { scopes: Scopes::NONE.with(Permission::UsersRead), ..new.clone() };
        assert!(matches!(desk.identity.create_key(tenant, &more).await, Err(IdentityError::ScopeNotHeld(_))));
        let listed = desk.identity.list_keys(tenant, None).await.unwrap();
        assert_eq!((listed.len(), listed[0].id), (1, id));
        desk.identity.revoke_key(tenant, id).await.unwrap();
        assert!(desk.try_caller(&secret).await.is_err());
        assert!(matches!(desk.identity.revoke_key(tenant, id).await, Err(IdentityError::Hidden)));
    }
}
