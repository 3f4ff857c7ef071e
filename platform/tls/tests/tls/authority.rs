use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use banyan_tls::{Authority, Kind, NodeTls, Overwrite, TlsError};

use crate::support::Place;

const DAY: i64 = 24 * 60 * 60;

#[test]
fn what_is_there_is_not_replaced_by_accident() {
    let place = Place::new();
    assert!(matches!(place.authority.init(10, Overwrite::Refuse), Err(TlsError::Exists { .. })));
    let node = place.authority.node("node-1", &[], 90, Overwrite::Refuse).unwrap();
    let error = place.authority.node("node-1", &[], 90, Overwrite::Refuse).unwrap_err();
    assert!(error.to_string().contains("--force"), "{error}");
    let before = std::fs::read(&node.files.key).unwrap();
    place.authority.node("node-1", &[], 90, Overwrite::Replace).unwrap();
    assert_ne!(std::fs::read(&node.files.key).unwrap(), before);
}

#[test]
fn only_the_owner_may_read_what_was_made() {
    let place = Place::new();
    place.server(&["example.org"]);
    place.authority.node("node-1", &[], 90, Overwrite::Refuse).unwrap();
    for issued in place.authority.list().unwrap() {
        for path in [&issued.files.key, &issued.files.certificate] {
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o077, 0, "{}", path.display());
            let folder = path.parent().unwrap();
            assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o077, 0, "{}", folder.display());
        }
    }
}

#[test]
fn a_list_says_names_and_ends() {
    let place = Place::new();
    place.server(&["example.org", "*.example.org", "10.0.0.1", "::1"]);
    place.authority.node("node-1", &["10.0.0.2".to_owned()], 30, Overwrite::Refuse).unwrap();
    let list = place.authority.list().unwrap();
    let kinds: Vec<Kind> = list.iter().map(|issued| issued.kind).collect();
    assert_eq!(kinds, [Kind::Authority, Kind::Node, Kind::Server]);
    assert_eq!(list[1].info.names, [NodeTls::name_of("node-1").as_str(), NodeTls::ANY_NODE, "10.0.0.2"]);
    assert_eq!(list[2].info.names, ["example.org", "*.example.org", "10.0.0.1", "::1"]);
    let days = |at: usize| list[at].info.not_after.seconds_since(list[at].info.not_before) / DAY;
    assert_eq!((days(0), days(1), days(2)), (3_650, 30, 90));
}

#[test]
fn what_expires_soon_is_made_anew_for_the_same_names() {
    let place = Place::new();
    let short = place.authority.node("node-1", &["10.0.0.2".to_owned()], 20, Overwrite::Refuse).unwrap();
    let long = place.server(&["example.org"]);
    assert!(place.authority.renew(19).unwrap().is_empty());
    place.clock.advance_seconds(5 * DAY);
    let renewed = place.authority.renew(16).unwrap();
    assert_eq!(renewed.len(), 1);
    assert_eq!((renewed[0].kind, &renewed[0].files), (Kind::Node, &short.files));
    assert_eq!(renewed[0].info.names, short.info.names);
    assert_eq!(renewed[0].info.not_after.seconds_since(short.info.not_after), 5 * DAY);
    assert!(place.authority.list().unwrap().contains(&long));
}

#[test]
fn names_that_cannot_be_meant_are_refused() {
    let place = Place::new();
    for bad in ["", "../x", "a/b", "Node", "-a", "a-", "a.b", "a b", &"a".repeat(64)] {
        assert!(place.authority.node(bad, &[], 90, Overwrite::Refuse).is_err(), "{bad}");
    }
    for bad in ["", "../x", "a/b", "a..b", ".a", "a.", "*", "*.*.a", "a.*.b", "a b", "https://a", &"a".repeat(64)] {
        assert!(place.authority.server(&[bad.to_owned()], 90, Overwrite::Refuse).is_err(), "{bad}");
    }
    assert!(place.authority.server(&[], 90, Overwrite::Refuse).is_err());
    assert_eq!(place.authority.list().unwrap().len(), 1, "nothing was written");
}

#[test]
fn without_an_authority_there_is_advice() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::at(folder.path(), Arc::new(banyan_kernel::SystemClock));
    assert!(authority.list().unwrap().is_empty());
    let error = authority.server(&["example.org".to_owned()], 90, Overwrite::Refuse).unwrap_err();
    assert!(error.to_string().contains("banyan certs init"), "{error}");
}
