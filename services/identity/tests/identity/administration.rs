//! Those who run a tenant: people, status, roles.

use banyan_kernel::{ErrorCode, Role};
use banyan_testkit::on_both_engines;
use futures_util::future::join;
use http::{Method, StatusCode};
use serde_json::json;

use crate::support::{Desk, PASSWORD, Person, secret};

const USERS: &str = "/api/v1/admin/users";

on_both_engines! {
    async fn a_user_is_made_with_address_and_name_and_is_invited(bench: Bench) {
        let desk = Desk::at(bench).await;
        let admin = desk.with_role(Role::Admin, "admin@example.org").await;
        let body = json!({ "email": "sam@example.org", "name": "Sam Whitfield" });
        let caller = desk.caller(&admin.access).await;
        let make = || desk.app.call(&caller, Method::POST, USERS).header("idempotency-key", "k1").json(body.clone()).send();
        let made = make().await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        assert_eq!(made.body["roles"], json!(["user"]));
        let id = made.body["id"].as_str().unwrap();
        assert_eq!(made.header("location"), format!("{USERS}/{id}"));
        assert_eq!(make().await.body, made.body, "the same key, the same answer");
        let again = desk.call(&admin, Method::POST, USERS, Some(body.clone())).await;
        assert_eq!((again.status, again.code()), (StatusCode::CONFLICT, "already-exists"));
        assert_eq!(desk.get(&admin, &format!("{USERS}/{id}")).await.body, made.body);
        let mails = desk.mails().await;
        let [mail] = &mails[..] else { panic!("{mails:?}") };
        assert_eq!(desk.log_in("sam@example.org", PASSWORD).await.status, StatusCode::UNAUTHORIZED, "no password yet");
        let accepted = desk.post("invitations/accept", json!({ "token": secret(mail), "password": PASSWORD })).await;
        assert_eq!(accepted.status, StatusCode::OK, "{accepted:?}");
        assert_eq!(accepted.body["user"]["id"], id);
        assert_eq!(accepted.body["user"]["emailVerified"], true);
        assert_eq!(desk.log_in("sam@example.org", PASSWORD).await.status, StatusCode::OK);
    }

    async fn people_are_found_by_name_address_status_and_role(bench: Bench) {
        let desk = Desk::at(bench).await;
        let admin = desk.with_role(Role::Admin, "admin@example.org").await;
        for (email, name) in [("maya@example.org", "Maya Hartono"), ("sam@example.org", "Sam 100% Whitfield"), ("x_y@example.org", "Zoe")] {
            desk.bench.clock.advance_seconds(1);
            desk.call(&admin, Method::POST, USERS, Some(json!({ "email": email, "name": name }))).await;
        }
        let found = |query: &str| {
            let path = format!("{USERS}{query}");
            let (desk, admin) = (&desk, &admin);
            async move {
                let answer = desk.get(admin, &path).await;
                assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
                let users = answer.body["data"].as_array().unwrap().clone();
                users.iter().map(|user| user["email"].as_str().unwrap().split('@').next().unwrap().to_owned()).collect::<Vec<_>>()
            }
        };
        assert_eq!(found("").await, ["x_y", "sam", "maya", "admin"], "newest first");
        assert_eq!(found("?orderBy=email&order=ASC&limit=2").await, ["admin", "maya"]);
        assert_eq!(found("?orderBy=email&order=ASC&limit=2&page=2").await, ["sam", "x_y"]);
        assert_eq!(found("?search=HARTONO").await, ["maya"]);
        assert_eq!(found("?search=sam@").await, ["sam"]);
        assert_eq!(found("?search=100%25").await, ["sam"], "a wildcard stands for itself");
        assert_eq!(found("?search=_").await, ["x_y"]);
        assert_eq!(found("?role=admin").await, ["admin"]);
        assert_eq!(found("?status=disabled").await, Vec::<String>::new());
        assert_eq!(found("?page=1000000000").await, Vec::<String>::new());
        for bad in ["?role=root", "?status=gone", "?orderBy=password", "?page=0", "?limit=1000000000", "?colour=red"] {
            let answer = desk.get(&admin, &format!("{USERS}{bad}")).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad} {answer:?}");
        }
    }

    async fn a_disabled_users_sessions_die_at_once_and_enabling_opens_the_door(bench: Bench) {
        let desk = Desk::at(bench).await;
        let admin = desk.with_role(Role::Admin, "admin@example.org").await;
        let maya = desk.register("maya@example.org").await;
        let remembered = desk.identity.authenticate(&maya.access).await.unwrap();
        let disabled = desk.call(&admin, Method::POST, &format!("{USERS}/{}/disable", maya.id), None).await;
        assert_eq!((disabled.status, &disabled.body["status"]), (StatusCode::OK, &json!("disabled")), "{disabled:?}");
        desk.heard().await;
        assert!(remembered.is_revoked());
        assert_eq!(desk.refresh(&maya.refresh).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(desk.log_in("maya@example.org", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
        let enabled = desk.call(&admin, Method::POST, &format!("{USERS}/{}/enable", maya.id), None).await;
        assert_eq!(enabled.body["status"], "active");
        assert_eq!(desk.try_caller(&maya.access).await.unwrap_err(), ErrorCode::InvalidToken, "what ended stays ended");
        assert_eq!(desk.log_in("maya@example.org", PASSWORD).await.status, StatusCode::OK);
        let actions = desk.audited(&admin, maya.id).await;
        assert!(actions.contains(&"user.disabled".into()) && actions.contains(&"user.enabled".into()), "{actions:?}");
    }

    async fn other_roles_count_with_the_next_token_and_the_old_one_is_refused(bench: Bench) {
        let desk = Desk::at(bench).await;
        let admin = desk.with_role(Role::Admin, "admin@example.org").await;
        let maya = desk.register("maya@example.org").await;
        let path = format!("{USERS}/{}/roles", maya.id);
        let changed = desk.call(&admin, Method::PUT, &path, Some(json!({ "roles": ["user", "coach"] }))).await;
        assert_eq!((changed.status, &changed.body["roles"]), (StatusCode::OK, &json!(["user", "coach"])), "{changed:?}");
        assert!(desk.try_caller(&maya.access).await.is_err());
        let renewed = Person::of(&desk.refresh(&maya.refresh).await.body);
        assert!(desk.caller(&renewed.access).await.roles.contains(Role::Coach));
        let same = desk.call(&admin, Method::PUT, &path, Some(json!({ "roles": ["coach", "user"] }))).await;
        assert_eq!(same.status, StatusCode::OK);
        assert!(desk.try_caller(&renewed.access).await.is_ok(), "nothing changed");
        for bad in [json!({ "roles": [] }), json!({ "roles": ["root"] }), json!({})] {
            let answer = desk.call(&admin, Method::PUT, &path, Some(bad)).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
        }
    }

    async fn only_an_owner_appoints_and_removes(bench: Bench) {
        let desk = Desk::at(bench).await;
        let owner = desk.with_role(Role::Owner, "owner@example.org").await;
        let admin = desk.with_role(Role::Admin, "admin@example.org").await;
        let maya = desk.register("maya@example.org").await;
        let roles = |id| format!("{USERS}/{id}/roles");
        for appointed in ["admin", "owner"] {
            let body = json!({ "roles": [appointed] });
            let answer = desk.call(&admin, Method::PUT, &roles(maya.id), Some(body)).await;
            assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "forbidden"), "{answer:?}");
            let made = json!({ "email": "new@example.org", "name": "New", "roles": [appointed] });
            assert_eq!(desk.call(&admin, Method::POST, USERS, Some(made)).await.status, StatusCode::FORBIDDEN);
        }
        for target in [owner.id, admin.id] {
            let by_admin = desk.call(&admin, Method::PUT, &roles(target), Some(json!({ "roles": ["user"] }))).await;
            assert!(by_admin.status == StatusCode::FORBIDDEN || by_admin.status == StatusCode::CONFLICT, "{by_admin:?}");
        }
        assert_eq!(desk.call(&admin, Method::POST, &format!("{USERS}/{}/disable", owner.id), None).await.status, StatusCode::FORBIDDEN);
        let appointed = desk.call(&owner, Method::PUT, &roles(maya.id), Some(json!({ "roles": ["user", "admin"] }))).await;
        assert_eq!(appointed.status, StatusCode::OK, "{appointed:?}");
        let removed = desk.call(&owner, Method::PUT, &roles(admin.id), Some(json!({ "roles": ["user"] }))).await;
        assert_eq!(removed.status, StatusCode::OK, "{removed:?}");
        assert!(desk.try_caller(&admin.access).await.is_err());
    }

    async fn nobody_acts_on_themselves_and_an_owner_stays(bench: Bench) {
        let desk = Desk::at(bench).await;
        let owner = desk.with_role(Role::Owner, "owner@example.org").await;
        let own = format!("{USERS}/{}", owner.id);
        let disable = desk.call(&owner, Method::POST, &format!("{own}/disable"), None).await;
        assert_eq!((disable.status, disable.code()), (StatusCode::CONFLICT, "conflict"), "{disable:?}");
        let demote = desk.call(&owner, Method::PUT, &format!("{own}/roles"), Some(json!({ "roles": ["user"] }))).await;
        assert_eq!(demote.status, StatusCode::CONFLICT);
        let last = desk.identity.set_roles(&desk.tenant.name, "owner@example.org", [Role::User].into_iter().collect()).await;
        assert!(last.is_err(), "not even the command line");
        let last = desk.identity.set_status(&desk.tenant.name, "owner@example.org", banyan_identity::Status::Disabled).await;
        assert!(last.is_err());
    }

    async fn two_owners_who_remove_each_other_do_not_both_succeed(bench: Bench) {
        let desk = Desk::at(bench).await;
        let one = desk.with_role(Role::Owner, "one@example.org").await;
        let two = desk.with_role(Role::Owner, "two@example.org").await;
        let (first, second) = (desk.caller(&one.access).await, desk.caller(&two.access).await);
        let disable_two = format!("{USERS}/{}/disable", two.id);
        let disable_one = format!("{USERS}/{}/disable", one.id);
        let (a, b) = join(
            desk.app.call(&first, Method::POST, &disable_two).send(),
            desk.app.call(&second, Method::POST, &disable_one).send(),
        )
        .await;
        let done = [&a, &b].iter().filter(|answer| answer.status == StatusCode::OK).count();
        assert_eq!(done, 1, "{a:?} {b:?}");
    }

    async fn somebody_of_another_tenant_or_nobody_is_hidden(bench: Bench) {
        let desk = Desk::at(bench).await;
        let mut there = crate::support::tenant("gym");
        there.display_name = "Gym".into();
        let gym = desk.identity.create_tenant(&there).await.unwrap();
        let admin = desk.with_role(Role::Owner, "owner@example.org").await;
        let body = json!({ "email": "maya@example.org", "password": PASSWORD, "name": "Maya" });
        let answer = desk.app.post(&banyan_kernel::Caller::anonymous(gym.id, desk.request()), "/api/v1/auth/register", body).await;
        let stranger = Person::of(&answer.body);
        let mut answers = Vec::new();
        for id in [stranger.id, desk.bench.new_id()] {
            for (method, path, body) in [
                (Method::GET, format!("{USERS}/{id}"), None),
                (Method::POST, format!("{USERS}/{id}/disable"), None),
                (Method::POST, format!("{USERS}/{id}/enable"), None),
                (Method::PUT, format!("{USERS}/{id}/roles"), Some(json!({ "roles": ["coach"] }))),
                (Method::DELETE, format!("{USERS}/{id}/sessions"), None),
            ] {
                let answer = desk.call(&admin, method, &path, body).await;
                assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "forbidden"), "{path} {answer:?}");
                answers.push(answer);
            }
        }
        assert!(desk.identity.authenticate(&stranger.access).await.is_ok_and(|token| !token.is_revoked()));
    }

    async fn a_users_sessions_can_be_ended(bench: Bench) {
        let desk = Desk::at(bench).await;
        let admin = desk.with_role(Role::Admin, "admin@example.org").await;
        let maya = desk.register("maya@example.org").await;
        let ended = desk.call(&admin, Method::DELETE, &format!("{USERS}/{}/sessions", maya.id), None).await;
        assert_eq!(ended.status, StatusCode::NO_CONTENT, "{ended:?}");
        assert!(desk.try_caller(&maya.access).await.is_err());
        assert_eq!(desk.log_in("maya@example.org", PASSWORD).await.status, StatusCode::OK);
    }

    async fn support_looks_and_changes_nothing(bench: Bench) {
        let desk = Desk::at(bench).await;
        let support = desk.with_role(Role::Support, "support@example.org").await;
        let maya = desk.register("maya@example.org").await;
        assert_eq!(desk.get(&support, USERS).await.body["pagination"]["total"], 2);
        for (method, path) in [
            (Method::POST, format!("{USERS}/{}/disable", maya.id)),
            (Method::DELETE, format!("{USERS}/{}/sessions", maya.id)),
            (Method::GET, "/api/v1/admin/audit".into()),
            (Method::GET, "/api/v1/admin/invitations".into()),
        ] {
            assert_eq!(desk.call(&support, method, &path, None).await.status, StatusCode::FORBIDDEN, "{path}");
        }
        assert_eq!(desk.get(&maya, USERS).await.status, StatusCode::FORBIDDEN);
    }
}
