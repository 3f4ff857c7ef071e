//! Lists the shipped message catalogues, so that a language is added as a folder of files and not as code.
//! Writes `shipped.rs` with one `(tag, file name, text)` per `locales/<tag>/<name>.ftl`, in order of their paths, and `glossaries.rs` with
//! one `(tag, text)` per `glossary/<tag>.toml`.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[allow(clippy::disallowed_methods, reason = "Cargo speaks to build scripts through the environment")]
fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("locales");
    let mut code = String::from("&[\n");
    for folder in sorted_entries(&root)?.into_iter().filter(|path| path.is_dir()) {
        for file in sorted_entries(&folder)? {
            if file.extension().is_none_or(|extension| extension != "ftl") {
                continue;
            }
            let tag = folder.file_name().and_then(|name| name.to_str()).ok_or("a folder name is not UTF-8")?;
            let name = file.file_name().and_then(|name| name.to_str()).ok_or("a file name is not UTF-8")?;
            writeln!(
                code,
                "    ({tag:?}, {name:?}, include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/locales/{tag}/{name}\"))),"
            )?;
        }
    }
    code.push_str("]\n");
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("shipped.rs"), code)?;
    glossaries()?;
    // Cargo looks through the whole folder, so a new file or language is seen.
    println!("cargo::rerun-if-changed=locales");
    println!("cargo::rerun-if-changed=glossary");
    Ok(())
}

#[allow(clippy::disallowed_methods, reason = "Cargo speaks to build scripts through the environment")]
fn glossaries() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("glossary");
    let mut code = String::from("&[\n");
    for file in sorted_entries(&root)?.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "toml")) {
        let tag = file.file_stem().and_then(|name| name.to_str()).ok_or("a file name is not UTF-8")?;
        writeln!(code, "    ({tag:?}, include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/glossary/{tag}.toml\"))),")?;
    }
    code.push_str("]\n");
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("glossaries.rs"), code)?;
    Ok(())
}

fn sorted_entries(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?;
    paths.sort();
    Ok(paths)
}
