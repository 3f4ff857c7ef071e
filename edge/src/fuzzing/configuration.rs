//! Route files.

use http::{HeaderMap, Method};

use super::bytes::Bytes;
use crate::routes::{BuiltIn, ImagePage, Known, Question, RouteFile, explain};

/// Of these, files that are nearly right come about soon.
const PIECES: [&str; 64] = [
    "[[routes]]\n",
    "[upstreams.a]\n",
    "[upstreams.b.health]\n",
    "name = \"a\"\n",
    "name = \"b\"\n",
    "path = \"/\"\n",
    "path = \"/a/{id}\"\n",
    "path = \"/a/{*rest}\"\n",
    "path = \"/{*rest}\"\n",
    "path = \"/%61/b\"\n",
    "service = \"goals\"\n",
    "upstream = \"a\"\n",
    "redirect = \"/{rest}\"\n",
    "redirect = { to = \"https://{host}/{id}\", status = 308 }\n",
    "respond = { status = 204 }\n",
    "respond = { status = 200, json = { a = 1 } }\n",
    "endpoints = [\"http://127.0.0.1:1\"]\n",
    "endpoints = [{ url = \"http://127.0.0.1:1\", weight = 3, region = \"eu\" }]\n",
    "dns = \"a.example:80\"\n",
    "balance = \"peak-ewma\"\n",
    "hash = \"cookie:x\"\n",
    "hosts = [\"a.example\", \"*.example\"]\n",
    "methods = [\"GET\", \"POST\"]\n",
    "headers = { x-a = \"1\" }\n",
    "query = { a = { prefix = \"b\" } }\n",
    "scheme = \"https\"\n",
    "priority = 1000\n",
    "strip_prefix = \"/a\"\n",
    "add_prefix = \"/v2\"\n",
    "rewrite = \"/n/{rest}\"\n",
    "rewrite = \"/{id}\"\n",
    "query_rewrite = { remove = [\"a\"], rename = { b = \"c\" }, set = { d = \"é\" } }\n",
    "request = { set = { x-a = \"{user}\" }, remove = [\"x-b\"] }\n",
    "request = { body = { set = { \"/a\" = \"b\" } } }\n",
    "response = { add = { x-a = \"{client_address}\" } }\n",
    "auth = \"public\"\n",
    "auth = { role = \"coach\" }\n",
    "limit = \"api\"\n",
    "timeout = \"1s\"\n",
    "retry = 3\n",
    "retry = { tries = 3 }\n",
    "cache = { keep = \"1m\" }\n",
    "cors = { origins = [\"https://a.example\"] }\n",
    "concurrency = 10\n",
    "body_limit = \"1MiB\"\n",
    "version = 2\n",
    "deprecated = \"2026-01-01\"\n",
    "sunset = \"2026-01-01T00:00:00Z\"\n",
    "split = [{ share = 10, upstream = \"a\" }]\n",
    "shadow = { upstream = \"a\", share = 5 }\n",
    "observe = \"on\"\n",
    "name = ",
    "path = \"",
    "\"",
    "= ",
    "{",
    "}",
    "[",
    "]",
    "\n",
    "\u{feff}",
    "'''",
    "-1",
    "1979-05-27T00:00:00Z",
];

const ADDRESSES: [&str; 5] = ["/", "/a/7", "/a/", "/health", "https://a.example/%61/b?a=b"];

/// A file is taken, or refused with faults that name a place in it, a reason and a remedy. One that is taken can be asked.
pub fn configuration(data: &[u8]) {
    let mut bytes = Bytes::new(data);
    let made = bytes.below(2) == 0;
    let text = if made { bytes.text(&PIECES, 40) } else { String::from_utf8_lossy(bytes.rest()).into_owned() };
    let known = Known { services: ["goals".to_owned()].into(), classes: ["api".to_owned()].into(), ..Known::default() };
    match RouteFile::parse(&text, &known) {
        Err(faults) => {
            let lines = text.lines().count() + 1;
            assert!(!faults.is_empty(), "refused without a word: {text:?}");
            assert!(faults.is_sorted_by_key(|fault| (fault.line, fault.column)), "{faults:?}");
            for fault in &faults {
                assert!((1..=lines).contains(&fault.line) && fault.column > 0, "{fault} is not in {text:?}");
                assert!(!fault.reason.is_empty() && !fault.remedy.is_empty(), "{fault}");
            }
        }
        Ok(file) => {
            assert_eq!(file.lines().len(), file.len());
            ADDRESSES.iter().for_each(|address| ask(&file, address));
        }
    }
}

fn ask(file: &RouteFile, address: &str) {
    let Ok(uri) = address.parse() else { return };
    let question = Question { method: Method::GET, uri, headers: HeaderMap::new() };
    let explanation = explain(file, &BuiltIn { services: Vec::new(), version: 1, images: ImagePage::Made }, &question);
    assert!(explanation.route.is_some() != explanation.refusal.is_some(), "{explanation:?}");
    if let Some(route) = &explanation.route {
        let first = explanation.considered.iter().find(|one| one.misfit.is_none());
        assert!(first.is_some(), "{} answers and was not looked at", route.name);
    }
}
