use std::ffi::OsString;
use std::path::Path;

use banyan_edge::{Quota, WhenApart};

use super::*;

struct Given {
    directory: tempfile::TempDir,
    variables: Vec<(OsString, OsString)>,
    flags: Flags,
}

impl Given {
    fn nothing() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), variables: Vec::new(), flags: Flags::default() }
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    fn flag(mut self, name: &'static str, value: &str) -> Self {
        self.flags.values.insert(name, value.to_owned());
        self
    }

    fn file(self, name: &str, text: &str) -> Self {
        let path = self.directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    fn load(&self) -> Result<Loaded, SettingsError> {
        let variables = Variables::new(self.variables.clone());
        load(&Sources { flags: &self.flags, variables: &variables, working_directory: self.directory.path() })
    }

    fn error(&self) -> String {
        self.load().unwrap_err().to_string()
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }
}

fn url_of(loaded: &Loaded) -> String {
    match &loaded.database {
        DatabaseChoice::Sqlite => "sqlite".to_owned(),
        DatabaseChoice::Postgres(login) => login.url.expose().clone(),
    }
}

#[test]
fn defaults_are_valid_and_need_nothing() {
    let given = Given::nothing();
    let loaded = given.load().unwrap();
    assert!(loaded.database.is_sqlite());
    assert_eq!(loaded.settings.general.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(loaded.data, given.path().join("data"));
    assert_eq!(loaded.notes, Vec::<String>::new());
}

#[test]
fn flags_beat_variables_beat_the_file_beats_defaults() {
    let file = "listen = \"127.0.0.1:1\"\nregion = \"file\"\n[database]\npool_max = 7\n[log]\nlevel = \"error\"\n";
    let given = Given::nothing()
        .file("banyan.toml", file)
        .variable("LOG_LEVEL", "debug")
        .variable("BANYAN_LISTEN", "127.0.0.1:2")
        .variable("BANYAN_DATABASE_POOL_MAX", "8")
        .variable("DB_POOL_MAX", "9")
        .flag("listen", "127.0.0.1:3");
    let loaded = given.load().unwrap();
    assert_eq!(loaded.settings.general.listen.port(), 3);
    assert_eq!(loaded.settings.general.region, "file");
    assert_eq!(loaded.settings.database.pool_max.0, 8);
    assert_eq!(loaded.settings.log.level.0, "debug");
    let shown = as_text(&loaded);
    assert!(shown.contains("flag --listen, over variable BANYAN_LISTEN, "), "{shown}");
    assert!(loaded.notes.iter().any(|note| note.contains("BANYAN_DATABASE_POOL_MAX counts, variable DB_POOL_MAX does not")));
}

#[test]
fn every_mistake_is_named_with_place_and_fix() {
    let given = Given::nothing()
        .file("banyan.toml", "environment = \"prodution\"\nlissen = 1\n[database]\npool_max = 0\n")
        .variable("BANYAN_LOG_LEVL", "info")
        .variable("RATE_LIMIT_WINDOW", "15");
    let error = given.error();
    assert!(error.contains("BANYAN_LOG_LEVL` is not a setting; did you mean `BANYAN_LOG_LEVEL`?"), "{error}");
    assert!(error.contains("banyan.toml:2: `lissen` is not a setting; did you mean `listen`?"), "{error}");
    assert!(error.contains("variable RATE_LIMIT_WINDOW: "), "{error}");
    let values = Given::nothing().file("banyan.toml", "environment = \"prodution\"\n[database]\npool_max = 0\n").error();
    assert!(values.contains("banyan.toml:1: `environment`: `prodution` is not `development`"), "{values}");
    assert!(values.contains("banyan.toml:3: `database.pool_max`: `0` is not a whole number from 1 to 1000"), "{values}");
    let flag = Given::nothing().flag("listen", "8080").error();
    assert!(flag.contains("flag --listen: `listen`: `8080` is not an address with a port, such as 127.0.0.1:8080"), "{flag}");
}

#[test]
fn the_file_is_found_by_flag_then_here_then_in_the_data_directory() {
    let mut given = Given::nothing().file("data/banyan.toml", "region = \"data\"\n");
    assert_eq!(given.load().unwrap().settings.general.region, "data");
    given = given.file("banyan.toml", "region = \"here\"\n");
    assert_eq!(given.load().unwrap().settings.general.region, "here");
    given = given.file("other.toml", "region = \"flag\"\n");
    given.flags.config = Some("other.toml".into());
    assert_eq!(given.load().unwrap().settings.general.region, "flag");
    given.flags.config = Some("missing.toml".into());
    assert!(given.error().contains("missing.toml"));
    let own = Given::nothing().file("data/banyan.toml", "data = \"elsewhere\"\n").error();
    assert!(own.contains("`data` cannot be set by a file in the data directory itself"), "{own}");
}

#[test]
fn the_database_is_chosen_by_url_or_parts() {
    let parts = Given::nothing().variable("DB_HOST", "db").variable("DB_USER", "u ser").variable("DB_PASSWORD", "p@ss/word");
    assert_eq!(url_of(&parts.load().unwrap()), "postgres://u%20ser:p%40ss%2Fword@db:5432/banyan");
    let both = parts.variable("DATABASE_URL", "postgres://x@y/z");
    let loaded = both.load().unwrap();
    assert_eq!(url_of(&loaded), "postgres://x@y/z");
    assert!(loaded.notes[0].contains("variable DATABASE_URL counts, variable DB_HOST does not"), "{:?}", loaded.notes);
    let above = Given::nothing().file("banyan.toml", "[database]\nurl = \"postgres://x@y/z\"\n").variable("DB_HOST", "db");
    assert_eq!(url_of(&above.load().unwrap()), "postgres://banyan@db:5432/banyan");
    let write = Given::nothing().variable("DATABASE_URL", "postgres://x@y/z").variable("WRITE_DB_URL", "postgres://x@w/z");
    assert_eq!(url_of(&write.load().unwrap()), "postgres://x@w/z");
    let lone = Given::nothing().variable("DB_PASSWORD", "secret").error();
    assert!(lone.contains("set one of them to use PostgreSQL"), "{lone}");
    assert!(!lone.contains("secret"));
    let mysql = Given::nothing().variable("DATABASE_URL", "mysql://root:hunter2@db/app").error();
    assert!(mysql.contains("variable DATABASE_URL: `database.url`: the value is not a URL of the form postgres://"), "{mysql}");
    assert!(!mysql.contains("hunter2"), "{mysql}");
}

#[test]
fn replicas_are_a_list_of_urls_without_the_primary() {
    let of = |given: &Given| {
        let loaded = given.load().unwrap();
        let replicas = loaded.database.postgres().map(|login| login.replicas.clone()).unwrap_or_default();
        replicas.iter().map(|replica| replica.expose().clone()).collect::<Vec<_>>()
    };
    let text =
        "[database]\nurl = \"postgres://x@a/z\"\nreplicas = [\"postgres://x:hunter2@b/z\", \"postgres://x:hunter3@c/z\"]\n";
    let file = Given::nothing().file("banyan.toml", text);
    assert_eq!(of(&file), ["postgres://x:hunter2@b/z", "postgres://x:hunter3@c/z"]);
    let loaded = file.load().unwrap();
    for shown in [as_text(&loaded), as_json(&loaded).to_string(), format!("{loaded:?}")] {
        assert!(!shown.contains("hunter"), "{shown}");
    }
    assert!(as_text(&loaded).contains("postgres://x:***@b/z"), "{}", as_text(&loaded));
    let customary = Given::nothing().variable("WRITE_DB_URL", "postgres://x@a/z").variable("READ_DB_URL", "postgres://x@b/z");
    assert_eq!(of(&customary), ["postgres://x@b/z"]);
    let one = Given::nothing().variable("WRITE_DB_URL", "postgres://x@a/z").variable("READ_DB_URL", "postgres://x@a/z");
    assert!(of(&one).is_empty(), "one server for both");
    let wrong =
        Given::nothing().variable("DATABASE_URL", "postgres://x@a/z").variable("READ_DB_URL", "mysql://x:hunter2@b/z").error();
    assert!(
        wrong.contains("variable READ_DB_URL: `database.replicas`: the value is not a URL") && !wrong.contains("hunter"),
        "{wrong}"
    );
    let lone = Given::nothing().variable("READ_DB_URL", "postgres://x@a/z").error();
    assert!(lone.contains("set one of them to use PostgreSQL"), "{lone}");
}

#[test]
fn secrets_come_from_files_and_are_never_shown() {
    let given = Given::nothing()
        .file("url", "postgres://me:hunter2@db/app\n")
        .file("banyan.toml", "[mail]\nsmtp_user = \"me\"\nsmtp_password_file = \"password\"\n")
        .file("password", "hunter3\n")
        .variable("DATABASE_URL_FILE", "url")
        .variable("JWT_SECRET", &"hunter4".repeat(5))
        .variable("REDIS_URL", "redis://:hunter5@cache:6379/0")
        .variable("SLACK_WEBHOOK", "https://hooks.example/hunter6")
        .variable("BANYAN_MASTER_KEY", &"ab".repeat(32));
    let loaded = given.load().unwrap();
    assert_eq!(url_of(&loaded), "postgres://me:hunter2@db/app");
    assert_eq!(loaded.settings.mail.smtp_password.as_ref().unwrap().expose(), "hunter3");
    for shown in [as_text(&loaded), as_json(&loaded).to_string(), format!("{loaded:?}")] {
        assert!(!shown.contains("hunter") && !shown.contains("abab"), "{shown}");
    }
    assert!(as_text(&loaded).contains("postgres://me:***@db/app"));
    let short = Given::nothing().variable("JWT_SECRET", "hunter4").error();
    assert!(short.contains("variable JWT_SECRET: `identity.legacy_secret`: ") && short.contains("at least 32 bytes"), "{short}");
    assert!(!short.contains("hunter"), "{short}");
    let both = Given::nothing().variable("DB_PASSWORD", "x").variable("DB_PASSWORD_FILE", "y").error();
    assert!(both.contains("both `DB_PASSWORD` and `DB_PASSWORD_FILE` are set"), "{both}");
}

#[test]
fn customary_names_are_honoured_and_say_where_ours_is_stricter() {
    let given = Given::nothing()
        .variable("NODE_ENV", "production")
        .variable("SERVICE_VERSION", "9.9")
        .variable("SQLITE_DB_PATH", "./legacy/app.db")
        .variable("JWT_EXPIRES_IN", "7d")
        .variable("RATE_LIMIT_WINDOW", "900000")
        .variable("RATE_LIMIT_MAX", "100")
        .variable("MODEL_PATH", "/models")
        .variable("SMTP_HOST", "mail")
        .variable("SMTP_USER", "u")
        .variable("SMTP_PASS", "p");
    let loaded = given.load().unwrap();
    assert!(loaded.settings.general.environment.is_serious());
    assert_eq!(loaded.data, given.path().join("./legacy"));
    assert_eq!(loaded.settings.mail.smtp_host.as_deref(), Some("mail"));
    let notes = loaded.notes.join("\n");
    assert!(notes.contains("variable JWT_EXPIRES_IN: access tokens are signed with a key pair"), "{notes}");
    let api = &loaded.limits.classes["api"];
    assert_eq!((api.anonymous, api.user), (Quota::new(100, 900), Quota::new(100, 900)));
    assert!(notes.contains("one file for each service"), "{notes}");
}

#[test]
fn limits_have_tables_of_their_own_names() {
    let text = "[limits]\nrequests = 70\n[limits.orders]\nanonymous = \"5/1s\"\nplans.trader = \"60/1m\"\nwhen_apart = \"refuse\"\n\
                [limits.tenants.acme]\nplan = \"coach\"\n[limits.tenants.acme.api]\ntenant = \"9000/1h\"\n";
    let limits = Given::nothing().file("banyan.toml", text).load().unwrap().limits;
    assert_eq!(limits.classes["api"].anonymous, Quota::new(70, 900));
    let orders = &limits.classes["orders"];
    assert_eq!((orders.anonymous, orders.plans["trader"]), (Quota::new(5, 1), Quota::new(60, 60).unwrap()));
    assert_eq!(orders.when_apart, Some(WhenApart::Refuse));
    let acme = &limits.tenants["acme"];
    assert_eq!((acme.plan.as_deref(), acme.classes["api"].tenant), (Some("coach"), Quota::new(9_000, 3_600)));
    for (bad, said) in [
        ("[limits.api]\nanonymous = 5\n", "banyan.toml:2: `limits.api.anonymous`: `5` is not a number of requests in a time"),
        ("[limits.api]\nanonymus = \"5/1s\"\n", "it is not one of `anonymous`"),
        ("[limits.api]\nwhen_apart = \"open\"\n", "`open` is not `count-alone` or `refuse`"),
        ("[limits.tenants]\nacme = \"5/1s\"\n", "write `[limits.<class>]`"),
    ] {
        let error = Given::nothing().file("banyan.toml", bad).error();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let pool = Given::nothing().variable("DB_POOL_MIN", "30").error();
    assert!(pool.contains("variable DB_POOL_MIN: `database.pool_min`: it is larger"), "{pool}");
    assert!(Given::nothing().variable("DB_POOL_MAX", "2").load().is_ok(), "a small pool is meant");
    let mail = Given::nothing().variable("SMTP_USER", "u").error();
    assert!(mail.contains("need each other"), "{mail}");
    let same = Given::nothing().flag("listen", "127.0.0.1:8081").error();
    assert!(same.contains("the same address as `listen`"), "{same}");
}

#[test]
fn variables_are_unique() {
    let mut names: Vec<String> = keys::all().map(declare::Key::variable).collect();
    names.extend(customary::CUSTOMARY.iter().map(|one| one.variable.to_owned()));
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn the_reference_in_the_documents_is_this_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/configuration.md");
    let current = std::fs::read_to_string(path).unwrap_or_default();
    assert!(current == reference(), "docs/configuration.md is out of date: write it with `banyan config --reference`");
}
