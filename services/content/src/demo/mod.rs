//! Journals of an application's demo people, so that a newcomer finds something to look at.

use std::collections::{BTreeMap, BTreeSet};

use banyan_kernel::application::{ApplicationError, Document, parse_toml};
use banyan_kernel::{Caller, RequestId, Role, Roles, Uuid};
use banyan_store::{Store, Tx, grants};
use serde::Deserialize;

use crate::entity::journal::Kind;
use crate::error::ContentError;
use crate::store::journals::{self, Entry};

const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

/// `demo/content.toml` of an application.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Demo {
    #[serde(default)]
    journals: Vec<DemoJournal>,
    #[serde(default)]
    voice_journals: Vec<DemoVoice>,
    #[serde(default)]
    grants: Vec<DemoGrant>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoJournal {
    person: String,
    days_ago: i64,
    content: String,
    mood: Option<i64>,
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoVoice {
    person: String,
    days_ago: i64,
    transcription: String,
    mood: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoGrant {
    owner: String,
    grantee: String,
    kinds: Vec<String>,
}

/// Why the demo data could not be written.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error(transparent)]
    Document(#[from] ApplicationError),
    #[error(transparent)]
    Content(#[from] ContentError),
}

/// Writes the demo data of `document` for the people whose ids are given by e-mail address. A person who has written already is
/// left alone, so that it may run at each start.
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
    let writers = demo.journals.iter().map(|entry| &entry.person).chain(demo.voice_journals.iter().map(|entry| &entry.person));
    let named: BTreeSet<&String> = writers.chain(demo.grants.iter().map(|grant| &grant.owner)).collect();
    for email in named {
        let mut granted = Vec::new();
        for grant in demo.grants.iter().filter(|grant| grant.owner == *email) {
            granted.push((document.person(people, &grant.grantee)?, &grant.kinds));
        }
        let user = document.person(people, email)?;
        let request = RequestId(store.environment().ids.next());
        let rows = store.bind(&Caller::user(tenant, user, Roles::NONE.with(Role::User), request));
        let (demo, granted) = (&demo, &granted);
        let seeded = rows.write(move |tx| async move {
            if journals::has_any(&tx, user).await? {
                return Ok::<_, ContentError>(());
            }
            seed_person(&tx, user, email, demo).await?;
            for (grantee, kinds) in granted {
                for kind in *kinds {
                    grants::grant(&tx, user, *grantee, kind).await?;
                }
            }
            Ok(())
        });
        seeded.await?;
    }
    Ok(())
}

async fn seed_person(tx: &Tx, user: Uuid, email: &str, demo: &Demo) -> Result<(), ContentError> {
    for entry in demo.journals.iter().filter(|entry| entry.person == email) {
        let kept = Entry { kind: Kind::Text, content: &entry.content, mood: entry.mood, tags: &entry.tags };
        journals::insert(tx, user, &kept, tx.now().plus_seconds(-entry.days_ago * SECONDS_PER_DAY)).await?;
    }
    for entry in demo.voice_journals.iter().filter(|entry| entry.person == email) {
        let kept = Entry { kind: Kind::Voice, content: &entry.transcription, mood: Some(entry.mood), tags: &[] };
        journals::insert(tx, user, &kept, tx.now().plus_seconds(-entry.days_ago * SECONDS_PER_DAY)).await?;
    }
    Ok(())
}
