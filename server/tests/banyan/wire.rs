//! HTTP/1.1 by hand. What a test sends is what it wrote, byte for byte, nothing is sent twice by itself, and a connection that broke
//! is told from a refusal.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use banyan_kernel::ErrorCode;
use serde_json::Value;

/// No answer may take longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection that is kept, and made again where the server closed it with its last answer.
pub(crate) struct Wire {
    address: String,
    stream: Option<BufReader<TcpStream>>,
}

/// A request as it is put together.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
    chunked: Vec<u8>,
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    /// A string where it is no JSON, `Null` where there is none.
    pub(crate) body: Value,
}

impl Request {
    pub(crate) fn new(method: &str, path: &str) -> Self {
        Self { method: method.to_owned(), path: path.to_owned(), headers: Vec::new(), body: None, chunked: Vec::new() }
    }

    pub(crate) fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub(crate) fn post(path: &str, body: &Value) -> Self {
        Self::new("POST", path).json(body)
    }

    #[must_use]
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    #[must_use]
    pub(crate) fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    #[must_use]
    pub(crate) fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").bytes(body.to_string())
    }

    /// A body as it is, without a content type.
    #[must_use]
    pub(crate) fn bytes(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// A body that says itself where it ends.
    #[must_use]
    pub(crate) fn pieces(mut self, chunked: Vec<u8>) -> Self {
        self.chunked = chunked;
        self
    }

    fn written(&self, host: &str) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        if !self.headers.iter().any(|(name, _)| name == "host") {
            head.push_str(&format!("host: {host}\r\n"));
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if let Some(body) = &self.body {
            head.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(self.body.as_deref().unwrap_or(&self.chunked));
        bytes
    }
}

impl Wire {
    /// To a server by its address, `http://127.0.0.1:40123`.
    pub(crate) fn to(url: &str) -> Self {
        Self { address: url.trim_start_matches("http://").to_owned(), stream: None }
    }

    /// Sends the request and reads the answer.
    ///
    /// # Errors
    /// When the connection breaks before the answer is whole: then nobody knows what became of the request.
    pub(crate) fn send(&mut self, request: &Request) -> io::Result<Reply> {
        self.raw(&request.written(&self.address), request.method == "HEAD")
    }

    /// As [`Wire::send`], where the server must answer.
    #[track_caller]
    pub(crate) fn ask(&mut self, request: &Request) -> Reply {
        match self.send(request) {
            Ok(reply) => reply,
            Err(error) => panic!("{} {}: {error}", request.method, request.path),
        }
    }

    /// Sends bytes and reads one answer.
    ///
    /// # Errors
    /// As [`Wire::send`].
    pub(crate) fn raw(&mut self, bytes: &[u8], bodiless: bool) -> io::Result<Reply> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => BufReader::new(self.connect()?),
        };
        // A server that refuses early may close its ear before all was said; its answer lies in the other direction.
        let sent = stream.get_mut().write_all(bytes);
        let reply = read(&mut stream, bodiless).map_err(|error| sent.err().unwrap_or(error))?;
        if reply.header("connection") != "close" {
            self.stream = Some(stream);
        }
        Ok(reply)
    }

    fn connect(&self) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(&self.address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(stream)
    }
}

impl Reply {
    /// The header's value, or "".
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The problem's code, or "".
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// A text member, or "".
    pub(crate) fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_default()
    }

    /// Says what is wrong where this is not a whole problem (RFC 9457) of the closed list.
    pub(crate) fn is_a_problem(&self) -> Result<(), String> {
        let told = |what: &str| Err(format!("{what}: {self:?}"));
        if self.header("content-type") != "application/problem+json" {
            return told("no problem");
        }
        let Some(code) = ErrorCode::ALL.iter().find(|code| code.slug() == self.code()) else { return told("unknown code") };
        if code.status() != self.status || self.body["status"] != self.status {
            return told("another status than the code's");
        }
        for name in ["type", "title", "detail", "instance", "requestId"] {
            if self.text(name).is_empty() {
                return told(&format!("no {name}"));
            }
        }
        if self.header("x-request-id") == self.text("requestId") { Ok(()) } else { told("two request ids") }
    }
}

fn read(stream: &mut BufReader<TcpStream>, bodiless: bool) -> io::Result<Reply> {
    let (mut status, mut headers) = head(stream)?;
    // `100 Continue` comes before the answer.
    while status < 200 {
        (status, headers) = head(stream)?;
    }
    let mut reply = Reply { status, headers, body: Value::Null };
    if bodiless || matches!(status, 204 | 304) {
        return Ok(reply);
    }
    let mut body = Vec::new();
    if reply.header("transfer-encoding") == "chunked" {
        chunks(stream, &mut body)?;
    } else if let Ok(length) = reply.header("content-length").parse::<u64>() {
        if stream.by_ref().take(length).read_to_end(&mut body)? as u64 != length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    } else {
        stream.read_to_end(&mut body)?;
    }
    if !body.is_empty() {
        let text = || Value::String(String::from_utf8_lossy(&body).into_owned());
        reply.body = serde_json::from_slice(&body).unwrap_or_else(|_| text());
    }
    Ok(reply)
}

fn head(stream: &mut BufReader<TcpStream>) -> io::Result<(u16, Vec<(String, String)>)> {
    let line = line(stream)?;
    let status = line.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
    let status = status.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("no status line: {line:?}")))?;
    let mut headers = Vec::new();
    loop {
        let line = self::line(stream)?;
        if line.is_empty() {
            return Ok((status, headers));
        }
        let Some((name, value)) = line.split_once(':') else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("no header: {line:?}")));
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
}

fn line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    match line.strip_suffix("\r\n") {
        Some(line) => Ok(line.to_owned()),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

fn chunks(stream: &mut BufReader<TcpStream>, body: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let size = line(stream)?;
        let size = u64::from_str_radix(size.split(';').next().unwrap_or_default(), 16)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "no chunk size"))?;
        if stream.by_ref().take(size).read_to_end(body)? as u64 != size {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        line(stream)?;
        if size == 0 {
            return Ok(());
        }
    }
}
