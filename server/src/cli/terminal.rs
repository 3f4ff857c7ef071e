//! Speaking with the person at the terminal, or with the program at the other end of a pipe.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use anyhow::{Context as _, Result};

/// The command line asks for something that is not possible this way.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

/// Writes a text and a line break to standard output. Whoever closed the pipe has read enough.
pub(crate) fn say(text: &str) -> Result<()> {
    let mut output = io::stdout().lock();
    match writeln!(output, "{text}").and_then(|()| output.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).context("cannot write to standard output"),
        _ => Ok(()),
    }
}

/// Writes a message to standard error.
pub(crate) fn complain(text: &str) {
    let _nobody_listens = writeln!(io::stderr().lock(), "{text}");
}

/// Asks a question that is answered by yes or no; anything else is no.
///
/// # Errors
/// [`Usage`] where nobody can be asked: then `flag` must have been given.
pub(crate) fn confirm(question: &str, flag: &str) -> Result<bool> {
    if !io::stdin().is_terminal() {
        return Err(Usage(format!("{question} Give {flag} to say yes where nobody can be asked")).into());
    }
    let mut error = io::stderr().lock();
    write!(error, "{question} [y/N] ").and_then(|()| error.flush())?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// Columns under a heading, as wide as their widest cell.
pub(crate) fn table<const N: usize>(heading: [&str; N], rows: &[[String; N]]) -> String {
    let mut widths = heading.map(|cell| cell.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: [&str; N]| {
        let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect::<Vec<_>>();
        padded.join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(heading)];
    // A name may hold what would move the cursor.
    let plain = |cell: &String| cell.replace(char::is_control, "\u{fffd}");
    lines.extend(rows.iter().map(|row| {
        let cells = row.each_ref().map(plain);
        line(cells.each_ref().map(String::as_str))
    }));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn columns_are_as_wide_as_they_must_be_and_hold_no_control_characters() {
        let rows = [["a".to_owned(), "long\u{1b}[31m".to_owned()], ["bcd".to_owned(), String::new()]];
        assert_eq!(table(["ID", "NAME"], &rows), "ID   NAME\na    long\u{fffd}[31m\nbcd");
    }
}
