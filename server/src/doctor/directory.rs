//! The data directory: there, private, ours, with a key and with room.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::Finding;
use crate::data::{DataDirectory, Lock, is_private};
use crate::settings::Loaded;

/// Below this the engine may not finish what it began, in bytes.
const LITTLE_ROOM: u64 = 256 * 1024 * 1024;
const SCARCE_ROOM: u64 = 2 * 1024 * 1024 * 1024;

pub(super) fn examine(loaded: &Loaded, findings: &mut Vec<Finding>) {
    let path = &loaded.data;
    if !path.exists() {
        findings.push(Finding::note(
            "data-directory",
            format!("{} is not there yet", path.display()),
            "nothing is wrong: `banyan serve` makes it; if you have data elsewhere, name it with --data",
        ));
        return;
    }
    let data = match DataDirectory::open(path) {
        Ok(data) => data,
        Err(error) => {
            findings.push(Finding::wrong("data-directory", format!("{error:#}"), "name a directory with --data or BANYAN_DATA"));
            return;
        }
    };
    findings.push(Finding::fine("data-directory", data.path().display().to_string()));
    examine_owner(&data, findings);
    examine_modes(&data, findings);
    examine_key(loaded, &data, findings);
    examine_room(data.path(), findings);
    examine_server(&data, findings);
}

fn examine_owner(data: &DataDirectory, findings: &mut Vec<Finding>) {
    let Ok(metadata) = data.path().metadata() else { return };
    let ours = rustix::process::geteuid().as_raw();
    if metadata.uid() != ours {
        findings.push(Finding::warning(
            "data-owner",
            format!("{} belongs to user {}, and this command runs as user {ours}", data.path().display(), metadata.uid()),
            "run banyan as the user that owns the data: files of two users keep each other out",
        ));
    }
    // Writing is the only sure way to know: mounts and quotas say no as well.
    let probe = data.path().join(".doctor");
    match std::fs::write(&probe, b"").and_then(|()| std::fs::remove_file(&probe)) {
        Ok(()) => findings.push(Finding::fine("data-writable", "can be written")),
        Err(error) => findings.push(Finding::wrong(
            "data-writable",
            format!("{} cannot be written: {error}", data.path().display()),
            "give the directory to the user that runs banyan, and look whether the disk is full or mounted read-only",
        )),
    }
}

/// Whatever others may read that only the owner should.
fn examine_modes(data: &DataDirectory, findings: &mut Vec<Finding>) {
    let keys = data.key_file();
    let keys_folder = keys.parent().map(Path::to_owned);
    let mut secret: Vec<PathBuf> =
        [Some(data.path().to_owned()), keys_folder, Some(keys), Some(data.mail()), Some(data.backups())]
            .into_iter()
            .flatten()
            .collect();
    secret.extend(crate::house::names().iter().map(|service| data.database(service)));
    let open: Vec<PathBuf> = secret.into_iter().filter(|path| matches!(is_private(path), Ok(false))).collect();
    if open.is_empty() {
        findings.push(Finding::fine("data-private", "only its owner can read it"));
        return;
    }
    let names: Vec<String> = open.iter().map(|path| path.display().to_string()).collect();
    findings.push(Finding::wrong(
        "data-private",
        format!("other users of this machine can read or write {}", names.join(", ")),
        format!("chmod go= {}", names.join(" ")),
    ));
}

fn examine_key(loaded: &Loaded, data: &DataDirectory, findings: &mut Vec<Finding>) {
    let file = data.key_file();
    if loaded.settings.general.master_key.is_some() {
        findings.push(Finding::fine("master-key", "given by the settings"));
        if file.exists() {
            findings.push(Finding::warning(
                "master-key",
                format!("the settings give a key, and {} is there as well; the settings count", file.display()),
                "keep one of them, the one under which the data was sealed",
            ));
        }
        return;
    }
    match std::fs::read_to_string(&file) {
        Ok(text) => findings.push(match crate::data::key::decode(&text) {
            Some(key) if key.iter().all(|byte| *byte == key[0]) => Finding::wrong(
                "master-key",
                format!("{} holds no random key", file.display()),
                "start a new installation with a random key (head -c 32 /dev/urandom | xxd -p -c 64), and move the data by export",
            ),
            Some(_) => Finding::fine("master-key", file.display().to_string()),
            None => Finding::wrong("master-key", format!("{} is not a key", file.display()), "bring it back from a backup"),
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => findings.push(Finding::note(
            "master-key",
            format!("{} is not there", file.display()),
            "nothing is wrong before the first start; otherwise bring it back from a backup, or set BANYAN_MASTER_KEY",
        )),
        Err(error) => findings.push(Finding::wrong(
            "master-key",
            format!("{} cannot be read: {error}", file.display()),
            "run banyan as the user that owns it",
        )),
    }
}

fn examine_room(path: &Path, findings: &mut Vec<Finding>) {
    let Ok(disk) = rustix::fs::statvfs(path) else { return };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let found = format!("{} MiB free at {}", free / (1024 * 1024), path.display());
    let remedy = "make room or move the data directory: old backups in backups/ and before-restore-… are the first to look at";
    findings.push(match free {
        ..LITTLE_ROOM => Finding::wrong("disk", found, remedy),
        LITTLE_ROOM..SCARCE_ROOM => Finding::warning("disk", found, remedy),
        SCARCE_ROOM.. => Finding::fine("disk", found),
    });
}

fn examine_server(data: &DataDirectory, findings: &mut Vec<Finding>) {
    match Lock::holder(data) {
        Some(holder) => findings.push(Finding::fine("server", format!("in use by {holder}"))),
        None => {
            findings.push(Finding::fine("server", "no server runs here"));
            let left: Vec<String> = [data.address_file(), data.socket()]
                .iter()
                .filter(|path| path.exists())
                .map(|path| path.display().to_string())
                .collect();
            if !left.is_empty() {
                findings.push(Finding::note(
                    "left-over",
                    format!("{} lie there although no server runs: the last one did not end in good order", left.join(", ")),
                    "nothing to do: the next start replaces them; look into the log for why it ended",
                ));
            }
        }
    }
}
