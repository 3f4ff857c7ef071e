//! What leaves the house, when, and what becomes of it.

use std::time::Duration;

use banyan_notifications::{Hope, NotSent};
use banyan_testkit::on_both_engines;
use serde_json::json;

use crate::support::{EMAIL, Place};

fn refused(hope: Hope) -> Result<banyan_notifications::Sent, NotSent> {
    Err(NotSent { hope, reason: "answered 503".to_owned() })
}

on_both_engines! {
    async fn a_notification_becomes_a_mail_in_the_persons_language(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let ann = place.person(&bench);
        let more = json!({ "template": "habit-reminder", "arguments": { "habit": "Membaca" }, "link": "/habits" });
        place.tell(&bench, &ann, more).await;
        place.until(&bench, &["email sent"]).await;
        let mails = place.out.mails();
        assert_eq!(mails.len(), 1);
        let mail = &mails[0];
        assert_eq!((mail.to.as_str(), mail.name.as_str(), mail.subject.as_str()), (EMAIL, "Ann", "Saatnya: Membaca"));
        assert!(mail.text.contains("https://upcoach.example/habits"), "{}", mail.text);
        assert!(mail.unsubscribe.as_ref().unwrap().starts_with("https://upcoach.example/api/v1/notifications/unsubscribe?token="));
        place.settle(&bench).await;
        assert_eq!(place.out.mails().len(), 1);
    }

    async fn what_concerns_security_cannot_be_unsubscribed_from(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let ann = place.person(&bench);
        place.change(&ann, |sheet| sheet.email_verified = false);
        place.tell(&bench, &ann, json!({ "topic": "security" })).await;
        place.tell(&bench, &ann, json!({ "topic": "messages" })).await;
        place.until(&bench, &["email sent"]).await;
        place.settle(&bench).await;
        let mails = place.out.mails();
        assert_eq!(mails.len(), 1, "to an address that nobody confirmed goes nothing else");
        assert_eq!(mails[0].unsubscribe, None);
    }

    async fn what_fails_for_now_comes_later_under_the_same_id(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let ann = place.person(&bench);
        let wishes = [Hope::Later(None), Hope::Later(Some(Duration::from_secs(3_600)))];
        place.out.answers.lock().extend(wishes.map(refused));
        place.tell(&bench, &ann, json!({})).await;
        place.until(&bench, &["email waiting"]).await;
        place.settle(&bench).await;
        assert_eq!(place.out.mails().len(), 1);
        bench.clock.advance_seconds(10);
        while place.out.mails().len() < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        place.settle(&bench).await;
        bench.clock.advance_seconds(3_500);
        place.settle(&bench).await;
        bench.clock.advance_seconds(200);
        place.until(&bench, &["email sent"]).await;
        let mails = place.out.mails();
        assert_eq!(mails.len(), 3);
        assert!(mails.iter().all(|mail| (mail.id, mail.written_at) == (mails[0].id, mails[0].written_at)), "the same mail each time");
        let rows = place.rows(&bench, "SELECT attempts, history, id FROM deliveries").await;
        assert_eq!(rows[0].try_get::<i64>("", "attempts").unwrap(), 3);
        let history: serde_json::Value = rows[0].try_get("", "history").unwrap();
        let outcomes: Vec<&str> = history.as_array().unwrap().iter().map(|one| one["outcome"].as_str().unwrap()).collect();
        assert_eq!(outcomes, ["temporary", "temporary", "sent"]);
    }

    async fn an_address_that_is_gone_is_not_written_to_again(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let ann = place.person(&bench);
        place.out.answers.lock().extend([refused(Hope::Never), refused(Hope::AddressGone)]);
        for (number, wanted) in [vec!["email failed"], vec!["email failed"; 2], vec!["email failed"; 3]].iter().enumerate() {
            bench.clock.advance_seconds(1);
            place.tell(&bench, &ann, json!({ "dedupeKey": format!("{number}") })).await;
            place.until(&bench, wanted).await;
        }
        assert_eq!(place.out.mails().len(), 2, "the third is suppressed");
    }

    async fn nobody_there_is_nobody_to_write_to(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (ann, ghost) = (place.person(&bench), bench.user());
        place.change(&ann, |sheet| sheet.active = false);
        place.tell(&bench, &ann, json!({})).await;
        place.tell(&bench, &ghost, json!({})).await;
        place.settle(&bench).await;
        assert_eq!((place.deliveries(&bench).await, place.out.mails().len()), (Vec::new(), 0));
    }

    async fn goals_are_gathered_in_the_morning_none_lost_and_none_twice(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let ann = place.person(&bench);
        for number in 0..3 {
            let more = json!({ "topic": "goals", "arguments": { "title": format!("Goal {number}"), "body": "x" } });
            place.tell(&bench, &ann, more).await;
        }
        place.until(&bench, &["email gathering"; 3]).await;
        place.settle(&bench).await;
        assert_eq!(place.out.mails().len(), 0);
        bench.clock.advance_seconds(86_400);
        place.until(&bench, &["email gathered", "email gathered", "email gathered", "email sent"]).await;
        place.settle(&bench).await;
        let mails = place.out.mails();
        assert_eq!(mails.len(), 1);
        for number in 0..3 {
            assert_eq!(mails[0].text.matches(&format!("Goal {number}")).count(), 1, "{}", mails[0].text);
        }
        place.tell(&bench, &ann, json!({ "topic": "goals" })).await;
        place.settle(&bench).await;
        bench.clock.advance_seconds(2 * 86_400);
        let mut wanted = vec!["email gathered"; 3];
        wanted.extend(["email sent", "email gathered", "email sent"]);
        place.until(&bench, &wanted).await;
        assert_eq!(place.out.mails().len(), 2);
    }
}
