//! Running other programs: output passed through, a time limit, and one clean way out on Ctrl-C.
//!
//! Children run in process groups of their own. The terminal then sends Ctrl-C to xtask alone, and
//! xtask hands it on exactly once. So a server drains (a second signal would end it at once), and
//! xtask lives on to stop PostgreSQL and to remove what it made.

use std::fmt;
use std::io;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::tools;

const POLL: Duration = Duration::from_millis(20);

/// How long a child may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(30);

static SIGNALS: OnceLock<Mutex<Signals>> = OnceLock::new();
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// The user pressed Ctrl-C, or the process was asked to end.
#[derive(Debug)]
pub(crate) struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("interrupted")
    }
}

impl std::error::Error for Interrupted {}

/// Takes over SIGINT, SIGTERM and SIGHUP. Call once, before anything is started.
pub(crate) fn listen_for_signals() -> Result<()> {
    let signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("cannot listen for signals")?;
    let _ = SIGNALS.set(Mutex::new(signals));
    Ok(())
}

/// The signals that came since the last call.
fn pending_signals() -> Vec<Signal> {
    let Some(signals) = SIGNALS.get() else {
        return Vec::new();
    };
    let mut signals = signals.lock().unwrap_or_else(PoisonError::into_inner);
    let arrived: Vec<Signal> = signals.pending().filter_map(Signal::from_named_raw).collect();
    if !arrived.is_empty() {
        INTERRUPTED.store(true, Ordering::Relaxed);
    }
    arrived
}

/// Fails with [`Interrupted`] once a signal has come.
pub(crate) fn check_interrupted() -> Result<()> {
    pending_signals();
    if INTERRUPTED.load(Ordering::Relaxed) {
        return Err(Interrupted.into());
    }
    Ok(())
}

/// Waits a moment inside a polling loop; fails with [`Interrupted`] once a signal has come.
pub(crate) fn pause(duration: Duration) -> Result<()> {
    check_interrupted()?;
    sleep(duration);
    check_interrupted()
}

/// A child that does not outlive this value.
pub(crate) struct Guarded {
    child: Child,
    name: String,
    ended: Option<ExitStatus>,
}

impl Guarded {
    /// Starts `command` in a process group of its own, without standard input.
    pub(crate) fn spawn(command: &mut Command) -> Result<Self> {
        let name = describe(command);
        let child = command.stdin(Stdio::null()).process_group(0).spawn().with_context(|| format!("cannot start `{name}`"))?;
        Ok(Self { child, name, ended: None })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The exit status, if the child has ended.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait()?;
        }
        Ok(self.ended)
    }

    fn signal(&self, signal: Signal) {
        // A group that is gone already is no error: it ended by itself.
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, signal);
        }
    }

    /// Waits for the end, at most `limit`, and hands signals on to the child.
    pub(crate) fn wait(&mut self, limit: Option<Duration>) -> Result<ExitStatus> {
        let mut deadline = limit.map(|limit| Instant::now() + limit);
        loop {
            if let Some(status) = self.ended()? {
                check_interrupted()?;
                return Ok(status);
            }
            for signal in pending_signals() {
                self.signal(signal);
                deadline = Some(Instant::now() + GRACE);
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                self.signal(Signal::KILL);
                self.ended = Some(self.child.wait()?);
                check_interrupted()?;
                bail!("`{}` was still running after {limit:?} and was stopped", self.name);
            }
            sleep(POLL);
        }
    }

    /// Asks the child to end (SIGTERM) and waits; kills it after thirty seconds.
    pub(crate) fn stop(&mut self) -> Result<ExitStatus> {
        if let Some(status) = self.ended()? {
            return Ok(status);
        }
        self.signal(Signal::TERM);
        let deadline = Instant::now() + GRACE;
        while Instant::now() < deadline {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            sleep(POLL);
        }
        self.signal(Signal::KILL);
        let status = self.child.wait()?;
        self.ended = Some(status);
        Ok(status)
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            eprintln!("warning: cannot stop `{}`: {error:#}", self.name);
        }
    }
}

/// A command for the program, on that processor alone where one is given.
pub(crate) fn pinned(program: &Path, processor: Option<usize>) -> Result<Command> {
    let Some(processor) = processor else {
        return Ok(Command::new(program));
    };
    let taskset = tools::find("taskset").context("taskset is missing: install util-linux")?;
    let mut command = Command::new(taskset);
    command.args(["--cpu-list", &processor.to_string()]).arg(program);
    Ok(command)
}

/// A port of the loopback address that nobody listens on now.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("cannot find a free port")?;
    Ok(listener.local_addr()?.port())
}

/// Runs `command` with its output passed through; fails unless it succeeds.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = Guarded::spawn(command)?.wait(None)?;
    if !status.success() {
        bail!("`{}` failed ({status})", describe(command));
    }
    Ok(())
}

/// Runs `command` and gives its standard output; its errors become part of the failure.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    check_interrupted()?;
    let result = output_while_cleaning_up(command);
    check_interrupted()?;
    result
}

/// The same, also after Ctrl-C: for what has to be done before the end.
pub(crate) fn output_while_cleaning_up(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start `{}`", describe(command)))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` failed ({}): {}", describe(command), output.status, errors.trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{}` printed something that is not UTF-8", describe(command)))
}

/// Whether `command` starts and succeeds. Its output is thrown away.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let status: io::Result<ExitStatus> = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// The command as a person would type it, without its environment (which may hold passwords).
fn describe(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_fails_is_an_error_with_its_words() {
        let error = run(Command::new("sh").args(["-c", "exit 3"])).unwrap_err();
        assert!(format!("{error:#}").contains("sh -c exit 3"), "{error:#}");
        let error = output(Command::new("sh").args(["-c", "echo why >&2; exit 1"])).unwrap_err();
        assert!(format!("{error:#}").contains("why"), "{error:#}");
    }

    #[test]
    fn a_child_over_its_time_is_ended_with_its_own_children() {
        let mut child = Guarded::spawn(Command::new("sh").args(["-c", "sleep 600 & wait"])).unwrap();
        let error = child.wait(Some(Duration::from_millis(50))).unwrap_err();
        assert!(format!("{error:#}").contains("still running"), "{error:#}");
        assert!(child.ended().unwrap().is_some());
    }

    #[test]
    fn dropping_a_child_ends_it() {
        let child = Guarded::spawn(Command::new("sleep").arg("600")).unwrap();
        let pid = Pid::from_raw(i32::try_from(child.pid()).unwrap()).unwrap();
        assert!(rustix::process::test_kill_process(pid).is_ok());
        drop(child);
        assert!(rustix::process::test_kill_process(pid).is_err());
    }
}
