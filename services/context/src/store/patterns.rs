//! What comes back over time: counted with exponential decay, in a session and for each person.

use banyan_kernel::{Timestamp, Uuid};
use banyan_store::Tx;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::execute;
use crate::engine::{Analysis, decayed};
use crate::entity::{habit, item, pattern};
use crate::error::ContextError;
use crate::model::PatternKind;

/// Of a session or a person, and each kind.
const MOST: usize = 200;
/// Keys that are longer say nothing, in characters.
const LONGEST_KEY: usize = 100;
/// Phrases and entities of one item that are counted.
const MOST_OF_ITEM: usize = 8;

/// Something that comes back.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Recurring {
    pub(crate) kind: PatternKind,
    pub(crate) key: String,
    /// How often, what is long ago counting less.
    pub(crate) weight: f64,
    pub(crate) seen: i64,
    pub(crate) last_at: i64,
}

/// What a version of an item adds.
pub(crate) fn of_item(item: &item::Model, analysis: &Analysis) -> Vec<(PatternKind, String)> {
    let phrases = analysis.phrases.iter().take(MOST_OF_ITEM).map(|phrase| (PatternKind::Phrase, phrase.text.clone()));
    let entities = analysis.entities.iter().take(MOST_OF_ITEM);
    let entities = entities.map(|entity| (PatternKind::Entity, format!("{}:{}", entity.kind.word(), entity.value)));
    let hour = Timestamp::from_micros(item.updated_at).seconds().rem_euclid(86_400) / 3_600;
    let rest = [(PatternKind::ItemKind, item.kind.clone()), (PatternKind::Hour, format!("{hour:02}"))];
    phrases.chain(entities).chain(rest).filter(|(_, key)| key.chars().nth(LONGEST_KEY).is_none()).collect()
}

/// Writes the two tables that count alike.
macro_rules! counting {
    ($count:ident, $list:ident, $module:ident, $whose:ident, $owner:ident) => {
        pub(crate) async fn $count(tx: &Tx, $owner: Uuid, found: &[(PatternKind, String)]) -> Result<(), ContextError> {
            use $module::{Column, Entity, Model};
            const CHANGE: &str =
                concat!("UPDATE ", stringify!($module), "s SET weight = $1, seen = $2, last_at = $3 WHERE id = $4");
            let now = tx.now();
            for (kind, key) in found {
                let select = Entity::find().filter(Column::$whose.eq($owner)).filter(Column::Kind.eq(*kind));
                if let Some(row) = select.filter(Column::Key.eq(key)).one(tx).await? {
                    let weight = decayed(row.weight, now.seconds_since(Timestamp::from_micros(row.last_at))) + 1.0;
                    let values = [weight.into(), (row.seen + 1).into(), now.micros().into(), row.id.into()];
                    execute(tx, CHANGE, values).await?;
                    continue;
                }
                let row = Model {
                    tenant_id: tx.caller().tenant,
                    id: tx.new_id(),
                    $owner,
                    kind: *kind,
                    key: key.clone(),
                    weight: 1.0,
                    seen: 1,
                    last_at: now.micros(),
                };
                tx.insert(row.into_active_model()).await?;
            }
            let listed = $list(tx, $owner).await?;
            for kind in PatternKind::ALL {
                // Those that count least make room.
                for gone in listed.iter().filter(|row| row.kind == *kind).skip(MOST) {
                    let gone = Entity::delete_many()
                        .filter(Column::$whose.eq($owner))
                        .filter(Column::Kind.eq(*kind))
                        .filter(Column::Key.eq(&gone.key));
                    gone.exec(tx).await?;
                }
            }
            Ok(())
        }

        /// As it counts now, the weightiest first.
        pub(crate) async fn $list(tx: &Tx, $owner: Uuid) -> Result<Vec<Recurring>, ContextError> {
            let rows = $module::Entity::find().filter($module::Column::$whose.eq($owner)).all(tx).await?;
            let now = tx.now();
            let mut all: Vec<Recurring> = rows
                .into_iter()
                .map(|row| Recurring {
                    kind: row.kind,
                    weight: decayed(row.weight, now.seconds_since(Timestamp::from_micros(row.last_at))),
                    key: row.key,
                    seen: row.seen,
                    last_at: row.last_at,
                })
                .collect();
            all.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| (a.kind, &a.key).cmp(&(b.kind, &b.key))));
            Ok(all)
        }
    };
}

counting!(count_in_session, of_session, pattern, SessionId, session_id);
counting!(count_of_person, of_person, habit, UserId, user_id);
