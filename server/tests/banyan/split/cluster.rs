//! An installation of several processes.

use crate::harness::{Place, SERVICES, Server};

const MASTER_KEY: &str = "4b0c5b7f6b1d4b0e8f8f0d7a1c2b3a495867f6e5d4c3b2a1908f7e6d5c4b3a29";
const SECRET: &str = "a secret of tests, which protects nothing at all";

/// A process, with a data directory of its own.
pub(crate) struct Part {
    place: Place,
    pub(crate) server: Server,
}

impl Part {
    /// Where other nodes reach it.
    pub(crate) fn mesh(&self) -> String {
        let text = std::fs::read_to_string(self.place.data().join("banyan.addr")).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["mesh"].as_str().unwrap().to_owned()
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// What `banyan services` says.
    pub(crate) fn list(&self) -> String {
        self.place.run(&["services"]).good()
    }
}

pub(crate) struct Cluster {
    database: Place,
    pub(crate) door: Part,
    services: Vec<(&'static str, Part)>,
}

impl Cluster {
    /// A front door with these roles, and one process for the rest.
    pub(crate) fn with_doors_of(roles: &str, variables: &[(&str, &str)]) -> Self {
        let database = Place::postgres();
        let rest = start(&database, &all_but(roles));
        let door = start_at(Place::with_database(database.database_url()), roles, variables);
        Self { database, door, services: vec![("identity", rest)] }
    }

    /// A front door, and a process for the rest, to which others come.
    pub(crate) fn of_three() -> Self {
        Self::on(Place::postgres())
    }

    /// The same on a database that is there.
    pub(crate) fn of_three_on(url: &str) -> Self {
        Self::on(Place::with_database(url))
    }

    fn on(database: Place) -> Self {
        let rest = start(&database, &all_but("edge"));
        let door = start(&database, "edge");
        Self { database, door, services: vec![("identity", rest)] }
    }

    pub(crate) fn database_url(&self) -> &str {
        self.database.database_url()
    }

    /// One more process, with these roles.
    pub(crate) fn another(&self, roles: &str, variables: &[(&str, &str)]) -> Part {
        start_at(Place::with_database(self.database.database_url()), roles, variables)
    }

    /// The front door, and so many instances of each service.
    pub(crate) fn of(instances: usize) -> Self {
        let database = Place::postgres();
        let identity = start(&database, "identity");
        let door = start(&database, "edge");
        let mut cluster = Self { database, door, services: vec![("identity", identity)] };
        for service in SERVICES {
            let there = cluster.services.iter().filter(|(name, _)| *name == service).count();
            (there..instances).for_each(|_| cluster.add(service));
        }
        for service in SERVICES {
            crate::harness::eventually(service, || (cluster.instances(service) == instances).then_some(()));
        }
        cluster
    }

    pub(crate) fn add(&mut self, service: &'static str) {
        self.services.push((service, start(&self.database, service)));
    }

    /// The oldest process of the service; dropped, it is killed.
    pub(crate) fn take(&mut self, service: &str) -> Part {
        let at = self.services.iter().position(|(name, _)| *name == service).unwrap();
        self.services.remove(at).1
    }

    pub(crate) fn part(&self, service: &str) -> &Part {
        &self.services.iter().find(|(name, _)| *name == service).unwrap().1
    }

    /// How many the door knows that take calls.
    pub(crate) fn instances(&self, service: &str) -> usize {
        let services = crate::harness::get(&format!("{}/services", self.door.server.admin), None).1;
        let services = services["services"].as_array().unwrap();
        let service = services.iter().find(|one| one["name"] == service).unwrap();
        service["instances"].as_array().unwrap().iter().filter(|one| one["health"] == "up").count()
    }

    /// A command of an operator, on the cluster's database.
    pub(crate) fn operate(&self, arguments: &[&str], input: &str) -> String {
        operate_at(&self.database, arguments, input)
    }
}

/// A command of an operator in a place of the installation.
pub(crate) fn operate_at(place: &Place, arguments: &[&str], input: &str) -> String {
    std::fs::create_dir_all(place.data().join("keys")).unwrap();
    std::fs::write(place.data().join("keys/master.key"), MASTER_KEY).unwrap();
    place.run_with_input(arguments, input).good()
}

/// The services that are not among these roles.
fn all_but(roles: &str) -> String {
    let others: Vec<&str> = SERVICES.into_iter().filter(|service| roles.split(',').all(|role| role != *service)).collect();
    others.join(",")
}

fn start(database: &Place, roles: &str) -> Part {
    start_at(Place::with_database(database.database_url()), roles, &[])
}

/// Starts a process in a place that was prepared.
pub(crate) fn start_at(place: Place, roles: &str, more: &[(&str, &str)]) -> Part {
    let variables = [
        ("BANYAN_MASTER_KEY", MASTER_KEY),
        ("BANYAN_CLUSTER_SECRET", SECRET),
        ("BANYAN_DATABASE_POOL_MIN", "0"),
        ("BANYAN_DATABASE_POOL_MAX", "4"),
        ("BANYAN_WORKERS", "2"),
    ];
    let variables: Vec<_> = variables.iter().chain(more).copied().collect();
    let listens = |variable: &(&str, &str)| variable.0 == "BANYAN_CLUSTER_MESH_LISTEN";
    let address = if variables.iter().any(listens) { &[][..] } else { &["--mesh-listen", "127.0.0.1:0"] };
    let server = place.serve_with(&[&["--roles", roles], address].concat(), &variables);
    Part { place, server }
}
