//! The file of signed audit heads: a JSON line for each, the newest last. It lies outside the databases, so that who changes one
//! has not changed the other.

use std::collections::VecDeque;
use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use banyan_store::audit::SignedHead;

use crate::house::House;

/// How many heads a reader keeps, the newest. Each newer head vouches for all records before it.
const KEPT: usize = 10_000;

/// Bytes of the longest line that can be a head. Ours have about 250.
const LONGEST: u64 = 4_096;

/// Where every chain ends now.
pub(crate) async fn sign(house: &House) -> Result<Vec<SignedHead>> {
    let mut heads = Vec::new();
    for store in house.stores() {
        let head = store.audit_head_signed().await;
        heads.push(head.with_context(|| format!("cannot read the audit head of `{}`", store.service()))?);
    }
    Ok(heads)
}

/// As lines, each with its end.
pub(crate) fn lines(heads: &[SignedHead]) -> Result<String> {
    let mut lines = String::new();
    for head in heads {
        lines.push_str(&serde_json::to_string(head)?);
        lines.push('\n');
    }
    Ok(lines)
}

/// Appends to the file, which is made for its owner alone, in one write that is durable afterwards.
pub(crate) fn append(path: &Path, heads: &[SignedHead]) -> Result<()> {
    append_text(path, lines(heads)?).with_context(|| format!("cannot write {}", path.display()))
}

fn append_text(path: &Path, mut lines: String) -> std::io::Result<()> {
    let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
    // A pipe or a terminal has no end to look at.
    let is_kept = file.metadata()?.is_file();
    if is_kept && file.metadata()?.len() > 0 {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        // A line that was cut by a loss of power must not spoil the next.
        if last != *b"\n" {
            lines.insert(0, '\n');
        }
    }
    file.write_all(lines.as_bytes())?;
    if is_kept { file.sync_all() } else { Ok(()) }
}

/// The newest heads of a file, in its order.
///
/// # Errors
/// When the file cannot be read, or a line is no head.
pub(crate) fn read(path: &Path) -> Result<Vec<SignedHead>> {
    let file = std::fs::File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let mut reader = BufReader::new(file);
    let (mut heads, mut line, mut number) = (VecDeque::new(), Vec::new(), 0_u64);
    loop {
        line.clear();
        let taken = reader.by_ref().take(LONGEST).read_until(b'\n', &mut line);
        if taken.with_context(|| format!("cannot read {}", path.display()))? == 0 {
            return Ok(heads.into());
        }
        number += 1;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let Ok(head) = serde_json::from_slice(&line) else {
            bail!(
                "line {number} of {} is no signed head: somebody changed it, or the machine lost power while it was written. Keep a \
                 copy of the file, compare it with the heads that you exported elsewhere, then take the line out and verify again",
                path.display()
            );
        };
        if heads.len() == KEPT {
            heads.pop_front();
        }
        heads.push_back(head);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    fn head(position: i64) -> SignedHead {
        let at = banyan_kernel::Timestamp::from_seconds(position);
        SignedHead { service: "goals".to_owned(), position, head: "00".repeat(32), at, signature: "11".repeat(32) }
    }

    #[test]
    fn what_is_appended_is_read_again_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("heads.jsonl");
        append(&path, &[head(1), head(2)]).unwrap();
        append(&path, &[head(3)]).unwrap();
        assert_eq!(read(&path).unwrap(), [head(1), head(2), head(3)]);
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_torn_line_is_named_and_leaves_the_next_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("heads.jsonl");
        std::fs::write(&path, "{\"service\":\"goa").unwrap();
        append(&path, &[head(1)]).unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.contains("line 1 of ") && error.contains("is no signed head"), "{error}");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.split_once('\n').unwrap().1).unwrap();
        assert_eq!(read(&path).unwrap(), [head(1)]);
    }

    #[test]
    fn an_endless_line_is_refused_and_only_the_newest_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("heads.jsonl");
        std::fs::write(&path, vec![b' '; 5_000]).unwrap();
        assert_eq!(read(&path).unwrap(), [], "blanks are nothing");
        std::fs::write(&path, vec![b'['; 5_000]).unwrap();
        assert!(read(&path).is_err());
        std::fs::remove_file(&path).unwrap();
        let many: Vec<SignedHead> = (0..10_002).map(head).collect();
        append(&path, &many).unwrap();
        assert_eq!(read(&path).unwrap(), many[2..]);
    }
}
