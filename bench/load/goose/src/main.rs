//! The two published load scripts, by Goose. `cargo xtask bench load` builds this, starts a server, makes the people, and calls it:
//!
//! ```sh
//! banyan-load arrivals --url http://127.0.0.1:3000 --people people.json --report arrivals.json
//! ```
//!
//! What is called how often stands in `bench/load/scripts.json`, which the forms for Artillery, k6 and JMeter follow, too. Ends with status 1
//! when a threshold of the script is broken.

mod attack;
mod length;
mod people;
mod report;
mod script;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};

use length::Length;
use people::People;
use report::Report;
use script::{Scripts, Thresholds};

/// The published load scripts of Banyan
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    script: Script,
    /// The server's address, such as http://127.0.0.1:3000
    #[arg(long, global = true, default_value = "http://127.0.0.1:3000")]
    url: String,
    /// Who calls: a JSON list of `{"accessToken": …, "refreshToken": …}`
    #[arg(long, global = true, default_value = "people.json")]
    people: PathBuf,
    /// A few seconds with a hundredth of the load: shows that everything works, not how fast it is
    #[arg(long, global = true, conflicts_with = "time")]
    quick: bool,
    /// Percent of the published length; as many people and arrivals a second as published
    #[arg(long, global = true, default_value_t = 100, value_parser = clap::value_parser!(u8).range(1..=100))]
    time: u8,
    /// Where the figures go as JSON
    #[arg(long, global = true)]
    report: Option<PathBuf>,
}

#[derive(Clone, Copy, Subcommand)]
enum Script {
    /// 50 people a second for 300 s, who each do one thing and go
    Arrivals,
    /// 100, 1,000, 2,000, 2,000 and 0 people at once, who ask again and again
    Stages,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether the thresholds were kept.
async fn run(arguments: Arguments) -> Result<bool> {
    let scripts = Scripts::published()?;
    let people = People::read(&arguments.people)?;
    let length = if arguments.quick { Length::Quick } else { Length::Percent(arguments.time) };
    let (name, attack, most) = match arguments.script {
        Script::Arrivals => {
            let most = scripts.arrivals.most;
            ("arrivals", attack::arrivals(scripts.arrivals, length, &arguments.url, people)?, most)
        }
        Script::Stages => {
            let most = scripts.stages.most;
            ("stages", attack::stages(scripts.stages, length, &arguments.url, people)?, most)
        }
    };
    let metrics = Box::pin(attack.execute()).await?;
    let report = Report::of(name, &metrics);
    println!("{report}");
    if let Some(file) = &arguments.report {
        let text = serde_json::to_string_pretty(&report)? + "\n";
        std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(kept(&report, &most))
}

fn kept(report: &Report, most: &Thresholds) -> bool {
    let broken = report.broken(most);
    for threshold in &broken {
        println!("broken: {threshold}");
    }
    broken.is_empty()
}
