//! What the README says to type really runs, on both engines.

use std::process::Command;

use crate::harness::{Place, Ran, on_both_engines};

const README: &str = include_str!("../../../README.md");
/// Where the README's server listens.
const ADDRESS: &str = "http://127.0.0.1:3000";

/// The blocks of shell commands, in order.
fn blocks() -> Vec<&'static str> {
    README.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

on_both_engines! {
    fn the_commands_of_the_readme_run(place: Place) {
        let server = place.serve_with(&["--demo"], &[]);
        let blocks = blocks();
        assert_eq!(blocks.len(), 2, "a new block needs a new check here");
        let [walk, beside] = [blocks[0], blocks[1]];
        assert!(walk.contains(ADDRESS));
        // A curl that fails says so; a call that is refused is looked for below.
        let script = format!("set -eu\n{}", walk.replace(ADDRESS, &server.url));
        let environment = place.command(&[]);
        let mut command = Command::new("sh");
        command.arg("-c").arg(script).current_dir(place.folder()).env_clear();
        command.envs(environment.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let said = Ran::from(command.output().unwrap()).good();
        for (what, expected) in [
            ("Budi is refused", "\"code\":\"forbidden\""),
            ("the override", "\"adminAccess\":true"),
            ("its record", "\"reason\":\"support case 7\""),
            ("the language", "\"language\":\"id-ID\""),
            ("the problem in it", "\"errors\":["),
            ("the check-in", "\"date\":"),
            ("the streak", "\"currentStreak\""),
        ] {
            assert!(said.contains(expected), "{what}: {said}");
        }
        assert!(!said.contains("\"status\":401") && !said.contains("\"status\":404"), "{said}");
        for line in beside.lines() {
            let words = line.split('#').next().unwrap_or_default();
            let arguments: Vec<&str> = words.split_whitespace().skip(1).collect();
            assert!(!arguments.is_empty(), "{line}");
            let ran = place.run(&arguments);
            // The tests' PostgreSQL does not wait for the disk, and the doctor says so.
            let ailing = ran.output.contains("postgres-fsync") && ran.output.contains("1 wrong");
            assert!(ran.code() == 0 || ailing, "{line}: {ran:#?}");
        }
    }
}
