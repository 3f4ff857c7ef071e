//! The example of services in other languages behind the door, on both engines.

use std::process::Command;

use crate::harness::{Place, Ran, on_both_engines};

on_both_engines! {
    fn the_services_of_the_example_know_who_calls(place: Place) {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/examples/own-service/run.sh");
        let environment = place.command(&[]);
        let mut command = Command::new("sh");
        command.arg(script).arg(env!("CARGO_BIN_EXE_banyan")).current_dir(place.folder()).env_clear();
        command.envs(environment.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let said = Ran::from(command.output().unwrap()).good();
        assert!(said.trim_end().ends_with("Done.\u{1b}[0m"), "{said}");
    }
}
