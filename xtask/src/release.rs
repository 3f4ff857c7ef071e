//! `cargo xtask release`: the server as it should go into production.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::{bench, process, workspace};

/// Build the server for production: compiled a second time, by a profile of what it does under load.
///
/// Builds it so that it counts, puts the calls of `bench edge` and `bench api` on it, and builds it again with the
/// compiler knowing which ways are hot (profile-guided optimisation). Takes a compiler's time twice, and needs the
/// component `llvm-tools` (`rustup component add llvm-tools`).
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Build once, without a profile.
    #[arg(long)]
    plain: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let binary = if arguments.plain { crate::server::build(crate::server::Profile::Release)? } else { guided()? };
    println!("{}", binary.display());
    Ok(())
}

fn guided() -> Result<PathBuf> {
    let compiler = Compiler::ask()?;
    let merger = compiler.profile_merger()?;
    let folder = workspace::target_directory()?.join("guided");
    let counts = folder.join("counts");
    // Counts of another version would mislead.
    let _ = fs::remove_dir_all(&counts);
    fs::create_dir_all(&counts)?;

    println!("1 of 3: the server that counts");
    let counting = build(&compiler, &folder.join("counting"), &flag("-Cprofile-generate=", &counts), "off")?;
    println!("2 of 3: the load");
    bench::put_load_on(&counting)?;
    let profile = folder.join("banyan.profdata");
    process::run(Command::new(merger).arg("merge").arg("--output").arg(&profile).arg(&counts))?;
    println!("3 of 3: the server");
    build(&compiler, &folder.join("release"), &flag("-Cprofile-use=", &profile), "fat")
}

/// Naming the target keeps the flags away from build scripts. What counts needs no optimisation across crates, which takes half of the time.
fn build(compiler: &Compiler, folder: &Path, flags: &OsStr, across_crates: &str) -> Result<PathBuf> {
    let mut command = workspace::cargo();
    command.args(["build", "--release", "--package", "banyan-server", "--bin", "banyan"]);
    command.args(["--target", &compiler.host]).arg("--target-dir").arg(folder);
    command.env("RUSTFLAGS", flags).env("CARGO_PROFILE_RELEASE_LTO", across_crates);
    process::run(&mut command)?;
    Ok(folder.join(&compiler.host).join("release/banyan"))
}

fn flag(name: &str, path: &Path) -> OsString {
    let mut flag = OsString::from(name);
    flag.push(path);
    flag
}

struct Compiler {
    host: String,
    system_root: PathBuf,
}

impl Compiler {
    fn ask() -> Result<Self> {
        let told = |arguments: &[&str]| -> Result<String> {
            let program = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
            let output =
                Command::new(program).args(arguments).current_dir(workspace::root()).output().context("cannot ask rustc")?;
            Ok(String::from_utf8(output.stdout)?)
        };
        let about = told(&["--version", "--verbose"])?;
        let host = about.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc does not say its host")?;
        Ok(Self { host: host.to_owned(), system_root: told(&["--print", "sysroot"])?.trim().into() })
    }

    fn profile_merger(&self) -> Result<PathBuf> {
        let merger = self.system_root.join("lib/rustlib").join(&self.host).join("bin/llvm-profdata");
        if !merger.is_file() {
            bail!(
                "llvm-profdata is missing, and it has to be of the compiler's own version: run `rustup component add llvm-tools`"
            );
        }
        Ok(merger)
    }
}
