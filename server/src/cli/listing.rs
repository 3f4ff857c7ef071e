//! What commands that list things by id have in common.

use banyan_kernel::Uuid;

use super::installation::Installation;

/// A part of a long list.
#[derive(clap::Args)]
pub(super) struct Page {
    /// Begin after this one: the last id of the page before.
    #[arg(long, value_name = "ID")]
    pub(super) after: Option<Uuid>,
    /// How many, at most 200.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
    pub(super) limit: u32,
}

/// One thing of a list.
#[derive(clap::Args)]
pub(crate) struct One {
    /// Its id, as the list has it.
    pub(super) id: Uuid,
    /// For programs.
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) installation: Installation,
}
