//! Routes over the API, in the real program: applied at once, changed under load, there after a restart, beside a file that changes.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::harness::{PASSWORD, Place, Server, client, eventually, on_both_engines};
use crate::wire::{Reply, Request, Wire};

const ROUTES: &str = "/api/v1/gateway/routes";
const UPSTREAMS: &str = "/api/v1/gateway/upstreams";

/// An upstream that answers everything with its name, until the test ends.
fn upstream(name: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                let mut reader = BufReader::new(stream.try_clone()?);
                let (mut stream, mut line) = (stream, String::new());
                while reader.read_line(&mut line)? > 0 {
                    if line == "\r\n" {
                        write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{name}", name.len())?;
                    }
                    line.clear();
                }
                std::io::Result::Ok(())
            });
        }
    });
    url
}

struct Operator {
    wire: Wire,
    token: String,
}

impl Operator {
    /// Somebody who may, made by the command line.
    fn new(place: &Place, server: &Server) -> Self {
        let who = ["user", "create", "--tenant", "operators", "--email", "olga@example.org", "--name", "Olga", "--role", "admin"];
        place.run_with_input(&who, PASSWORD).good();
        Self::at(server)
    }

    fn at(server: &Server) -> Self {
        let mut wire = Wire::to(&server.url);
        let who = json!({ "email": "olga@example.org", "password": PASSWORD });
        let welcome = wire.ask(&Request::post("/api/v1/auth/login", &who).header("x-tenant", "operators"));
        assert_eq!(welcome.status, 200, "{welcome:?}");
        let token = welcome.text("accessToken").to_owned();
        Self { wire, token }
    }

    fn ask(&mut self, request: Request) -> Reply {
        let request = request.token(&self.token).header("x-tenant", "operators").header("x-reason", "a test");
        self.wire.ask(&request)
    }

    fn put(&mut self, path: &str, definition: &Value, status: u16) -> Reply {
        let body = json!({ "definition": definition });
        let known = self.ask(Request::get(path)).status == 200;
        let request = Request::new("PUT", path).json(&body);
        let reply = self.ask(if known { request.header("if-match", "*") } else { request });
        assert_eq!(reply.status, status, "{path}: {reply:?}");
        reply
    }
}

/// Asks one path all the time, and notes what is neither of two answers.
struct Load {
    ended: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
    failures: Arc<Mutex<Vec<String>>>,
    callers: Vec<std::thread::JoinHandle<()>>,
}

impl Load {
    fn begin(url: &str) -> Self {
        let (ended, answered, failures) = <(Arc<AtomicBool>, Arc<AtomicUsize>, Arc<Mutex<Vec<String>>>)>::default();
        let callers = (0..3).map(|_| {
            let (url, ended, answered, failures) = (url.to_owned(), ended.clone(), answered.clone(), failures.clone());
            std::thread::spawn(move || {
                let agent = client();
                while !ended.load(Ordering::Relaxed) {
                    let told = match agent.get(&url).call() {
                        Ok(mut answer) => {
                            format!("{} {}", answer.status(), answer.body_mut().read_to_string().unwrap_or_default())
                        }
                        Err(error) => error.to_string(),
                    };
                    if !["200 OK one", "200 OK two"].contains(&told.as_str()) {
                        failures.lock().unwrap().push(told);
                    }
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            })
        });
        let callers = callers.collect();
        Self { ended, answered, failures, callers }
    }

    fn more(&self, count: usize) {
        let wanted = self.answered.load(Ordering::Relaxed) + count;
        eventually("answers under load", || (self.answered.load(Ordering::Relaxed) >= wanted).then_some(()));
    }

    fn end(self) -> Vec<String> {
        self.ended.store(true, Ordering::Relaxed);
        self.callers.into_iter().for_each(|caller| caller.join().unwrap());
        std::mem::take(&mut *self.failures.lock().unwrap())
    }
}

fn said(server: &Server, path: &str) -> (u16, String) {
    let (status, body) = server.get(path, None);
    (status, body.as_str().unwrap_or_default().to_owned())
}

fn to(upstream: &str, path: &str) -> Value {
    json!({ "path": path, "upstream": upstream, "auth": "public" })
}

on_both_engines! {
    fn a_route_serves_at_once_changes_under_load_and_outlives_a_restart(place: Place) {
        let server = place.serve();
        let mut olga = Operator::new(&place, &server);
        assert_eq!(server.get("/shop", None).0, 404);
        for (name, url) in [("one", upstream("one")), ("two", upstream("two"))] {
            olga.put(&format!("{UPSTREAMS}/{name}"), &json!({ "endpoints": [url] }), 201);
        }
        let shop = format!("{ROUTES}/shop");
        olga.put(&shop, &to("one", "/shop"), 201);
        assert_eq!(said(&server, "/shop"), (200, "one".to_owned()), "the very next request");

        let load = Load::begin(&format!("{}/shop", server.url));
        for turn in 0..40 {
            let (now, other) = if turn % 2 == 0 { ("two", "one") } else { ("one", "two") };
            olga.put(&shop, &to(now, "/shop"), 200);
            assert_eq!(said(&server, "/shop"), (200, now.to_owned()));
            // An upstream that nobody is led to comes and goes, too.
            if turn % 10 == 8 {
                assert_eq!(olga.ask(Request::new("DELETE", &format!("{UPSTREAMS}/{other}")).header("if-match", "*")).status, 204);
                olga.put(&format!("{UPSTREAMS}/{other}"), &json!({ "endpoints": [upstream(if other == "one" { "one" } else { "two" })] }), 201);
            }
            let bad = olga.put(&shop, &json!({ "path": "/shop", "upstream": "nobody" }), 422);
            assert!(bad.body["errors"][0]["field"] == "definition.upstream", "{bad:?}");
            load.more(6);
        }
        assert_eq!(load.end(), Vec::<String>::new());

        drop(olga);
        server.stop();
        let server = place.serve();
        assert_eq!(said(&server, "/shop"), (200, "one".to_owned()), "from the first request on");
        let mut olga = Operator::at(&server);
        let versions = olga.ask(Request::get(&format!("{shop}/versions?limit=100")));
        assert_eq!(versions.body["pagination"]["total"], 41, "{versions:?}");
        let audit = olga.ask(Request::get("/api/v1/admin/gateway/audit?limit=1"));
        assert_eq!((&audit.body["data"][0]["action"], &audit.body["data"][0]["detail"]["why"]), (&json!("gateway.route.put"), &json!("a test")), "{audit:?}");
        let back = olga.ask(Request::post(&format!("{shop}/restore"), &json!({ "version": 40 })).header("if-match", "*"));
        assert_eq!((back.status, said(&server, "/shop").1.as_str()), (200, "two"), "{back:?}");
        server.stop();
    }
}

/// A flag decides who comes to the new side, and its kill switch takes everybody back with the very next request.
#[test]
fn a_flag_splits_a_route() {
    let place = Place::sqlite();
    let server = place.serve();
    let mut olga = Operator::new(&place, &server);
    for (name, url) in [("one", upstream("one")), ("two", upstream("two"))] {
        olga.put(&format!("{UPSTREAMS}/{name}"), &json!({ "endpoints": [url] }), 201);
    }
    let shop = |flag: &str| {
        let variant = json!({ "name": "new", "upstream": "two", "flag": flag });
        json!({ "path": "/shop", "upstream": "one", "auth": "optional", "split": { "variants": [variant] } })
    };
    let bad = olga.put(&format!("{ROUTES}/shop"), &shop("a b"), 422);
    assert!(bad.body["errors"][0]["field"].as_str().unwrap().ends_with("flag"), "{bad:?}");
    olga.put(&format!("{ROUTES}/shop"), &shop("new-shop"), 201);
    let explained = place.run(&["routes", "explain", "GET", "/shop"]).good();
    assert!(explained.contains("split: new (upstream two) for the flag new-shop"), "{explained}");
    place
        .run_with_input(
            &["user", "create", "--tenant", "upcoach", "--email", "ada@example.org", "--role", "admin", "--name", "Ada"],
            PASSWORD,
        )
        .good();
    let admin = server.log_in("ada@example.org", PASSWORD);
    let ann = server.register("ann@example.org");
    let id = server.get("/api/v1/users/profile", Some(&ann)).1["id"].as_str().unwrap().to_owned();
    let side = |who: Option<&str>| server.get("/shop", who).1.as_str().unwrap_or_default().to_owned();
    assert_eq!((side(Some(&ann)), side(None)), ("one".to_owned(), "one".to_owned()), "no such flag yet");
    let strategy = json!({ "name": "userWithId", "parameters": { "userIds": id } });
    // A server that is not serious stands in `development`.
    let environments =
        ["development", "production"].map(|name| (name.to_owned(), json!({ "enabled": true, "strategies": [strategy] })));
    let flag = json!({ "key": "new-shop", "environments": Value::Object(environments.into_iter().collect()) });
    assert_eq!(server.post("/api/v1/admin/flags", Some(&admin), &flag).0, 201);
    assert_eq!((side(Some(&ann)), side(Some(&admin)), side(None)), ("two".to_owned(), "one".to_owned(), "one".to_owned()));
    place.run(&["flags", "kill", "new-shop", "--tenant", "upcoach", "--reason", "a test"]).good();
    assert_eq!(side(Some(&ann)), "one", "the very next request");
    server.stop();
}

#[test]
fn the_file_goes_before_what_is_stored() {
    let place = Place::sqlite();
    let fixed = |name: &str, path: &str| {
        format!("[[routes]]\nname = \"{name}\"\npath = \"{path}\"\nrespond = {{ status = 200, json = \"{name}\" }}\n")
    };
    place.file("banyan.toml", &fixed("first", "/first"));
    let server = place.serve();
    let mut olga = Operator::new(&place, &server);
    let legacy = upstream("one");
    olga.put(&format!("{UPSTREAMS}/legacy"), &json!({ "endpoints": [legacy] }), 201);
    let bad = olga.put(&format!("{ROUTES}/second"), &to("legacy", "/first"), 422);
    assert!(bad.body["errors"][0]["message"].as_str().unwrap().contains("`first` answers the same requests"), "{bad:?}");
    assert_eq!(olga.put(&format!("{ROUTES}/first"), &to("legacy", "/x"), 422).body["errors"][0]["field"], "name");
    olga.put(&format!("{ROUTES}/all"), &json!({ "path": "/api/{*rest}", "upstream": "legacy", "priority": 1 }), 422);
    olga.put(&format!("{UPSTREAMS}/cloud"), &json!({ "endpoints": ["http://169.254.169.254"] }), 422);
    olga.put(&format!("{ROUTES}/second"), &to("legacy", "/second"), 201);
    assert_eq!(said(&server, "/second"), (200, "one".to_owned()));

    let listed = place.run(&["routes", "list"]).good();
    let line = |name: &str| listed.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{listed}"));
    assert!(line("first ").contains(" file 1 ") && line("second ").contains(" api "), "{listed}");
    let explained = place.run(&["routes", "explain", "GET", "/second"]).good();
    assert!(explained.contains("second (api): /second") && explained.contains("upstream legacy"), "{explained}");

    // The file takes the path for itself, by SIGHUP: the stored route is left out, and says why.
    place.file("banyan.toml", &fixed("mine", "/second"));
    server.signal(rustix::process::Signal::HUP);
    eventually("the file's route", || (said(&server, "/second").1 == "mine").then_some(()));
    let shown = olga.ask(Request::get(&format!("{ROUTES}/second")));
    assert_eq!(shown.body["state"], "refused", "{shown:?}");
    let left_out = place.run(&["routes", "list"]);
    assert!(
        left_out.error.contains("the stored route `second` is left out") && left_out.error.contains("`mine` in line 1"),
        "{left_out:?}"
    );
    // It hinders neither another change nor a start.
    olga.put(&format!("{ROUTES}/third"), &to("legacy", "/third"), 201);
    drop(olga);
    server.stop();
    let server = place.serve();
    assert_eq!((said(&server, "/second").1.as_str(), said(&server, "/third").1.as_str()), ("mine", "one"));
    place.file("banyan.toml", "# nothing\n");
    server.signal(rustix::process::Signal::HUP);
    eventually("the stored route again", || (said(&server, "/second").1 == "one").then_some(()));
    let explained = place.run(&["routes", "explain", "GET", "/second", "--json"]).good();
    let explained: Value = serde_json::from_str(&explained).unwrap();
    assert_eq!((&explained["route"]["origin"], &explained["route"]["line"]), (&json!("api"), &json!(0)));
    let log = server.stop();
    assert!(log.contains("a stored entry is left out"), "{log}");
}

/// SIGHUP reads the file anew: a good one is taken, a bad one refused while the old goes on, and no request fails.
#[test]
fn a_hangup_reads_the_file_anew_under_load() {
    let place = Place::sqlite();
    let (one, two) = (upstream("one"), upstream("two"));
    let file = |name: &str| {
        format!(
            "[upstreams.one]\nendpoints = [\"{one}\"]\n[upstreams.two]\nendpoints = [\"{two}\"]\n[[routes]]\nname = \"shop\"\npath = \"/shop\"\nauth = \"public\"\nupstream = \"{name}\"\n"
        )
    };
    place.file("banyan.toml", &file("one"));
    let server = place.serve();
    let load = Load::begin(&format!("{}/shop", server.url));
    for turn in 0..20 {
        let name = if turn % 2 == 0 { "two" } else { "one" };
        place.file("banyan.toml", &file(name));
        server.signal(rustix::process::Signal::HUP);
        eventually("the new route", || (said(&server, "/shop").1 == name).then_some(()));
        place.file("banyan.toml", "[[routes]]\nname = \"broken\"\n");
        server.signal(rustix::process::Signal::HUP);
        load.more(6);
        assert_eq!(said(&server, "/shop").1, name, "a bad file changes nothing");
    }
    assert_eq!(load.end(), Vec::<String>::new());
    let log = server.stop();
    assert!(log.contains("routes taken anew") && log.contains("the routes stay as they are"), "{log}");
}
