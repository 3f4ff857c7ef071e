//! What is particular to PostgreSQL: roles with few rights, several servers on one database.

use banyan_kernel::Uuid;

use crate::harness::{PASSWORD, Place, Ran, eventually};

/// Runs SQL as the superuser of the run.
fn administer(place: &Place, sql: &str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(place.database_url(), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute(sql).await.unwrap();
    });
}

/// The place's database with another log-in.
fn url_of(place: &Place, user: &str) -> String {
    let mut url: url::Url = place.database_url().parse().unwrap();
    url.set_username(user).unwrap();
    url.set_password(Some("in no list of passwords")).unwrap();
    url.into()
}

/// A log-in role without rights and an owner of schemas, in names that no other test has.
fn roles(place: &Place) -> (String, String) {
    #[expect(clippy::disallowed_methods, reason = "a name that no other test has")]
    let mark = Uuid::now_v7().simple().to_string();
    let (login, owner) = (format!("login_{mark}"), format!("owner_{mark}"));
    let database = url::Url::parse(place.database_url()).unwrap().path().trim_start_matches('/').to_owned();
    administer(
        place,
        &format!(
            "CREATE ROLE {login} LOGIN PASSWORD 'in no list of passwords'; \
             CREATE ROLE {owner} LOGIN CREATEROLE PASSWORD 'in no list of passwords'; \
             GRANT CREATE ON DATABASE {database} TO {owner}"
        ),
    );
    (login, owner)
}

#[test]
fn the_server_runs_as_a_role_without_rights() {
    let place = Place::postgres();
    let (login, owner) = roles(&place);
    let (url, owner_url) = (url_of(&place, &login), url_of(&place, &owner));
    let migrated =
        place.command(&["migrate"]).env("DATABASE_URL", &url).env("BANYAN_DATABASE_OWNER_URL", &owner_url).output().unwrap();
    Ran::from(migrated).good();
    let server = place.serve_with(&[], &[("DATABASE_URL", &url), ("BANYAN_DATABASE_OWNER_URL", &owner_url)]);
    let token = server.register("ann@example.org");
    assert_eq!(server.get("/api/v1/goals", Some(&token)).0, 200);
    let doctor =
        place.command(&["doctor"]).env("DATABASE_URL", &url).env("BANYAN_DATABASE_OWNER_URL", &owner_url).output().unwrap();
    let doctor = Ran::from(doctor);
    assert!(doctor.output.contains(&format!("`{login}` has no rights of its own")), "{}", doctor.output);
    assert!(!doctor.output.contains("in no list"), "{}", doctor.output);
    let backup =
        place.command(&["backup"]).env("DATABASE_URL", &url).env("BANYAN_DATABASE_OWNER_URL", &owner_url).output().unwrap();
    let refused = Ran::from(backup).failed(1);
    assert!(refused.contains("may not bypass row security") && refused.contains("BANYAN_DATABASE_BACKUP_URL"), "{refused}");
}

/// Runs a command of the place with another log-in.
fn as_role(place: &Place, url: &str, arguments: &[&str]) -> Ran {
    Ran::from(place.command(arguments).env("DATABASE_URL", url).output().unwrap())
}

const SERVE: [&str; 5] = ["serve", "--listen", "127.0.0.1:0", "--admin-listen", "off"];

#[test]
fn only_a_migration_needs_the_owner() {
    let place = Place::postgres();
    let (login, owner) = roles(&place);
    let (url, owner_url) = (url_of(&place, &login), url_of(&place, &owner));
    for arguments in [&SERVE[..], &["tenant", "list"], &["migrate"]] {
        let error = as_role(&place, &url, arguments).failed(5);
        assert!(error.contains("service `") && error.contains("are not there"), "{error}");
        assert!(error.contains(&format!("banyan migrate --database-url OWNER --log-in-role {login}")), "{error}");
    }
    let unknown = as_role(&place, &owner_url, &["migrate", "--log-in-role", "nobody_of_this_name"]).failed(1);
    assert!(unknown.contains("nobody_of_this_name"), "{unknown}");
    // The tables are there now, but the log-in role is not let in.
    let error = as_role(&place, &url, &SERVE).failed(5);
    assert!(error.contains("may not act as service"), "{error}");
    as_role(&place, &owner_url, &["migrate", "--log-in-role", &login]).good();
    let server = place.serve_with(&[], &[("DATABASE_URL", &url)]);
    let token = server.register("ann@example.org");
    assert_eq!(server.get("/api/v1/goals", Some(&token)).0, 200);
    for arguments in [&["tenant", "list"][..], &["compliance", "--attack"], &["audit", "verify"]] {
        as_role(&place, &url, arguments).good();
    }
    let doctor = as_role(&place, &url, &["doctor"]);
    assert!(doctor.output.contains("a server needs none"), "{}", doctor.output);
    assert!(doctor.output.contains("goals: version ") && !doctor.output.contains("WRONG    data"), "{}", doctor.output);
}

#[test]
fn tables_of_another_version_are_migrated_or_refused() {
    let place = Place::postgres();
    let (login, owner) = roles(&place);
    let (url, owner_url) = (url_of(&place, &login), url_of(&place, &owner));
    as_role(&place, &owner_url, &["migrate", "--log-in-role", &login]).good();
    let present = crate::database::postgres(place.database_url(), "SELECT max(version) FROM goals.schema_version");
    administer(&place, "UPDATE goals.schema_version SET version = 1");
    let both = |arguments: &[&str]| {
        let mut command = place.command(arguments);
        Ran::from(command.env("DATABASE_URL", &url).env("BANYAN_DATABASE_OWNER_URL", &owner_url).output().unwrap())
    };
    // A command does not migrate even where it could.
    for refused in [as_role(&place, &url, &SERVE), as_role(&place, &url, &["tenant", "list"]), both(&["tenant", "list"])] {
        let error = refused.failed(5);
        assert!(error.contains("service `goals` have version 1; this program needs version "), "{error}");
        assert!(error.contains("banyan migrate --database-url OWNER"), "{error}");
    }
    let doctor = as_role(&place, &url, &["doctor"]);
    assert_eq!(doctor.code(), 1);
    assert!(doctor.output.contains("goals: version 1, older"), "{}", doctor.output);
    let server = place.serve_with(&[], &[("DATABASE_URL", &url), ("BANYAN_DATABASE_OWNER_URL", &owner_url)]);
    server.stop();
    let versions = crate::database::postgres(place.database_url(), "SELECT max(version) FROM goals.schema_version");
    assert_eq!(versions, present);
    as_role(&place, &url, &["tenant", "list"]).good();
    administer(&place, "UPDATE goals.schema_version SET version = 99");
    for arguments in [&SERVE[..], &["tenant", "list"], &["migrate"]] {
        let error = both(arguments).failed(4);
        assert!(error.contains("`goals` has version 99"), "{error}");
    }
}

#[test]
fn servers_that_start_together_migrate_one_after_the_other() {
    let place = Place::postgres();
    let (login, owner) = roles(&place);
    let (url, owner_url) = (url_of(&place, &login), url_of(&place, &owner));
    let key = "5a".repeat(31) + "a5";
    let places: Vec<Place> = (0..3).map(|_| Place::with_database(&url)).collect();
    let servers: Vec<_> = std::thread::scope(|scope| {
        let start = |place| {
            let variables = [("BANYAN_DATABASE_OWNER_URL", &*owner_url), ("BANYAN_MASTER_KEY", &*key)];
            scope.spawn(move || Place::serve_with(place, &[], &variables))
        };
        let starts: Vec<_> = places.iter().map(start).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    let token = servers[0].register("ann@example.org");
    for server in &servers {
        assert_eq!(server.get("/api/v1/goals", Some(&token)).0, 200);
    }
}

#[test]
fn a_database_elsewhere_without_tls_is_told() {
    let place = Place::sqlite();
    for (parameters, weak) in [("", true), ("?sslmode=require", true), ("?sslmode=verify-full", false)] {
        let doctor = as_role(&place, &format!("postgres://banyan:hunter2@db.invalid/banyan{parameters}"), &["doctor"]);
        assert_eq!(doctor.output.contains("sslmode=verify-full&sslrootcert"), weak, "{parameters}: {}", doctor.output);
    }
    let wrong = as_role(&place, "postgres://banyan:hunter2@db.invalid/banyan?sslmode=often", &["config"]).failed(2);
    assert!(wrong.contains("verify-full") && !wrong.contains("hunter2"), "{wrong}");
}

#[test]
fn a_superuser_as_log_in_is_told() {
    let place = Place::postgres();
    place.run(&["migrate"]).good();
    let doctor = place.run(&["doctor"]);
    assert!(doctor.output.contains("is a superuser"), "{}", doctor.output);
}

#[test]
fn two_servers_share_a_database_and_hear_each_other() {
    let place = Place::postgres();
    let first = place.serve();
    let key = std::fs::read_to_string(place.data().join("keys/master.key")).unwrap();
    let other = Place::with_database(place.database_url());
    // Without the key of the first it must not start: it would not be able to read what that one sealed.
    let error = other.run(&["serve", "--listen", "127.0.0.1:0", "--admin-listen", "off"]).failed(1);
    assert!(error.contains("BANYAN_MASTER_KEY"), "{error}");
    let second = other.serve_with(&[], &[("BANYAN_MASTER_KEY", key.trim())]);
    let token = first.register("ann@example.org");
    assert_eq!(second.get("/api/v1/users/profile", Some(&token)).0, 200);
    second.log_in("ann@example.org", PASSWORD);
    let out = place.run(&["user", "revoke-sessions", "--tenant", "upcoach", "--email", "ann@example.org"]);
    out.good();
    for server in [&first, &second] {
        eventually("the token dies everywhere", || (server.get("/api/v1/users/profile", Some(&token)).0 == 401).then_some(()));
    }
}

#[test]
fn a_database_that_does_not_answer_is_named_without_its_password() {
    let place = Place::sqlite();
    let url = "postgres://banyan:hunter2@127.0.0.1:1/banyan";
    let ran = Ran::from(place.command(&["migrate"]).env("DATABASE_URL", url).output().unwrap());
    let error = ran.failed(1);
    assert!(error.contains("PostgreSQL does not answer"), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
    let doctor = Ran::from(place.command(&["doctor"]).env("DATABASE_URL", url).output().unwrap());
    assert_eq!(doctor.code(), 1);
    assert!(doctor.output.contains("start PostgreSQL") && !doctor.output.contains("hunter2"), "{}", doctor.output);
}

#[test]
fn a_policy_that_somebody_opened_shows_in_the_health() {
    let place = Place::postgres();
    place.serve().stop();
    administer(&place, "CREATE POLICY wide_open ON goals.goals USING (true)");
    let server = place.serve();
    let health = eventually("the health tells of it", || {
        let (_, health) = crate::harness::get(&format!("{}/health", server.url), None);
        health["degraded"].to_string().contains("row-security").then_some(health)
    });
    assert_eq!(health["status"], "degraded", "{health}");
    let log = server.stop();
    assert!(log.contains("row security is not as declared"), "{log}");
    place.run(&["compliance"]).failed(1);
}
