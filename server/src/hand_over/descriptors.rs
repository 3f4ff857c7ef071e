//! Files that are sent to another process (`SCM_RIGHTS`, unix(7)).

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::cmsg_space;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

/// As many go with one byte. The system's own bound is 253.
const TOGETHER: usize = 64;

/// Sends the files, which stay open here.
pub(super) fn send(stream: impl AsFd, files: &[BorrowedFd<'_>]) -> io::Result<()> {
    for files in files.chunks(TOGETHER) {
        let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(TOGETHER))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if !control.push(SendAncillaryMessage::ScmRights(files)) {
            return Err(io::Error::other("the files do not fit into a message"));
        }
        sendmsg(&stream, &[IoSlice::new(b"f")], &mut control, SendFlags::NOSIGNAL)?;
    }
    Ok(())
}

/// Receives so many files. They close with an `exec`, as all of ours.
pub(super) fn receive(stream: impl AsFd, count: usize) -> io::Result<Vec<OwnedFd>> {
    let mut files = Vec::new();
    while files.len() < count {
        let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(TOGETHER))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut byte = [0];
        let message = recvmsg(&stream, &mut [IoSliceMut::new(&mut byte)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
        if message.bytes == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let before = files.len();
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(received) = message {
                files.extend(received);
            }
        }
        if files.len() == before {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a message came without its files"));
        }
    }
    if files.len() == count { Ok(files) } else { Err(io::Error::new(io::ErrorKind::InvalidData, "too many files came")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};
    use std::os::unix::net::UnixStream;

    #[test]
    fn sockets_arrive_as_they_are() {
        let (here, there) = UnixStream::pair().unwrap();
        let sockets: Vec<TcpListener> = (0..150).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        send(&here, &sockets.iter().map(AsFd::as_fd).collect::<Vec<_>>()).unwrap();
        let received: Vec<TcpListener> = receive(&there, 150).unwrap().into_iter().map(TcpListener::from).collect();
        let addresses = |sockets: &[TcpListener]| sockets.iter().map(|socket| socket.local_addr().unwrap()).collect::<Vec<_>>();
        assert_eq!(addresses(&received), addresses(&sockets));
        drop(sockets);
        TcpStream::connect(received[149].local_addr().unwrap()).unwrap();
        drop(here);
        assert!(receive(&there, 1).is_err());
    }
}
