//! Taking a password: unseen at a terminal, else the first line of standard input.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};

use anyhow::{Result, ensure};
use banyan_kernel::Secret;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// Longer lines are no passwords.
const LONGEST: u64 = 4 * 1024;

/// Asks twice at a terminal, takes one line otherwise.
pub(crate) fn read(prompt: &str) -> Result<Secret<String>> {
    if !io::stdin().is_terminal() {
        let password = line()?;
        ensure!(!password.is_empty(), "the password is read from standard input, which is empty");
        return Ok(Secret::new(password));
    }
    let first = unseen(prompt)?;
    ensure!(!first.is_empty(), "an empty password is none");
    let second = unseen("Once more: ")?;
    ensure!(first == second, "the two passwords differ; nothing was changed");
    Ok(Secret::new(first))
}

fn unseen(prompt: &str) -> Result<String> {
    let mut error = io::stderr().lock();
    write!(error, "{prompt}").and_then(|()| error.flush())?;
    let echo = Silence::begin()?;
    let answer = line();
    drop(echo);
    writeln!(error)?;
    answer
}

fn line() -> Result<String> {
    let mut text = String::new();
    io::stdin().lock().take(LONGEST).read_line(&mut text)?;
    ensure!(text.len() < LONGEST as usize, "that is longer than a password may be");
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

/// The terminal does not show what is typed until this is dropped.
struct Silence(Termios);

impl Silence {
    fn begin() -> Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent)?;
        Ok(Self(before))
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        let _best_effort = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
    }
}
