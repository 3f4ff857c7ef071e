//! What happens to a person arrives in their inbox and by mail, also where the server is killed meanwhile.

use std::collections::BTreeMap;
use std::io::BufRead as _;
use std::time::{Duration, Instant};

use banyan_channels::testing::{Mishap, SmtpSink};
use serde_json::{Value, json};

use crate::harness::{PASSWORD, Place, Server, client, eventually, on_both_engines};
use crate::kill_9::is_long;

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

/// As the queue of mails has them.
const WORKERS: usize = 4;
/// What goes wrong in one conversation after the other.
const MISHAPS: [Option<Mishap>; 12] = [
    None,
    Some(Mishap::Greylisted),
    None,
    None,
    Some(Mishap::NoGreeting),
    None,
    Some(Mishap::LostInContent),
    None,
    Some(Mishap::Closing),
    None,
    Some(Mishap::LostAnswer),
    None,
];

/// An administrator, who may tell themselves something, and their id.
struct Teller<'p> {
    place: &'p Place,
    port: String,
    id: String,
}

impl<'p> Teller<'p> {
    fn new(place: &'p Place, sink: &SmtpSink) -> Self {
        let who = ["user", "create", "--tenant", "upcoach", "--email", "ada@example.org", "--name", "Ada", "--role", "admin"];
        let mut teller = Self { place, port: sink.port().to_string(), id: String::new() };
        drop(teller.serve());
        place.run_with_input(&who, PASSWORD).good();
        let server = teller.serve();
        let token = server.log_in("ada@example.org", PASSWORD);
        teller.id = server.get("/api/v1/users/profile", Some(&token)).1["id"].as_str().unwrap().to_owned();
        teller
    }

    fn serve(&self) -> Server {
        let variables = [
            ("BANYAN_MAIL_SMTP_HOST", "127.0.0.1"),
            ("BANYAN_MAIL_SMTP_PORT", &self.port),
            ("BANYAN_MAIL_SMTP_SECURITY", "none"),
            ("LOG_LEVEL", "error"),
        ];
        self.place.serve_with(&[], &variables)
    }

    fn tell(&self, server: &Server, token: &str, number: usize) {
        let body = json!({
            "userIds": [self.id], "topic": "messages", "dedupeKey": format!("mail {number}"),
            "arguments": { "title": format!("Mail {number}."), "body": "All is well." }
        });
        let (status, told) = server.post("/api/v1/notifications", Some(token), &body);
        assert_eq!(status, 201, "{told}");
    }
}

/// The mails that were told of: by subject, how often each `Message-ID` came.
fn received(sink: &SmtpSink) -> BTreeMap<String, BTreeMap<String, usize>> {
    let mut all: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for mail in sink.mails() {
        let (subject, id) = (mail.header("Subject").unwrap_or_default(), mail.header("Message-ID").unwrap_or_default());
        if subject.starts_with("Mail ") {
            *all.entry(subject.to_owned()).or_default().entry(id.to_owned()).or_default() += 1;
        }
    }
    all
}

#[expect(clippy::print_stderr, reason = "the figures of the long form")]
fn print_figures(figures: &str) {
    eprintln!("{figures}");
}

on_both_engines! {
    fn each_mail_arrives_although_the_mail_server_fails_and_the_server_is_killed_again_and_again(place: Place) {
        // Mishaps end at some time: a mail that meets seven in a row waits ten minutes for the next attempt, and proves no more by it.
        let (mails, kills, mishaps) = if is_long() { (400, 40, 500) } else { (8, 2, 12) };
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let sink = runtime.block_on(SmtpSink::start()).unwrap();
        let teller = Teller::new(&place, &sink);
        sink.next(MISHAPS.into_iter().cycle().take(mishaps));
        let begun = Instant::now();
        let mut told = 0;
        for round in 1..=kills {
            let server = teller.serve();
            let token = server.log_in("ada@example.org", PASSWORD);
            let (before, share) = (sink.conversations(), mails * round / kills);
            while told < share {
                teller.tell(&server, &token, told);
                told += 1;
            }
            // In the middle of the work, at another place each time.
            eventually("mails are on their way", || (sink.conversations() > before + round % 4).then_some(()));
            // Dropped, it is killed as by `kill -9`.
            drop(server);
        }
        let server = teller.serve();
        let mut token = server.log_in("ada@example.org", PASSWORD);
        let mut waiting = || {
            const WAITING: &str = "/api/v1/admin/notifications/deliveries?state=waiting&limit=1";
            let (mut status, mut page) = server.get(WAITING, Some(&token));
            // The long form outlives a token.
            if status == 401 {
                token = server.log_in("ada@example.org", PASSWORD);
                (status, page) = server.get(WAITING, Some(&token));
            }
            assert_eq!(status, 200, "{page}");
            page["pagination"]["total"].as_u64().unwrap()
        };
        while received(&sink).len() < mails || waiting() > 0 {
            let left = waiting();
            assert!(begun.elapsed() < Duration::from_secs(1_800), "{} of {mails} came, {left} wait", received(&sink).len());
            runtime.block_on(async { tokio::time::sleep(Duration::from_millis(200)).await });
        }
        let received = received(&sink);
        assert_eq!(received.len(), mails, "each arrives");
        assert!(received.values().all(|ids| ids.len() == 1), "under one id, however often it was sent: {received:?}");
        let copies: usize = received.values().flat_map(BTreeMap::values).sum();
        let conversations = sink.conversations();
        let lost_answers = MISHAPS.iter().cycle().take(conversations.min(mishaps)).filter(|one| **one == Some(Mishap::LostAnswer)).count();
        let duplicates = copies - mails;
        let (engine, seconds) = (place.kind(), begun.elapsed().as_secs());
        print_figures(&format!(
            "{engine:?}: {mails} mails, {kills} kills, {conversations} conversations, {lost_answers} lost answers, \
             {duplicates} duplicates, {seconds} s"
        ));
        assert!(duplicates <= kills * WORKERS + lost_answers, "{duplicates} duplicates");
    }

    fn a_stream_ends_with_its_session(place: Place) {
        let server = place.serve();
        let token = server.register("ann@example.org");
        let other = server.log_in("ann@example.org", PASSWORD);
        let request = client().get(format!("{}/api/v1/notifications/stream", server.url));
        let answer = request.header("Authorization", format!("Bearer {token}")).call().unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        let mut lines = std::io::BufReader::new(answer.into_body().into_reader()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), ": ready");
        // Which signs out all other devices.
        let body = json!({ "currentPassword": PASSWORD, "password": OTHER });
        let (status, changed) = server.post("/api/v1/auth/password/change", Some(&other), &body);
        assert!((200..300).contains(&status), "{status} {changed}");
        // The client has a minute for the whole; the stream itself would go on for ten.
        let rest: Result<Vec<String>, _> = lines.collect();
        assert!(rest.is_ok(), "{rest:?}");
        assert_eq!(server.get("/api/v1/notifications/unread-count", Some(&token)).0, 401);
    }

    fn a_newcomer_is_welcomed_when_the_address_is_confirmed(place: Place) {
        let server = place.serve();
        let token = server.register("ann@example.org");
        let sent = |words: &str| {
            let files = std::fs::read_dir(place.data().join("mail")).into_iter().flatten();
            let texts: Vec<String> = files.filter_map(|file| std::fs::read_to_string(file.unwrap().path()).ok()).collect();
            texts.into_iter().find(|mail| mail.contains(words))
        };
        let mail = eventually("a mail", || sent("verify-email?token")).replace("=\r\n", "").replace("=3D", "=");
        let secret: String = mail.split_once("verify-email?token=").unwrap().1.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
        assert_eq!(inbox(&server, &token), Vec::<Value>::new());
        assert_eq!(server.post("/api/v1/auth/verify-email", None, &json!({ "token": secret })).0, 204);
        eventually("a welcome in the inbox", || (inbox(&server, &token)[..].first()?["template"] == "welcome").then_some(()));
        eventually("a welcome by mail", || sent("Subject: Welcome"));
    }

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
