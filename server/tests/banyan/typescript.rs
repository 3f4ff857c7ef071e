//! The TypeScript client, as `cargo xtask client` makes it, against this server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use crate::harness::{Place, Ran, on_both_engines};

/// Requests that a person may make; few, so that the test comes to their end soon.
const LIMIT: &str = "150";
const REMEDY: &str = "run `cargo xtask client` first (`cargo xtask test` does it by itself)";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../clients/typescript")
}

fn changed(path: &Path) -> SystemTime {
    path.metadata().and_then(|data| data.modified()).unwrap_or_else(|error| panic!("{}: {error}: {REMEDY}", path.display()))
}

/// Insists that what is compiled is what stands in the sources, and that it was made from the interface as it is.
fn check_that_it_is_made() {
    let folder = folder();
    let compiled = changed(&folder.join("dist/src/index.js"));
    for sources in ["src", "tests"] {
        for file in fs::read_dir(folder.join(sources)).unwrap() {
            let file = file.unwrap().path();
            let newer = file.is_file() && changed(&file) > compiled;
            assert!(!newer, "{} is newer than dist: {REMEDY}", file.display());
        }
    }
    let read = |path: &str| fs::read_to_string(folder.join(path)).unwrap();
    assert!(read("src/generated/openapi.json") == read("../../docs/openapi.json"), "the interface is another one: {REMEDY}");
}

on_both_engines! {
    fn the_client_drives_a_server(place: Place) {
        check_that_it_is_made();
        place.file("banyan.toml", &format!("[limits.api]\nuser = \"{LIMIT}/15m\"\n[limits.auth]\nanonymous = \"1000/15m\"\n"));
        let server = place.serve_with(&[], &[("BANYAN_RATE_LIMITS", "on")]);
        let environment = place.command(&[]);
        let mut command = Command::new("node");
        let tests = ["dist/tests/behaviour.test.js", "dist/tests/drive.test.js"];
        command.args(["--test", "--test-reporter=tap"]).args(tests).current_dir(folder()).env_clear();
        command.envs(environment.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.env("BANYAN_URL", &server.url).env("API_LIMIT", LIMIT);
        let said = Ran::from(command.output().unwrap()).good();
        let none = |what: &str| said.contains(&format!("\n# {what} 0\n"));
        assert!(none("fail") && none("skipped") && !none("pass"), "{said}");
    }
}
