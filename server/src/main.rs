//! `banyan`: the only binary. It reads the command line and the settings, and wires services to engines.

mod acts;
mod admin_socket;
mod alerts;
mod audit_heads;
mod backup;
mod channels;
mod cli;
mod cluster;
mod data;
mod doctor;
mod hand_over;
mod house;
mod postgres;
mod serve;
mod settings;

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The program's version.
const VERSION: &str = env!("CARGO_PKG_VERSION");

fn main() -> ExitCode {
    cli::run()
}
