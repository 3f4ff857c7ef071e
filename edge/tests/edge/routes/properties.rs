//! Whatever somebody asks for, it has one meaning.

use axum::body::Body;
use proptest::prelude::*;

use super::{OPEN, header, with_routes};
use crate::fixture::Answer;

#[test]
fn what_is_matched_is_what_is_forwarded() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let door = runtime.block_on(with_routes(OPEN));
    let paths = "/(%[0-9a-fA-F]{2}|[ab./;\\\\%]|%2[fFeE5]|\\.\\.|//){0,8}";
    proptest!(ProptestConfig::with_cases(400), |(path in paths, query in "(\\?[a&=%;]{0,5})?")| {
        let Ok(uri) = format!("{path}{query}").parse::<axum::http::Uri>() else { return Ok(()) };
        let answer = runtime.block_on(door.get(&uri.to_string()));
        if answer.status.as_u16() == 400 {
            return Ok(());
        }
        prop_assert_eq!(answer.status.as_u16(), 200, "{}", path);
        if answer.header("content-type") != "application/json" {
            return Ok(()); // A page of the door itself.
        }
        let seen = answer.json()["uri"].as_str().unwrap_or_default().to_owned();
        let seen = seen.split('?').next().unwrap().to_owned();
        // However often somebody decodes it, it names the same place.
        let once = decoded(&seen);
        prop_assert_eq!(decoded(&once).matches('/').count(), seen.matches('/').count(), "{}", seen);
        prop_assert!(!once.split('/').any(|segment| segment == "." || segment == ".."), "{}", seen);
        prop_assert!(!once.contains(['\\', '\0', ';']) && !seen[1..].contains("//"), "{}", seen);
        let again = runtime.block_on(door.get(&seen));
        let again = again.json()["uri"].as_str().unwrap_or_default().to_owned();
        prop_assert_eq!(again, seen, "the spelling is its own");
    });
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let byte = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(byte.unwrap_or(bytes[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[test]
fn no_header_of_a_request_injects_another() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let door = runtime.block_on(with_routes(
        "[[routes]]\nname = \"a\"\npath = \"/a/{id}\"\nupstream = \"legacy\"\nauth = \"public\"\nrequest = { set = { x-copy = \"{id} {host} {path}\" } }\nresponse = { set = { x-copy = \"{id} {host}\" } }\n",
    ));
    proptest!(ProptestConfig::with_cases(200), |(id in "[!-.0-~]{1,20}|(%0[aAdD]|[a-z]){1,6}", host in "[!-~]{0,20}")| {
        let Ok(uri) = format!("/a/{id}").parse::<axum::http::Uri>() else { return Ok(()) };
        let Ok(value) = axum::http::HeaderValue::from_str(&host) else { return Ok(()) };
        let mut request = crate::fixture::request("GET", "/", &[], Body::empty());
        *request.uri_mut() = uri;
        request.headers_mut().insert("host", value);
        let answer = runtime.block_on(async { Answer::of(door.edge.handle(request, banyan_edge::Peer::in_process()).await).await });
        if answer.status.as_u16() == 200 && answer.header("content-type") == "application/json" {
            let asked = answer.json();
            prop_assert!(header(&asked, "x-copy").bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()));
            prop_assert_eq!(header(&asked, "x-injected"), "");
        }
    });
}
