//! Lines on their way out. Whoever logs never waits: a reader of standard error that stands still would otherwise stop every request that
//! has something to say.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

/// Lines that may wait for the reader.
const MOST_LINES: usize = 8_192;
/// The same in bytes.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// How long the end of the process waits for what was logged before it.
const LAST_WAIT: Duration = Duration::from_secs(2);

/// Takes lines and lets a thread write them. What finds no room is lost, and counted in the next line that is written.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    queue: SyncSender<Piece>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    bytes: AtomicUsize,
    lost: AtomicU64,
}

enum Piece {
    Line(Vec<u8>),
    /// Answered when everything before it is written.
    End(SyncSender<()>),
}

/// Kept until the process ends; dropped, it waits until what was logged is written, up to two seconds.
#[derive(Debug)]
#[must_use = "dropped at once, nothing waits for the last lines"]
pub struct LogGuard(SyncSender<Piece>);

impl Lines {
    /// Begins a thread that writes to `output`. It ends when nobody can log any more.
    pub(super) fn begin(output: impl Write + Send + 'static) -> io::Result<(Self, LogGuard)> {
        let (queue, heard) = sync_channel(MOST_LINES);
        let shared = Arc::new(Shared::default());
        let known = shared.clone();
        std::thread::Builder::new().name("log".to_owned()).spawn(move || write(output, &heard, &known))?;
        Ok((Self { queue: queue.clone(), shared }, LogGuard(queue)))
    }
}

impl Write for &Lines {
    /// One whole line: the subscriber writes each by one call.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let waiting = self.shared.bytes.fetch_add(line.len(), Ordering::Relaxed) + line.len();
        if waiting > MOST_BYTES || self.queue.try_send(Piece::Line(line.to_vec())).is_err() {
            self.shared.bytes.fetch_sub(line.len(), Ordering::Relaxed);
            self.shared.lost.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Lines {
    type Writer = &'w Self;

    fn make_writer(&'w self) -> &'w Self {
        self
    }
}

/// What cannot be written is lost: there is nobody left to tell.
fn write(mut output: impl Write, heard: &Receiver<Piece>, shared: &Shared) {
    for piece in heard {
        match piece {
            Piece::Line(line) => {
                let lost = shared.lost.swap(0, Ordering::Relaxed);
                if lost > 0 {
                    let _nobody = writeln!(
                        output,
                        "{{\"level\":\"warn\",\"message\":\"lines of the log were lost: their reader is too slow\",\"lines\":{lost}}}"
                    );
                }
                let _nobody = output.write_all(&line);
                shared.bytes.fetch_sub(line.len(), Ordering::Relaxed);
            }
            Piece::End(written) => {
                let _nobody = output.flush();
                let _gone = written.try_send(());
            }
        }
    }
}

impl Drop for LogGuard {
    fn drop(&mut self) {
        let (written, done) = sync_channel(1);
        // With a full queue the reader stands still, and the last lines are as lost as those before.
        if self.0.try_send(Piece::End(written)).is_ok() {
            let _late = done.recv_timeout(LAST_WAIT);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parking_lot::{Condvar, Mutex};

    /// A reader that stands still until it is told to go on.
    #[derive(Clone, Default)]
    struct Pipe(Arc<Valve>);

    #[derive(Default)]
    struct Valve {
        inside: Mutex<Inside>,
        opened: Condvar,
    }

    #[derive(Default)]
    struct Inside {
        open: bool,
        bytes: Vec<u8>,
    }

    impl Pipe {
        fn open(&self) {
            self.0.inside.lock().open = true;
            self.0.opened.notify_all();
        }

        fn text(&self) -> String {
            String::from_utf8(self.0.inside.lock().bytes.clone()).unwrap()
        }
    }

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut inside = self.0.inside.lock();
            while !inside.open {
                self.0.opened.wait(&mut inside);
            }
            inside.bytes.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_stands_still_stops_nobody_and_what_is_lost_is_said() {
        let pipe = Pipe::default();
        let (lines, guard) = Lines::begin(pipe.clone()).unwrap();
        let many = MOST_LINES * 2;
        for number in 0..many {
            (&lines).write_all(format!("line {number}\n").as_bytes()).unwrap();
        }
        pipe.open();
        // There is room again some time; until then each try is another lost line.
        while pipe.text().lines().count() < 100 {
            std::thread::yield_now();
        }
        (&lines).write_all(b"after\n").unwrap();
        drop((lines, guard));
        while !pipe.text().ends_with("after\n") {
            std::thread::yield_now();
        }
        let text = pipe.text();
        let counted = text.lines().filter_map(|line| line.split_once("\"lines\":")?.1.trim_end_matches('}').parse::<u64>().ok());
        // Said in one line or in two, as the thread that writes began early or late.
        let lost = counted.sum::<u64>();
        assert!(lost >= (many - MOST_LINES - 1) as u64, "{lost}");
        assert_eq!(text.lines().filter(|line| line.starts_with("line ")).count() as u64 + lost, many as u64);
    }

    #[test]
    fn the_guard_waits_for_the_last_line_and_huge_lines_take_no_more_than_their_room() {
        let pipe = Pipe::default();
        let (lines, guard) = Lines::begin(pipe.clone()).unwrap();
        let huge = vec![b'x'; MOST_BYTES / 2];
        for _ in 0..4 {
            (&lines).write_all(&huge).unwrap();
        }
        assert!(lines.shared.lost.load(Ordering::Relaxed) >= 2);
        pipe.open();
        (&lines).write_all(b"\nshort\n").unwrap();
        drop(guard);
        assert!(pipe.text().len() >= MOST_BYTES / 2);
    }
}
