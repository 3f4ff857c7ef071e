//! Sockets have short names.

use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};

/// What fits into `sockaddr_un` on every system.
const LONGEST: usize = 100;

/// A path to the socket that is short enough, valid as long as this value lives.
pub(crate) struct ShortPath {
    path: PathBuf,
    _directory: Option<File>,
}

impl ShortPath {
    pub(crate) fn of(socket: &Path) -> std::io::Result<Self> {
        let (Some(directory), Some(name)) = (socket.parent(), socket.file_name()) else {
            return Err(std::io::Error::from(std::io::ErrorKind::InvalidInput));
        };
        if socket.as_os_str().len() <= LONGEST {
            return Ok(Self { path: socket.to_owned(), _directory: None });
        }
        // A long directory is reached by the descriptor under which it is open.
        let directory = File::open(directory)?;
        let path = Path::new("/proc/self/fd").join(directory.as_raw_fd().to_string()).join(name);
        Ok(Self { path, _directory: Some(directory) })
    }

    pub(crate) fn as_path(&self) -> &Path {
        &self.path
    }
}
