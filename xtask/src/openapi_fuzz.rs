//! Generated requests against a running server: Schemathesis reads the OpenAPI document and looks
//! for answers with status 5xx and for answers that the document does not describe.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::process::Guarded;
use crate::server::{self, Options, Profile, Running};
use crate::tools;
use crate::workspace;

const REQUIREMENT: &str = "schemathesis==4.32.5";

const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";

/// Examples and boundary values of every call, then random ones. Its third way, chains of calls,
/// would end our own session sooner or later.
const PHASES: [&str; 3] = ["examples", "coverage", "fuzzing"];

/// Calls that would take the caller's own session or account away, after which everything answers 401.
const NOT_CALLED: &str = "/auth/(logout|sessions|password)|/erase$";

/// Random requests to each call.
const EXAMPLES_PER_CALL: &str = "20";

/// For each answer, in seconds. Each stream is listened to for as long, dozens of times in a phase, which must end before the token does.
const TIMEOUT: &str = "4";

/// For each phase. There are some four hundred calls.
const LIMIT: Duration = Duration::from_secs(30 * 60);

/// Who may look at everything, from the demo data.
const ADMINISTRATOR: (&str, &str) = ("admin@upcoach.example", "seven quiet figs at dawn");
const PERSON: &str = "schemathesis@example.org";

/// Runs against a fresh server with demo data: as a registered person, as nobody, and last, because it may disable people, as an
/// administrator who gives reasons.
pub(crate) fn run() -> Result<()> {
    let schemathesis = install()?;
    let folder = workspace::target_directory()?.join("schemathesis");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let binary = server::build(Profile::Test)?;
    let mut server = Running::start(&Options {
        binary: &binary,
        data: &folder.join("data"),
        database_url: None,
        environment: &[],
        processor: None,
        arguments: &["--demo"],
        log: &folder.join("server.log"),
    })?;
    server.register(PERSON)?;

    let mut failed = Vec::new();
    let callers = [
        ("a person", Some((PERSON, server::PASSWORD)), None),
        ("nobody", None, None),
        ("an administrator", Some(ADMINISTRATOR), Some("X-Reason: generated requests".to_owned())),
    ];
    for ((caller, login, header), phase) in callers.iter().flat_map(|caller| PHASES.map(|phase| (caller, phase))) {
        println!("Schemathesis as {caller}: {phase}");
        // A token counts for fifteen minutes, and each phase takes its time.
        let token = login.map(|(email, password)| server.log_in(email, password)).transpose()?;
        let token = token.map(|token| format!("Authorization: Bearer {token}"));
        let mut command = Command::new(&schemathesis);
        command.current_dir(&folder).args(["run", "--url", server.url()]);
        command.args(["--checks", CHECKS, "--phases", phase, "--max-examples", EXAMPLES_PER_CALL]);
        command.args(["--exclude-path-regex", NOT_CALLED, "--workers", "1", "--request-timeout", TIMEOUT]);
        command.args(header.iter().chain(&token).flat_map(|header| ["--header", header]));
        command.arg(workspace::root().join("docs/openapi.json"));
        if !Guarded::spawn(&mut command)?.wait(Some(LIMIT))?.success() {
            failed.push(format!("{caller} ({phase})"));
        }
        server.check_alive()?;
    }
    if failed.is_empty() {
        return Ok(());
    }
    bail!("Schemathesis found faults as {}", failed.join(" and as "))
}

/// Puts Schemathesis into a Python environment of its own.
pub(crate) fn install() -> Result<PathBuf> {
    Ok(tools::python_environment("schemathesis", REQUIREMENT)?.join("schemathesis"))
}
