//! A mail server that keeps what it takes and fails when it was told to.

use std::collections::{HashSet, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use parking_lot::Mutex;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;

/// A mail that the server took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedMail {
    pub from: String,
    pub to: Vec<String>,
    /// Headers and body, with line ends of `\n`, and without the dots of transport.
    pub content: String,
    /// Over an encrypted connection.
    pub encrypted: bool,
    /// As whom the client had logged in.
    pub user: Option<String>,
}

impl ReceivedMail {
    /// A header's text where it is not folded; the first of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let head = self.content.split("\n\n").next()?;
        let line = |line: &'_ str| line.split_once(": ").is_some_and(|(found, _)| found.eq_ignore_ascii_case(name));
        head.lines().find(|text| line(text))?.split_once(": ").map(|(_, value)| value)
    }
}

/// What goes wrong in one conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// 421 instead of a greeting.
    Closing,
    /// 554 instead of a greeting.
    NoService,
    /// The connection ends before a greeting.
    NoGreeting,
    /// 451 to the recipient: come again later.
    Greylisted,
    /// 550 5.1.1 to the recipient.
    NoSuchMailbox,
    /// 550 5.7.1 to the recipient.
    Policy,
    /// 552 5.2.2 to the recipient.
    MailboxFull,
    /// 554 5.7.1 after the content.
    ContentRefused,
    /// The connection ends in the middle of the content. The mail is not taken.
    LostInContent,
    /// The mail is taken, and the connection ends before anybody says so: it will come twice.
    LostAnswer,
    /// 421 in the middle of the conversation.
    ClosingAtRecipient,
    /// No answer, for ever.
    Silence,
}

/// The server.
pub struct SmtpSink {
    address: SocketAddr,
    state: Arc<State>,
    task: AbortHandle,
}

#[derive(Default)]
struct State {
    taken: Mutex<Vec<ReceivedMail>>,
    next: Mutex<VecDeque<Option<Mishap>>>,
    always: Mutex<Option<Mishap>>,
    greylist: Mutex<Option<HashSet<String>>>,
    log_in: Option<(String, String)>,
    tls: Option<TlsAcceptor>,
    conversations: Mutex<usize>,
}

impl SmtpSink {
    /// Without encryption and log-in.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start() -> io::Result<Self> {
        Self::with(None, None).await
    }

    /// With STARTTLS where a certificate is given, and with a log-in by name and password where one is given; then it is required.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn with(tls: Option<Arc<banyan_tls::ServerConfig>>, log_in: Option<(&str, &str)>) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let log_in = log_in.map(|(user, password)| (user.to_owned(), password.to_owned()));
        let state = Arc::new(State { tls: tls.map(TlsAcceptor::from), log_in, ..State::default() });
        let task = tokio::spawn(accept(listener, state.clone())).abort_handle();
        Ok(Self { address, state, task })
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The mails that were taken, in their order; those that came twice are there twice.
    pub fn mails(&self) -> Vec<ReceivedMail> {
        self.state.taken.lock().clone()
    }

    /// Connections so far.
    pub fn conversations(&self) -> usize {
        *self.state.conversations.lock()
    }

    /// What happens in the next conversations, in this order; `None` lets one through.
    pub fn next(&self, mishaps: impl IntoIterator<Item = Option<Mishap>>) {
        self.state.next.lock().extend(mishaps);
    }

    /// What happens in all conversations beyond those of [`SmtpSink::next`]: an outage, until it is `None` again.
    pub fn always(&self, mishap: Option<Mishap>) {
        *self.state.always.lock() = mishap;
    }

    /// From now on each recipient is refused for now once, and taken after that.
    pub fn greylist(&self) {
        *self.state.greylist.lock() = Some(HashSet::new());
    }
}

impl Drop for SmtpSink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    let mut conversations = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        *state.conversations.lock() += 1;
        let mishap = state.next.lock().pop_front().unwrap_or_else(|| *state.always.lock());
        let state = state.clone();
        conversations.spawn(async move {
            let mut talk = Talk::new(state.clone(), mishap);
            let mut stream = BufReader::new(stream);
            // Whoever breaks off is gone: there is nobody to tell.
            if let Ok(End::StartTls) = talk.lead(&mut stream).await
                && let Some(tls) = &state.tls
                && let Ok(stream) = tls.accept(stream.into_inner()).await
            {
                talk.encrypted = true;
                let _ = talk.lead(&mut BufReader::new(stream)).await;
            }
        });
        while conversations.try_join_next().is_some() {}
    }
}

enum End {
    Over,
    StartTls,
}

struct Talk {
    state: Arc<State>,
    mishap: Option<Mishap>,
    encrypted: bool,
    user: Option<String>,
    from: Option<String>,
    to: Vec<String>,
}

impl Talk {
    fn new(state: Arc<State>, mishap: Option<Mishap>) -> Self {
        Self { state, mishap, encrypted: false, user: None, from: None, to: Vec::new() }
    }

    async fn lead<S: AsyncRead + AsyncWrite + Unpin>(&mut self, stream: &mut BufReader<S>) -> io::Result<End> {
        if !self.encrypted {
            match self.mishap {
                Some(Mishap::Closing) => return say(stream, "421 4.3.2 closing").await.map(|()| End::Over),
                Some(Mishap::NoService) => return say(stream, "554 no service for you").await.map(|()| End::Over),
                Some(Mishap::NoGreeting) => return Ok(End::Over),
                Some(Mishap::Silence) => return std::future::pending().await,
                _ => say(stream, "220 sink ESMTP").await?,
            }
        }
        let mut line = String::new();
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(End::Over);
            }
            let text = line.trim_end().to_owned();
            let verb = text.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" => self.greet(stream).await?,
                "STARTTLS" if self.state.tls.is_some() && !self.encrypted => {
                    say(stream, "220 go on").await?;
                    return Ok(End::StartTls);
                }
                "AUTH" => self.log_in(stream, &text).await?,
                "MAIL" if self.state.log_in.is_some() && self.user.is_none() => say(stream, "530 5.7.0 log in first").await?,
                "MAIL" => {
                    self.from = Some(in_brackets(&text));
                    self.to.clear();
                    say(stream, "250 ok").await?;
                }
                "RCPT" => {
                    if self.recipient(stream, in_brackets(&text)).await? {
                        return Ok(End::Over);
                    }
                }
                "DATA" if self.to.is_empty() => say(stream, "503 5.5.1 nobody to send to").await?,
                "DATA" => {
                    if self.content(stream).await? {
                        return Ok(End::Over);
                    }
                }
                "RSET" | "NOOP" => say(stream, "250 ok").await?,
                "QUIT" => return say(stream, "221 bye").await.map(|()| End::Over),
                _ => say(stream, "502 5.5.2 what?").await?,
            }
        }
    }

    async fn greet<W: AsyncWrite + Unpin>(&self, stream: &mut W) -> io::Result<()> {
        let mut lines = vec!["sink", "8BITMIME"];
        if self.state.tls.is_some() && !self.encrypted {
            lines.push("STARTTLS");
        }
        if self.state.log_in.is_some() {
            lines.push("AUTH PLAIN");
        }
        let last = lines.len() - 1;
        for (index, line) in lines.iter().enumerate() {
            say(stream, &format!("250{}{line}", if index == last { ' ' } else { '-' })).await?;
        }
        Ok(())
    }

    async fn log_in<W: AsyncWrite + Unpin>(&mut self, stream: &mut W, text: &str) -> io::Result<()> {
        let given = text.strip_prefix("AUTH PLAIN ").and_then(|given| STANDARD.decode(given).ok()).unwrap_or_default();
        let expected = self.state.log_in.as_ref().map(|(user, password)| format!("\0{user}\0{password}").into_bytes());
        if expected.is_some_and(|expected| expected == given) {
            self.user = self.state.log_in.as_ref().map(|(user, _)| user.clone());
            return say(stream, "235 2.7.0 welcome").await;
        }
        say(stream, "535 5.7.8 wrong name or password").await
    }

    /// Whether the conversation is over.
    async fn recipient<W: AsyncWrite + Unpin>(&mut self, stream: &mut W, recipient: String) -> io::Result<bool> {
        let first_time = self.state.greylist.lock().as_mut().is_some_and(|known| known.insert(recipient.clone()));
        let answer = match self.mishap {
            Some(Mishap::Greylisted) => "451 4.7.1 greylisted, come again",
            Some(Mishap::NoSuchMailbox) => "550 5.1.1 no such mailbox",
            Some(Mishap::Policy) => "550 5.7.1 not welcome",
            Some(Mishap::MailboxFull) => "552 5.2.2 full",
            Some(Mishap::ClosingAtRecipient) => "421 4.3.2 closing",
            _ if first_time => "451 4.7.1 greylisted, come again",
            _ => {
                self.to.push(recipient);
                "250 ok"
            }
        };
        say(stream, answer).await?;
        Ok(self.mishap == Some(Mishap::ClosingAtRecipient))
    }

    /// Whether the conversation is over.
    async fn content<S: AsyncRead + AsyncWrite + Unpin>(&mut self, stream: &mut BufReader<S>) -> io::Result<bool> {
        say(stream, "354 go on").await?;
        let mut content = String::new();
        let mut line = String::new();
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 || self.mishap == Some(Mishap::LostInContent) {
                return Ok(true);
            }
            let text = line.trim_end_matches(['\r', '\n']);
            if text == "." {
                break;
            }
            content.push_str(text.strip_prefix('.').unwrap_or(text));
            content.push('\n');
        }
        if self.mishap == Some(Mishap::ContentRefused) {
            return say(stream, "554 5.7.1 no").await.map(|()| false);
        }
        let (from, to) = (self.from.take().unwrap_or_default(), std::mem::take(&mut self.to));
        let mail = ReceivedMail { from, to, content, encrypted: self.encrypted, user: self.user.clone() };
        let number = {
            let mut taken = self.state.taken.lock();
            taken.push(mail);
            taken.len()
        };
        if self.mishap == Some(Mishap::LostAnswer) {
            return Ok(true);
        }
        say(stream, &format!("250 2.0.0 queued as {number}")).await.map(|()| false)
    }
}

async fn say<W: AsyncWrite + Unpin>(stream: &mut W, line: &str) -> io::Result<()> {
    stream.write_all(format!("{line}\r\n").as_bytes()).await?;
    stream.flush().await
}

fn in_brackets(text: &str) -> String {
    let inner = text.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inner.map(|(address, _)| address.to_owned()).unwrap_or_default()
}
