//! Moving from a system of before, steered from the command line and over the API of the whole program.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use banyan_store::EngineKind;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::database::look;
use crate::harness::{PASSWORD, Place, Ran, Server, eventually, on_both_engines};
use crate::wire::{Request, Wire};

const REASON: [&str; 3] = ["--yes", "--reason", "to see it"];

/// A system of before: it says `before` to whoever asks whatever.
fn legacy() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || say_before(stream));
        }
    });
    format!("http://{address}")
}

fn say_before(mut stream: TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    while let Some(line) = lines.next().transpose()? {
        // Those who ask here send no bodies.
        if line.is_empty() {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 8\r\n\r\n\"before\"")?;
        }
    }
    Ok(())
}

/// It takes connections, and says nothing.
fn hanging() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || listener.incoming().map_while(Result::ok).collect::<Vec<_>>());
    format!("http://{address}")
}

/// Its answers have no end.
fn endless() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                let head =
                    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n");
                while head.is_ok() && stream.write_all(b"8\r\n[[[[[[[[\r\n").is_ok() {}
            });
        }
    });
    format!("http://{address}")
}

fn strangle(place: &Place, arguments: &[&str]) -> Ran {
    place.run(&[&["strangle"], arguments].concat())
}

/// A step that matters.
fn take(place: &Place, arguments: &[&str]) -> Ran {
    strangle(place, &[arguments, &REASON].concat())
}

fn json_of(place: &Place, arguments: &[&str]) -> Value {
    serde_json::from_str(&strangle(place, &[arguments, &["--json"]].concat()).good()).unwrap()
}

/// Who answers for goals: the system of before, or Banyan, which knows nobody without a token.
fn who_has_goals(server: &Server) -> &'static str {
    match server.get("/api/v1/goals", None) {
        (200, body) if body == "before" => "before",
        (401, body) if body["code"] == "unauthenticated" => "banyan",
        other => panic!("{other:?}"),
    }
}

on_both_engines! {
    fn a_feature_moves_and_comes_back_by_commands(place: Place) {
        let server = place.serve();
        let legacy = legacy();
        assert!(strangle(&place, &["status"]).good().contains("No system of before"));
        let begin = ["observe", "goals", "--path", "/api/v1/goals", "--service", "goals"];
        assert!(strangle(&place, &begin).failed(1).contains("No system of before"));
        assert!(strangle(&place, &["start", &legacy, "--reason", "x"]).failed(2).contains("--yes"), "nobody can be asked here");
        assert!(take(&place, &["start", "http://127.0.0.1:1"]).failed(1).contains("nobody listens"));
        assert!(take(&place, &["start", &format!("{legacy}/app"), "--unchecked"]).failed(1).contains("`url`: Write scheme"));
        let credentials = ["start", "http://169.254.169.254", "--unchecked"];
        assert!(take(&place, &credentials).failed(1).contains("`url`: The front door refuses it"), "where clouds give them away");
        assert_eq!(who_has_goals(&server), "banyan", "what was refused changed nothing");
        take(&place, &["start", &legacy]).good();
        assert_eq!(who_has_goals(&server), "before");
        assert_eq!(server.get("/shop/17", None).1, "before");
        let routes = strangle(&place, &["routes"]).good();
        assert!(routes.contains("/shop/{id}") && routes.contains("/api/v1/goals"), "{routes}");
        strangle(&place, &begin).good();
        assert!(strangle(&place, &begin).failed(1).contains("Another migration"));
        let nobody = ["observe", "x", "--path", "/x", "--service", "nobody"];
        assert!(strangle(&place, &nobody).failed(1).contains("`service`: Banyan has no such service"));
        assert!(strangle(&place, &["observe", "x", "--path", "/x"]).failed(2).contains("--url"));
        assert!(take(&place, &["finish", "goals"]).failed(1).contains("observing"));
        assert!(take(&place, &["undo", "gaols"]).failed(1).contains("there are goals"));
        assert!(take(&place, &["canary", "goals", "--percent", "101"]).failed(1).contains("`percent`"));
        assert!(take(&place, &["canary", "goals", "--max-error-rate", "2"]).failed(1).contains("`maxErrorRate`"));
        assert!(take(&place, &["canary", "goals", "--cookie", "x"]).failed(1).contains("`cookie`"));
        assert!(take(&place, &["canary", "goals", "--flag", "a b"]).failed(1).contains("`flag`"));
        assert!(take(&place, &["canary", "goals", "--flag", "x", "--percent", "5"]).failed(2).contains("--percent"));
        let limits = ["--max-error-rate", "0.5", "--max-slower", "3", "--min-requests", "50"];
        take(&place, &[&["canary", "goals", "--percent", "100"][..], &limits].concat()).good();
        assert_eq!(who_has_goals(&server), "banyan");
        let status = strangle(&place, &["status", "goals"]).good();
        assert!(status.contains("back at   0.5 more failures, 3.0 times as slow, after 50 requests"), "{status}");
        take(&place, &["finish", "goals"]).good();
        take(&place, &["undo", "goals"]).good();
        assert_eq!(who_has_goals(&server), "before");
        let status = json_of(&place, &["status", "goals"]);
        let steps: Vec<_> = status["steps"].as_array().unwrap().iter().map(|step| (&step["stage"], &step["why"])).collect();
        let why = &json!("to see it");
        let none = &Value::Null;
        let stages = ["undone", "finished", "canary", "observing"].map(|stage| json!(stage));
        assert_eq!(steps, [(&stages[0], why), (&stages[1], why), (&stages[2], why), (&stages[3], none)]);
        take(&place, &["canary", "goals", "--percent", "100"]).good();
        assert_eq!(json_of(&place, &["all-back", "--yes", "--reason", "a bad night"]), json!({ "taken": 1 }));
        assert_eq!(who_has_goals(&server), "before");
        take(&place, &["stop"]).good();
        assert_eq!(who_has_goals(&server), "banyan");
        assert_eq!(server.get("/shop", None).0, 404);
        server.stop();
        assert!(place.run(&["audit", "verify"]).good().contains("holds"));
    }

    fn decisions_count_without_a_server_and_after_a_restart(place: Place) {
        let server = place.serve();
        take(&place, &["start", &legacy()]).good();
        strangle(&place, &["observe", "goals", "--path", "/api/v1/goals", "--service", "goals"]).good();
        server.stop();
        assert!(strangle(&place, &["routes"]).failed(1).contains("no server with a front door"));
        take(&place, &["canary", "goals", "--percent", "100"]).good();
        let server = place.serve();
        assert_eq!(who_has_goals(&server), "banyan", "the door opens with what was stored");
        assert_eq!(server.get("/shop", None).1, "before");
    }

    fn a_door_that_cannot_read_its_plan_does_not_open(place: Place) {
        let server = place.serve();
        take(&place, &["start", &legacy()]).good();
        server.stop();
        rename(&place, "url", "lru");
        let ran = place.run(&["serve", "--listen", "127.0.0.1:0", "--admin-listen", "off"]);
        let said = format!("{}{}", ran.output, ran.error);
        assert!(!ran.status.success() && said.contains("the door's stored plan cannot be read"), "{said}");
        rename(&place, "lru", "url");
        let server = place.serve();
        assert_eq!(server.get("/shop", None).1, "before", "nothing was lost");
        // One that is open keeps what it knows.
        rename(&place, "url", "lru");
        assert!(!strangle(&place, &["status"]).status.success());
        assert_eq!(server.get("/shop", None).1, "before");
        server.stop();
    }

    fn of_operators_at_once_each_is_told_what_became_of_it(place: Place) {
        let server = place.serve();
        take(&place, &["start", &legacy()]).good();
        strangle(&place, &["observe", "goals", "--path", "/api/v1/goals", "--service", "goals"]).good();
        let taken = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for operator in 0..4 {
                let (place, taken) = (&place, &taken);
                scope.spawn(move || {
                    for round in 0..3 {
                        let percent = (operator * 10 + round).to_string();
                        let ran = take(place, &["canary", "goals", "--percent", &percent]);
                        if ran.code() == 0 {
                            taken.fetch_add(1, Ordering::SeqCst);
                        } else {
                            let error = ran.failed(1);
                            assert!(error.contains("somebody else took a step"), "{error}");
                        }
                    }
                });
            }
        });
        let steps = json_of(&place, &["status", "goals"])["steps"].as_array().unwrap().len();
        let taken = taken.into_inner();
        assert!(taken >= 3, "{taken}");
        assert_eq!(steps, 1 + taken, "a step that was acknowledged is there, one that was refused is not");
        server.stop();
    }

    fn a_change_that_was_killed_is_whole_or_not_there(place: Place) {
        let mut server = place.serve();
        let legacy = legacy();
        take(&place, &["start", &legacy]).good();
        let who = ["user", "create", "--tenant", "operators", "--email", "o@example.org", "--role", "admin"];
        place.run_with_input(&who, PASSWORD).good();
        let token = operator(&server);
        let made = ask(&server, &token, &Request::post("/api/v1/gateway/migrations", &json!({ "name": "goals", "path": "/api/v1/goals", "service": "goals" })));
        let steps = format!("/api/v1/gateway/migrations/{}/steps", made["id"].as_str().unwrap());
        let mut known = 1;
        for round in 0..4 {
            known += take_steps_until_killed(&server, &token, &steps, 2 + 3 * round);
            server.wait();
            server = place.serve();
            let list = ask(&server, &token, &Request::get(&format!("{steps}?limit=1")));
            let total = list["pagination"]["total"].as_u64().unwrap();
            assert!((known..=known + 1).contains(&total), "{known} steps were acknowledged, {total} are there");
            known = total;
            let expected = if list["data"][0]["stage"] == "canary" { "banyan" } else { "before" };
            assert_eq!(who_has_goals(&server), expected, "the door opens with what is stored");
        }
        server.stop();
        assert!(place.run(&["audit", "verify"]).good().contains("holds"));
    }

    fn a_new_side_that_hangs_or_never_ends_is_noticed_by_nobody(place: Place) {
        let server = place.serve();
        take(&place, &["start", &legacy()]).good();
        for (name, path, new) in [("hanging", "/hanging", hanging()), ("endless", "/endless", endless())] {
            strangle(&place, &["observe", name, "--path", path, "--url", &new]).good();
            strangle(&place, &["shadow", name]).good();
        }
        let mut wire = Wire::to(&server.url);
        let mut ask = |path: &str| {
            let reply = wire.ask(&Request::get(path));
            assert_eq!((reply.status, reply.body), (200, json!("before")));
        };
        // The copies that wait are bounded, and each of them has a deadline. 64 may wait for 5 s: there are none left out before 65 are
        // asked for within that time, so they are asked for on one connection, and again as long as the machine was too slow for it.
        eventually("they are given up", || {
            (0..200).for_each(|_| ask("/hanging"));
            let report = json_of(&place, &["report", "hanging"]);
            let shadow = &report["now"]["shadow"];
            assert_eq!((&shadow["same"], &shadow["different"]), (&json!(0), &json!(0)), "nothing is made of no answer");
            (shadow["late"].as_u64()? > 0 && shadow["dropped"].as_u64()? > 0).then_some(())
        });
        // As long as the others wait, this copy may be left out, too.
        eventually("they are not compared", || {
            ask("/endless");
            let report = json_of(&place, &["report", "endless"]);
            (report["now"]["shadow"]["skipped"].as_u64()? > 0).then_some(())
        });
        server.stop();
    }

    fn the_example_moves_goals_while_a_client_keeps_calling(place: Place) {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/examples/strangler/run.sh");
        let environment = place.command(&[]);
        let mut command = Command::new("sh");
        command.arg(script).arg(env!("CARGO_BIN_EXE_banyan")).current_dir(place.folder()).env_clear();
        command.envs(environment.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let said = Ran::from(command.output().unwrap()).good();
        assert!(said.contains(" calls, 0 failures") && said.trim_end().ends_with("Done.\u{1b}[0m"), "{said}");
    }
}

/// Renames a member of the stored plan, past the program, and has every door look at it.
fn rename(place: &Place, from: &str, to: &str) {
    let renamed = match place.kind() {
        EngineKind::Sqlite => format!("replace(legacy, '{from}', '{to}')"),
        EngineKind::Postgres => format!("replace(legacy::text, '{from}', '{to}')::jsonb"),
    };
    look(place, "gateway", &format!("UPDATE doors SET legacy = {renamed}, version = version + 1"));
}

fn operator(server: &Server) -> String {
    let who = Request::post("/api/v1/auth/login", &json!({ "email": "o@example.org", "password": PASSWORD }));
    let welcome = Wire::to(&server.url).ask(&who.header("x-tenant", "operators"));
    assert_eq!(welcome.status, 200, "{welcome:?}");
    welcome.text("accessToken").to_owned()
}

fn ask(server: &Server, token: &str, request: &Request) -> Value {
    let reply = Wire::to(&server.url).ask(&request.clone().token(token).header("x-tenant", "operators"));
    assert!(reply.status < 300, "{reply:?}");
    reply.body
}

/// Takes steps there and back; after `count` of them the server is killed while more are under way. Gives how many were acknowledged.
fn take_steps_until_killed(server: &Server, token: &str, steps: &str, count: u64) -> u64 {
    let (acknowledged, heard) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let url = &server.url;
        let stepping = scope.spawn(move || {
            let mut wire = Wire::to(url);
            let mut taken = 0;
            loop {
                let step = if taken % 2 == 0 { json!({ "act": "canary", "percent": 100 }) } else { json!({ "act": "undo" }) };
                let request = Request::post(steps, &step).token(token).header("x-tenant", "operators");
                // A connection that breaks: the server was killed.
                let Ok(reply) = wire.send(&request) else { return taken };
                assert_eq!(reply.status, 200, "{reply:?}");
                taken += 1;
                let _nobody_listens = acknowledged.send(());
            }
        });
        (0..count).for_each(|_| heard.recv().unwrap());
        server.signal(Signal::KILL);
        stepping.join().unwrap()
    })
}
