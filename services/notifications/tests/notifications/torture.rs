//! Mails by a server that fails now and then, made by workers that are killed in the middle.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use banyan_channels::testing::{Mishap, SmtpSink};
use banyan_events::jobs::Runner;
use banyan_kernel::OsRandom;
use banyan_testkit::on_both_engines;
use serde_json::json;
use tokio::sync::watch;

use crate::support::Place;

const MAILS: usize = 30;
const KILLS: usize = 6;
/// As the queue of mails has them.
const WORKERS: usize = 4;

on_both_engines! {
    async fn every_mail_arrives_and_duplicates_are_few_and_known_by_their_id(bench: Bench) {
        let mut bench = bench;
        let sink = SmtpSink::start().await.unwrap();
        let mail = json!({ "smtp_host": "127.0.0.1", "smtp_port": sink.port(), "smtp_security": "none", "from": "Banyan <no-reply@example.org>" });
        let place = Place::with_settings(&mut bench, json!({ "mail": mail })).await;
        let ann = place.person(&bench);
        let mishaps = [None, Some(Mishap::Greylisted), None, Some(Mishap::NoGreeting), Some(Mishap::Closing), None];
        sink.next(mishaps.into_iter().cycle().take(60));
        for number in 0..MAILS {
            place.tell(&bench, &ann, json!({ "arguments": { "title": format!("Mail {number}"), "body": "x" } })).await;
        }
        let service = banyan_notifications::service();
        let begun = Instant::now();
        let mut kills = 0;
        loop {
            let runner = Runner::new(place.app.host.store.clone(), service.jobs_of(&place.app.host), Arc::new(OsRandom)).unwrap();
            let (_stop, heard) = watch::channel(false);
            let working = tokio::spawn(runner.run(heard));
            let before = sink.conversations();
            // Until it has done something, or there is nothing to do for now.
            while sink.conversations() < before + 4 && place.busy(&bench).await {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            // The last ones are let work. What was taken in the moment of a kill runs until its lease ends, which the clock of the test does
            // not reach by itself.
            let let_work = Instant::now();
            while kills >= KILLS && place.busy(&bench).await && let_work.elapsed() < Duration::from_secs(5) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            kills += usize::from(place.busy(&bench).await || kills < KILLS);
            working.abort();
            let _gone = working.await;
            let sent = place.deliveries(&bench).await.iter().filter(|one| *one == "email sent").count();
            if sent == MAILS {
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(180), "{sent} of {MAILS} in time");
            // Leases run out, and what failed is due again.
            bench.clock.advance_seconds(60);
        }
        let mut by_id: BTreeMap<String, (usize, String)> = BTreeMap::new();
        for mail in sink.mails() {
            let id = mail.header("Message-ID").unwrap().to_owned();
            let entry = by_id.entry(id).or_insert((0, mail.header("Subject").unwrap().to_owned()));
            entry.0 += 1;
        }
        let mut subjects: Vec<&str> = by_id.values().map(|(_, subject)| subject.as_str()).collect();
        subjects.sort_unstable();
        subjects.dedup();
        assert_eq!((by_id.len(), subjects.len()), (MAILS, MAILS), "each of them, each under one id");
        let duplicates: usize = by_id.values().map(|(count, _)| count - 1).sum();
        assert!(duplicates <= kills * WORKERS, "{duplicates} duplicates of {kills} kills");
    }
}
