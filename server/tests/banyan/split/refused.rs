//! What cannot be several processes is refused, with what would do.

use crate::harness::Place;

const SECRET: (&str, &str) = ("BANYAN_CLUSTER_SECRET", "a secret of tests, which protects nothing at all");

fn refused(place: &Place, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let mut command = place.command(&["serve", "--listen", "127.0.0.1:0", "--admin-listen", "off"]);
    let output = command.args(arguments).envs(variables.iter().copied()).output().unwrap();
    crate::harness::Ran::from(output).failed(2)
}

#[test]
fn one_sqlite_directory_is_one_process() {
    let place = Place::sqlite();
    for arguments in [&["--roles", "edge,identity", "--mesh-listen", "127.0.0.1:0"][..], &["--mesh-listen", "127.0.0.1:0"]] {
        let error = refused(&place, arguments, &[SECRET]);
        assert!(error.contains("cannot share a SQLite directory") && error.contains("DATABASE_URL"), "{error}");
    }
}

/// Arguments, environment, and what the refusal says.
type Case<'c> = (&'c [&'c str], &'c [(&'c str, &'c str)], &'c str);

#[test]
fn a_part_needs_what_all_share() {
    let place = Place::with_database("postgres://nobody@127.0.0.1:1/nothing");
    let mesh = ["--roles", "goals", "--mesh-listen"];
    let with = |address: &'static str| [mesh[0], mesh[1], mesh[2], address];
    let cases: [Case<'_>; 7] = [
        (&["--roles", "gaols"], &[SECRET], "edge, identity, content, goals, gateway, events, notifications"),
        (&["--roles", "goals"], &[SECRET], "--mesh-listen"),
        (&with("127.0.0.1:0"), &[], "banyan cluster secret"),
        (&with("127.0.0.1:0"), &[("BANYAN_CLUSTER_SECRET", "short")], "at least 32"),
        (&with("0.0.0.0:0"), &[SECRET], "cluster.advertise"),
        (&with("203.0.113.7:7070"), &[SECRET], "banyan certs node"),
        (&["--roles", "goals", "--mesh-listen", "127.0.0.1:0", "--demo"], &[SECRET], "without --roles"),
    ];
    for (arguments, variables, remedy) in cases {
        let mut command = place.command(&["serve", "--listen", "127.0.0.1:0", "--admin-listen", "off"]);
        let output = command.args(arguments).envs(variables.iter().copied()).output().unwrap();
        let ran = crate::harness::Ran::from(output);
        assert!(!ran.status.success() && ran.error.contains(remedy), "{arguments:?}: {}", ran.error);
    }
}

#[test]
fn a_new_secret_is_long_and_never_the_same() {
    let place = Place::sqlite();
    let secret = || place.run(&["cluster", "secret"]).good().trim().to_owned();
    let (one, other) = (secret(), secret());
    assert!(one.len() == 64 && one != other, "{one}");
}

#[test]
fn what_joins_nothing_is_refused_with_what_would_do() {
    let place = Place::with_database("postgres://nobody@127.0.0.1:1/nothing");
    let cases = [
        ("goals", "goals=http://10.0.0.6:7070"),
        ("gaols=http://10.0.0.6:7070", "identity, content, goals"),
        ("goals=https://10.0.0.6:7070", "cluster.node"),
        ("goals=http://8.8.8.8:7070", "cluster.allow_plain"),
        ("goals=http://10.0.0.6:7070,goals=srv:_goals._tcp.internal", "in several ways"),
        ("goals=dns:http://a.internal:1,goals=dns:http://b.internal:1", "in several ways"),
        ("goals=http://10.0.0.6:7070/api", "goals=http://10.0.0.6:7070"),
    ];
    for (join, remedy) in cases {
        let arguments = ["serve", "--roles", "edge", "--mesh-listen", "127.0.0.1:0", "--listen", "127.0.0.1:0", "--join", join];
        let output = place.command(&arguments).env(SECRET.0, SECRET.1).output().unwrap();
        let ran = crate::harness::Ran::from(output);
        assert!(ran.code() == 2 && ran.error.contains(remedy), "{join}: {ran:?}");
    }
}
