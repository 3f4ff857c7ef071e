mod key;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use banyan_edge::{EntryKind, Explanation, Question, Refusal, RouteFile, RouteLine, explain};
use clap::Subcommand;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};

use super::installation::Installation;
use super::{Ended, block_on, terminal};
use crate::acts::{Act, Answer};
use crate::admin_socket;
use crate::data::DataDirectory;
use crate::serve::routes::{built_in, known};

/// Look at the routes of the front door, before and while they serve.
#[derive(Subcommand)]
#[command(
    after_help = "Examples:\n  banyan routes check banyan.toml\n  banyan routes explain GET https://shop.example.org/cart --header 'Api-Version: 2'\n  banyan routes list --json\n  banyan routes key legacy"
)]
pub(crate) enum Command {
    Check(Check),
    Explain(Explain),
    List(List),
    Key(key::Key),
}

/// Say everything that is wrong with a route file, with line and column.
///
/// Exit code 0 if the file is good, 1 if it is not. A running server is not touched.
#[derive(clap::Args)]
pub(crate) struct Check {
    /// The file (default: the settings' file).
    file: Option<PathBuf>,
    #[command(flatten)]
    installation: Installation,
}

/// Say which route would answer a request, why, through which policies, and where to.
///
/// Nothing is sent to any upstream. The running server is asked, which also has what was stored over the API and what moves; without one, or
/// with --file, it is the file alone. Exit code 0 if a route answers, 1 if none does.
#[derive(clap::Args)]
pub(crate) struct Explain {
    /// The method, such as GET.
    method: Method,
    /// The address, with scheme and host or as a path alone.
    url: Uri,
    /// A header of the request, such as 'Api-Version: 2'. May be given many times.
    #[arg(long, value_name = "NAME: VALUE")]
    header: Vec<String>,
    /// The route file (default: the settings' file).
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// For programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

/// List the routes of the running server, with where each comes from: file, api, migration, or built in.
///
/// Stored routes that do not fit the file are left out, and named with their reasons.
#[derive(clap::Args)]
pub(crate) struct List {
    /// For programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

impl Command {
    pub(crate) fn run(self) -> Result<Ended> {
        match self {
            Self::Check(check) => check.run(),
            Self::Explain(explain) => explain.run(),
            Self::List(list) => list.run(),
            Self::Key(key) => key.run(),
        }
    }
}

/// The file that was named, else the settings' own. Settings that are wrong elsewhere must not hide what is wrong here.
fn file_of(given: Option<&Path>, installation: &Installation) -> Result<PathBuf> {
    match given {
        Some(path) => Ok(path.to_owned()),
        None => installation.load()?.file.context("there is no banyan.toml; name a file"),
    }
}

fn text_of(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

impl Check {
    fn run(self) -> Result<Ended> {
        let path = file_of(self.file.as_deref(), &self.installation)?;
        let text = text_of(&path)?;
        match RouteFile::parse(&text, &known(&text)) {
            Ok(file) => {
                terminal::say(&format!("{}: {} routes, nothing is wrong", path.display(), file.len()))?;
                Ok(Ended::Well)
            }
            Err(faults) => {
                for fault in &faults {
                    terminal::say(&format!("{}:{fault}", path.display()))?;
                }
                terminal::complain(&format!("{} faults", faults.len()));
                Ok(Ended::Wrong)
            }
        }
    }
}

impl Explain {
    fn run(self) -> Result<Ended> {
        let headers = headers_of(&self.header)?;
        let question = Question { method: self.method.clone(), uri: self.url.clone(), headers };
        let of_server = match &self.file {
            Some(_) => None,
            None => self.ask_server(&question)?,
        };
        let explanation = match of_server {
            Some(explanation) => explanation,
            None => explain(&self.read()?, &built_in(self.installation.load().ok().as_ref()), &question),
        };
        let text = if self.json { serde_json::to_string_pretty(&explanation)? } else { explained(&explanation) };
        terminal::say(text.trim_end())?;
        Ok(if explanation.route.is_some() { Ended::Well } else { Ended::Wrong })
    }

    /// What the running server says, which also has what was stored over the API; none where no server runs.
    fn ask_server(&self, question: &Question) -> Result<Option<Explanation>> {
        let loaded = self.installation.load()?;
        let Ok(data) = DataDirectory::open(&loaded.data) else { return Ok(None) };
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = question.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        let act = Act::ExplainRoute { method: question.method.to_string(), uri: question.uri.to_string(), headers };
        match block_on(async { admin_socket::send(&data, &act).await })? {
            Some(Answer::Explanation(explanation)) => Ok(Some(*explanation)),
            _ => Ok(None),
        }
    }

    fn read(&self) -> Result<RouteFile> {
        let file = match &self.file {
            Some(path) => Some(path.clone()),
            None => self.installation.load()?.file,
        };
        let Some(path) = file else { return Ok(RouteFile::default()) };
        let text = text_of(&path)?;
        match RouteFile::parse(&text, &known(&text)) {
            Ok(file) => Ok(file),
            Err(faults) => bail!("{}:{} (`banyan routes check` says all)", path.display(), faults[0]),
        }
    }
}

fn headers_of(given: &[String]) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    for line in given {
        let wrong = || format!("`{line}` is not a header such as `Api-Version: 2`");
        let (name, value) = line.split_once(':').with_context(wrong)?;
        let name = HeaderName::from_bytes(name.trim().as_bytes()).with_context(wrong)?;
        headers.append(name, HeaderValue::from_str(value.trim()).with_context(wrong)?);
    }
    Ok(headers)
}

fn explained(explanation: &Explanation) -> String {
    let mut lines = Vec::new();
    match (&explanation.route, &explanation.refusal) {
        (Some(route), _) if route.line > 0 => {
            lines.push(format!("route     {} (line {}): {}", route.name, route.line, route.path));
        }
        (Some(route), _) => lines.push(format!("route     {} ({}): {}", route.name, route.origin, route.path)),
        (None, refusal) => lines.push(format!("no route  {}", refusal.as_deref().unwrap_or("none fits"))),
    }
    lines.push(format!("path      {}", explanation.path));
    if let Some(forwarded) = &explanation.forwarded {
        lines.push(format!("to        {forwarded}"));
    }
    for (at, policy) in explanation.policies.iter().enumerate() {
        lines.push(format!("{:<10}{policy}", if at == 0 { "policies" } else { "" }));
    }
    for (at, one) in explanation.considered.iter().enumerate() {
        let why = one.misfit.as_ref().map_or_else(|| "fits".to_owned(), |why| format!("does not fit: it {why}"));
        lines.push(format!("{:<10}{} {}: {why}", if at == 0 { "asked" } else { "" }, one.name, one.path));
    }
    lines.join("\n")
}

impl List {
    fn run(&self) -> Result<Ended> {
        let loaded = self.installation.load()?;
        let data = DataDirectory::open(&loaded.data)?;
        let answer = block_on(async { admin_socket::send(&data, &Act::ListRoutes).await })?;
        let Some(Answer::Routes(routes)) = answer else {
            bail!("no server runs on {}; `banyan routes explain` works without one", loaded.data.display());
        };
        let text = if self.json { serde_json::to_string_pretty(&routes)? } else { listed(&routes) };
        terminal::say(&text)?;
        let refused = block_on(async { admin_socket::send(&data, &Act::ListRefusedRoutes).await })?;
        if let Some(Answer::RefusedRoutes(refused)) = refused {
            refused.iter().for_each(|refusal| terminal::complain(&left_out(refusal)));
        }
        Ok(Ended::Well)
    }
}

fn left_out(Refusal { kind, name, key, reason, remedy, .. }: &Refusal) -> String {
    let kind = match kind {
        EntryKind::Route => "route",
        EntryKind::Upstream => "upstream",
    };
    let key = if key.is_empty() { String::new() } else { format!("`{key}` ") };
    format!("the stored {kind} `{name}` is left out: {key}{reason}; {remedy}")
}

fn listed(routes: &[RouteLine]) -> String {
    let any = |texts: &[String]| if texts.is_empty() { "*".to_owned() } else { texts.join(",") };
    let row = |route: &RouteLine| {
        let from = if route.line > 0 { format!("{} {}", route.origin, route.line) } else { route.origin.clone() };
        let (hosts, methods) = (any(&route.hosts), any(&route.methods));
        [route.name.clone(), from, hosts, methods, route.path.clone(), route.target.clone(), route.auth.clone()]
    };
    terminal::table(["NAME", "FROM", "HOST", "METHOD", "PATH", "TO", "AUTH"], &routes.iter().map(row).collect::<Vec<_>>())
}
