use anyhow::Result;
use banyan_kernel::Uuid;
use clap::Subcommand;
use serde_json::{Value, json};

use super::{Deed, Ended, Look, terminal};

const EXPERIMENTS: &str = "/api/v1/admin/flag-experiments";

/// Experiments: which variant of a flag does better. They may be looked at as often as one likes.
#[derive(Subcommand)]
#[command(
    after_help = "Examples:\n  banyan flags experiments start --tenant upcoach --name \"Blue or red\" --flag button --goal checkout.completed \\\n    \
                        --control red --reason \"the shop asks\"\n  \
                        banyan flags experiments list --tenant upcoach\n  \
                        banyan flags experiments show --tenant upcoach 01941f29-7c00-7000-8000-0000000000cc"
)]
pub(crate) enum Command {
    /// List experiments, the newest first.
    List(Look),
    /// Show what an experiment has found.
    Show(One),
    Start(Start),
    /// End an experiment. What it has shown stays.
    End(End),
}

#[derive(clap::Args)]
pub(crate) struct One {
    /// Its id, as the list has it.
    id: Uuid,
    #[command(flatten)]
    look: Look,
}

/// Begin to count who was given which variant, and who of them reaches the goal.
#[derive(clap::Args)]
pub(crate) struct Start {
    /// What the experiment is about; no two that run have one name.
    #[arg(long)]
    name: String,
    /// The flag, which has two variants or more.
    #[arg(long, value_name = "KEY")]
    flag: String,
    /// The environment.
    #[arg(long, value_name = "NAME", default_value = "production")]
    environment: String,
    /// What people do who are won, as programs tell it.
    #[arg(long, value_name = "NAME")]
    goal: String,
    /// The variant with which the others are compared.
    #[arg(long, value_name = "VARIANT")]
    control: String,
    /// About how large a difference of rates is looked for, from 0.001 to 0.5 (default: 0.02).
    #[arg(long, value_name = "SHARE")]
    expected_effect: Option<f64>,
    #[command(flatten)]
    deed: Deed,
}

#[derive(clap::Args)]
pub(crate) struct End {
    /// Its id, as the list has it.
    id: Uuid,
    #[command(flatten)]
    deed: Deed,
}

impl Command {
    pub(crate) fn run(self) -> Result<Ended> {
        match self {
            Self::List(look) => list(&look),
            Self::Show(one) => {
                let found = one.look.get(&format!("{EXPERIMENTS}/{}", one.id))?;
                one.look.say(&found, || sheet(&found))
            }
            Self::Start(start) => {
                let Start { name, flag, environment, goal, control, expected_effect, deed } = start;
                let body = json!({
                    "name": name, "flag": flag, "environment": environment, "goal": goal, "control": control,
                    "expectedEffect": expected_effect,
                });
                let made = deed.post(EXPERIMENTS, Some(body))?;
                deed.look().say(&made, || made["id"].as_str().unwrap_or_default().to_owned())
            }
            Self::End(end) => {
                let done = end.deed.post(&format!("{EXPERIMENTS}/{}/end", end.id), None)?;
                end.deed.look().say(&done, || "It counts nobody any more.".to_owned())
            }
        }
    }
}

fn list(look: &Look) -> Result<Ended> {
    let answer = look.get(&format!("{EXPERIMENTS}?limit=100"))?;
    let row = |experiment: &Value| {
        let text = |member: &str| experiment[member].as_str().unwrap_or_default().to_owned();
        let state = if experiment["endedAt"].is_null() { "runs".to_owned() } else { text("endedAt") };
        [text("id"), text("name"), text("flag"), text("environment"), text("goal"), state]
    };
    let rows: Vec<[String; 6]> = answer["data"].as_array().into_iter().flatten().map(row).collect();
    look.say(&answer["data"], || terminal::table(["ID", "NAME", "FLAG", "ENVIRONMENT", "GOAL", "ENDED"], &rows))
}

fn sheet(found: &Value) -> String {
    let experiment = &found["experiment"];
    let text = |member: &str| experiment[member].as_str().unwrap_or("-");
    let mut lines = vec![
        format!("{}: {} by {} in {}", text("name"), text("goal"), text("flag"), text("environment")),
        format!("since {}, until {}", text("createdAt"), text("endedAt")),
    ];
    let rows: Vec<[String; 6]> = found["groups"].as_array().into_iter().flatten().map(row).collect();
    lines.push(terminal::table(["VARIANT", "PEOPLE", "REACHED IT", "RATE", "DIFFERENCE", "P-VALUE"], &rows));
    if found["sizesMismatch"] == true {
        lines.push(
            "The groups are not as large as the weights say: people are lost or counted twice. Do not believe the rest."
                .to_owned(),
        );
    }
    if found["weightsChanged"] == true {
        lines.push("The weights of the variants were changed since: people of different times are compared.".to_owned());
    }
    lines.join("\n")
}

fn row(group: &Value) -> [String; 6] {
    let percent = |share: &Value| format!("{:.2} %", share.as_f64().unwrap_or_default() * 100.0);
    let comparison = &group["comparison"];
    let (difference, likely) = if comparison.is_null() {
        ("-".to_owned(), "-".to_owned())
    } else {
        let of = |member: &str| percent(&comparison[member]);
        let sure = if comparison["significant"] == true { " (significant)" } else { "" };
        let p_value = comparison["pValue"].as_f64().unwrap_or(1.0);
        (format!("{}, {} to {}", of("difference"), of("low"), of("high")), format!("{p_value:.4}{sure}"))
    };
    let variant = group["variant"].as_str().unwrap_or_default().to_owned();
    [variant, group["exposed"].to_string(), group["converted"].to_string(), percent(&group["rate"]), difference, likely]
}
