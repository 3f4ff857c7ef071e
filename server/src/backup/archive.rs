//! The archive: writing it, and reading it again with every digest compared.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};

use super::NewerBackup;
use super::digest;
use super::manifest::{FORMAT, MANIFEST, Manifest, Member};

/// Zstandard's customary level.
const LEVEL: i32 = 3;
/// A manifest is far smaller.
const LARGEST_MANIFEST: u64 = 4 * 1024 * 1024;

/// Takes the measure of a file that is to be a member.
pub(super) fn measure(folder: &Path, name: &str) -> Result<Member> {
    let mut file = File::open(folder.join(name)).with_context(|| format!("cannot read {name}"))?;
    let (bytes, sha256) = digest::copy(&mut file, &mut io::sink())?;
    Ok(Member { name: name.to_owned(), bytes, sha256 })
}

/// Writes the archive for its owner alone, and makes it durable.
pub(super) fn write(path: &Path, manifest: &Manifest, folder: &Path) -> Result<()> {
    let file = File::options().write(true).create(true).truncate(true).mode(0o600).open(path);
    let file = file.with_context(|| format!("cannot write {}", path.display()))?;
    let mut packed = zstd::Encoder::new(BufWriter::new(file), LEVEL)?;
    packed.include_checksum(true)?;
    let mut archive = tar::Builder::new(packed);
    let described = serde_json::to_vec_pretty(manifest)?;
    append(&mut archive, MANIFEST, described.len() as u64, manifest, &mut described.as_slice())?;
    for member in &manifest.members {
        let mut content = File::open(folder.join(&member.name))?.take(member.bytes);
        append(&mut archive, &member.name, member.bytes, manifest, &mut content)?;
    }
    let mut file = archive.into_inner()?.finish()?;
    file.flush()?;
    file.get_ref().sync_all()?;
    Ok(())
}

fn append(
    archive: &mut tar::Builder<impl io::Write>,
    name: &str,
    bytes: u64,
    manifest: &Manifest,
    content: &mut impl Read,
) -> Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes);
    header.set_mode(0o600);
    header.set_mtime(u64::try_from(manifest.created_at.seconds()).unwrap_or(0));
    archive.append_data(&mut header, name, content).with_context(|| format!("cannot add {name} to the backup"))
}

/// Reads the archive, compares every length and digest, and gives its members to `place`: where each is to be written.
///
/// # Errors
/// When anything is missing, changed or cut off; [`NewerBackup`] for a form that this program does not know.
pub(super) fn read<W: io::Write>(path: &Path, mut place: impl FnMut(&Member) -> Result<W>) -> Result<Manifest> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let unpacked = zstd::Decoder::new(BufReader::new(file)).with_context(|| no_backup(path))?;
    let mut archive = tar::Archive::new(unpacked);
    let mut entries = archive.entries()?;
    let manifest = match entries.next() {
        Some(entry) => read_manifest(entry.with_context(|| no_backup(path))?).with_context(|| no_backup(path))?,
        None => bail!("{}", no_backup(path)),
    };
    let mut missing: BTreeSet<&str> = manifest.members.iter().map(|member| member.name.as_str()).collect();
    for entry in entries {
        let mut entry = entry.with_context(|| damaged(path))?;
        let name = entry.path()?.to_string_lossy().into_owned();
        // Only names that the manifest has: no member can lead out of the folder.
        let Some(member) = manifest.member(&name) else {
            bail!("{}: it holds `{name}`, of which its manifest knows nothing", damaged(path))
        };
        ensure!(is_plain(&name), "{}: `{name}` is not a plain name", damaged(path));
        ensure!(missing.remove(member.name.as_str()), "{}: `{name}` stands in it twice", damaged(path));
        let mut target = place(member)?;
        let (bytes, sha256) = digest::copy(&mut entry, &mut target).with_context(|| damaged(path))?;
        target.flush()?;
        ensure!(bytes == member.bytes && sha256 == member.sha256, "{}: `{name}` is not what was written", damaged(path));
    }
    ensure!(missing.is_empty(), "{}: {missing:?} are missing", damaged(path));
    // The rest is padding; its end carries the checksum of the whole, and shows that nothing was cut off.
    io::copy(&mut archive.into_inner(), &mut io::sink()).with_context(|| damaged(path))?;
    Ok(manifest)
}

fn read_manifest(entry: tar::Entry<'_, impl Read>) -> Result<Manifest> {
    ensure!(entry.path()?.as_os_str() == MANIFEST, "its first member is not {MANIFEST}");
    let mut text = String::new();
    entry.take(LARGEST_MANIFEST).read_to_string(&mut text)?;
    let described: serde_json::Value = serde_json::from_str(&text)?;
    let format = described["format"].as_u64().unwrap_or(0);
    if format > u64::from(FORMAT) {
        return Err(NewerBackup(format!("the backup has the form {format}, this program understands up to {FORMAT}")).into());
    }
    Ok(serde_json::from_value(described)?)
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

fn no_backup(path: &Path) -> String {
    format!("{} is not a backup of Banyan", path.display())
}

fn damaged(path: &Path) -> String {
    format!("the backup {} is damaged", path.display())
}

#[cfg(test)]
mod tests {
    use super::super::manifest::EngineName;
    use super::*;
    use banyan_kernel::Timestamp;

    fn written() -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("goals.db"), b"rows ".repeat(10_000)).unwrap();
        let members = vec![measure(folder.path(), "goals.db").unwrap()];
        let created_at = Timestamp::from_seconds(1);
        let manifest = Manifest {
            format: FORMAT,
            version: "1".into(),
            created_at,
            engine: EngineName::Sqlite,
            services: Vec::new(),
            members,
        };
        let path = folder.path().join("backup");
        write(&path, &manifest, folder.path()).unwrap();
        (folder, path)
    }

    #[test]
    fn what_was_written_is_read() {
        let (_folder, path) = written();
        let manifest = read(&path, |_| Ok(Vec::new())).unwrap();
        assert_eq!(manifest.members[0].bytes, 50_000);
    }

    #[test]
    fn a_change_of_any_byte_and_any_cut_are_found() {
        let (_folder, path) = written();
        let whole = std::fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 0x10;
            std::fs::write(&path, &changed).unwrap();
            let again = read(&path, |_| Ok(Vec::new()));
            // A few bits of the headers mean nothing; then what is read is the same.
            assert!(again.is_err() || again.unwrap().members[0].bytes == 50_000, "byte {at}");
            std::fs::write(&path, &whole[..at]).unwrap();
            assert!(read(&path, |_| Ok(Vec::new())).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in ["", ".", "..", "../x", "/x", "a/b", ".hidden", "a\\b"] {
            assert!(!is_plain(name), "{name}");
        }
        assert!(is_plain("identity.db"));
    }
}
