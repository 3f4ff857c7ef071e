//! Somebody who writes without a pause, remembers what she was told, and looks afterwards whether it is so.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::dice::Dice;
use crate::harness::PASSWORD;
use crate::wire::{Reply, Request, Wire};

/// In which a refresh token whose answer was lost may be presented again.
const GRACE: Duration = Duration::from_secs(10);
/// Tokens of ended sessions that are tried again.
const MOST_DEAD: usize = 4;

/// What may happen beside the kill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weather {
    /// Until it is killed the server answers as it should.
    Calm,
    /// The database goes away under it: it may answer that it cannot now.
    Storm,
}

/// How much of what was written is read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// What was written since the last look, and the totals.
    Newest,
    Everything,
}

/// One kind of thing that she makes. A mark is the text that tells one from all others.
#[derive(Debug, Default)]
struct Shelf {
    /// Mark → id, of what is there.
    kept: BTreeMap<String, String>,
    /// Since the last look.
    fresh: Vec<String>,
}

/// What she does next.
#[derive(Clone, Debug)]
enum Act {
    WriteJournal {
        mark: String,
    },
    SetGoal {
        mark: String,
    },
    CheckIn {
        date: String,
    },
    /// Her last goal's present value becomes the number.
    Edit {
        value: u64,
    },
    Delete {
        mark: String,
    },
    /// What must be refused, and so must be nowhere.
    Trespass {
        mark: String,
    },
    LogIn,
    Refresh,
    LogOut,
}

/// The connection broke: nobody knows whether it was done.
struct Cut;

#[derive(Debug)]
pub(super) struct Person {
    email: String,
    weather: Weather,
    dice: Dice,
    serial: u64,
    access: String,
    refresh: String,
    habit: String,
    journals: Shelf,
    goals: Shelf,
    days: Shelf,
    /// Her last goal, and its value.
    edited: Option<(String, u64)>,
    /// Sessions that she was given.
    sessions: BTreeSet<String>,
    signed_in: bool,
    /// Access tokens of sessions that she ended.
    dead: Vec<String>,
    doubt: Option<(Act, Instant)>,
}

impl Person {
    /// Registers, and takes up a habit.
    pub(super) fn arrive(url: &str, email: String, weather: Weather, dice: Dice) -> Self {
        let mut wire = Wire::to(url);
        let who = json!({ "email": email, "password": PASSWORD, "name": "Writer" });
        let welcome = wire.ask(&Request::post("/api/v1/auth/register", &who));
        assert_eq!(welcome.status, 201, "{welcome:?}");
        let mut person = Self {
            email,
            weather,
            dice,
            serial: 0,
            access: String::new(),
            refresh: String::new(),
            habit: String::new(),
            journals: Shelf::default(),
            goals: Shelf::default(),
            days: Shelf::default(),
            edited: None,
            sessions: BTreeSet::new(),
            signed_in: false,
            dead: Vec::new(),
            doubt: None,
        };
        person.let_in(&welcome);
        let habit = Request::post("/api/v1/habits", &json!({ "title": "Write", "startDate": "1990-01-01" }));
        let habit = wire.ask(&habit.token(&person.access));
        assert_eq!(habit.status, 201, "{habit:?}");
        habit.text("id").clone_into(&mut person.habit);
        person
    }

    pub(super) fn email(&self) -> &str {
        &self.email
    }

    pub(super) fn sessions(&self) -> &BTreeSet<String> {
        &self.sessions
    }

    /// How many rows she knows of.
    pub(super) fn rows(&self) -> usize {
        self.journals.kept.len() + self.goals.kept.len() + self.days.kept.len()
    }

    /// Acts until it is over or the connection breaks; tells of each act that was acknowledged.
    pub(super) fn live(&mut self, url: &str, acknowledged: &Sender<()>, over: &AtomicBool) {
        let mut wire = Wire::to(url);
        while !over.load(Ordering::SeqCst) {
            let act = self.choose();
            let begun = Instant::now();
            if self.perform(&mut wire, &act).is_err() {
                self.doubt = Some((act, begun));
                return;
            }
            let _enough_already = acknowledged.send(());
        }
    }

    fn choose(&mut self) -> Act {
        if !self.signed_in {
            return Act::LogIn;
        }
        self.serial += 1;
        let mark = format!("{} {}", self.email, self.serial);
        match self.dice.below(100) {
            0..20 => Act::SetGoal { mark },
            20..35 => Act::CheckIn { date: date(self.serial) },
            35..42 if self.edited.is_some() => Act::Edit { value: self.serial },
            42..49 if !self.journals.kept.is_empty() => {
                let which = self.dice.below(self.journals.kept.len() as u64);
                let mark = self.journals.kept.keys().nth(usize::try_from(which).unwrap_or(0));
                Act::Delete { mark: mark.cloned().unwrap_or_default() }
            }
            49..56 => Act::Trespass { mark: format!("refused {mark}") },
            56..62 => Act::LogIn,
            62..67 => Act::Refresh,
            67..70 => Act::LogOut,
            _ => Act::WriteJournal { mark },
        }
    }

    /// Does it and notes the outcome; anything but what must come back is a failure.
    fn perform(&mut self, wire: &mut Wire, act: &Act) -> Result<(), Cut> {
        match act {
            Act::WriteJournal { mark } => {
                let made = self.make(wire, "/api/v1/content/journal", mark, &json!({ "content": mark }))?;
                self.journals.keep(mark, made.text("id"));
            }
            Act::SetGoal { mark } => {
                let made = self.make(wire, "/api/v1/goals", mark, &json!({ "title": mark }))?;
                self.goals.keep(mark, made.text("id"));
                self.edited = Some((made.text("id").to_owned(), 0));
            }
            Act::CheckIn { date } => {
                let path = format!("/api/v1/habits/{}/check-ins", self.habit);
                let made = self.make(wire, &path, date, &json!({ "date": date }))?;
                self.days.keep(date, made.text("id"));
            }
            Act::Edit { value } => {
                let (goal, _) = self.edited.clone().expect("chosen only with a goal");
                let change = Request::new("PATCH", &format!("/api/v1/goals/{goal}")).json(&json!({ "currentValue": value }));
                self.tell(wire, &change, 200)?;
                self.edited = Some((goal, *value));
            }
            Act::Delete { mark } => {
                let path = format!("/api/v1/content/journal/{}", self.journals.kept[mark]);
                self.tell(wire, &Request::new("DELETE", &path), 204)?;
                self.journals.lose(mark);
            }
            Act::Trespass { mark } => {
                let path = "/api/v1/content/journal";
                self.tell(wire, &Request::post(path, &json!({ "content": mark, "mood": 11 })), 422)?;
                // A key that stands for another request.
                if let Some(used) = self.journals.kept.keys().next_back() {
                    let other = Request::post(path, &json!({ "content": mark })).header("idempotency-key", &key(used));
                    self.tell(wire, &other, 422)?;
                }
            }
            Act::LogIn => {
                let who = json!({ "email": self.email, "password": PASSWORD });
                let welcome = self.send(wire, &Request::post("/api/v1/auth/login", &who), 200)?;
                self.let_in(&welcome);
            }
            Act::Refresh => {
                let renewed = self.send(wire, &self.refreshing(), 200)?;
                self.let_in(&renewed);
            }
            Act::LogOut => {
                self.tell(wire, &Request::new("POST", "/api/v1/auth/logout"), 204)?;
                self.bury();
            }
        }
        Ok(())
    }

    /// Makes something under an idempotency key.
    fn make(&self, wire: &mut Wire, path: &str, mark: &str, body: &Value) -> Result<Reply, Cut> {
        self.tell(wire, &Request::post(path, body).header("idempotency-key", &key(mark)), 201)
    }

    fn tell(&self, wire: &mut Wire, request: &Request, status: u16) -> Result<Reply, Cut> {
        self.send(wire, &request.clone().token(&self.access), status)
    }

    fn send(&self, wire: &mut Wire, request: &Request, status: u16) -> Result<Reply, Cut> {
        let Ok(reply) = wire.send(request) else { return Err(Cut) };
        if self.weather == Weather::Storm && matches!(reply.status, 503 | 504) {
            assert_eq!(reply.is_a_problem(), Ok(()));
            return Err(Cut);
        }
        assert_eq!(reply.status, status, "{request:?} {reply:?}");
        Ok(reply)
    }

    fn refreshing(&self) -> Request {
        Request::post("/api/v1/auth/refresh", &json!({ "refreshToken": self.refresh }))
    }

    fn let_in(&mut self, welcome: &Reply) {
        welcome.text("accessToken").clone_into(&mut self.access);
        welcome.text("refreshToken").clone_into(&mut self.refresh);
        self.sessions.insert(session_of(&self.access));
        self.signed_in = true;
    }

    fn bury(&mut self) {
        self.dead.push(std::mem::take(&mut self.access));
        if self.dead.len() > MOST_DEAD {
            self.dead.remove(0);
        }
        self.signed_in = false;
    }

    /// Looks, on a server that runs again, whether all is as she was told, and clears up what was in doubt.
    pub(super) fn recover(&mut self, url: &str) {
        let wire = &mut Wire::to(url);
        for token in &self.dead {
            assert_eq!(profile(wire, token), 401, "a session that was ended lives again");
        }
        let (act, begun) = self.doubt.take().unzip();
        self.renew(wire, act.as_ref(), begun);
        match act {
            Some(Act::Edit { value }) => self.settle_edit(wire, value),
            Some(Act::Delete { mark }) => self.settle_delete(wire, &mark),
            Some(act @ (Act::WriteJournal { .. } | Act::SetGoal { .. } | Act::CheckIn { .. })) => self.try_again(wire, &act),
            _ => {}
        }
        self.compare(wire, Look::Newest);
    }

    /// What she was given lets her in, in whatever state she was stopped.
    fn renew(&mut self, wire: &mut Wire, doubt: Option<&Act>, begun: Option<Instant>) {
        if !self.signed_in {
            return self.log_in_again(wire);
        }
        let alive = profile(wire, &self.access);
        let renewed = wire.ask(&self.refreshing());
        match (doubt, alive, renewed.status) {
            (_, 200, 200) => self.let_in(&renewed),
            (Some(Act::LogOut), 401, 401) => {
                self.bury();
                self.log_in_again(wire);
            }
            (Some(Act::Refresh), 200, 401) if begun.is_some_and(|begun| begun.elapsed() >= GRACE) => self.log_in_again(wire),
            _ => panic!("{doubt:?}: the access token answered {alive}, the refresh token {renewed:?}"),
        }
    }

    fn log_in_again(&mut self, wire: &mut Wire) {
        let who = json!({ "email": self.email, "password": PASSWORD });
        let welcome = wire.ask(&Request::post("/api/v1/auth/login", &who));
        assert_eq!(welcome.status, 200, "{welcome:?}");
        self.let_in(&welcome);
    }

    /// The same request under the same key gives one row, whether the first was lost or only its answer.
    fn try_again(&mut self, wire: &mut Wire, act: &Act) {
        let made = self.repeat(wire, act);
        assert_eq!(self.repeat(wire, act).body, made.body, "{act:?}: told something else the second time");
        match act {
            Act::WriteJournal { mark } => self.journals.keep(mark, made.text("id")),
            Act::SetGoal { mark } => {
                self.goals.keep(mark, made.text("id"));
                self.edited = Some((made.text("id").to_owned(), 0));
            }
            Act::CheckIn { date } => self.days.keep(date, made.text("id")),
            _ => {}
        }
    }

    fn repeat(&self, wire: &mut Wire, act: &Act) -> Reply {
        let (path, mark, body) = match act {
            Act::WriteJournal { mark } => ("/api/v1/content/journal".to_owned(), mark, json!({ "content": mark })),
            Act::SetGoal { mark } => ("/api/v1/goals".to_owned(), mark, json!({ "title": mark })),
            Act::CheckIn { date } => (format!("/api/v1/habits/{}/check-ins", self.habit), date, json!({ "date": date })),
            act => panic!("{act:?} has no key"),
        };
        let request = Request::post(&path, &body).header("idempotency-key", &key(mark)).token(&self.access);
        // PostgreSQL may still be closing the dead server's transaction, whose key is "still running" as long.
        crate::harness::eventually("the key is free", || {
            let reply = wire.ask(&request);
            assert!(matches!(reply.status, 201 | 409), "{act:?}: {reply:?}");
            (reply.status == 201).then_some(reply)
        })
    }

    fn settle_edit(&mut self, wire: &mut Wire, value: u64) {
        let (goal, before) = self.edited.clone().expect("chosen only with a goal");
        let found = self.value_of(wire, &goal);
        assert!(found == value || found == before, "{found} is neither {before} nor {value}");
        self.edited = Some((goal, found));
    }

    fn settle_delete(&mut self, wire: &mut Wire, mark: &str) {
        let path = format!("/api/v1/content/journal/{}", self.journals.kept[mark]);
        let reply = wire.ask(&Request::get(&path).token(&self.access));
        match reply.status {
            200 => {}
            403 => self.journals.lose(mark),
            _ => panic!("{reply:?}"),
        }
    }

    fn value_of(&self, wire: &mut Wire, goal: &str) -> u64 {
        let reply = wire.ask(&Request::get(&format!("/api/v1/goals/{goal}")).token(&self.access));
        assert_eq!(reply.status, 200, "{reply:?}");
        // Whole numbers below 2^53.
        reply.body["currentValue"].as_f64().expect("a number") as u64
    }

    /// Reads again what she wrote: all of it once, and nothing else.
    pub(super) fn look_at_everything(&mut self, url: &str) {
        self.compare(&mut Wire::to(url), Look::Everything);
    }

    fn compare(&mut self, wire: &mut Wire, look: Look) {
        if let Some((goal, value)) = &self.edited {
            assert_eq!(self.value_of(wire, goal), *value, "an edit was lost");
        }
        let days = format!("/api/v1/habits/{}/check-ins", self.habit);
        let shelves = [
            ("/api/v1/content/journal", "content", &mut self.journals),
            ("/api/v1/goals", "title", &mut self.goals),
            (&days, "date", &mut self.days),
        ];
        for (path, member, shelf) in shelves {
            shelf.compare(wire, path, member, &self.access, look);
        }
    }
}

impl Shelf {
    fn keep(&mut self, mark: &str, id: &str) {
        self.kept.insert(mark.to_owned(), id.to_owned());
        self.fresh.push(mark.to_owned());
    }

    fn lose(&mut self, mark: &str) {
        self.kept.remove(mark);
        self.fresh.retain(|fresh| fresh != mark);
    }

    /// Reads the list, newest first.
    fn compare(&mut self, wire: &mut Wire, path: &str, member: &str, token: &str, look: Look) {
        let mut seen = BTreeSet::new();
        let mut page = 1;
        loop {
            let list = wire.ask(&Request::get(&format!("{path}?limit=100&page={page}")).token(token));
            assert_eq!(list.status, 200, "{list:?}");
            let paging = &list.body["pagination"];
            assert_eq!(paging["total"], self.kept.len(), "{path}: rows were lost, or are there that were refused");
            for row in list.body["data"].as_array().expect("a list") {
                let mark = row[member].as_str().unwrap_or_default();
                assert_eq!(self.kept.get(mark).map(String::as_str), row["id"].as_str(), "{path}: nobody was told of {row}");
                assert!(seen.insert(mark.to_owned()), "{path}: {mark} is there twice");
            }
            let enough = look == Look::Newest && self.fresh.iter().all(|mark| seen.contains(mark));
            if enough || paging["hasNext"] == false {
                break;
            }
            page += 1;
        }
        let missing: Vec<&String> = self.fresh.iter().filter(|mark| !seen.contains(*mark)).collect();
        assert!(missing.is_empty(), "{path}: acknowledged and not there: {missing:?}");
        if look == Look::Everything {
            assert_eq!(seen.len(), self.kept.len(), "{path}");
        }
        self.fresh.clear();
    }
}

/// A key that says what it stands for, in the characters that a key may have.
fn key(mark: &str) -> String {
    mark.replace(' ', "_")
}

/// A day of its own for each number, all of them long ago; later numbers are later days.
fn date(serial: u64) -> String {
    // 28 days in every month: 11,000 days reach to 2022.
    let (year, day) = (1990 + serial / 336, serial % 336);
    format!("{year}-{:02}-{:02}", 1 + day / 28, 1 + day % 28)
}

fn profile(wire: &mut Wire, token: &str) -> u16 {
    wire.ask(&Request::get("/api/v1/users/profile").token(token)).status
}

/// The claim `sid` of an access token.
fn session_of(token: &str) -> String {
    use base64::Engine as _;
    let payload = token.split('.').nth(1).unwrap_or_default();
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).expect("a token of ours");
    let claims: Value = serde_json::from_slice(&claims).expect("claims");
    claims["sid"].as_str().expect("a session").to_owned()
}
