use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use banyan_kernel::OPERATORS;
use clap::Subcommand;
use serde_json::{Value, json};

use super::calls::encoded;
use super::installation::Installation;
use super::{Ended, terminal};
use crate::acts::{Act, Answer, TextsAsked, TextsTold, perform};

const BASE: &str = "/api/v1/admin/translations";

/// Languages: how complete they are, texts out to translators and in again, publications.
///
/// Without --tenant the texts are everybody's; with it they are one tenant's own.
#[derive(Subcommand)]
#[command(
    after_help = "Examples:\n  banyan locale report\n  banyan locale export id-ID --application upcoach --output upcoach.xlf\n  \
                        banyan locale import id-ID --application upcoach upcoach.xlf\n  \
                        banyan locale publish id-ID --application upcoach --why \"new landing page\"\n  \
                        banyan locale rollback id-ID --application upcoach --to 3"
)]
pub(crate) enum Command {
    /// Say how complete each language is, by application. Exit code 1 if a message is missing in a language that an application promises whole.
    Report {
        #[command(flatten)]
        whose: Whose,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write a file for translators: XLIFF 2.1, or PO.
    Export {
        /// The language, such as id-ID.
        locale: String,
        /// The kind of file.
        #[arg(long, value_enum, default_value = "xliff")]
        format: Format,
        /// The file; standard output without it.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        whose: Whose,
    },
    /// Take a translators' file. Its texts wait for review. Exit code 1 if one is refused.
    Import {
        /// The language, such as id-ID.
        locale: String,
        /// The file; `-` is standard input.
        file: PathBuf,
        /// Not given: by the file's ending.
        #[arg(long, value_enum)]
        format: Option<Format>,
        /// Only say what would be done.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        whose: Whose,
    },
    /// Publish what is approved: every process shows it within a second.
    Publish {
        /// The language, such as id-ID.
        locale: String,
        /// Why, for the history and the audit log.
        #[arg(long, value_name = "TEXT")]
        why: Option<String>,
        #[command(flatten)]
        whose: Whose,
    },
    /// Publish an older publication anew.
    Rollback {
        /// The language, such as id-ID.
        locale: String,
        /// The number of the publication; 0 is what the files say.
        #[arg(long, value_name = "NUMBER")]
        to: u32,
        /// Why, for the history and the audit log.
        #[arg(long, value_name = "TEXT")]
        why: Option<String>,
        #[command(flatten)]
        whose: Whose,
    },
}

/// Whose texts.
#[derive(clap::Args)]
pub(crate) struct Whose {
    /// The application whose own texts are meant. Not given: those that belong to none, or all of the tenant's.
    #[arg(long, value_name = "NAME")]
    application: Option<String>,
    /// Texts of one tenant alone.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    #[command(flatten)]
    installation: Installation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    Xliff,
    Po,
}

impl Format {
    const fn word(self) -> &'static str {
        match self {
            Self::Xliff => "xliff",
            Self::Po => "po",
        }
    }

    fn of(file: &Path) -> Result<Self> {
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("xlf" | "xliff" | "xml") => Ok(Self::Xliff),
            Some("po") => Ok(Self::Po),
            _ => Err(terminal::Usage("say --format xliff or --format po: the file's name does not".to_owned()).into()),
        }
    }
}

impl Command {
    pub(crate) fn run(self) -> Result<Ended> {
        match self {
            Self::Report { whose, json } => report(&whose, json.then_some(())),
            Self::Export { locale, format, output, whose } => export(&whose, &locale, format, output.as_deref()),
            Self::Import { locale, file, format, dry_run, whose } => {
                import(&whose, &locale, &file, format, &format!("&dryRun={dry_run}"))
            }
            Self::Publish { locale, why, whose } => {
                let body = json!({ "locale": locale, "application": whose.application });
                publish(&whose, "publications", &body, why)
            }
            Self::Rollback { locale, to, why, whose } => {
                let body = json!({ "locale": locale, "application": whose.application, "number": to });
                publish(&whose, "publications/roll-back", &body, why)
            }
        }
    }
}

impl Whose {
    fn query(&self) -> String {
        self.application.as_ref().map(|name| format!("application={}", encoded(name))).unwrap_or_default()
    }

    fn ask(&self, method: &str, path: &str, body: Option<String>, reason: Option<String>) -> Result<String> {
        let tenant = self.tenant.clone().unwrap_or_else(|| OPERATORS.to_owned());
        let reason = reason.filter(|reason| !reason.trim().is_empty());
        let asked = TextsAsked { tenant, method: method.to_owned(), path: format!("{BASE}/{path}"), body, reason };
        match perform(&self.installation.load()?, &Act::AskTranslations(asked))? {
            Answer::Translations(TextsTold { status, body }) if status < 400 => Ok(body),
            Answer::Translations(told) => Err(refusal(&told)),
            _ => bail!("another answer than expected"),
        }
    }
}

/// What a problem says, with its fields.
fn refusal(told: &TextsTold) -> anyhow::Error {
    let problem: Value = serde_json::from_str(&told.body).unwrap_or_default();
    let detail = problem["detail"].as_str().or(problem["title"].as_str()).unwrap_or("refused");
    let fields = problem["errors"].as_array().into_iter().flatten();
    let fields = fields
        .map(|one| format!("\n  {}: {}", one["field"].as_str().unwrap_or_default(), one["message"].as_str().unwrap_or_default()));
    anyhow!("{detail}{}", fields.collect::<String>())
}

fn report(whose: &Whose, json: Option<()>) -> Result<Ended> {
    let answer = whose.ask("GET", &format!("report?{}", whose.query()), None, None)?;
    let report: Value = serde_json::from_str(&answer)?;
    let lines: Vec<&Value> = report["data"].as_array().into_iter().flatten().collect();
    let lacks = |line: &&Value| line["whole"] == true && line["missing"].as_u64().unwrap_or_default() > 0;
    let missing = lines.iter().any(lacks);
    if json.is_some() {
        terminal::say(&serde_json::to_string_pretty(&report)?)?;
    } else {
        let number = |line: &Value, name: &str| line[name].as_u64().unwrap_or_default().to_string();
        let row = |line: &&Value| {
            [
                line["application"].as_str().unwrap_or("(common)").to_owned(),
                line["locale"].as_str().unwrap_or_default().to_owned(),
                format!("{} %", number(line, "percent")),
                number(line, "messages"),
                number(line, "missing"),
                number(line, "draft"),
                number(line, "review"),
                number(line, "approved"),
                number(line, "published"),
                number(line, "outdated"),
            ]
        };
        let heading =
            ["APPLICATION", "LOCALE", "SHOWN", "MESSAGES", "MISSING", "DRAFT", "REVIEW", "APPROVED", "PUBLISHED", "OUTDATED"];
        terminal::say(&terminal::table(heading, &lines.iter().map(row).collect::<Vec<_>>()))?;
    }
    Ok(if missing { Ended::Wrong } else { Ended::Well })
}

fn export(whose: &Whose, locale: &str, format: Format, output: Option<&Path>) -> Result<Ended> {
    let path = format!("export?locale={}&format={}&{}", encoded(locale), format.word(), whose.query());
    let text = whose.ask("GET", path.trim_end_matches('&'), None, None)?;
    match output {
        Some(file) => std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?,
        None => terminal::say(text.trim_end())?,
    }
    Ok(Ended::Well)
}

fn import(whose: &Whose, locale: &str, file: &Path, format: Option<Format>, more: &str) -> Result<Ended> {
    let standard_input = file.as_os_str() == "-";
    let format = match format {
        Some(format) => format,
        None => Format::of(file)?,
    };
    let mut text = String::new();
    if standard_input {
        std::io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
    } else {
        text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    }
    let path = format!("import?locale={}&format={}{more}&{}", encoded(locale), format.word(), whose.query());
    let answer = whose.ask("POST", path.trim_end_matches('&'), Some(text), None)?;
    let report: Value = serde_json::from_str(&answer)?;
    let number = |name: &str| report[name].as_u64().unwrap_or_default();
    terminal::say(&format!(
        "{} new, {} changed, {} unchanged, {} without a text, {} refused",
        number("created"),
        number("changed"),
        number("unchanged"),
        number("untranslated"),
        number("refused")
    ))?;
    for one in report["refusals"].as_array().into_iter().flatten() {
        let text = |name: &str| one[name].as_str().unwrap_or_default().replace(char::is_control, " ");
        terminal::complain(&format!("{}: {}", text("key"), text("reason")));
    }
    Ok(if number("refused") > 0 { Ended::Wrong } else { Ended::Well })
}

fn publish(whose: &Whose, path: &str, body: &Value, why: Option<String>) -> Result<Ended> {
    let answer = whose.ask("POST", path, Some(body.to_string()), why)?;
    let published: Value = serde_json::from_str(&answer)?;
    terminal::say(&format!(
        "Published as number {}: {} texts, {} of them changed.",
        published["number"], published["texts"], published["changed"]
    ))?;
    Ok(Ended::Well)
}
