//! One server works on a data directory at a time. The kernel holds the lock for the process, so one that was killed leaves nothing behind.

use std::fmt;
use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use super::DataDirectory;

/// Who holds a lock, as written into its file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Holder {
    pub(crate) pid: u32,
    pub(crate) version: String,
    /// `server`, or the command that works on the directory for a moment.
    pub(crate) what: String,
    /// Where it listens, once it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) listen: Option<String>,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (process {}", self.what, self.pid)?;
        if let Some(listen) = &self.listen {
            write!(f, ", {listen}")?;
        }
        f.write_str(")")
    }
}

/// Another process works on the directory.
#[derive(Debug, thiserror::Error)]
#[error(
    "{} is in use by {holder}. One server works on a data directory at a time: stop that one, or start this one with another --data",
    directory.display()
)]
pub(crate) struct InUse {
    pub(crate) directory: std::path::PathBuf,
    pub(crate) holder: Holder,
}

/// How often the lock is tried again while it is held by nobody who says so.
const GLANCES: u32 = 1_000;

/// Held until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock of the directory.
    ///
    /// # Errors
    /// [`InUse`] when another process holds it.
    pub(crate) fn take(data: &DataDirectory, what: &str) -> Result<Self> {
        let path = data.lock_file();
        let open = File::options().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        let mut file = open.with_context(|| format!("cannot open {}", path.display()))?;
        let mut glances = 0;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) => {
                    let holder = read(&mut file);
                    if is_alive(holder.pid) || glances == GLANCES {
                        return Err(InUse { directory: data.path().to_owned(), holder }.into());
                    }
                    // Somebody only looks who works here, which is over in a moment.
                    glances += 1;
                    std::thread::yield_now();
                }
                Err(TryLockError::Error(error)) => return Err(error).with_context(|| format!("cannot lock {}", path.display())),
            }
        }
        let mut lock = Self { file };
        lock.write(&Holder { pid: std::process::id(), version: crate::VERSION.to_owned(), what: what.to_owned(), listen: None })?;
        Ok(lock)
    }

    /// As [`Lock::take`], and waits so long for another process to end.
    ///
    /// # Errors
    /// [`InUse`] when another process holds it still.
    pub(crate) async fn wait(data: &DataDirectory, what: &str, within: std::time::Duration) -> Result<Self> {
        let deadline = tokio::time::Instant::now() + within;
        loop {
            match Self::take(data, what) {
                Err(error) if error.is::<InUse>() && tokio::time::Instant::now() < deadline => {
                    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                }
                taken => return taken,
            }
        }
    }

    /// Says who holds it.
    pub(crate) fn write(&mut self, holder: &Holder) -> Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(serde_json::to_string(holder)?.as_bytes())?;
        Ok(())
    }

    /// Who works on the directory now, if anybody does.
    pub(crate) fn holder(data: &DataDirectory) -> Option<Holder> {
        let mut file = File::options().read(true).open(data.lock_file()).ok()?;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => Some(read(&mut file)),
            Ok(()) | Err(TryLockError::Error(_)) => None,
        }
    }
}

/// A holder that is just writing gives an empty one.
fn read(file: &mut File) -> Holder {
    let mut text = String::new();
    let _unreadable = file.rewind().and_then(|()| file.read_to_string(&mut text));
    serde_json::from_str(&text).unwrap_or_else(|_| Holder { what: "another process".to_owned(), ..Holder::default() })
}

fn is_alive(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|pid| !matches!(rustix::process::test_kill_process(pid), Err(rustix::io::Errno::SRCH)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_refused_and_told_who_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDirectory::open(folder.path()).unwrap();
        assert_eq!(Lock::holder(&data), None);
        let mut first = Lock::take(&data, "server").unwrap();
        let listen = Some("http://127.0.0.1:8080".to_owned());
        let holder = Holder { pid: std::process::id(), version: "1".into(), what: "server".into(), listen };
        first.write(&holder).unwrap();
        let refused = Lock::take(&data, "server").unwrap_err();
        let expected = format!("in use by server (process {}, http://127.0.0.1:8080)", std::process::id());
        assert!(refused.to_string().contains(&expected), "{refused}");
        assert_eq!(refused.downcast_ref::<InUse>().unwrap().holder, holder);
        assert_eq!(Lock::holder(&data), Some(holder));
        drop(first);
        assert_eq!(Lock::holder(&data), None);
        Lock::take(&data, "server").unwrap();
    }
}
