//! From a trouble to those who are told of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use banyan_channels::testing::{Heard, HttpSink, Reply, SmtpSink};
use banyan_channels::webhook::{SigningKey, verify};
use banyan_events::jobs::{Board, Filter, Job, JobError, JobHandler, JobState, Jobs, Retries, Runner, enqueue};
use banyan_http::Service;
use banyan_kernel::{Clock, OsRandom, Random, SystemClock, Timestamp, Uuid};
use banyan_store::Store;
use banyan_store::migrate::Schema;
use banyan_telemetry::{BuildInfo, HealthRegistry};
use banyan_testkit::{Bench, on_both_engines};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::tell::{Line, News, Stage};
use super::{Alerts, Receiver, Receivers, Trouble, Watched, names_of};
use crate::house::{Additions, applications, catalogues, services};
use crate::settings::{Flags, Settings, Sources, Variables, load};

/// As long as anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A job that fails for good.
#[derive(Serialize, Deserialize)]
struct Doomed {}

impl Job for Doomed {
    const KIND: &'static str = "goals.doomed";
    const RETRIES: Retries = Retries::NONE;
}

struct Scene {
    store: Store,
    slack: HttpSink,
    hook: HttpSink,
    key: SigningKey,
    stop: watch::Sender<bool>,
}

fn settings(variables: &[(&str, &str)]) -> Settings {
    let folder = tempfile::tempdir().unwrap();
    let variables = Variables::new(variables.iter().map(|(name, value)| ((*name).into(), (*value).into())));
    load(&Sources { flags: &Flags::default(), variables: &variables, working_directory: folder.path() }).unwrap().settings
}

impl Scene {
    /// With so many processes that do the service's jobs.
    async fn set(bench: &mut Bench, processes: usize) -> Self {
        bench.stay_in_one_process().await;
        let store = bench.store(Service::new("goals", Schema::new("goals", Vec::new())).schema).await;
        let (slack, hook) = (HttpSink::plain().await.unwrap(), HttpSink::plain().await.unwrap());
        let random: Arc<dyn Random> = Arc::new(OsRandom);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let key = SigningKey::shared(&*random);
        let hosts = format!("{},{}", slack.address(), hook.address());
        let settings = settings(&[
            ("SLACK_WEBHOOK", slack.url("/room").as_str()),
            ("BANYAN_ALERTS_WEBHOOK", hook.url("/alerts").as_str()),
            ("BANYAN_ALERTS_WEBHOOK_SECRET", key.reveal().expose()),
            ("BANYAN_ALERTS_LANGUAGE", "id"),
            ("BANYAN_CHANNELS_ALLOWED_HOSTS", &hosts),
            ("BANYAN_CHANNELS_TIMEOUT", "60s"),
        ]);
        let catalogues = Arc::new(catalogues(&services(), &applications().unwrap(), &Additions::default()).unwrap());
        let mail = crate::house::mail_settings(&settings, bench.database.directory());
        let receivers = Receivers::new(&settings, &mail, &catalogues, &clock, &random).unwrap();
        let alerts = Alerts { receivers: Arc::new(receivers), repeat: settings.alerts.repeat.0 };
        let health = HealthRegistry::new(BuildInfo::new("0"), clock.clone());
        let (stop, _) = watch::channel(false);
        for _ in 0..processes {
            let jobs = Jobs::new().handle(JobHandler::new(|_: Doomed, _| async { Err(JobError::Fatal("no".to_owned())) }));
            let jobs = alerts.beside(jobs, &Watched { store: store.clone(), consumers: None, health: health.clone() });
            let runner = Runner::new(store.clone(), jobs, random.clone()).unwrap();
            tokio::spawn(runner.run(stop.subscribe()));
        }
        let scene = Self { store, slack, hook, key, stop };
        // Schedules begin with the moment after they were first seen.
        scene.begun().await;
        scene
    }

    async fn begun(&self) {
        let begun = Instant::now();
        while Board::of_all(&self.store).schedules().await.unwrap().is_empty() {
            assert!(begun.elapsed() < PATIENCE, "no process has begun");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn fail(&self) {
        let rows = self.store.system(Uuid::nil());
        rows.write(|tx| async move { enqueue(&tx, &Doomed {}).await.map(drop) }).await.unwrap();
        self.settle().await;
    }

    /// Waits until nothing is to be done now.
    async fn settle(&self) {
        let begun = Instant::now();
        loop {
            let mut busy = 0;
            for state in [JobState::Ready, JobState::Running] {
                let filter = Filter { state: Some(state), ..Filter::default() };
                busy += Board::of_all(&self.store).list(&filter).await.unwrap().items.len();
            }
            if busy == 0 {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "work does not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn heard(&self, sink: &HttpSink, count: usize) -> Vec<Heard> {
        let begun = Instant::now();
        while sink.heard().len() < count {
            assert!(begun.elapsed() < PATIENCE, "wanted {count}, heard {}", sink.heard().len());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.settle().await;
        sink.heard()
    }

    /// Until the schedule of this minute has been done.
    async fn minute(&self, bench: &Bench) {
        let last = |lines: Vec<banyan_events::jobs::ScheduleLine>| lines[0].last_at;
        let before = last(Board::of_all(&self.store).schedules().await.unwrap());
        bench.clock.advance_seconds(61);
        let begun = Instant::now();
        while last(Board::of_all(&self.store).schedules().await.unwrap()) == before {
            assert!(begun.elapsed() < PATIENCE, "no process looks");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.settle().await;
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

on_both_engines! {
    async fn a_trouble_is_told_once_again_after_hours_and_when_it_is_over(bench: Bench) {
        let mut bench = bench;
        let scene = Scene::set(&mut bench, 2).await;
        scene.minute(&bench).await;
        assert_eq!((scene.slack.heard().len(), scene.hook.heard().len()), (0, 0), "all is well");
        scene.hook.reply(Reply::status(500));
        scene.fail().await;
        scene.minute(&bench).await;
        let said = scene.heard(&scene.slack, 1).await;
        let text = said[0].json().to_string();
        assert!(text.contains("Banyan: goals perlu ditangani") && text.contains("Baru: 1 pekerjaan gagal untuk seterusnya"), "{text}");
        // Another one of the same: it is known.
        scene.fail().await;
        scene.minute(&bench).await;
        let hooks = scene.heard(&scene.hook, 2).await;
        assert_eq!((scene.slack.heard().len(), hooks.len()), (1, 2), "the webhook was refused once and came again");
        assert_eq!(hooks[0].header("webhook-id"), hooks[1].header("webhook-id"));
        let now = Timestamp::from_seconds(hooks[1].header("webhook-timestamp").parse().unwrap());
        verify(&[scene.key.verifying().unwrap()], &hooks[1].headers, &hooks[1].body, now).unwrap();
        let alert = &hooks[1].json()["data"]["alerts"][0];
        assert_eq!((&alert["trouble"], &alert["stage"], &alert["severity"]), (&"failed-jobs".into(), &"new".into(), &"warning".into()));
        bench.clock.advance_seconds(4 * 3_600);
        let said = scene.heard(&scene.slack, 2).await;
        assert!(said[1].json().to_string().contains("Masih: 2 pekerjaan gagal"), "{:?}", said[1].json());
        bench.clock.advance_seconds(86_400);
        let said = scene.heard(&scene.slack, 3).await;
        let text = said[2].json().to_string();
        assert!(text.contains("goals sudah pulih") && text.contains("Selesai: pekerjaan yang gagal"), "{text}");
        scene.minute(&bench).await;
        assert_eq!(scene.slack.heard().len(), 3);
    }
}

/// One trouble of a service, that begins or ends.
fn news(stage: Stage) -> News {
    let count = u64::from(stage != Stage::Over);
    let at = Timestamp::from_seconds(1_800_000_000);
    News { service: "goals".to_owned(), lines: vec![Line { trouble: Trouble::StuckSagas, count, stage }], at }
}

#[tokio::test]
async fn rooms_mails_and_those_on_call_are_told_in_their_own_ways() {
    let (discord, duty) = (HttpSink::plain().await.unwrap(), HttpSink::plain().await.unwrap());
    let mails = SmtpSink::start().await.unwrap();
    discord.always(Reply::status(204));
    duty.always(Reply::status(202));
    let hosts = format!("{},{}", discord.address(), duty.address());
    let settings = settings(&[
        ("DISCORD_WEBHOOK", discord.url("/room").as_str()),
        ("BANYAN_CHANNELS_PAGERDUTY_ROUTING_KEY", "s3cret"),
        ("BANYAN_CHANNELS_PAGERDUTY_URL", duty.url("/").as_str()),
        ("BANYAN_ALERTS_EMAIL", "ops@example.org,second@example.org"),
        ("BANYAN_MAIL_SMTP_HOST", "127.0.0.1"),
        ("BANYAN_MAIL_SMTP_PORT", &mails.port().to_string()),
        ("BANYAN_MAIL_SMTP_SECURITY", "none"),
        ("BANYAN_CHANNELS_ALLOWED_HOSTS", &hosts),
        ("BANYAN_CHANNELS_TIMEOUT", "60s"),
    ]);
    let catalogues = Arc::new(catalogues(&services(), &applications().unwrap(), &Additions::default()).unwrap());
    let mail = crate::house::mail_settings(&settings, std::path::Path::new("/nowhere"));
    let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) = (Arc::new(SystemClock), Arc::new(OsRandom));
    let receivers = Receivers::new(&settings, &mail, &catalogues, &clock, &random).unwrap();
    for (number, stage) in [Stage::New, Stage::Over].into_iter().enumerate() {
        for receiver in [Receiver::Discord, Receiver::PagerDuty, Receiver::Email] {
            let told = receivers.tell(receiver, &news(stage), Uuid::from_u128(number as u128 * 1_000 + 1)).await;
            assert!(told.is_ok(), "{receiver:?}: {told:?}");
        }
    }
    let rooms: Vec<String> = discord.heard().iter().map(|one| one.json().to_string()).collect();
    assert!(rooms[0].contains("goals") && rooms[0].contains("New: ") && rooms[1].contains("Over: "), "{rooms:?}");
    let calls: Vec<serde_json::Value> = duty.heard().iter().map(Heard::json).collect();
    assert_eq!((&calls[0]["event_action"], &calls[1]["event_action"]), (&"trigger".into(), &"resolve".into()));
    assert_eq!(calls[0]["dedup_key"], calls[1]["dedup_key"], "the same incident");
    assert_eq!((&calls[0]["payload"]["severity"], &calls[0]["routing_key"]), (&"error".into(), &"s3cret".into()));
    let mut to: Vec<(String, String)> =
        mails.mails().iter().map(|mail| (mail.to.join(","), mail.header("Message-ID").unwrap().to_owned())).collect();
    assert_eq!(to.iter().filter(|(to, _)| to == "second@example.org").count(), 2);
    to.sort_by(|one, other| one.1.cmp(&other.1));
    to.dedup_by(|one, other| one.1 == other.1);
    assert_eq!(to.len(), 4, "each under an id of its own: {to:?}");
}

#[test]
fn who_is_told_is_what_is_set() {
    assert_eq!(names_of(&settings(&[])), []);
    let some = settings(&[
        ("DISCORD_WEBHOOK", "https://discord.com/api/webhooks/1/x"),
        ("BANYAN_ALERTS_EMAIL", "ops@example.org,second@example.org"),
    ]);
    let words: Vec<&str> = names_of(&some).into_iter().map(Receiver::word).collect();
    assert_eq!(words, ["discord", "email"]);
    assert_eq!(some.alerts.email, ["ops@example.org", "second@example.org"]);
}
