//! CloudEvents 1.0 in JSON (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md>).

use banyan_kernel::{Timestamp, Uuid};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A typed event. `TYPE` names what happened in the past tense, `<service>.<thing>.<happened>`.
///
/// `VERSION` rises when somebody who knows the present one would misread the next: a field that goes, changes its type or its meaning, or
/// need not be there any more. A field that is added leaves it as it is, if it is optional. `docs/events` holds the present ones, and a
/// test compares.
pub trait Event: Serialize + DeserializeOwned + Send + Sync {
    const TYPE: &'static str;
    const VERSION: u32;
    /// Which of the events about a subject stay in the log as long as it keeps events.
    const KEEP: Keep = Keep::All;

    /// The data of version `from` as version `from + 1` has it; `None` where there is no way. A type whose `VERSION` is above 1 says how
    /// each earlier version is read, as long as such events may be in a log.
    fn upcast(from: u32, data: serde_json::Value) -> Option<serde_json::Value> {
        let _ = (from, data);
        None
    }

    /// What the event is about, and the key by which order is kept: usually an id.
    fn subject(&self) -> String;
}

/// Which events about a subject a log keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    #[default]
    All,
    /// Once every consumer has passed an event and it is a day old, it goes if a later one of its type is about the same subject: for
    /// types whose events say how something is, not what changed.
    Latest,
}

/// An event as it travels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub struct CloudEvent {
    pub specversion: String,
    pub id: Uuid,
    /// `/services/<service>`.
    pub source: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub subject: String,
    pub time: Timestamp,
    pub datacontenttype: String,
    /// Extension attribute: the tenant.
    pub tenant: Uuid,
    /// Extension attribute: the version of `data`.
    pub dataversion: u32,
    pub data: serde_json::Value,
}

impl CloudEvent {
    /// The data as the type that `E` names; that of an earlier version is brought to the present one.
    ///
    /// # Errors
    /// When the event is of another type or of a later version, or the data has another shape.
    pub fn decode<E: Event>(&self) -> Result<E, serde_json::Error> {
        if self.kind != E::TYPE {
            return Err(misread(format!("expected {}, found {}", E::TYPE, self.kind)));
        }
        if self.dataversion == E::VERSION {
            return E::deserialize(&self.data);
        }
        if self.dataversion > E::VERSION {
            let (found, known) = (self.dataversion, E::VERSION);
            return Err(misread(format!("{} v{found} was written by a newer program; this one knows v{known}", E::TYPE)));
        }
        let upcast = |data, from| {
            E::upcast(from, data).ok_or_else(|| misread(format!("there is no way from {} v{from} to v{}", E::TYPE, from + 1)))
        };
        let data = (self.dataversion..E::VERSION).try_fold(self.data.clone(), upcast)?;
        serde_json::from_value(data)
    }
}

fn misread(said: String) -> serde_json::Error {
    serde::de::Error::custom(said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Once it had a name in one piece, and before that no greeting.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Renamed {
        first: String,
        last: String,
        greeting: String,
    }

    impl Event for Renamed {
        const TYPE: &'static str = "people.person.renamed";
        const VERSION: u32 = 3;

        fn upcast(from: u32, mut data: serde_json::Value) -> Option<serde_json::Value> {
            match from {
                1 => {
                    data.as_object_mut()?.insert("greeting".to_owned(), json!("Hello"));
                    Some(data)
                }
                2 => {
                    let (first, last) = data["name"].as_str()?.split_once(' ')?;
                    Some(json!({ "first": first, "last": last, "greeting": data["greeting"] }))
                }
                _ => None,
            }
        }

        fn subject(&self) -> String {
            self.first.clone()
        }
    }

    fn event(dataversion: u32, data: serde_json::Value) -> CloudEvent {
        CloudEvent {
            specversion: "1.0".to_owned(),
            id: Uuid::nil(),
            source: "/services/people".to_owned(),
            kind: Renamed::TYPE.to_owned(),
            subject: "x".to_owned(),
            time: Timestamp::from_seconds(0),
            datacontenttype: "application/json".to_owned(),
            tenant: Uuid::nil(),
            dataversion,
            data,
        }
    }

    #[test]
    fn earlier_versions_are_read_as_the_present_one() {
        let rosa = |greeting: &str| Renamed { first: "Rosa".to_owned(), last: "Lux".to_owned(), greeting: greeting.to_owned() };
        assert_eq!(event(1, json!({ "name": "Rosa Lux" })).decode::<Renamed>().unwrap(), rosa("Hello"));
        assert_eq!(event(2, json!({ "name": "Rosa Lux", "greeting": "Hi" })).decode::<Renamed>().unwrap(), rosa("Hi"));
        assert_eq!(event(3, json!(rosa("Hey"))).decode::<Renamed>().unwrap(), rosa("Hey"));
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let said = |event: CloudEvent| event.decode::<Renamed>().unwrap_err().to_string();
        assert!(said(event(4, json!({}))).contains("newer program"));
        assert!(said(event(0, json!({}))).contains("no way from people.person.renamed v0 to v1"));
        assert!(said(event(2, json!({ "name": "Rosa" }))).contains("no way"));
        let other = CloudEvent { kind: "people.person.born".to_owned(), ..event(3, json!({})) };
        assert!(said(other).contains("expected people.person.renamed"));
    }
}
