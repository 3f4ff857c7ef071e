//! `kill -9` in the midst of writing, and what is there afterwards: everything that was acknowledged, nothing that was refused,
//! nothing by halves, and a server that starts again by itself.
//!
//! Five kills an engine; with `BANYAN_LONG_TESTS` two hundred, and crashes of PostgreSQL under the server. A kill ends the process,
//! not the machine: that a commit waits for the disk is for the engines' own settings to say (`synchronous = FULL`, `fsync`).

mod books;
mod dice;
mod newcomers;
mod person;
mod restoring;

use std::collections::BTreeSet;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use banyan_kernel::Uuid;
use rustix::process::{Pid, Signal};

use crate::database::postgres;
use crate::harness::{Place, Server, eventually, get, on_both_engines};
use dice::Dice;
use newcomers::Newcomers;
use person::{Person, Weather};

/// Who write at the same time.
const WRITERS: usize = 8;
/// At most so many acts are acknowledged between two kills.
const MOST_ACTS: u64 = 250;
/// A server that was killed must be ready again by then; it is within a second on a machine that does nothing else.
const START_LIMIT: Duration = Duration::from_secs(30);
const QUIET: &[(&str, &str)] = &[("LOG_LEVEL", "error")];

on_both_engines! {
    fn what_was_acknowledged_is_there_and_nothing_by_halves(place: Place) {
        let mut story = Story::begin(&place, Weather::Calm);
        for round in 0..rounds(5, 200) {
            story.live(|server| server.signal(Signal::KILL)).wait();
            if round % 3 == 1 {
                let moment = story.slowest_start();
                kill_a_start(&place, &[], story.dice.below(moment));
            }
            story.go_on(&place);
        }
        story.end(&place);
    }

    fn a_first_start_that_was_killed_is_finished_by_the_next(place: Place) {
        let mut dice = Dice::of(Dice::new_seed());
        let other = Place::on(place.kind());
        let begun = Instant::now();
        let whole = other.serve_with(&["--demo"], QUIET);
        let start = u64::try_from(begun.elapsed().as_micros()).unwrap();
        for _ in 0..rounds(4, 40) {
            let place = Place::on(place.kind());
            for _ in 0..=dice.below(3) {
                kill_a_start(&place, &["--demo"], dice.below(start));
            }
            let server = place.serve_with(&["--demo"], QUIET);
            assert_eq!(demo(&server), demo(&whole), "the demo data is another than after a start that nobody disturbed");
            assert_chains_hold(&place);
            server.stop();
        }
    }
}

/// What must not happen is done by hand behind the server's back: a test that held still then would prove nothing.
#[test]
fn whatever_is_lost_or_too_much_is_noticed() {
    const SABOTAGE: [(&str, &str); 6] = [
        ("goals", "DELETE FROM goals WHERE id = (SELECT id FROM goals ORDER BY created_at DESC LIMIT 1)"),
        ("goals", "DELETE FROM outbox WHERE id = (SELECT id FROM outbox WHERE type = 'goals.goal.created' LIMIT 1)"),
        (
            "content",
            "CREATE TEMP TABLE twin AS SELECT * FROM journals LIMIT 1; UPDATE twin SET id = randomblob(16); \
             INSERT INTO journals SELECT * FROM twin",
        ),
        ("content", "DELETE FROM idempotency WHERE id = (SELECT id FROM idempotency LIMIT 1)"),
        ("identity", "UPDATE refresh_tokens SET used_at = created_at"),
        ("identity", "DELETE FROM audit WHERE position = 20"),
    ];
    for (service, sql) in SABOTAGE {
        let place = Place::sqlite();
        let mut story = Story::begin(&place, Weather::Calm);
        story.live_for(150, |server| server.signal(Signal::KILL)).wait();
        rusqlite::Connection::open(crate::database::file(&place, service)).unwrap().execute_batch(sql).unwrap();
        let looking = std::panic::AssertUnwindSafe(|| {
            story.go_on(&place);
            story.end(&place);
        });
        assert!(std::panic::catch_unwind(looking).is_err(), "nobody noticed: {sql}");
    }
}

/// PostgreSQL loses its memory under a server that goes on, or together with it. The durable cluster serves no other test.
#[test]
fn acknowledged_writes_outlive_crashes_of_postgres() {
    if !is_long() {
        return;
    }
    let place = Place::with_database(&durable_database());
    let mut story = Story::begin(&place, Weather::Storm);
    for round in 0..20 {
        let server = story.live(|server| {
            crash_postgres(&place);
            if round % 2 == 1 {
                server.signal(Signal::KILL);
            }
        });
        if round % 2 == 1 {
            server.wait();
            eventually("PostgreSQL is up again", || is_up(&place).then_some(()));
            story.go_on(&place);
        } else {
            eventually("the server is ready again by itself", || {
                (get(&format!("{}/readyz", server.url), None).0 == 200).then_some(())
            });
            story.look(&place, &server);
            story.server = Some(server);
        }
    }
    story.end(&place);
}

/// A server, and all who write to it.
struct Story {
    seed: u64,
    dice: Dice,
    server: Option<Server>,
    people: Vec<Person>,
    newcomers: Newcomers,
    starts: Vec<Duration>,
}

impl Story {
    #[expect(clippy::print_stderr, reason = "what a failure is told with")]
    fn begin(place: &Place, weather: Weather) -> Self {
        let seed = Dice::new_seed();
        eprintln!("seed {seed}");
        let mut dice = Dice::of(seed);
        let server = place.serve_with(&[], QUIET);
        let writer = |number| Person::arrive(&server.url, format!("writer{number}@example.org"), weather, dice.another());
        let people = (0..WRITERS).map(writer).collect();
        Self { seed, dice, server: Some(server), people, newcomers: Newcomers::new(weather), starts: Vec::new() }
    }

    /// Everybody writes; after a random number of acknowledged acts `disturb` happens, and everybody stops.
    fn live(&mut self, disturb: impl FnOnce(&Server)) -> Server {
        let acts = 1 + self.dice.below(MOST_ACTS);
        self.live_for(acts, disturb)
    }

    fn live_for(&mut self, acts: u64, disturb: impl FnOnce(&Server)) -> Server {
        let server = self.server.take().expect("a running server");
        let over = &AtomicBool::new(false);
        std::thread::scope(|scope| {
            let (acknowledged, heard) = mpsc::channel();
            for person in &mut self.people {
                let (url, acknowledged) = (&server.url, acknowledged.clone());
                scope.spawn(move || person.live(url, &acknowledged, over));
            }
            let (url, newcomers) = (&server.url, &mut self.newcomers);
            scope.spawn(move || newcomers.come(url, &acknowledged, over));
            // If all of them failed, the end of the scope says why.
            let _told = (0..acts).try_for_each(|_| heard.recv());
            disturb(&server);
            over.store(true, Ordering::SeqCst);
        });
        server
    }

    /// Starts the server again and looks.
    fn go_on(&mut self, place: &Place) {
        let begun = Instant::now();
        let server = place.serve_with(&[], QUIET);
        let start = begun.elapsed();
        assert!(start < START_LIMIT, "ready after {start:?}");
        self.starts.push(start);
        self.look(place, &server);
        self.server = Some(server);
    }

    fn look(&mut self, place: &Place, server: &Server) {
        std::thread::scope(|scope| {
            for person in &mut self.people {
                scope.spawn(move || person.recover(&server.url));
            }
            let newcomers = &mut self.newcomers;
            scope.spawn(move || newcomers.recover(&server.url));
        });
        assert_chains_hold(place);
    }

    /// In microseconds.
    fn slowest_start(&self) -> u64 {
        let slowest = self.starts.iter().max().copied().unwrap_or(Duration::from_millis(500));
        u64::try_from(slowest.as_micros()).unwrap_or(u64::MAX)
    }

    #[expect(clippy::print_stderr, reason = "the figures of the long form")]
    fn end(mut self, place: &Place) {
        let server = self.server.take().expect("a running server");
        for person in &mut self.people {
            person.look_at_everything(&server.url);
        }
        server.stop();
        // Mails that a server held when it was killed are its own for two minutes more, unless somebody takes them away.
        books::release_mails(place);
        let server = place.serve_with(&[], QUIET);
        eventually("all mails have left", || (books::waiting(place) == 0).then_some(()));
        server.stop();
        books::check(place);
        let opened = books::sessions(place);
        for person in &self.people {
            let missing: Vec<_> = person.sessions().iter().filter(|id| !opened.contains(&id.replace('-', ""))).collect();
            assert!(missing.is_empty(), "{} was let in, and no session tells of it: {missing:?}", person.email());
        }
        assert_eq!(addressees(place), self.everybody(), "everybody who registered is sent one mail");
        assert_chains_hold(place);
        let rows: usize = self.people.iter().map(Person::rows).sum();
        let slowest = self.starts.iter().max().copied().unwrap_or_default();
        let typical = self.starts.iter().sum::<Duration>().checked_div(u32::try_from(self.starts.len()).unwrap_or(0));
        eprintln!(
            "seed {}: {} starts, {rows} rows, {} registrations, {} sessions; ready again after {typical:?}, {slowest:?} at the slowest",
            self.seed,
            self.starts.len(),
            self.newcomers.registered.len(),
            opened.len(),
        );
    }

    fn everybody(&self) -> Vec<String> {
        let people = self.people.iter().map(|person| person.email().to_owned());
        let mut all: Vec<String> = people.chain(self.newcomers.registered.iter().cloned()).collect();
        all.sort();
        all
    }
}

/// Starts a server and kills it after so many microseconds, whatever it is doing then.
fn kill_a_start(place: &Place, arguments: &[&str], micros: u64) {
    let mut command = place.command(&["serve", "--listen", "127.0.0.1:0", "--admin-listen", "off"]);
    let child = command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    die_after(child, micros);
}

fn die_after(mut child: Child, micros: u64) {
    // Nothing is waited for: the moment is a random one.
    let (_never, nothing) = mpsc::channel::<()>();
    assert_eq!(nothing.recv_timeout(Duration::from_micros(micros)), Err(RecvTimeoutError::Timeout));
    child.kill().unwrap();
    child.wait().unwrap();
}

fn assert_chains_hold(place: &Place) {
    let said = place.run(&["audit", "verify"]).good();
    assert_eq!(said.matches("holds").count(), crate::every_table::services().len(), "{said}");
}

/// What the people of the demo find.
fn demo(server: &Server) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    for email in ["maya@upcoach.example", "sam@upcoach.example", "coach@upcoach.example", "admin@upcoach.example"] {
        let token = server.log_in(email, "seven quiet figs at dawn");
        for path in ["/api/v1/goals", "/api/v1/tasks", "/api/v1/habits", "/api/v1/content/journal", "/api/v1/goals/grants"] {
            let (status, list) = server.get(path, Some(&token));
            assert_eq!(status, 200, "{path}: {list}");
            let number = list["pagination"]["total"].as_u64().or_else(|| list["data"].as_array().map(|rows| rows.len() as u64));
            found.push((format!("{email} {path}"), number.unwrap_or_else(|| panic!("{path} is no list: {list}"))));
        }
    }
    found
}

/// To whom mails with a link to confirm the address went, sorted; each file is one mail. Nobody is sent two of a kind.
fn addressees(place: &Place) -> Vec<String> {
    let (mut asked, mut told) = (Vec::new(), Vec::new());
    for file in std::fs::read_dir(place.data().join("mail")).unwrap() {
        let path = file.unwrap().path();
        assert!(path.extension().is_some_and(|extension| extension == "eml"), "{} was left over", path.display());
        let mail = std::fs::read_to_string(&path).unwrap();
        let to =
            mail.lines().find_map(|line| line.strip_prefix("To: ")).unwrap_or_else(|| panic!("{} goes nowhere", path.display()));
        let to = to.rsplit('<').next().unwrap_or(to).trim_end_matches('>').to_owned();
        // Lines of a mail are short: quoted-printable breaks the long ones.
        let confirms = mail.replace("=\r\n", "").contains("verify-email?token=");
        if confirms { asked.push(to) } else { told.push(to) }
    }
    for found in [&mut asked, &mut told] {
        found.sort();
        let different: BTreeSet<&String> = found.iter().collect();
        assert_eq!(different.len(), found.len(), "somebody was sent two mails of a kind");
    }
    asked
}

/// Kills one of the cluster's own processes: PostgreSQL then ends all of them and recovers from its log, as after `pg_ctl stop -m immediate`.
fn crash_postgres(place: &Place) {
    crash_postgres_at(place.database_url());
}

pub(crate) fn crash_postgres_at(url: &str) {
    let sql = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() LIMIT 1";
    let found = postgres(url, sql);
    let pid = found.first().and_then(|pid| Pid::from_raw(pid.parse().ok()?)).expect("the server has a connection");
    rustix::process::kill_process(pid, Signal::KILL).unwrap();
}

/// A new database on the cluster that waits for the disk.
#[expect(clippy::disallowed_methods, reason = "tests are configured by the environment; a name that no other test has")]
pub(crate) fn durable_database() -> String {
    let url = std::env::var("BANYAN_TEST_POSTGRES_DURABLE_URL")
        .expect("`cargo xtask test --all` starts a durable PostgreSQL and sets it");
    let name = format!("kill_9_{}", Uuid::now_v7().simple());
    postgres(&url, &format!("CREATE DATABASE {name}"));
    let mut url: url::Url = url.parse().expect("the variable holds a URL");
    url.set_path(&name);
    url.into()
}

fn is_up(place: &Place) -> bool {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async { tokio_postgres::connect(place.database_url(), tokio_postgres::NoTls).await.is_ok() })
}

#[expect(clippy::disallowed_methods, reason = "tests are configured by the environment")]
pub(crate) fn is_long() -> bool {
    std::env::var_os("BANYAN_LONG_TESTS").is_some()
}

fn rounds(short: u32, long: u32) -> u32 {
    if is_long() { long } else { short }
}
