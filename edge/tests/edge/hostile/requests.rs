//! Requests that somebody on the way could misread.

use serde::Deserialize;

use super::corpus;
use super::upstream::{Log, Seen, upstream};
use super::{exchange, honest, route_to, statuses};
use crate::fixture::{door, door_with};
use banyan_edge::Running;

const CORPUS: &str = include_str!("../../hostile/requests.toml");

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    send: String,
    #[serde(default)]
    each: Vec<String>,
    answer: Expected,
    #[serde(default)]
    kept: bool,
    #[serde(default)]
    upstream: Reaches,
    #[serde(default)]
    has: Vec<String>,
    #[serde(default)]
    lacks: Vec<String>,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Expected {
    Statuses(Vec<u16>),
    Word(String),
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Reaches {
    Times(usize),
    Word(String),
}

impl Default for Reaches {
    fn default() -> Self {
        Self::Times(0)
    }
}

impl Expected {
    fn fits(&self, got: &[u16], kept: bool) -> bool {
        match self {
            Self::Statuses(expected) => {
                let last: &[u16] = if kept { &[200] } else { &[] };
                got == [expected.as_slice(), last].concat()
            }
            Self::Word(word) => match (word.as_str(), got) {
                ("4xx or cut", []) => true,
                ("4xx or cut" | "4xx", [one]) => (400..500).contains(one),
                ("200 or 400", [200 | 400, 200 | 400]) => true,
                _ => false,
            },
        }
    }
}

fn cases() -> Vec<Case> {
    let corpus = corpus::read::<Case>(CORPUS);
    let variants = corpus.variants.iter().flat_map(|case| {
        assert!(!case.each.is_empty() && case.send.contains("{}"), "{}", case.name);
        case.each.iter().map(|one| {
            let name = format!("{}: {one}", case.name);
            Case { name, send: case.send.replacen("{}", one, 1), ..case.clone() }
        })
    });
    corpus.cases.iter().cloned().chain(variants).collect()
}

/// What went wrong with a case.
async fn faults(case: &Case, running: &Running, log: &Log) -> Vec<String> {
    let mut send = corpus::bytes(&case.send);
    let goes_on = case.kept || matches!(&case.answer, Expected::Word(word) if word == "200 or 400");
    send.extend(if goes_on { honest("/last") } else { b"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n".to_vec() });
    let answer = match exchange(running, &send).await {
        Ok(answer) => answer,
        Err(fault) => return vec![fault],
    };
    let seen = log.take();
    let mut faults: Vec<String> = seen.iter().flat_map(|seen| seen.faults.clone()).collect();
    let got = statuses(&answer);
    if !case.answer.fits(&got, case.kept) {
        faults.push(format!("answered {got:?}: {}", String::from_utf8_lossy(&answer[..answer.len().min(300)])));
    }
    let (last, asked): (Vec<&Seen>, Vec<&Seen>) = seen.iter().partition(|seen| seen.bytes.starts_with(b"GET /last "));
    let reaches = match &case.upstream {
        Reaches::Times(times) => asked.len() == *times && last.len() == usize::from(case.kept),
        Reaches::Word(word) if word == "unfinished" => asked.is_empty(),
        Reaches::Word(_) => asked.len() <= 1,
    };
    if !reaches {
        faults.push(format!("{} requests reached the upstream", seen.len()));
    }
    let texts: String = asked.iter().map(|seen| seen.text().to_ascii_lowercase()).collect();
    if seen.iter().any(|seen| seen.text().contains(" /smuggled ")) {
        faults.push("smuggled".into());
    }
    let wanted = |text: &String| String::from_utf8(corpus::unescaped(text)).unwrap().to_ascii_lowercase();
    faults.extend(case.has.iter().filter(|has| !texts.contains(&wanted(has))).map(|has| format!("{has:?} is missing")));
    faults.extend(case.lacks.iter().filter(|lacks| texts.contains(&wanted(lacks))).map(|lacks| format!("{lacks:?} is there")));
    if !faults.is_empty() {
        faults.push(format!("the upstream got: {}", texts.get(..600).unwrap_or(&texts)));
    }
    faults
}

#[tokio::test]
async fn nothing_reaches_an_upstream_that_it_could_misread() {
    let (address, log) = upstream().await;
    let door = door();
    route_to(&door, address);
    let running = door.serve();
    let (mut failed, mut count) = (Vec::new(), 0);
    for case in cases() {
        count += 1;
        let mut faults = faults(&case, &running, &log).await;
        // The next one, who means no harm.
        let next = exchange(&running, &honest("/next")).await.map(|answer| statuses(&answer));
        if next != Ok(vec![200]) {
            faults.push(format!("the next request: {next:?}"));
        }
        log.take();
        if !faults.is_empty() {
            failed.push(format!("{}\n    {}", case.name, faults.join("\n    ")));
        }
    }
    assert!(count > 200, "{count} cases only");
    assert!(failed.is_empty(), "{} of {count} cases:\n{}", failed.len(), failed.join("\n"));
}

/// A proxy of ours may say who the client is, but what it passes on of the client's own is looked at as ever.
#[tokio::test]
async fn a_trusted_proxy_says_who_the_client_is_and_no_more() {
    let (address, log) = upstream().await;
    let door = door_with(|settings| settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()]);
    route_to(&door, address);
    let running = door.serve();
    let said = "GET /a HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 6.6.6.6, 203.0.113.9\r\nX-Forwarded-Proto: https\r\n\
        Forwarded: for=forged\r\nX-Real-IP: forged\r\nX-Forwarded-Port: forged\r\nX-Forwarded-Prefix: forged\r\n\
        Banyan-Caller: forged\r\nSignature: forged\r\nSignature-Input: forged\r\nX-Banyan-Tenant: forged\r\n\
        X_Forwarded_For: forged\r\nConnection: close, X-Forwarded-For, X-Forwarded-Proto\r\n\r\n";
    assert_eq!(statuses(&exchange(&running, said.as_bytes()).await.unwrap()), [200]);
    let seen = log.take();
    let [seen] = &seen[..] else { panic!("{seen:?}") };
    let text = seen.text().to_ascii_lowercase();
    assert_eq!(seen.faults, Vec::<String>::new());
    for has in [
        "x-forwarded-for: 6.6.6.6, 203.0.113.9, 127.0.0.1\r\n",
        "x-real-ip: 203.0.113.9\r\n",
        "x-forwarded-proto: https\r\n",
        "forwarded: for=203.0.113.9;proto=https;host=\"h\"\r\n",
    ] {
        assert!(text.contains(has), "{has} is missing in {text}");
    }
    assert!(!text.contains("forged"), "{text}");
}
