//! People who register one after the other: an account, its password, its role, a session, three events, two records, and a mail.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;

use serde_json::json;

use super::person::Weather;
use crate::harness::PASSWORD;
use crate::wire::{Request, Wire};

#[derive(Debug)]
pub(super) struct Newcomers {
    weather: Weather,
    serial: u32,
    /// Who was told that she is registered.
    pub(super) registered: Vec<String>,
    doubt: Option<String>,
}

impl Newcomers {
    pub(super) fn new(weather: Weather) -> Self {
        Self { weather, serial: 0, registered: Vec::new(), doubt: None }
    }

    /// Until it is over or the connection breaks.
    pub(super) fn come(&mut self, url: &str, acknowledged: &Sender<()>, over: &AtomicBool) {
        let mut wire = Wire::to(url);
        while !over.load(Ordering::SeqCst) {
            self.serial += 1;
            let email = format!("newcomer{}@example.org", self.serial);
            match wire.send(&registration(&email)) {
                Ok(reply) if reply.status == 201 => self.registered.push(email),
                Ok(reply) if self.weather == Weather::Storm && matches!(reply.status, 503 | 504) => {
                    self.doubt = Some(email);
                    return;
                }
                Ok(reply) => panic!("{reply:?}"),
                Err(_) => {
                    self.doubt = Some(email);
                    return;
                }
            }
            let _enough_already = acknowledged.send(());
        }
    }

    /// Whoever was registered last can log in; whoever does not know can, after trying again.
    pub(super) fn recover(&mut self, url: &str) {
        let mut wire = Wire::to(url);
        if let Some(email) = self.doubt.take() {
            let again = wire.ask(&registration(&email));
            assert!(matches!(again.status, 201 | 409), "{again:?}");
            self.registered.push(email);
        }
        for email in self.registered.iter().rev().take(2) {
            let who = json!({ "email": email, "password": PASSWORD });
            let welcome = wire.ask(&Request::post("/api/v1/auth/login", &who));
            assert_eq!(welcome.status, 200, "{email} was registered: {welcome:?}");
        }
    }
}

fn registration(email: &str) -> Request {
    Request::post("/api/v1/auth/register", &json!({ "email": email, "password": PASSWORD, "name": "Newcomer" }))
}
