//! The byte stream of a connection, with the patience that we have for it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::tape::Tape;
use crate::settings::Deadlines;

/// What somebody hears whose head does not end. The parser has no answer for that.
const TOO_SLOW: &[u8] = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// The most that is read on after an early answer, in bytes.
const MOST_LINGERED: usize = 16 * 1024 * 1024;

/// A stream that notes heads on the tape, and gives up on who dawdles: over a head, over taking an answer, over leaving, or
/// in silence after an upgrade.
#[derive(Debug)]
pub(crate) struct Wire<S> {
    stream: S,
    tape: Arc<Tape>,
    deadlines: Deadlines,
    /// Runs while a head is coming in pieces.
    reading: Option<Pin<Box<Sleep>>>,
    /// Runs while the client takes nothing.
    writing: Option<Pin<Box<Sleep>>>,
    lingering: Option<Lingering>,
    upgraded: Option<Silence>,
}

/// Of an upgraded connection.
#[derive(Debug)]
struct Silence {
    since: Instant,
    timer: Pin<Box<Sleep>>,
}

#[derive(Debug)]
struct Lingering {
    until: Pin<Box<Sleep>>,
    left: usize,
}

impl<S> Wire<S> {
    pub(crate) fn new(stream: S, tape: Arc<Tape>, deadlines: Deadlines) -> Self {
        Self { stream, tape, deadlines, reading: None, writing: None, lingering: None, upgraded: None }
    }
}

impl<S> Drop for Wire<S> {
    fn drop(&mut self) {
        self.tape.stream_gone();
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// Waiting on an upgraded connection: until it is to end, or was silent for too long. Both look as if the client had left.
    fn poll_silence(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.tape.is_closing(cx.waker()) {
            return Poll::Ready(Ok(()));
        }
        let patience = self.deadlines.upgraded;
        let new = || Silence { since: Instant::now(), timer: Box::pin(sleep_until(Instant::now() + patience)) };
        let silence = self.upgraded.get_or_insert_with(new);
        loop {
            ready!(silence.timer.as_mut().poll(cx));
            let until = silence.since + patience;
            if until <= Instant::now() {
                return Poll::Ready(Ok(()));
            }
            silence.timer.as_mut().reset(until);
        }
    }

    /// Something went over an upgraded connection.
    fn heard(&mut self) {
        if let Some(silence) = &mut self.upgraded {
            silence.since = Instant::now();
        }
    }
    /// Waiting for more of a head: until its time is over.
    fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(begun) = self.tape.head_since() else {
            self.reading = None;
            return Poll::Pending;
        };
        let until = Instant::from_std(begun) + self.deadlines.header;
        let timer = self.reading.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if timer.deadline() != until {
            timer.as_mut().reset(until);
        }
        ready!(timer.as_mut().poll(cx));
        // As much of the answer as the socket takes at once: there is nobody to be patient with.
        let _ = Pin::new(&mut self.stream).poll_write(cx, TOO_SLOW);
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the head of a request took too long")))
    }

    fn patience(&mut self, cx: &mut Context<'_>, patience: Duration) -> io::Result<()> {
        let timer = self.writing.get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + patience)));
        match timer.as_mut().poll(cx) {
            Poll::Ready(()) => Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing")),
            Poll::Pending => Ok(()),
        }
    }

    fn written<T>(&mut self, cx: &mut Context<'_>, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if result.is_ready() {
            self.writing = None;
            self.heard();
            return result;
        }
        match self.patience(cx, self.deadlines.write) {
            Ok(()) => Poll::Pending,
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    /// Reads on after an answer that did not wait for the body. Closing with bytes unread would make the system send a
    /// reset, which may overtake the answer.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let patience = self.deadlines.linger;
        let lingering = self
            .lingering
            .get_or_insert_with(|| Lingering { until: Box::pin(sleep_until(Instant::now() + patience)), left: MOST_LINGERED });
        let mut space = [std::mem::MaybeUninit::uninit(); 16 * 1024];
        loop {
            if lingering.until.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            let mut buffer = ReadBuf::uninit(&mut space);
            let read = match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer)) {
                Ok(()) => buffer.filled().len(),
                Err(_) => return Poll::Ready(()),
            };
            if read == 0 || read >= lingering.left {
                return Poll::Ready(());
            }
            lingering.left -= read;
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Wire<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        match Pin::new(&mut self.stream).poll_read(cx, buffer) {
            Poll::Ready(Ok(())) => {
                self.tape.read(&buffer.filled()[before..]);
                self.heard();
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending if self.tape.is_upgraded() => self.poll_silence(cx),
            Poll::Pending => self.poll_head(cx),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.written(cx, result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.written(cx, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.stream).poll_flush(cx);
        self.written(cx, result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingering.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
        }
        if self.tape.abandoned() {
            ready!(self.poll_linger(cx));
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tape::Framing;
    use super::*;
    use crate::request::body::{BodyEnd, End};
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    const SOON: Duration = Duration::from_millis(5);

    fn deadlines() -> Deadlines {
        Deadlines { header: SOON, write: SOON, linger: SOON, ..Deadlines::default() }
    }

    #[tokio::test]
    async fn who_takes_nothing_of_an_answer_is_given_up() {
        let (ours, _theirs) = duplex(64);
        let mut wire = Wire::new(ours, Arc::new(Tape::default()), deadlines());
        let error = wire.write_all(&[0; 1_000]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_head_that_does_not_end_is_answered_once_its_time_is_over() {
        let (ours, mut theirs) = duplex(1_024);
        let mut wire = Wire::new(ours, Arc::new(Tape::default()), deadlines());
        theirs.write_all(b"GET / HT").await.unwrap();
        let mut buffer = [0; 8];
        wire.read_exact(&mut buffer).await.unwrap();
        assert_eq!(wire.read(&mut buffer).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        let mut answer = vec![0; TOO_SLOW.len()];
        theirs.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer, TOO_SLOW);
    }

    #[tokio::test]
    async fn who_is_still_sending_is_heard_out_for_a_while() {
        let (ours, mut theirs) = duplex(64);
        let tape = Arc::new(Tape::default());
        let mut wire = Wire::new(ours, tape.clone(), Deadlines { linger: Duration::from_secs(10), ..deadlines() });
        tape.parsed(Framing::Length(0));
        tape.body_ended(End::Abandoned);
        let sending = async {
            theirs.write_all(&[0; 10_000]).await.unwrap();
            drop(theirs);
        };
        let (closed, ()) = tokio::join!(wire.shutdown(), sending);
        closed.unwrap();
    }

    #[tokio::test]
    async fn an_upgraded_connection_ends_in_silence_or_when_it_is_told() {
        let (ours, mut theirs) = duplex(64);
        let tape = Arc::new(Tape::default());
        let mut wire = Wire::new(ours, tape.clone(), Deadlines { upgraded: SOON, ..deadlines() });
        tape.upgrade();
        theirs.write_all(b"hello").await.unwrap();
        let mut said = [0; 5];
        wire.read_exact(&mut said).await.unwrap();
        assert_eq!(wire.read(&mut said).await.unwrap(), 0, "silence");
        let (ours, _theirs) = duplex(64);
        let tape = Arc::new(Tape::default());
        let mut wire = Wire::new(ours, tape.clone(), Deadlines { upgraded: Duration::from_secs(3_600), ..deadlines() });
        tape.upgrade();
        let (read, ()) = tokio::join!(wire.read(&mut said), async { tape.close() });
        assert_eq!(read.unwrap(), 0, "told");
        drop(wire);
        tape.until_gone().await;
    }

    #[tokio::test]
    async fn but_not_for_ever() {
        let (ours, _theirs) = duplex(64);
        let tape = Arc::new(Tape::default());
        let mut wire = Wire::new(ours, tape.clone(), deadlines());
        tape.parsed(Framing::Length(0));
        tape.body_ended(End::Abandoned);
        wire.shutdown().await.unwrap();
    }
}
