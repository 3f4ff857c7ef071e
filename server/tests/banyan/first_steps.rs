//! The walk that a new user can paste, on both engines.

use std::process::Command;

use crate::harness::{Place, Ran, on_both_engines};

on_both_engines! {
    fn the_first_steps_of_the_documents_work(place: Place) {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/first-steps.sh");
        // The script chooses its own data directory and port; the place gives the environment.
        let environment = place.command(&[]);
        let mut command = Command::new("sh");
        command.arg(script).arg(env!("CARGO_BIN_EXE_banyan")).current_dir(place.folder()).env_clear();
        command.envs(environment.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let said = Ran::from(command.output().unwrap()).good();
        assert!(said.trim_end().ends_with("Done.\u{1b}[0m"), "{said}");
    }
}
