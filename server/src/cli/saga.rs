use anyhow::Result;
use banyan_events::sagas::{SagaFilter, SagaSheet, SagaState};
use clap::Subcommand;

use super::installation::Installation;
use super::listing::{One, Page};
use super::{Ended, terminal};
use crate::acts::{Act, Answer, Of, SagasAsked, perform};

/// Work in several steps: look at it, let a stuck one go on, or have it undone.
///
/// Works beside a running server.
#[derive(Subcommand)]
#[command(
    after_help = "Examples:\n  banyan saga list --state stuck\n  banyan saga show 0190…\n  banyan saga resume 0190…\n  banyan saga compensate 0190…"
)]
pub(crate) enum Command {
    List(List),
    /// Show one saga with its history.
    Show(One),
    /// Let a stuck saga go on, the way it was on.
    Resume(One),
    /// Undo what a saga has done so far. Behind its point of no return it cannot be.
    Compensate(One),
}

/// List sagas, the latest first.
#[derive(clap::Args)]
pub(crate) struct List {
    /// Of this service only.
    #[arg(long)]
    service: Option<String>,
    /// In this state only: running, compensating, stuck, done, compensated.
    #[arg(long)]
    state: Option<SagaState>,
    /// Of this name only.
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    page: Page,
    /// For programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

impl Command {
    pub(crate) fn run(self) -> Result<Ended> {
        let (service, asked, json, installation) = match self {
            Self::List(list) => {
                let filter =
                    SagaFilter { state: list.state, name: list.name, after: list.page.after, limit: Some(list.page.limit) };
                (list.service, SagasAsked::List { filter }, list.json, list.installation)
            }
            Self::Show(one) => (None, SagasAsked::Show { id: one.id }, one.json, one.installation),
            Self::Resume(one) => (None, SagasAsked::Resume { id: one.id }, one.json, one.installation),
            Self::Compensate(one) => (None, SagasAsked::Compensate { id: one.id }, one.json, one.installation),
        };
        let one = !matches!(asked, SagasAsked::List { .. });
        let Answer::Sagas(sagas) = perform(&installation.load()?, &Act::AskSagas { service, asked })? else {
            return Ok(Ended::Wrong);
        };
        let text = if json {
            serde_json::to_string_pretty(&sagas)?
        } else if one {
            sagas.iter().map(sheet).collect::<Vec<_>>().join("\n")
        } else {
            listed(&sagas)
        };
        terminal::say(&text)?;
        Ok(Ended::Well)
    }
}

fn listed(sagas: &[Of<SagaSheet>]) -> String {
    let row = |of: &Of<SagaSheet>| {
        let saga = &of.item;
        let last = saga.history.iter().rev().find_map(|event| event.error.clone()).unwrap_or_default();
        [
            saga.id.to_string(),
            of.service.clone(),
            saga.name.clone(),
            saga.state.word().to_owned(),
            saga.step.to_string(),
            saga.updated_at.to_string(),
            last.chars().take(60).collect(),
        ]
    };
    terminal::table(
        ["ID", "SERVICE", "NAME", "STATE", "STEP", "CHANGED", "LAST ERROR"],
        &sagas.iter().map(row).collect::<Vec<_>>(),
    )
}

fn sheet(of: &Of<SagaSheet>) -> String {
    let saga = &of.item;
    let head = [
        format!("{} of {}, {} at step {}", saga.name, of.service, saga.state.word(), saga.step),
        format!("id {}, tenant {}, begun {}, changed {}", saga.id, saga.tenant, saga.created_at, saga.updated_at),
    ];
    let story = saga.history.iter().map(|event| {
        let error = event.error.as_deref().map(|error| format!(": {error}")).unwrap_or_default();
        format!("{} {} {} (attempt {}){error}", event.at, event.step, event.what, event.attempt)
    });
    head.into_iter().chain(story).collect::<Vec<_>>().join("\n")
}
