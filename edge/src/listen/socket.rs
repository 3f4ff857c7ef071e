//! Listening sockets that share one address: the kernel spreads connections over them.

use std::io;
use std::net::{Ipv6Addr, SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};

use super::ServeError;

/// Connections that wait to be accepted.
const BACKLOG: i32 = 1_024;

/// So many sockets on one address. With port 0 the first takes a free one and the others the same.
pub(crate) fn bind(address: SocketAddr, count: usize) -> Result<Vec<TcpListener>, ServeError> {
    let failed = |source: io::Error| ServeError::Listen { address, hint: hint(&source), source };
    // `SO_REUSEPORT` would let a second program of the same user take half of our connections without a word, so look
    // first whether somebody is there.
    drop(open(address, Sharing::Alone).map_err(failed)?);
    let first = open(address, Sharing::Shared).map_err(failed)?;
    let actual = first.local_addr().map_err(failed)?;
    let others = (1..count).map(|_| open(actual, Sharing::Shared).map_err(failed));
    std::iter::once(Ok(first)).chain(others).collect()
}

/// As [`bind`], with sockets that another process has handed over where they are on this address: they keep the
/// connections that wait. There are as many as were handed over, at least.
pub(crate) fn take_or_bind(
    inherited: Vec<TcpListener>,
    address: SocketAddr,
    count: usize,
) -> Result<Vec<TcpListener>, ServeError> {
    let failed = |source: io::Error| ServeError::Listen { address, hint: hint(&source), source };
    let fits = |at: SocketAddr| at == address || (address.port() == 0 && at.ip() == address.ip());
    let mut sockets: Vec<TcpListener> = inherited.into_iter().filter(|socket| socket.local_addr().is_ok_and(fits)).collect();
    let Some(first) = sockets.first() else { return bind(address, count) };
    let actual = first.local_addr().map_err(failed)?;
    for socket in &sockets {
        socket.set_nonblocking(true).map_err(failed)?;
    }
    for _ in sockets.len()..count {
        sockets.push(open(actual, Sharing::Shared).map_err(failed)?);
    }
    Ok(sockets)
}

/// The address that they got.
pub(crate) fn address(sockets: &[TcpListener], wanted: SocketAddr) -> Result<SocketAddr, ServeError> {
    let first = sockets.first().map_or(Ok(wanted), TcpListener::local_addr);
    first.map_err(|source| ServeError::Listen { address: wanted, source, hint: "" })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sharing {
    Alone,
    Shared,
}

fn open(address: SocketAddr, sharing: Sharing) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    #[cfg(unix)]
    if sharing == Sharing::Shared {
        socket.set_reuse_port(true)?;
    }
    // `[::]` means every address of both families, whatever the system's default is.
    if address.ip() == Ipv6Addr::UNSPECIFIED {
        socket.set_only_v6(false)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    if sharing == Sharing::Shared {
        socket.listen(BACKLOG)?;
    }
    Ok(socket.into())
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => ". Another program listens there: stop it, or choose another address",
        io::ErrorKind::PermissionDenied => ". Ports below 1024 need a privilege: choose a higher one",
        io::ErrorKind::AddrNotAvailable => ". This machine does not have the address",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpStream;

    #[test]
    fn sockets_share_a_port_and_strangers_are_refused() {
        let sockets = bind("127.0.0.1:0".parse().unwrap(), 3).unwrap();
        let at = address(&sockets, "127.0.0.1:0".parse().unwrap()).unwrap();
        assert!(sockets.iter().all(|socket| socket.local_addr().unwrap() == at));
        TcpStream::connect(at).unwrap();
        let error = bind(at, 1).unwrap_err().to_string();
        assert!(error.contains("Another program listens there"), "{error}");
    }

    #[test]
    fn sockets_of_the_same_address_are_taken_over_with_who_waits() {
        let old = bind("127.0.0.1:0".parse().unwrap(), 2).unwrap();
        let at = old[0].local_addr().unwrap();
        let waiting: Vec<TcpStream> = (0..8).map(|_| TcpStream::connect(at).unwrap()).collect();
        let new = take_or_bind(old.iter().map(|socket| socket.try_clone().unwrap()).collect(), at, 3).unwrap();
        drop(old);
        let accepted = new.iter().flat_map(|socket| std::iter::from_fn(|| socket.accept().ok()));
        assert_eq!(accepted.count(), waiting.len());
        assert_eq!(new.len(), 3);
        let elsewhere = take_or_bind(new, "127.0.0.2:0".parse().unwrap(), 1).unwrap();
        assert_eq!(elsewhere.len(), 1, "other addresses are bound anew");
        assert!(TcpStream::connect(at).is_err());
    }

    #[test]
    fn every_address_is_reached_by_both_families() {
        let sockets = bind("[::]:0".parse().unwrap(), 2).unwrap();
        let at = sockets[0].local_addr().unwrap();
        TcpStream::connect(("127.0.0.1", at.port())).unwrap();
    }
}
