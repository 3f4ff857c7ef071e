use std::path::Path;

use banyan_tls::{NodeTls, Overwrite};

use crate::support::{Place, certificate, meet};

fn node(place: &Place, name: &str) -> NodeTls {
    let issued = place.authority.node(name, &[], 90, Overwrite::Replace).unwrap();
    NodeTls::load(&place.authority.certificate(), issued.files).unwrap()
}

#[tokio::test]
async fn nodes_of_one_authority_know_each_other_by_name() {
    let place = Place::new();
    let (one, two) = (node(&place, "one"), node(&place, "two"));
    for name in [NodeTls::ANY_NODE.to_owned(), NodeTls::name_of("two")] {
        let met = meet(two.server(), one.client(), &name).await.unwrap();
        assert_eq!(NodeTls::peer(&met.client.unwrap()).as_deref(), Some("one"));
        assert_eq!(NodeTls::peer(&met.server).as_deref(), Some("two"));
        assert_eq!(met.alpn.as_deref(), Some(b"h2".as_slice()));
    }
    meet(two.server(), one.client(), &NodeTls::name_of("three")).await.unwrap_err();
}

#[tokio::test]
async fn strangers_are_refused_at_both_ends() {
    let (place, elsewhere) = (Place::new(), Place::new());
    let (ours, theirs) = (node(&place, "one"), node(&elsewhere, "one"));
    meet(ours.server(), theirs.client(), NodeTls::ANY_NODE).await.unwrap_err();
    meet(theirs.server(), ours.client(), NodeTls::ANY_NODE).await.unwrap_err();
    // A client that trusts us, and shows nothing.
    meet(ours.server(), place.client(), NodeTls::ANY_NODE).await.unwrap_err();
    // A listener's certificate of the same authority is no node's.
    let server = place.server(&["node.example.org"]);
    let disguised = NodeTls::load(&place.authority.certificate(), server.files).unwrap();
    meet(ours.server(), disguised.client(), NodeTls::ANY_NODE).await.unwrap_err();
    meet(disguised.server(), ours.client(), NodeTls::ANY_NODE).await.unwrap_err();
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_after_a_reload_and_a_bad_one_is_not() {
    let place = Place::new();
    let (one, two) = (node(&place, "one"), node(&place, "two"));
    let renewed = place.authority.node("two", &[], 90, Overwrite::Replace).unwrap();
    two.reload().unwrap();
    let met = meet(two.server(), one.client(), NodeTls::ANY_NODE).await.unwrap();
    assert_eq!(met.server[0], certificate(&renewed.files));
    std::fs::write(&renewed.files.certificate, "half").unwrap();
    two.reload().unwrap_err();
    meet(two.server(), one.client(), NodeTls::ANY_NODE).await.unwrap();
    assert!(NodeTls::load(Path::new("/nowhere"), renewed.files).is_err());
}
