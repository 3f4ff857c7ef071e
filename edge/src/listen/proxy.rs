//! The header by which a balancer says who the client is: PROXY protocol, versions 1 and 2
//! (<https://www.haproxy.org/download/2.8/doc/proxy-protocol.txt>).
//!
//! Only as many bytes are read as belong to the header, so what follows is whole. Exactly one header is read: it must not
//! be guessed whether there is one.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::io::{AsyncRead, AsyncReadExt};

/// How version 2 begins; version 1 is longer, too.
const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// The longest line of version 1, with its end.
const LONGEST_LINE: usize = 107;
/// Addresses and further values of version 2, in bytes. The format allows 65,535; balancers send less than a tenth of this.
const LONGEST_BODY: usize = 4 * 1024;

/// What is wrong with a header.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ProxyError {
    #[error("it has none")]
    Missing,
    #[error("its line is no valid PROXY line")]
    Line,
    #[error("its version or command is unknown")]
    Command,
    #[error("its length does not fit")]
    Length,
}

/// Reads the header, and gives the client's address; none where the balancer speaks for itself, as in its health checks, or
/// does not know.
///
/// # Errors
/// When there is no valid header, or the connection ends in it.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<SocketAddr>> {
    let mut start = [0; SIGNATURE.len()];
    stream.read_exact(&mut start).await?;
    let read = if start == SIGNATURE { second(stream).await? } else { first(stream, &start).await? };
    read.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// `PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n`
async fn first(
    stream: &mut (impl AsyncRead + Unpin),
    start: &[u8; SIGNATURE.len()],
) -> io::Result<Result<Option<SocketAddr>, ProxyError>> {
    if !start.starts_with(b"PROXY ") {
        return Ok(Err(ProxyError::Missing));
    }
    let mut line = start.to_vec();
    // Byte by byte, for the length is not known and what follows is not ours. Nobody sends many of these.
    while !line.ends_with(b"\r\n") {
        if line.len() == LONGEST_LINE {
            return Ok(Err(ProxyError::Line));
        }
        line.push(stream.read_u8().await?);
    }
    Ok(parse_line(&line))
}

fn parse_line(line: &[u8]) -> Result<Option<SocketAddr>, ProxyError> {
    let line = line.strip_suffix(b"\r\n").and_then(|line| std::str::from_utf8(line).ok()).ok_or(ProxyError::Line)?;
    let mut words = line.split(' ');
    let family = (words.next(), words.next());
    if family == (Some("PROXY"), Some("UNKNOWN")) {
        return Ok(None);
    }
    let mut word = || words.next().ok_or(ProxyError::Line);
    let (source, destination, port, other_port) = (word()?, word()?, word()?, word()?);
    let (port, _) = (parse_port(port)?, parse_port(other_port)?);
    let parse = |text: &str| text.parse::<IpAddr>().map_err(|_| ProxyError::Line);
    let (source, destination) = (parse(source)?, parse(destination)?);
    let fits = match family {
        (Some("PROXY"), Some("TCP4")) => source.is_ipv4() && destination.is_ipv4(),
        (Some("PROXY"), Some("TCP6")) => source.is_ipv6() && destination.is_ipv6(),
        _ => false,
    };
    if fits && words.next().is_none() { Ok(Some(SocketAddr::new(source, port))) } else { Err(ProxyError::Line) }
}

/// In digits alone, without a zero before them.
fn parse_port(text: &str) -> Result<u16, ProxyError> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| plain).ok_or(ProxyError::Line)
}

/// Version and command, family, length, addresses, further values.
async fn second(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Result<Option<SocketAddr>, ProxyError>> {
    let mut head = [0; 4];
    stream.read_exact(&mut head).await?;
    let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
    if length > LONGEST_BODY {
        return Ok(Err(ProxyError::Length));
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(parse_binary([head[0], head[1]], &body))
}

fn parse_binary([command, family]: [u8; 2], body: &[u8]) -> Result<Option<SocketAddr>, ProxyError> {
    match command {
        // LOCAL: whatever the addresses say does not count.
        0x20 => return Ok(None),
        0x21 => (),
        _ => return Err(ProxyError::Command),
    }
    let part = |at: usize, length: usize| body.get(at..at + length).ok_or(ProxyError::Length);
    let port = |at: usize| part(at, 2).map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]]));
    match family {
        0x11 => {
            let (source, port) = (<[u8; 4]>::try_from(part(0, 4)?).map_err(|_| ProxyError::Length)?, port(8)?);
            part(0, 12)?;
            Ok(Some(SocketAddr::new(Ipv4Addr::from(source).into(), port)))
        }
        0x21 => {
            let (source, port) = (<[u8; 16]>::try_from(part(0, 16)?).map_err(|_| ProxyError::Length)?, port(32)?);
            part(0, 36)?;
            Ok(Some(SocketAddr::new(Ipv6Addr::from(source).into(), port)))
        }
        // Unknown, datagrams, local sockets: there is no address that we could use.
        0x00 | 0x12 | 0x22 | 0x31 | 0x32 => Ok(None),
        _ => Err(ProxyError::Command),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(bytes: &[u8]) -> io::Result<(Option<SocketAddr>, Vec<u8>)> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut rest = bytes;
            let address = read(&mut rest).await?;
            Ok((address, rest.to_vec()))
        })
    }

    fn binary(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [&SIGNATURE, &[command, family][..], &length, body].concat()
    }

    #[test]
    fn lines() {
        let good = |line: &str| {
            let (address, rest) = parse(format!("{line}\r\nGET /").as_bytes()).unwrap();
            assert_eq!(rest, b"GET /", "{line}");
            address.map(|address| address.to_string())
        };
        assert_eq!(good("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443").as_deref(), Some("192.0.2.1:56324"));
        assert_eq!(good("PROXY TCP6 2001:db8::1 2001:db8::2 1 65535").as_deref(), Some("[2001:db8::1]:1"));
        assert_eq!(good("PROXY UNKNOWN"), None);
        assert_eq!(good("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535"), None);
        for bad in [
            "GET / HTTP/1.1",
            "proxy TCP4 1.1.1.1 2.2.2.2 1 2",
            "PROXY TCP4 1.1.1.1 2.2.2.2 1",
            "PROXY TCP4 1.1.1.1 2.2.2.2 1 2 3",
            "PROXY TCP4  1.1.1.1 2.2.2.2 1 2",
            "PROXY TCP4 1.1.1.1 2.2.2.2 01 2",
            "PROXY TCP4 1.1.1.1 2.2.2.2 +1 2",
            "PROXY TCP4 1.1.1.1 2.2.2.2 65536 2",
            "PROXY TCP4 01.1.1.1 2.2.2.2 1 2",
            "PROXY TCP4 ::1 ::2 1 2",
            "PROXY TCP6 1.1.1.1 2.2.2.2 1 2",
            "PROXY UDP4 1.1.1.1 2.2.2.2 1 2",
            "PROXY TCP4 localhost 2.2.2.2 1 2",
            "PROXY TCP4 1.1.1.1\n2.2.2.2 1 2",
        ] {
            assert!(parse(format!("{bad}\r\n").as_bytes()).is_err(), "{bad}");
        }
        assert!(parse(format!("PROXY UNKNOWN {}\r\n", "x".repeat(200)).as_bytes()).is_err());
        assert!(parse(b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2").is_err(), "it never ends");
    }

    #[test]
    fn binary_headers() {
        let four = [192, 0, 2, 1, 198, 51, 100, 1, 0xdc, 0x04, 1, 0xbb];
        let (address, rest) = parse(&[binary(0x21, 0x11, &four), b"rest".to_vec()].concat()).unwrap();
        assert_eq!((address.unwrap().to_string(), rest), ("192.0.2.1:56324".to_owned(), b"rest".to_vec()));
        let with_values = [&four[..], &[0x04, 0, 3, 1, 2, 3]].concat();
        assert!(parse(&binary(0x21, 0x11, &with_values)).unwrap().0.is_some());
        let six: Vec<u8> = [[0; 15].as_slice(), &[1], &[0; 16], &[0, 80, 0, 81]].concat();
        assert_eq!(parse(&binary(0x21, 0x21, &six)).unwrap().0.unwrap().to_string(), "[::1]:80");
        assert_eq!(parse(&binary(0x20, 0x11, &four)).unwrap().0, None, "LOCAL speaks for itself");
        assert_eq!(parse(&binary(0x20, 0x00, &[])).unwrap().0, None);
        assert_eq!(parse(&binary(0x21, 0x31, &[0; 216])).unwrap().0, None, "a local socket");
        for (command, family, body) in [
            (0x11, 0x11, &four[..]),
            (0x22, 0x11, &four),
            (0x21, 0x41, &four),
            (0x21, 0x11, &four[..11]),
            (0x21, 0x21, &six[..35]),
            (0x21, 0x11, &[]),
        ] {
            assert!(parse(&binary(command, family, body)).is_err(), "{command:x} {family:x} {}", body.len());
        }
        let huge = [four.to_vec(), vec![0; 60_000]].concat();
        assert!(parse(&binary(0x21, 0x11, &huge)).is_err());
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&bytes);
            let _ = parse(&[&SIGNATURE, bytes.as_slice()].concat());
            let _ = parse(&[b"PROXY TCP4 ", bytes.as_slice()].concat());
        }

        #[test]
        fn what_is_written_is_read(four in any::<bool>(), address in any::<u128>(), port in any::<u16>(), rest in any::<Vec<u8>>()) {
            let low = u32::try_from(address & 0xffff_ffff).unwrap();
            let address: IpAddr = if four { Ipv4Addr::from(low).into() } else { Ipv6Addr::from(address).into() };
            let (family, code) = if four { ("TCP4", 0x11) } else { ("TCP6", 0x21) };
            let line = format!("PROXY {family} {address} {address} {port} 1\r\n");
            let expected = (Some(SocketAddr::new(address, port)), rest);
            prop_assert_eq!(&parse(&[line.as_bytes(), &expected.1].concat()).unwrap(), &expected);
            let octets = match address {
                IpAddr::V4(address) => address.octets().to_vec(),
                IpAddr::V6(address) => address.octets().to_vec(),
            };
            let body = [octets.clone(), octets, port.to_be_bytes().to_vec(), vec![0, 1]].concat();
            prop_assert_eq!(parse(&[binary(0x21, code, &body), expected.1.clone()].concat()).unwrap(), expected);
        }
    }
}
