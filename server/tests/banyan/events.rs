//! Events that cannot be handled, in the hands of an operator.

use serde_json::Value;

use crate::database::look;
use crate::harness::{Place, eventually, on_both_engines};

const ASKED: &str = "identity.user.verification-requested";

fn json(place: &Place, arguments: &[&str]) -> Value {
    serde_json::from_str(&place.run(arguments).good()).unwrap()
}

on_both_engines! {
    fn a_dead_letter_is_listed_mended_driven_again_and_dropped(place: Place) {
        let server = place.serve();
        server.register("ann@example.org");
        let consumers = || json(&place, &["events", "consumers", "--json"]);
        let mails = || consumers().as_array().unwrap().iter().find(|one| one["consumer"] == "mails").cloned().unwrap();
        eventually("the mail is asked for", || (mails()["lag"] == 0).then_some(()));
        assert_eq!((mails()["partitions"].as_array().unwrap().len(), mails()["dead"].as_u64()), (16, Some(0)));
        let original = look(&place, "identity", &format!("SELECT data FROM outbox WHERE type = '{ASKED}'")).remove(0);
        // Somebody breaks an event, and lets it be handled again.
        look(&place, "identity", &format!("UPDATE outbox SET data = '[]' WHERE type = '{ASKED}'"));
        let replay = ["events", "replay", "identity", "mails", "--source", "identity", "--beginning"];
        let unasked = place.run(&replay).failed(2);
        assert!(unasked.contains("--yes"), "{unasked}");
        place.run(&[&replay[..], &["--yes"]].concat()).good();
        let list = || json(&place, &["events", "dead", "list", "--tenant", "upcoach", "--json"]);
        let id = eventually("it is dead", || list()[0]["id"].as_str().map(str::to_owned));
        assert!(list()[0]["history"][0]["error"].as_str().unwrap().contains("cannot be"), "{}", list());
        let table = place.run(&["events", "dead", "list"]).good();
        assert!(table.contains(ASKED) && table.contains("mails"), "{table}");
        assert_eq!(json(&place, &["events", "dead", "show", &id])["data"], serde_json::json!([]));
        let doctor = place.run(&["doctor"]);
        assert!(doctor.output.contains("could not be handled"), "{}", doctor.output);
        let reason = ["--reason", "ticket 7"];
        let nonsense = place.run(&[&["events", "dead", "edit", &id, "--with", "{"], &reason[..]].concat()).failed(2);
        assert!(nonsense.contains("`--with` is no JSON"), "{nonsense}");
        place.run(&["events", "dead", "redrive", &id]).failed(2);
        place.run(&[&["events", "dead", "edit", &id, "--with", &original], &reason[..]].concat()).good();
        let again = place.run(&[&["events", "dead", "redrive", "--all", "--consumer", "mails"], &reason[..]].concat()).good();
        assert!(again.contains("1 will be tried again"), "{again}");
        eventually("it is handled", || (mails()["dead"] == 0 && mails()["waiting"] == 0).then_some(()));
        let gone = place.run(&[&["events", "dead", "drop", &id], &reason[..]].concat()).failed(1);
        assert!(gone.contains("no dead letter of this id"), "{gone}");
        let nobody = place.run(&["events", "dead", "list", "--tenant", "nobody"]).failed(1);
        assert!(nobody.contains("no tenant `nobody`"), "{nobody}");
        let unknown = place.run(&["events", "forget", "x.y", "--source", "identity"]).failed(1);
        assert!(unknown.contains("does not read the log"), "{unknown}");
        place.run(&["audit", "verify"]).good();
    }
}
