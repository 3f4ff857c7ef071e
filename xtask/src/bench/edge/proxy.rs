//! The proxies that are measured, and what stands behind them.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::process::{self, Guarded};
use crate::tools::{HAPROXY, NGINX, Tool};
use crate::workspace;

const START_LIMIT: Duration = Duration::from_secs(10);

/// Bytes of the large answer.
const LARGE: usize = 64 * 1024;

/// A program that listens on a port of the loopback address; it ends with this value.
pub(super) struct Peer {
    process: Guarded,
    pub(super) port: u16,
}

impl Peer {
    /// nginx with one small and one large answer.
    pub(super) fn upstream(folder: &Path, processor: Option<usize>) -> Result<Self> {
        fs::create_dir_all(folder.join("files/bench"))?;
        fs::write(folder.join("files/bench/large"), text_of(LARGE))?;
        Self::start(&NGINX, &["-c"], "nginx/upstream.conf", folder, 0, processor)
    }

    pub(super) fn nginx(folder: &Path, upstream: u16, processor: Option<usize>) -> Result<Self> {
        Self::start(&NGINX, &["-c"], "nginx/proxy.conf", folder, upstream, processor)
    }

    pub(super) fn haproxy(folder: &Path, upstream: u16, processor: Option<usize>) -> Result<Self> {
        Self::start(&HAPROXY, &["-db", "-q", "-f"], "haproxy/proxy.cfg", folder, upstream, processor)
    }

    fn start(
        tool: &Tool,
        arguments: &[&str],
        template: &str,
        folder: &Path,
        upstream: u16,
        processor: Option<usize>,
    ) -> Result<Self> {
        let port = process::free_port()?;
        let source = workspace::root().join("bench/peers").join(template);
        let text = fs::read_to_string(&source).with_context(|| format!("cannot read {}", source.display()))?;
        let text = text
            .replace("@PORT@", &port.to_string())
            .replace("@UPSTREAM@", &upstream.to_string())
            .replace("@FOLDER@", &folder.to_string_lossy());
        let name = template.replace('/', "-");
        let configuration = folder.join(&name);
        fs::write(&configuration, text)?;
        let log = fs::File::create(folder.join(format!("{name}.log")))?;
        let mut command = process::pinned(&tool.require()?, processor)?;
        command.args(arguments).arg(&configuration).stdout(Stdio::from(log.try_clone()?)).stderr(Stdio::from(log));
        let mut process = Guarded::spawn(&mut command)?;
        wait_until_open(&mut process, port, &folder.join(format!("{name}.log")))?;
        Ok(Self { process, port })
    }

    pub(super) fn pid(&self) -> u32 {
        self.process.pid()
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

fn wait_until_open(process: &mut Guarded, port: u16, log: &Path) -> Result<()> {
    let began = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if let Some(status) = process.ended()? {
            bail!("it did not start ({status}):\n{}", fs::read_to_string(log).unwrap_or_default());
        }
        if began.elapsed() > START_LIMIT {
            bail!("it was not ready after {START_LIMIT:?}; its log is {}", log.display());
        }
        process::pause(Duration::from_millis(10))?;
    }
    Ok(())
}

/// Text that does not compress to nothing, in case somebody tries.
fn text_of(bytes: usize) -> String {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut letters = std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'a' + (state % 26) as u8)
    });
    letters.by_ref().take(bytes).collect()
}
