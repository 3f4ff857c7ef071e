//! SHA-256 of what flows by.

use std::io::{self, Read, Write};

use sha2::{Digest as _, Sha256};

/// Copies everything, and gives the length and the digest in hexadecimal.
pub(super) fn copy(source: &mut impl Read, target: &mut impl Write) -> io::Result<(u64, String)> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0_u8; 128 * 1024];
    let mut length = 0;
    loop {
        let read = match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.update(&buffer[..read]);
        target.write_all(&buffer[..read])?;
        length += read as u64;
    }
    let digest = hasher.finalize().iter().fold(String::with_capacity(64), |text, byte| text + &format!("{byte:02x}"));
    Ok((length, digest))
}
