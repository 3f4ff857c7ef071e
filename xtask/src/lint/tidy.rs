//! Small things that spoil a repository: paths of somebody's machine, files that grew too long.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::{process, workspace};

/// Top folders in which people work. A path into one of them means only one machine. Written
/// without slashes, so that this file does not find itself.
const PERSONAL_FOLDERS: [&str; 4] = ["home", "root", "Users", "work"];

/// A line with this mark may hold such a path, for a reason that it states.
const EXCEPTION: &str = "tidy: allow path";

/// A Rust file longer than this is told, not refused: it should be split when it is next touched.
const LONG_FILE_LINES: usize = 400;

/// Folders without source, for a copy of the repository that Git does not know.
const NOT_SOURCE: [&str; 4] = [".git", "data", "node_modules", "target"];

pub(super) fn check() -> Result<()> {
    let root = workspace::root();
    let mut paths = Vec::new();
    for file in repository_files()? {
        // What is not text (images, keys) holds no paths that anybody reads.
        let Ok(text) = fs::read_to_string(root.join(&file)) else {
            continue;
        };
        let found = machine_paths(&text);
        paths.extend(found.into_iter().map(|(line, path)| format!("{file}:{line}: {path}")));
        let length = text.lines().count();
        if Path::new(&file).extension().is_some_and(|extension| extension == "rs") && length > LONG_FILE_LINES {
            println!("   note: {file} has {length} lines; more than {LONG_FILE_LINES} are hard to read");
        }
    }
    if paths.is_empty() {
        return Ok(());
    }
    bail!("paths of somebody's machine (use a relative one or $HOME):\n   {}", paths.join("\n   "))
}

/// The files of the repository: tracked, or new and not ignored. Relative to the root.
pub(super) fn repository_files() -> Result<Vec<String>> {
    let root = workspace::root();
    let mut git = Command::new("git");
    git.current_dir(&root);
    git.args(["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let Ok(list) = process::output(&mut git) else {
        process::check_interrupted()?;
        // A copy of the source without Git.
        let mut files = Vec::new();
        collect_files(&root, &root, &mut files)?;
        return Ok(files);
    };
    Ok(list.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect())
}

/// All files below `folder`, without those that are built or downloaded.
fn collect_files(root: &Path, folder: &Path, files: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let kind = entry.file_type()?;
        if kind.is_dir() && !NOT_SOURCE.iter().any(|not_source| name == *not_source) {
            collect_files(root, &entry.path(), files)?;
        } else if kind.is_file() {
            files.push(entry.path().strip_prefix(root)?.to_string_lossy().into_owned());
        }
    }
    Ok(())
}

/// Absolute paths into personal folders, with their line numbers.
fn machine_paths(text: &str) -> Vec<(usize, String)> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.contains(EXCEPTION));
    lines.filter_map(|(index, line)| Some((index + 1, machine_path(line)?.to_owned()))).collect()
}

/// The first absolute path into a personal folder on a line.
fn machine_path(line: &str) -> Option<&str> {
    let starts = line.match_indices('/').map(|(start, _)| start);
    starts.map(|start| (start, &line[start..])).find_map(|(start, rest)| {
        // Inside of a longer path or of an address it is somebody else's `home`.
        let before = line[..start].chars().next_back();
        let continues = before.is_some_and(|c| c.is_alphanumeric() || "/._-~}*)$".contains(c));
        let mut parts = rest[1..].splitn(2, '/');
        let folder = parts.next()?;
        let below = parts.next()?.chars().next()?;
        let personal = PERSONAL_FOLDERS.contains(&folder) && (below.is_alphanumeric() || below == '.');
        (personal && !continues).then(|| path_from(rest))
    })
}

/// The path at the start of `text`.
fn path_from(text: &str) -> &str {
    let end = text.find(|c: char| c.is_whitespace() || "\"'`<>(),;:".contains(c));
    end.map_or(text, |end| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(parts: [&str; 4]) -> String {
        parts.concat()
    }

    #[test]
    fn the_repository_is_tidy() {
        check().unwrap();
    }

    #[test]
    fn a_path_of_somebodys_machine_is_found_with_its_line() {
        let text = line(["first\nsee `", "/home", "/ada/banyan/x.rs", "` there"]);
        assert_eq!(machine_paths(&text), [(2, ["/home", "/ada/banyan/x.rs"].concat())]);
        assert!(machine_path(&line(["", "/root", "/.cargo", ""])).is_some());
        assert!(machine_path(&line(["cd ", "/work", "/tree", ""])).is_some());
    }

    #[test]
    fn other_paths_and_addresses_are_left_alone() {
        for harmless in [
            "https://example.org/home/page".to_owned(),
            "./root/file and ../work/file".to_owned(),
            "$HOME/work/file".to_owned(),
            "/var/lib/banyan".to_owned(),
            line(["", "/home", "/ada/x", " tidy: allow path (an example)"]),
        ] {
            assert_eq!(machine_paths(&harmless), [], "{harmless}");
        }
    }
}
