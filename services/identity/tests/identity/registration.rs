//! Making an account.

use banyan_identity::Registration;
use banyan_kernel::Caller;
use banyan_testkit::on_both_engines;
use futures_util::future::join_all;
use http::StatusCode;
use serde_json::json;

use crate::support::{Desk, PASSWORD, Person, secret, tenant};

on_both_engines! {
    async fn an_account_is_made_and_its_person_is_in(bench: Bench) {
        let desk = Desk::at(bench).await;
        let body = json!({ "email": " Maya@Example.ORG ", "password": PASSWORD, "name": "Maya Hartono" });
        let answer = desk.post("register", body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        assert_eq!(answer.header("location"), "/api/v1/users/profile");
        assert_eq!(answer.header("cache-control"), "no-store");
        let mut fields: Vec<_> = answer.body.as_object().unwrap().keys().map(String::as_str).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["accessToken", "expiresIn", "refreshToken", "user"]);
        assert_eq!(answer.body["expiresIn"], 900);
        let user = &answer.body["user"];
        assert_eq!(user["email"], "maya@example.org");
        assert_eq!(user["roles"], json!(["user"]));
        assert_eq!(user["emailVerified"], false);
        assert!(!answer.body.to_string().contains("argon2"), "no hash leaves");
        let maya = Person::of(&answer.body);
        let profile = desk.get(&maya, "/api/v1/users/profile").await;
        assert_eq!(profile.body, *user);
    }

    async fn a_mail_asks_to_confirm_the_address(bench: Bench) {
        let desk = Desk::at(bench).await;
        let maya = desk.register("maya@example.org").await;
        let mails = desk.mails().await;
        let [mail] = &mails[..] else { panic!("{mails:?}") };
        assert_eq!(mail.to, "maya@example.org");
        assert!(mail.subject.contains("Fig & Root"), "{}", mail.subject);
        assert!(mail.text.contains("https://fig.example/account/verify-email?token=bnv_"), "{}", mail.text);
        let answer = desk.post("verify-email", json!({ "token": secret(mail) })).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{answer:?}");
        assert_eq!(desk.get(&maya, "/api/v1/users/profile").await.body["emailVerified"], true);
        assert!(desk.mails().await.is_empty(), "each mail leaves once");
    }

    async fn the_mail_is_in_the_language_of_the_request(bench: Bench) {
        let desk = Desk::at(bench).await;
        let body = json!({ "email": "maya@example.org", "password": PASSWORD, "name": "Maya" });
        let call = desk.app.call(&desk.nobody(), http::Method::POST, "/api/v1/auth/register").json(body);
        assert_eq!(call.header("accept-language", "id").send().await.status, StatusCode::CREATED);
        assert!(desk.mails().await[0].subject.starts_with("Konfirmasikan"));
    }

    async fn a_mail_waits_until_the_mail_server_is_there(bench: Bench) {
        let desk = Desk::at(bench).await;
        desk.register("maya@example.org").await;
        desk.letters.shut();
        assert!(desk.mails().await.is_empty());
        desk.letters.open();
        assert!(desk.mails().await.is_empty(), "not at once");
        desk.bench.clock.advance_seconds(121);
        assert_eq!(desk.mails().await.len(), 1);
    }

    async fn of_ten_who_register_one_address_at_once_one_gets_it(bench: Bench) {
        let desk = Desk::at(bench).await;
        let attempts = (0..10).map(|number| {
            let email = if number % 2 == 0 { "maya@example.org" } else { "MAYA@example.org" };
            desk.post("register", json!({ "email": email, "password": PASSWORD, "name": "Maya" }))
        });
        let answers = join_all(attempts).await;
        let made = answers.iter().filter(|answer| answer.status == StatusCode::CREATED).count();
        let taken = answers.iter().filter(|answer| answer.code() == "already-exists" && answer.status == StatusCode::CONFLICT).count();
        assert_eq!((made, taken), (1, 9), "{answers:?}");
        assert_eq!(answers.iter().find(|answer| answer.status != StatusCode::CREATED).unwrap().bad_fields(), ["email"]);
    }

    async fn weak_passwords_are_refused_with_the_reason(bench: Bench) {
        let desk = Desk::at(bench).await;
        for (password, code, reason) in [
            ("zq7#K", "validation-failed", "too-short"),
            ("Password123", "weak-password", "common"),
            ("1234567890", "weak-password", "pattern"),
            ("mayahartono1", "weak-password", "personal"),
        ] {
            let body = json!({ "email": "maya@example.org", "password": password, "name": "Maya Hartono" });
            let answer = desk.post("register", body).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
            assert_eq!(answer.code(), code, "{password}");
            assert_eq!(answer.body["errors"][0]["code"], reason, "{password}");
            assert_eq!(answer.bad_fields(), ["password"]);
            assert!(!answer.body.to_string().contains(password), "a password is never repeated");
        }
        let monster = json!({ "email": "maya@example.org", "password": "x".repeat(5000), "name": "Maya" });
        assert_eq!(desk.post("register", monster).await.bad_fields(), ["password"]);
    }

    async fn every_bad_field_is_named(bench: Bench) {
        let desk = Desk::at(bench).await;
        let answer = desk.post("register", json!({ "email": "maya", "password": "x", "name": " ", "role": "owner" })).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.bad_fields().contains(&"role".to_owned()), "{answer:?}");
        let answer = desk.post("register", json!({ "email": "maya", "password": "x", "name": " " })).await;
        assert_eq!(answer.bad_fields(), ["email", "name", "password"]);
    }

    async fn a_closed_tenant_is_joined_by_invitation_only(bench: Bench) {
        let desk = Desk::at(bench).await;
        let mut closed = tenant("operators");
        closed.registration = Registration::Closed;
        let closed = desk.ensure_tenant(&closed).await;
        let stranger = Caller::anonymous(closed.id, desk.request());
        let body = json!({ "email": "maya@example.org", "password": PASSWORD, "name": "Maya" });
        let answer = desk.app.post(&stranger, "/api/v1/auth/register", body.clone()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{answer:?}");
        let nowhere = Caller::anonymous(desk.bench.new_id(), desk.request());
        // A front door knows all tenants.
        let unknown = if desk.app.is_split() { StatusCode::NOT_FOUND } else { StatusCode::FORBIDDEN };
        assert_eq!(desk.app.post(&nowhere, "/api/v1/auth/register", body).await.status, unknown);
    }

    async fn the_same_address_may_live_in_two_tenants(bench: Bench) {
        let desk = Desk::at(bench).await;
        let other = desk.identity.create_tenant(&tenant("gym")).await.unwrap();
        desk.register("maya@example.org").await;
        let body = json!({ "email": "maya@example.org", "password": PASSWORD, "name": "Maya" });
        let answer = desk.app.post(&Caller::anonymous(other.id, desk.request()), "/api/v1/auth/register", body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        let gym = desk.identity.authenticate(answer.body["accessToken"].as_str().unwrap()).await.unwrap();
        assert_eq!(gym.tenant(), other.id);
    }
}
