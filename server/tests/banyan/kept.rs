//! What the door keeps of answers, through the whole program: counted, and forgotten when an operator says so.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::harness::{Place, Server, client, eventually, on_both_engines, pause};

/// A server of before: it numbers its answers and gives them a tag. It ends with the test's process.
fn numbering() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let counting = asked.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
                head.push(byte[0]);
            }
            let body = (counting.fetch_add(1, Ordering::SeqCst) + 1).to_string();
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncache-tag: numbers\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            let _gone = stream.write_all(answer.as_bytes());
        }
    });
    (address, asked)
}

/// A file with one route, whose answers are kept for an hour.
fn keeping(upstream: SocketAddr) -> String {
    format!(
        "[upstreams.old]\nendpoints = [\"http://{upstream}\"]\n[[routes]]\nname = \"old\"\npath = \"/old/{{*rest}}\"\nupstream = \"old\"\nauth = \"public\"\ncache = {{ keep = \"1h\" }}\n"
    )
}

fn number(server: &Server, path: &str) -> u64 {
    let (status, body) = server.get(path, None);
    assert_eq!(status, 200, "{path}: {body}");
    body.as_u64().unwrap()
}

on_both_engines! {
    fn kept_answers_are_counted_and_forgotten_by_tag_address_and_beginning(place: Place) {
        let (upstream, _) = numbering();
        place.file("banyan.toml", &keeping(upstream));
        let server = place.serve();
        let host = server.url.strip_prefix("http://").unwrap();
        for (arguments, gone) in [
            (vec!["--tag".to_owned(), "numbers".into()], true),
            (vec!["--tag".to_owned(), "letters".into()], false),
            (vec!["--address".to_owned(), format!("{host}/old/1")], true),
            (vec!["--address".to_owned(), format!("{host}/old")], false),
            (vec!["--prefix".to_owned(), format!("{host}/ol")], true),
            (vec!["--everything".to_owned()], true),
        ] {
            let before = number(&server, "/old/1?page=2");
            assert_eq!(number(&server, "/old/1?page=2"), before, "{arguments:?}");
            let purges = || {
                let stats: Value = serde_json::from_str(&place.run(&["cache", "stats", "--json"]).good()).unwrap();
                stats["purges"].as_u64().unwrap()
            };
            let count = purges();
            let mut command = vec!["cache", "purge", "--why", "a test"];
            command.extend(arguments.iter().map(String::as_str));
            place.run(&command).good();
            eventually("the door follows", || (purges() > count).then_some(()));
            assert_eq!(number(&server, "/old/1?page=2") != before, gone, "{arguments:?}");
        }
        let listed = place.run(&["cache", "stats"]).good();
        assert!(listed.contains("answered from the cache"), "{listed}");
        for bad in [vec!["--tag", "a,b"], vec!["--address", "/old"], vec![], vec!["--tag", "a", "--everything"]] {
            let command: Vec<&str> = ["cache", "purge"].into_iter().chain(bad.iter().copied()).collect();
            assert_eq!(place.run(&command).code(), 2, "{bad:?}");
        }
        server.stop();
        assert!(place.run(&["audit", "verify"]).good().contains("gateway"));
    }
}

/// The number, and what the cache says that it did.
fn asked_at(server: &Server, method: &str, path: &str) -> (u64, String) {
    let request =
        ureq::http::Request::builder().method(method).uri(format!("{}{path}", server.url)).header("host", "one.example");
    let mut answer = client().run(request.body(()).unwrap()).unwrap();
    let said = answer.headers()["cache-status"].to_str().unwrap().to_owned();
    (answer.body_mut().read_to_string().unwrap().parse().unwrap(), said)
}

#[test]
fn doors_with_one_redis_keep_answers_together() {
    let place = Place::postgres();
    let another = Place::with_database(place.database_url());
    let (upstream, asked) = numbering();
    let file = keeping(upstream);
    let redis = banyan_testkit::redis_url();
    let prefix = format!("kept-{}", std::process::id());
    let variables = [
        ("BANYAN_MASTER_KEY", "4b0c5b7f6b1d4b0e8f8f0d7a1c2b3a495867f6e5d4c3b2a1908f7e6d5c4b3a29"),
        ("BANYAN_CACHE_REDIS_URL", &*redis),
        ("BANYAN_CACHE_REDIS_PREFIX", &*prefix),
    ];
    let [one, other] = [&place, &another].map(|place| {
        place.file("banyan.toml", &file);
        place.serve_with(&[], &variables)
    });
    // It is shared while the answer is on its way; who asks before that fetches it itself. Each time it is another address.
    let mut attempt = 0;
    let path = eventually("the other door has what the first one fetched", || {
        attempt += 1;
        let path = format!("/old/{attempt}");
        let (number, _) = asked_at(&one, "GET", &path);
        pause();
        let (again, said) = asked_at(&other, "GET", &path);
        let is_shared = number == again && said.contains("hit;") && said.contains("detail=\"shared\"");
        is_shared.then_some(path)
    });
    let before = asked.load(Ordering::SeqCst) as u64;
    assert_eq!(asked_at(&other, "PUT", &path).0, before + 1);
    let (new, _) = asked_at(&other, "GET", &path);
    assert_eq!(new, before + 2, "what was changed is fetched again");
    eventually("the first door has heard of it", || (asked_at(&one, "GET", &path).0 >= new).then_some(()));
    one.stop();
    other.stop();
}
