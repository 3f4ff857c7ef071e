//! The same thing wanted by many at once: one of them gets it, the others are told, and nobody is told something that is not so.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Barrier;

use serde_json::json;

use super::Scene;
use crate::harness::{PASSWORD, Place, on_both_engines};
use crate::wire::{Reply, Request, Wire};

/// Who want it at the same time.
const MANY: usize = 16;

on_both_engines! {
    fn one_of_many_gets_what_only_one_can_have(place: Place) {
        let mut scene = Scene::set(&place);
        for round in 0..3 {
            register_at_once(&mut scene, round);
            write_under_one_key(&mut scene, round);
            edit_at_once(&mut scene, round);
            check_in_at_once(&mut scene, round);
            name_at_once(&mut scene, round);
            refresh_at_once(&mut scene);
        }
        scene.close(3 * 6 * 16);
    }
}

/// All requests at once, each on a connection of its own that stands already.
fn at_once(scene: &mut Scene<'_>, requests: &[Request]) -> Vec<Reply> {
    let barrier = Barrier::new(requests.len());
    let url = &scene.server.url;
    let replies: Vec<Reply> = std::thread::scope(|scope| {
        let ask = |request| {
            let barrier = &barrier;
            scope.spawn(move || {
                let mut wire = Wire::to(url);
                assert_eq!(wire.ask(&Request::get("/livez")).status, 200);
                barrier.wait();
                wire.ask(request)
            })
        };
        let asking: Vec<_> = requests.iter().map(ask).collect();
        asking.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    scene.attempts += u32::try_from(replies.len()).unwrap();
    for reply in replies.iter().filter(|reply| reply.status >= 400) {
        if let Err(wrong) = reply.is_a_problem() {
            scene.wrong.push(wrong);
        }
    }
    replies
}

/// How often each status and code came.
fn tally(replies: &[Reply]) -> BTreeMap<(u16, String), usize> {
    let mut tally = BTreeMap::new();
    for reply in replies {
        *tally.entry((reply.status, reply.code().to_owned())).or_default() += 1;
    }
    tally
}

fn expect(scene: &mut Scene<'_>, what: &str, replies: &[Reply], expected: &[(u16, &str, usize)]) {
    let met = tally(replies);
    let expected = expected.iter().map(|(status, code, times)| ((*status, (*code).to_owned()), *times)).collect();
    if met != expected {
        scene.wrong.push(format!("{what}: {met:?} instead of {expected:?}"));
    }
}

fn register_at_once(scene: &mut Scene<'_>, round: usize) {
    // One address, however it is spelt.
    let spellings = [format!("Twin{round}@Example.org"), format!("twin{round}@example.org"), format!("TWIN{round}@EXAMPLE.ORG")];
    let register = |at: usize| {
        let who = json!({ "email": spellings[at % 3], "password": PASSWORD, "name": format!("Twin {at}") });
        Request::post("/api/v1/auth/register", &who)
    };
    let replies = at_once(scene, &(0..MANY).map(register).collect::<Vec<_>>());
    expect(scene, "one address", &replies, &[(201, "", 1), (409, "already-exists", MANY - 1)]);
    let who = json!({ "email": spellings[1], "password": PASSWORD });
    let welcome = scene.takes("the one who got it logs in", &Request::post("/api/v1/auth/login", &who), 200);
    let winner = replies.iter().find(|reply| reply.status == 201);
    assert_eq!(welcome.map(|it| it.body["user"]["id"].clone()), winner.map(|it| it.body["user"]["id"].clone()));
    let path = format!("/api/v1/admin/users?search=twin{round}@example.org");
    let token = scene.token.clone();
    if let Some(found) = scene.takes("and is there once", &Request::get(&path).token(&token), 200) {
        assert_eq!(found.body["pagination"]["total"], 1, "{found:?}");
    }
}

/// Under one key there is one entry: for the same body everybody is told of the same one, another body is refused.
fn write_under_one_key(scene: &mut Scene<'_>, round: usize) {
    let token = scene.token.clone();
    let write = |at: usize| {
        let body = json!({ "content": if at % 4 == 3 { "Another" } else { "The same" } });
        Request::post("/api/v1/content/journal", &body).token(&token).header("idempotency-key", &format!("race-{round}"))
    };
    let replies = at_once(scene, &(0..MANY).map(write).collect::<Vec<_>>());
    let written: BTreeSet<String> =
        replies.iter().filter(|reply| reply.status == 201).map(|reply| reply.text("id").to_owned()).collect();
    assert_eq!(written.len(), 1, "{:?}", tally(&replies));
    for reply in &replies {
        let told = (reply.status, reply.code());
        let good = [(201, ""), (409, "idempotency-in-progress"), (422, "idempotency-key-reused")];
        assert!(good.contains(&told), "{reply:?}");
    }
    for id in written {
        scene.takes("taken away again", &Request::new("DELETE", &format!("/api/v1/content/journal/{id}")).token(&token), 204);
    }
}

/// Editors who read the same version: the first one's change counts, the others are told that it was changed.
fn edit_at_once(scene: &mut Scene<'_>, round: usize) {
    let (token, path) = (scene.token.clone(), scene.path("/api/v1/goals/{id}"));
    let Some(read) = scene.takes("read", &Request::get(&path).token(&token), 200) else { return };
    let tag = read.header("etag").to_owned();
    // Each value is a new one: a change that changes nothing leaves the version alone.
    let value = |at: usize| json!({ "currentValue": 1 + round * MANY + at });
    let edit = |at: usize| Request::new("PATCH", &path).json(&value(at)).token(&token).header("if-match", &tag);
    let replies = at_once(scene, &(0..MANY).map(edit).collect::<Vec<_>>());
    expect(scene, "one version", &replies, &[(200, "", 1), (412, "precondition-failed", MANY - 1)]);
    let told = replies.iter().find(|reply| reply.status == 200).map(|reply| reply.body.clone());
    if let Some(now) = scene.takes("read again", &Request::get(&path).token(&token), 200) {
        assert_eq!(Some(&now.body), told.as_ref());
        scene.goal = now.body;
    }
}

fn check_in_at_once(scene: &mut Scene<'_>, round: usize) {
    let (token, path) = (scene.token.clone(), scene.path("/api/v1/habits/{id}/check-ins"));
    let day = format!("2024-01-{:02}", round + 1);
    let check_in = |_| Request::post(&path, &json!({ "date": day })).token(&token);
    let replies = at_once(scene, &(0..MANY).map(check_in).collect::<Vec<_>>());
    expect(scene, "one day", &replies, &[(200, "", MANY - 1), (201, "", 1)]);
    if let Some(days) = scene.takes("the days", &Request::get(&path).token(&token), 200) {
        assert_eq!(days.body["pagination"]["total"], round + 1, "{days:?}");
    }
}

fn name_at_once(scene: &mut Scene<'_>, round: usize) {
    let token = scene.token.clone();
    let name = |_| Request::post("/api/v1/admin/organisations", &json!({ "name": format!("Gym {round}") })).token(&token);
    let replies = at_once(scene, &(0..MANY).map(name).collect::<Vec<_>>());
    expect(scene, "one name", &replies, &[(201, "", 1), (409, "already-exists", MANY - 1)]);
}

/// One refresh token has one child, whoever asks for it.
fn refresh_at_once(scene: &mut Scene<'_>) {
    let who = json!({ "email": "owner@example.org", "password": PASSWORD });
    let Some(welcome) = scene.takes("log in", &Request::post("/api/v1/auth/login", &who), 200) else { return };
    let refresh = |_| Request::post("/api/v1/auth/refresh", &json!({ "refreshToken": welcome.text("refreshToken") }));
    let replies = at_once(scene, &(0..MANY).map(refresh).collect::<Vec<_>>());
    expect(scene, "one refresh token", &replies, &[(200, "", MANY)]);
    let children: BTreeSet<&str> = replies.iter().map(|reply| reply.text("refreshToken")).collect();
    assert_eq!(children.len(), 1);
    for child in children {
        let next = Request::post("/api/v1/auth/refresh", &json!({ "refreshToken": child }));
        scene.takes("the child counts", &next, 200);
    }
}
