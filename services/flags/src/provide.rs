//! What a tenant has from the start: two environments, and the flags of its application's manifest.

use std::collections::BTreeSet;

use banyan_kernel::application::Flag;
use banyan_store::Tx;
use sea_orm::{EntityTrait, IntoActiveModel};

use crate::definition::{Settings, gradual};
use crate::entity::environment;
use crate::error::FlagsError;
use crate::store::{environments, flags, revisions};

/// Whether something is missing.
pub(crate) async fn is_wanted(tx: &Tx, declared: &[Flag]) -> Result<bool, FlagsError> {
    if environments::all(tx).await?.is_empty() {
        return Ok(true);
    }
    for flag in declared {
        if flags::find(tx, &flag.key).await?.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Makes what is missing. What is there, in the archive too, stays as it is: somebody may have changed it.
pub(crate) async fn provide(tx: &Tx, declared: &[Flag]) -> Result<(), FlagsError> {
    if environments::all(tx).await?.is_empty() {
        for (place, (name, kind)) in environments::FIRST.into_iter().enumerate() {
            let row = environments::new(tx, name, kind, i64::try_from(place).unwrap_or(0) + 1);
            revisions::bump(tx, name).await?;
            environment::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
        }
    }
    let names = environments::names(tx).await?;
    let known: BTreeSet<String> = flags::all(tx).await?.into_iter().map(|row| row.key).collect();
    for declared in declared.iter().filter(|flag| !known.contains(&flag.key)) {
        let mut row = flags::new(tx, &declared.key);
        row.description = Some(declared.description.clone());
        let strategies = if declared.rollout < 100 { vec![gradual(&declared.key, declared.rollout)] } else { Vec::new() };
        let settings = Settings { enabled: declared.enabled, strategies, variants: Vec::new() };
        row.settings.0 = names.iter().map(|name| (name.clone(), settings.clone())).collect();
        flags::insert(tx, row, Some("the application's manifest")).await?;
    }
    Ok(())
}
