//! What happens to a person arrives in their inbox and by mail, also where the server is killed meanwhile.

use serde_json::{Value, json};

use crate::harness::{PASSWORD, Place, Server, eventually, on_both_engines};

const OTHER: &str = "eight quiet figs at noon";

/// The mails to somebody about a changed password, each by its `Message-ID`.
fn mails(place: &Place, to: &str) -> Vec<String> {
    let Ok(files) = std::fs::read_dir(place.data().join("mail")) else { return Vec::new() };
    // Another one may be on its way to its place.
    let texts = files.filter_map(|file| std::fs::read_to_string(file.unwrap().path()).ok());
    let theirs = texts.filter(|mail| mail.contains(to) && mail.contains("Your password was changed"));
    let id = |mail: String| mail.lines().find(|line| line.starts_with("Message-ID:")).map(str::to_owned);
    let mut ids: Vec<String> = theirs.filter_map(id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn inbox(server: &Server, token: &str) -> Vec<Value> {
    let (status, body) = server.get("/api/v1/notifications", Some(token));
    assert_eq!(status, 200, "{body}");
    body["data"].as_array().unwrap().clone()
}

on_both_engines! {
    fn a_changed_password_is_told_once_by_mail_and_in_the_inbox_although_the_server_is_killed(place: Place) {
        let server = place.serve();
        let people: Vec<String> = (0..6).map(|number| format!("ann{number}@example.org")).collect();
        for email in &people {
            let token = server.register(email);
            let body = json!({ "currentPassword": PASSWORD, "password": OTHER });
            let (status, answer) = server.post("/api/v1/auth/password/change", Some(&token), &body);
            assert!((200..300).contains(&status), "{status} {answer}");
        }
        // Dropped, it is killed as by `kill -9`.
        drop(server);
        let server = place.serve();
        for email in &people {
            let token = server.log_in(email, OTHER);
            let told = || inbox(&server, &token).into_iter().find(|one| one["topic"] == "security");
            let told = eventually("a notification", told);
            assert_eq!(told["title"], "Your password was changed", "{told}");
            eventually("a mail", || (!mails(&place, email).is_empty()).then_some(()));
            let (_, unread) = server.get("/api/v1/notifications/unread-count", Some(&token));
            assert!(unread["unread"].as_u64().unwrap_or_default() >= 1, "{unread}");
        }
        for email in &people {
            assert_eq!(mails(&place, email).len(), 1, "{email}");
        }
        assert_eq!(server.get("/api/v1/notifications", None).0, 401);
    }

    fn a_browser_is_given_the_key_that_it_subscribes_with(place: Place) {
        let said = place.run(&["channels", "keys"]).good();
        let key = |name: &str| said.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).unwrap();
        let (public, private) = (key("BANYAN_CHANNELS_VAPID_PUBLIC_KEY"), key("BANYAN_CHANNELS_VAPID_PRIVATE_KEY"));
        let variables = [("BANYAN_CHANNELS_VAPID_PUBLIC_KEY", public), ("BANYAN_CHANNELS_VAPID_PRIVATE_KEY", private)];
        let server = place.serve_with(&[], &variables);
        let token = server.register("ann@example.org");
        let (status, endpoints) = server.get("/api/v1/notifications/endpoints", Some(&token));
        assert_eq!((status, endpoints["webPushKey"].as_str()), (200, Some(public)), "{endpoints}");
        assert!(!endpoints.to_string().contains(private));
    }
}
