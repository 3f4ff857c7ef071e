//! Notifications of an application's demo people: `demo/notifications.toml`.

use std::collections::BTreeMap;

use banyan_kernel::Uuid;
use banyan_kernel::application::{ApplicationError, Document, parse_toml};
use banyan_store::{Store, StoreError};
use serde::Deserialize;
use serde_json::Value;

use crate::store::make::{New, make};
use crate::topic::Topic;

/// Why the demo data could not be written.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error(transparent)]
    Document(#[from] ApplicationError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Demo {
    notifications: Vec<DemoNotification>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoNotification {
    person: String,
    /// Once a person: the same again is not told again.
    key: String,
    topic: Topic,
    template: String,
    #[serde(default = "nothing")]
    arguments: Value,
    link: Option<String>,
}

fn nothing() -> Value {
    serde_json::json!({})
}

/// Writes the demo data of `document` for the people whose ids are given by e-mail address. It may run at each start.
///
/// # Errors
/// A document that cannot be read or names somebody else; what the store answers.
pub async fn seed_demo(
    store: &Store,
    tenant: Uuid,
    people: &BTreeMap<String, Uuid>,
    document: &Document,
) -> Result<(), DemoError> {
    let demo: Demo = parse_toml(&document.path, &document.text)?;
    let mut all = Vec::new();
    for one in demo.notifications {
        all.push(New {
            user: document.person(people, &one.person)?,
            topic: one.topic,
            template: one.template,
            arguments: one.arguments,
            link: one.link,
            urgent: false,
            dedupe_key: Some(format!("demo:{}", one.key)),
            escalate_after: None,
        });
    }
    let (rows, all) = (store.system(tenant), &all);
    let write = move |tx: banyan_store::Tx| async move {
        for new in all {
            make(&tx, new.clone()).await?;
        }
        Ok::<_, StoreError>(())
    };
    Ok(rows.write(write).await?)
}
