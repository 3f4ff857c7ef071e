//! The live stream of an inbox.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use banyan_http::Tenant;
use banyan_kernel::Caller;
use banyan_locale::{Locale, Negotiation};
use banyan_testkit::on_both_engines;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::{Place, path_of};

/// What came of a stream so far.
struct Stream {
    body: Body,
    text: String,
}

impl Stream {
    /// Reads on until `wanted` is there.
    async fn until(&mut self, wanted: &str) -> &str {
        while !self.text.contains(wanted) {
            let frame = tokio::time::timeout(Duration::from_secs(60), self.body.frame()).await.expect("it comes in time");
            let bytes = frame.expect("the stream goes on").unwrap().into_data().unwrap();
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
        &self.text
    }
}

async fn open(place: &Place, caller: &Caller, last: Option<&str>) -> (StatusCode, Stream) {
    let host = &place.app.host;
    let router = banyan_notifications::service().router(host);
    let mut request = Request::builder().uri("/api/v1/notifications/stream");
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    let mut request = request.body(Body::empty()).unwrap();
    let application = host.applications.default_application().clone();
    let locales = host.catalogues.locales(Some(application.name()));
    request.extensions_mut().insert(Negotiation::of(Locale::en_us()).resolve(&locales));
    request.extensions_mut().insert(caller.request);
    request.extensions_mut().insert(Tenant { id: caller.tenant, name: Arc::from("upcoach"), application });
    request.extensions_mut().insert(caller.clone());
    let response = router.oneshot(request).await.unwrap();
    (response.status(), Stream { body: response.into_body(), text: String::new() })
}

on_both_engines! {
    async fn changes_arrive_as_they_happen_and_only_the_own(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (ann, bob) = (place.person(&bench), place.person(&bench));
        place.tell(&bench, &ann, json!({ "arguments": { "title": "Before", "body": "x" } })).await;
        let (status, mut stream) = open(&place, &ann, None).await;
        assert_eq!(status, StatusCode::OK);
        stream.until("ready").await;
        bench.clock.advance_seconds(1);
        place.tell(&bench, &bob, json!({ "arguments": { "title": "For Bob", "body": "x" } })).await;
        place.tell(&bench, &ann, json!({ "arguments": { "title": "For Ann", "body": "x" } })).await;
        stream.until("For Ann").await;
        let newest = place.app.get(&ann, "/api/v1/notifications").await.body["data"][0].clone();
        place.app.call(&ann, http::Method::POST, &format!("{}/read", path_of(&newest))).send().await;
        let text = stream.until("\"readAt\":\"").await.to_owned();
        assert!(!text.contains("For Bob") && !text.contains("Before"), "{text}");
        // Who comes again gets what was missed, in order.
        let (_, mut again) = open(&place, &ann, Some("0")).await;
        let text = again.until("For Ann").await;
        assert!(text.find("Before") < text.find("For Ann"), "{text}");
    }

    async fn a_persons_room_is_told_each_change_with_its_place_and_nothing_of_what_it_says(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (ann, bob) = (place.person(&bench), place.person(&bench));
        place.tell(&bench, &bob, json!({ "arguments": { "title": "For Bob", "body": "x" } })).await;
        place.tell(&bench, &ann, json!({ "arguments": { "title": "For Ann", "body": "x" } })).await;
        let newest = place.app.get(&ann, "/api/v1/notifications").await.body["data"][0].clone();
        let path = format!("{}/read", path_of(&newest));
        for _ in 0..2 {
            // The second time nothing is changed.
            place.app.call(&ann, http::Method::POST, &path).send().await;
        }
        let room = json!(format!("user:{}", ann.user_id().unwrap()));
        let sql = "SELECT data, id FROM outbox WHERE type = 'realtime.room.addressed' ORDER BY era, position";
        let said: Vec<Value> = place.rows(&bench, sql).await.iter().map(|row| row.try_get("", "data").unwrap()).collect();
        let hers: Vec<&Value> = said.iter().filter(|said| said["room"] == room).map(|said| &said["data"]).collect();
        assert_eq!(hers, [&json!({ "event": "inbox_changed", "seq": 1 }), &json!({ "event": "inbox_changed", "seq": 2 })]);
        assert_eq!(said.len(), 3);
    }

    async fn a_person_has_only_so_many_streams(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let ann = place.person(&bench);
        let mut open_ones = Vec::new();
        // One router, as a process has.
        let host = &place.app.host;
        let router = banyan_notifications::service().router(host);
        let mut last = StatusCode::OK;
        for _ in 0..7 {
            let application = host.applications.default_application().clone();
            let mut request = Request::builder().uri("/api/v1/notifications/stream").body(Body::empty()).unwrap();
            request.extensions_mut().insert(ann.request);
            request.extensions_mut().insert(Tenant { id: ann.tenant, name: Arc::from("upcoach"), application });
            request.extensions_mut().insert(ann.clone());
            let response = router.clone().oneshot(request).await.unwrap();
            last = response.status();
            open_ones.push(response);
        }
        assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
        assert!(open_ones[..6].iter().all(|response| response.status() == StatusCode::OK));
    }
}
