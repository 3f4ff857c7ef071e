//! The pages behind the links of mails.

use banyan_kernel::Role;
use banyan_testkit::{Answer, on_both_engines};
use http::{Method, StatusCode};
use serde_json::json;

use crate::support::{Desk, PASSWORD, secret};

const NEW: &str = "warm oven bread";

impl Desk {
    async fn open(&self, path: &str) -> Answer {
        self.app.call(&self.nobody(), Method::GET, path).send().await
    }

    async fn submit(&self, path: &str, form: &str) -> Answer {
        let call = self.app.call(&self.nobody(), Method::POST, path).header("content-type", "application/x-www-form-urlencoded");
        call.bytes(form).send().await
    }
}

fn html(answer: &Answer) -> &str {
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{answer:?}");
    assert_eq!((answer.header("cache-control"), answer.header("referrer-policy")), ("no-store", "no-referrer"));
    answer.body.as_str().unwrap()
}

on_both_engines! {
    async fn an_address_is_confirmed_by_its_button_and_not_by_looking(bench: Bench) {
        let desk = Desk::at(bench).await;
        let maya = desk.register("maya@example.org").await;
        let token = secret(&desk.mails().await[0]);
        let page = desk.open(&format!("/account/verify-email?token={token}")).await;
        assert!(html(&page).contains(&format!("value=\"{token}\"")) && html(&page).contains("Fig &#38; Root"), "{page:?}");
        assert!(!html(&page).contains("<script"));
        let verified = || async { desk.get(&maya, "/api/v1/users/profile").await.body["emailVerified"].clone() };
        assert_eq!(verified().await, json!(false), "a mail program that looks confirms nothing");
        let done = desk.submit("/account/verify-email", &format!("token={token}")).await;
        assert_eq!(done.status, StatusCode::OK);
        assert!(html(&done).contains("is confirmed"));
        assert_eq!(verified().await, json!(true));
    }

    async fn a_password_is_set_and_what_is_wrong_is_said(bench: Bench) {
        let desk = Desk::at(bench).await;
        desk.register("maya@example.org").await;
        desk.mails().await;
        desk.post("password/forgot", json!({ "email": "maya@example.org" })).await;
        let token = secret(&desk.mails().await[0]);
        let path = "/account/reset-password";
        let weak = desk.submit(path, &format!("token={token}&password=password1")).await;
        assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(html(&weak).contains("well known") && html(&weak).contains(&token) && !html(&weak).contains("password1"));
        let done = desk.submit(path, &format!("token={token}&password={}", NEW.replace(' ', "+"))).await;
        assert_eq!(done.status, StatusCode::OK, "{done:?}");
        assert_eq!(desk.log_in("maya@example.org", NEW).await.status, StatusCode::OK);
        let late = desk.submit(path, &format!("token={token}&password={PASSWORD}")).await;
        assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(html(&late).contains("Ask for a new mail"));
    }

    async fn an_invitation_is_accepted(bench: Bench) {
        let desk = Desk::at(bench).await;
        let admin = desk.with_role(Role::Admin, "admin@example.org").await;
        let body = json!({ "email": "dewi@example.org", "name": "Dewi" });
        desk.call(&admin, Method::POST, "/api/v1/admin/invitations", Some(body)).await;
        let token = secret(&desk.mails().await[0]);
        assert_eq!(desk.open(&format!("/account/accept-invitation?token={token}")).await.status, StatusCode::OK);
        let done = desk.submit("/account/accept-invitation", &format!("token={token}&password={}", NEW.replace(' ', "+"))).await;
        assert_eq!(done.status, StatusCode::OK, "{done:?}");
        let answer = desk.log_in("dewi@example.org", NEW).await;
        assert_eq!(answer.body["user"]["name"], "Dewi");
    }

    async fn pages_speak_the_readers_language_and_never_repeat_markup(bench: Bench) {
        let desk = Desk::at(bench).await;
        let call = desk.app.call(&desk.nobody(), Method::GET, "/account/reset-password?token=%22%3E%3Cscript%3Ealert(1)%3C/script%3E");
        let page = call.header("accept-language", "id-ID").send().await;
        assert!(html(&page).contains("lang=\"id-ID\"") && html(&page).contains("Buat kata sandi baru"));
        assert!(!html(&page).contains("<script"), "{page:?}");
        for (kind, bytes, status) in [
            ("application/json", b"{}".to_vec(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
            ("application/x-www-form-urlencoded", b"token=a&colour=red".to_vec(), StatusCode::BAD_REQUEST),
            ("application/x-www-form-urlencoded", b"token=a&token=b".to_vec(), StatusCode::BAD_REQUEST),
            ("application/x-www-form-urlencoded", vec![b'a'; 20_000], StatusCode::PAYLOAD_TOO_LARGE),
            ("application/x-www-form-urlencoded", vec![0xff; 20], StatusCode::BAD_REQUEST),
        ] {
            let call = desk.app.call(&desk.nobody(), Method::POST, "/account/verify-email").header("content-type", kind);
            let answer = call.bytes(bytes).send().await;
            assert_eq!(answer.status, status, "{answer:?}");
        }
    }
}
