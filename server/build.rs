//! Lists the files of the applications, so that one is added as a folder and not as code.
//! Writes `applications.rs` with one `(path below apps/, text)` per file, in order of their paths.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[allow(clippy::disallowed_methods, reason = "Cargo speaks to build scripts through the environment")]
fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../apps");
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    let mut code = String::from("&[\n");
    for file in files {
        let inside = file.strip_prefix(&root)?.to_str().ok_or("a file name is not UTF-8")?;
        writeln!(code, "    ({inside:?}, include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/../apps/{inside}\"))),")?;
    }
    code.push_str("]\n");
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("applications.rs"), code)?;
    // Cargo looks through the whole folder, so a new file or application is seen.
    println!("cargo::rerun-if-changed=../apps");
    Ok(())
}

/// Only what an application consists of: editors leave other files.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if hidden {
            continue;
        }
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "toml" || extension == "ftl") {
            files.push(path);
        }
    }
    Ok(())
}
