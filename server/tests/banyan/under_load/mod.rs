//! What may change while people ask: routes, certificates, instances. No request fails. (The program itself: `hand_over`.)

mod load;

use std::io;
use std::net::TcpStream;
use std::sync::Arc;

use rustix::process::Signal;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::harness::{Place, Server, eventually};
use crate::split::cluster::Cluster;
use load::{Answer, Load, plain};

fn is_ok(answer: &Answer) -> bool {
    answer.status == 200
}

/// Puts a file in the place of another at once, as deployments do: nobody reads half of it.
fn replace(place: &Place, name: &str, text: &str) {
    let new = place.file(&format!("{name}.new"), text);
    std::fs::rename(new, place.folder().join(name)).unwrap();
}

const ROUTE_RELOADS: usize = 100;

/// `/x` answers with the number, among more and more others.
fn numbered(number: usize) -> String {
    let others = (0..number).map(|other| {
        format!("[[routes]]\nname = \"other-{other}\"\npath = \"/other/{other}/{{rest}}\"\nrespond = {{ status = 204 }}\n")
    });
    let own = format!("[[routes]]\nname = \"x\"\npath = \"/x\"\nrespond = {{ status = 200, json = {{ number = {number} }} }}\n");
    own + &others.collect::<String>()
}

#[test]
fn a_hundred_route_files_are_taken_and_bad_ones_refused_while_people_ask() {
    let place = Place::sqlite();
    replace(&place, "banyan.toml", &numbered(0));
    let server = place.serve();
    let load = Load::begin("/x", plain(&server.url), is_ok);
    for number in 1..=ROUTE_RELOADS {
        if number % 10 == 0 {
            replace(&place, "banyan.toml", "[[routes]]\nname = \"x\"\npath = \"/x\"\n");
            server.signal(Signal::HUP);
            load.more(20);
        }
        replace(&place, "banyan.toml", &numbered(number));
        server.signal(Signal::HUP);
        eventually("the new routes", || (server.get("/x", None).1["number"] == number).then_some(()));
        load.more(10);
    }
    assert!(load.end() >= ROUTE_RELOADS * 10);
    let metrics = crate::harness::get(&format!("{}/metrics", server.admin), None).1;
    let refused = metrics.as_str().unwrap().lines().find(|line| line.starts_with("edge_route_reloads_total{result=\"refused\"}"));
    assert!(refused.is_some_and(|line| !line.ends_with(" 0")), "{refused:?}");
    server.stop();
}

const CERTIFICATES: usize = 20;

/// Connects by TLS, trusting the place's own authority.
fn secure(tls: &str, place: &Place) -> impl Fn() -> io::Result<rustls::StreamOwned<rustls::ClientConnection, TcpStream>> + use<> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(place.data().join("certs/ca.pem")).unwrap()).unwrap();
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots).with_no_client_auth();
    let (config, connect) = (Arc::new(config), plain(&tls.replace("https://", "http://")));
    move || {
        let mut stream = connect()?;
        let mut connection =
            rustls::ClientConnection::new(config.clone(), "localhost".try_into().unwrap()).map_err(io::Error::other)?;
        while connection.is_handshaking() {
            connection.complete_io(&mut stream)?;
        }
        Ok(rustls::StreamOwned::new(connection, stream))
    }
}

#[test]
fn twenty_certificates_follow_one_another_while_people_come_and_stay() {
    let place = Place::sqlite();
    place.run(&["certs", "init"]).good();
    place.run(&["certs", "server", "localhost"]).good();
    let server = place.serve_with(&["--tls-listen", "127.0.0.1:0"], &[]);
    let addresses = std::fs::read(place.data().join("banyan.addr")).unwrap();
    let addresses: serde_json::Value = serde_json::from_slice(&addresses).unwrap();
    let tls = addresses["tls"].as_str().unwrap();
    let (shown, file) = (secure(tls, &place), place.data().join("certs/servers/localhost.pem"));
    let load = Load::begin("/livez", secure(tls, &place), is_ok);
    for _ in 0..CERTIFICATES {
        place.run(&["certs", "server", "localhost", "--force"]).good();
        server.signal(Signal::HUP);
        let new = CertificateDer::from_pem_file(&file).unwrap();
        eventually("it is shown", || (shown().unwrap().conn.peer_certificates().unwrap()[0] == new).then_some(()));
        load.more(20);
    }
    assert!(load.end() >= CERTIFICATES * 20);
    server.stop();
}

/// `/site` leads to these.
fn site(endpoints: &[&Server]) -> String {
    let endpoints: Vec<String> = endpoints.iter().map(|server| format!("{:?}", server.url)).collect();
    format!(
        "[upstreams.site]\nendpoints = [{}]\n[[routes]]\nname = \"site\"\npath = \"/site\"\nupstream = \"site\"\nauth = \"public\"\nrewrite = \"/livez\"\n",
        endpoints.join(", ")
    )
}

#[test]
fn instances_of_an_upstream_die_and_others_come_while_people_ask() {
    let place = Place::sqlite();
    let instance = || {
        let place = Place::sqlite();
        // In this order, for the place goes away with its server.
        (place.serve_with(&[], &[("BANYAN_WORKERS", "1")]), place)
    };
    let mut instances = vec![instance(), instance()];
    replace(&place, "banyan.toml", &site(&instances.iter().map(|(server, _)| server).collect::<Vec<_>>()));
    let door = place.serve();
    let load = Load::begin("/site", plain(&door.url), is_ok);
    let endpoints = |door: &Server| {
        let services = crate::harness::get(&format!("{}/services", door.admin), None).1;
        let site = services["services"].as_array().unwrap().iter().find(|one| one["name"] == "site").cloned().unwrap();
        let known = site["instances"].as_array().unwrap().iter().map(|one| one.to_string());
        known.collect::<String>()
    };
    for _ in 0..3 {
        load.more(60);
        // Killed, with all that it was answering.
        drop(instances.remove(0));
        load.more(200);
        instances.push(instance());
        let newcomer = instances[1].0.url.clone();
        replace(&place, "banyan.toml", &site(&instances.iter().map(|(server, _)| server).collect::<Vec<_>>()));
        door.signal(Signal::HUP);
        let address = newcomer.strip_prefix("http://").unwrap();
        eventually("the newcomer is known", || endpoints(&door).contains(address).then_some(()));
    }
    load.more(60);
    assert!(load.end() > 800);
    door.stop();
}

#[test]
fn instances_of_services_come_and_die_while_people_ask() {
    let mut cluster = Cluster::of(1);
    let load = crate::split::load::Load::begin(&cluster.door.server.url);
    for service in crate::harness::SERVICES {
        load.more(20);
        cluster.add(service);
        eventually("it is found", || (cluster.instances(service) == 2).then_some(()));
        load.more(40);
        drop(cluster.take(service));
        load.more(60);
    }
    assert_eq!(load.end(), Vec::<String>::new());
}
