//! What several doors have in common: an answer that one of them fetched serves all, and a change that went through one ends it in all.
//!
//! Answers lie in Redis by the rules of [`Shelf`]: with stamps that were read before the origin was asked, and they count while the stamps are the
//! same. Stamps are those of *buckets*, into which paths and tags fall by their digests, so that there is a bounded number of them however many
//! addresses are asked for: a change ends more than it must, in one of 16,384 cases, and never less.

mod form;

use std::sync::Arc;
use std::time::Duration;

use banyan_cache::{Ear, Shelf};
use banyan_kernel::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::entry::{Entry, StaleRule};
use crate::key::{Key, is_path_mark};
use crate::tags::is_tag_mark;

use form::Held;

/// Larger answers are fetched by each door, in bytes.
const LARGEST: usize = 1024 * 1024;
/// Answers of one address that differ by what `Vary` names, kept together.
const MOST_VARIANTS: usize = 8;
const MOST_BUCKETS: u16 = 1 << 14;

/// The place of the stamp over all tags among those of a question; those before it are written into what is kept.
const OF_TAGS: usize = 3;

/// What all doors keep.
#[derive(Debug)]
pub(crate) struct Shared {
    shelf: Shelf,
    /// Changes with each purge that no bucket can name.
    held: Arc<[u8]>,
    /// Changes with each purge by tag: which tags an answer carries is only known when it has come.
    tags: Arc<[u8]>,
}

/// How things stood before the origin was asked.
#[derive(Debug)]
pub(crate) struct Birth {
    /// Over everything, over what is held, over the bucket of the path, over all tags.
    stamps: Vec<u64>,
    held: Vec<Held>,
}

/// Hears what went through other doors.
pub(crate) trait Hearing: Send + Sync {
    /// All may have ended, or changes may have been missed.
    fn everything_ended(&self);

    fn ended(&self, mark: Arc<str>);
}

impl Shared {
    pub(crate) fn new(shelf: Shelf) -> Self {
        Self { shelf, held: Shelf::lasting("held"), tags: Shelf::lasting("tags") }
    }

    /// What lies there of the key, entries with this birth; `None` while nobody can tell.
    pub(crate) async fn look(&self, key: &Key, born: u64) -> Option<Birth> {
        let path = bucket(&key.path_mark);
        let looked = self.shelf.look(&name_of(key), &[&self.held, &path, &self.tags]).await?;
        let held = looked.value.and_then(|bytes| form::read(&bytes, &key.part, born)).unwrap_or_default();
        let held = held.into_iter().filter(|held| held.stamps.starts_with(&looked.stamps[..OF_TAGS])).collect();
        Some(Birth { stamps: looked.stamps, held })
    }

    /// The youngest answer that `suits` and has not ended.
    pub(crate) async fn pick(&self, birth: &Birth, suits: impl Fn(&Entry) -> bool) -> Option<Arc<Entry>> {
        let held = birth.held.iter().rev().find(|held| suits(&held.entry))?;
        let (_, stamps) = self.stamps_of_tags(&held.entry).await?;
        (stamps == held.stamps[OF_TAGS..]).then(|| held.entry.clone())
    }

    /// Gives it to the others, unless it ended while it was fetched.
    pub(crate) async fn put(&self, key: &Key, entry: &Arc<Entry>, birth: Birth, now: Timestamp) {
        if entry.body.len() > LARGEST || entry.staleness.rule == StaleRule::AskAlways || !entry.is_fresh(now) {
            return;
        }
        let Some((over_tags, mut stamps)) = self.stamps_of_tags(entry).await else { return };
        if over_tags.is_some_and(|now| now != birth.stamps[OF_TAGS]) {
            return;
        }
        let mut kept: Vec<Held> = birth.held;
        kept.retain(|held| held.entry.is_fresh(now) && !held.entry.is_replaced_by(entry));
        let mut whole = birth.stamps;
        whole.truncate(OF_TAGS);
        whole.append(&mut stamps);
        kept.push(Held { stamps: whole, entry: entry.clone() });
        while kept.len() > MOST_VARIANTS || kept.iter().map(|held| held.entry.body.len()).sum::<usize>() > LARGEST {
            kept.remove(0);
        }
        let life = kept.iter().map(|held| held.entry.lifetime.saturating_sub(held.entry.age(now))).max().unwrap_or(0);
        if let Some(bytes) = form::write(&kept) {
            self.shelf.put(&name_of(key), bytes, Duration::from_secs(life)).await;
        }
    }

    /// Ends what carries these marks, for all doors.
    pub(crate) async fn raise(&self, marks: &[Arc<str>]) {
        let mut names: Vec<Arc<[u8]>> = marks.iter().map(|mark| bucket(mark).into()).collect();
        if marks.iter().any(|mark| is_tag_mark(mark)) {
            names.push(self.tags.clone());
        }
        let _owed_otherwise = self.shelf.change(names).await;
    }

    /// Ends all that is shared. What the doors have in memory stays: a purge that no bucket can name is told to each of them by itself.
    pub(crate) async fn clear(&self) {
        let _owed_otherwise = self.shelf.change(vec![self.held.clone()]).await;
    }

    pub(crate) async fn listen(&self, hearing: &dyn Hearing) {
        self.shelf.listen(&Heard(hearing)).await;
    }

    /// The stamp over all tags, and those of the entry's; nobody is asked where it has none.
    async fn stamps_of_tags(&self, entry: &Entry) -> Option<(Option<u64>, Vec<u64>)> {
        let buckets = buckets_of_tags(entry);
        if buckets.is_empty() {
            return Some((None, Vec::new()));
        }
        let names: Vec<&[u8]> = [&self.tags[..]].into_iter().chain(buckets.iter().map(|bucket| &bucket[..])).collect();
        let mut stamps = self.shelf.stamps(&names).await?;
        let own = stamps.split_off(2);
        Some((stamps.pop(), own))
    }
}

/// The marks by which a door knows of what went through others, beside those by which it knows what went through itself.
pub(crate) fn with_buckets(marks: &[Arc<str>]) -> Arc<[Arc<str>]> {
    let own = || marks.iter().filter(|mark| is_path_mark(mark) || is_tag_mark(mark));
    let mut buckets: Vec<Arc<str>> = own().map(|mark| mark_of(&bucket(mark))).collect();
    buckets.sort();
    buckets.dedup();
    own().cloned().chain(buckets).collect()
}

fn buckets_of_tags(entry: &Entry) -> Vec<[u8; 3]> {
    let mut buckets: Vec<[u8; 3]> = entry.marks.iter().filter(|mark| is_tag_mark(mark)).map(|mark| bucket(mark)).collect();
    buckets.sort_unstable();
    buckets.dedup();
    buckets
}

/// `p` or `t`, and a number.
fn bucket(mark: &str) -> [u8; 3] {
    let digest = Sha256::digest(mark_without_tenant(mark).as_bytes());
    let [high, low] = (u16::from_be_bytes([digest[0], digest[1]]) % MOST_BUCKETS).to_be_bytes();
    [if is_tag_mark(mark) { b't' } else { b'p' }, high, low]
}

/// A purge by address is for all tenants.
fn mark_without_tenant(mark: &str) -> &str {
    if is_path_mark(mark) { mark.rsplit_once('\n').map_or(mark, |(path, _)| path) } else { mark }
}

fn mark_of(bucket: &[u8]) -> Arc<str> {
    let number = bucket.iter().fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
    format!("others\n{number}").into()
}

fn name_of(key: &Key) -> Vec<u8> {
    Sha256::digest(key.flight().as_bytes()).to_vec()
}

struct Heard<'h>(&'h dyn Hearing);

impl Ear for Heard<'_> {
    fn hears(&self) {
        self.0.everything_ended();
    }

    fn heard(&self, _: u64, names: &[&[u8]]) {
        for name in names {
            if *name == Shelf::EVERYTHING {
                self.0.everything_ended();
            } else if name.len() == 3 && matches!(name[0], b'p' | b't') {
                self.0.ended(mark_of(name));
            }
        }
    }
}
