use anyhow::Result;
use banyan_event_door::{WebhookMend, WebhookSheet};
use banyan_kernel::Uuid;
use clap::Subcommand;

use super::act_on;
use crate::acts::events::{EventsAct, EventsAnswer};
use crate::cli::installation::Installation;
use crate::cli::listing::Page;
use crate::cli::{Ended, terminal};

/// Subscriptions of programs outside that are told of events by webhooks.
///
/// People make them over the API. Every act on one is in its tenant's audit log, with the reason that you give.
#[derive(Subcommand)]
#[command(after_help = "Examples:\n  banyan events webhooks list --tenant upcoach\n  \
                        banyan events webhooks enable 01941f29-7c00-7000-8000-0000000000cc --reason \"the receiver is back\"")]
pub(crate) enum Webhooks {
    List(List),
    /// Tell one of events again that was disabled, and send what waits.
    Enable(Mended),
    /// Tell one of nothing any more, until it is enabled.
    Disable(Mended),
    /// Send one again what was given up.
    Retry(Mended),
}

/// List subscriptions with what waits for each, and what became of the latest attempt.
#[derive(clap::Args)]
pub(crate) struct List {
    /// Of this tenant alone.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    #[command(flatten)]
    page: Page,
    /// For programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

#[derive(clap::Args)]
pub(crate) struct Mended {
    /// The subscription, as the list has it.
    id: Uuid,
    /// Why, for the audit log.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    installation: Installation,
}

impl Webhooks {
    pub(super) fn run(&self) -> Result<Ended> {
        match self {
            Self::List(list) => list.run(),
            Self::Enable(mended) => mended.run(WebhookMend::Enable),
            Self::Disable(mended) => mended.run(WebhookMend::Disable),
            Self::Retry(mended) => mended.run(WebhookMend::Retry),
        }
    }
}

impl List {
    fn run(&self) -> Result<Ended> {
        let act = EventsAct::ListWebhooks { tenant: self.tenant.clone(), after: self.page.after, limit: self.page.limit };
        let EventsAnswer::Webhooks(sheets) = act_on(&self.installation, act)? else { return Ok(Ended::Wrong) };
        if self.json {
            return terminal::say(&serde_json::to_string_pretty(&sheets)?).map(|()| Ended::Well);
        }
        terminal::say(&as_text(&sheets))?;
        if let Some(last) = sheets.last().filter(|_| sheets.len() as u64 == u64::from(self.page.limit)) {
            terminal::complain(&format!("There may be more: --after {}", last.id));
        }
        Ok(Ended::Well)
    }
}

impl Mended {
    fn run(&self, mend: WebhookMend) -> Result<Ended> {
        let act = EventsAct::MendWebhook { id: self.id, mend, reason: self.reason.clone() };
        let EventsAnswer::Webhooks(sheets) = act_on(&self.installation, act)? else { return Ok(Ended::Wrong) };
        terminal::say(&as_text(&sheets)).map(|()| Ended::Well)
    }
}

fn as_text(sheets: &[WebhookSheet]) -> String {
    let row = |sheet: &WebhookSheet| {
        let state = match (&sheet.disabled_reason, sheet.failing_since) {
            (Some(reason), _) => format!("disabled: {reason}"),
            (None, Some(since)) => format!("failing since {since}"),
            (None, None) => "enabled".to_owned(),
        };
        let types = if sheet.types.is_empty() { "all".to_owned() } else { sheet.types.clone() };
        let (waiting, failed) = (sheet.waiting.to_string(), sheet.failed.to_string());
        [sheet.id.to_string(), sheet.tenant.to_string(), sheet.url.clone(), types, state, waiting, failed]
    };
    let heading = ["ID", "TENANT", "TO", "TYPES", "STATE", "WAITING", "FAILED"];
    terminal::table(heading, &sheets.iter().map(row).collect::<Vec<_>>())
}
