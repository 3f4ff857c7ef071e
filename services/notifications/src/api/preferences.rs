//! `/api/v1/notifications/preferences`

use axum::extract::State;
use banyan_http::{Body, Check, FieldError, Json, Problem, SignedIn, Validate, nullable};
use banyan_kernel::{Caller, Uuid};
use banyan_store::{StoreError, Tx};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::inbox::owner;
use crate::App;
use crate::error::NotificationsError;
use crate::hours;
use crate::store::phones;
use crate::store::wishes::{self, Quiet, Wishes};
use crate::topic::{Channel, Mode, Topic};

/// What a person receives, by which way and how soon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "topics": [{"topic": "goals", "mandatory": false, "email": "daily", "push": "instant", "sms": "off"}],
    "quietHours": {"from": "22:00", "to": "07:00"}, "timeZone": "Asia/Jakarta"
}))]
#[schema(as = NotificationPreferences)]
pub(crate) struct Preferences {
    topics: Vec<TopicPreference>,
    /// In the person's zone. What is urgent, and what concerns security, comes all the same.
    quiet_hours: Option<Hours>,
    /// IANA. `null`: the one of the profile, or else UTC.
    time_zone: Option<String>,
}

/// One topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NotificationTopic)]
pub(crate) struct TopicPreference {
    #[schema(inline)]
    topic: Topic,
    /// Mails about it cannot be switched off.
    mandatory: bool,
    #[schema(inline)]
    email: Mode,
    #[schema(inline)]
    push: Mode,
    #[schema(inline)]
    sms: Mode,
}

/// From and to, over midnight where `from` is later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = QuietHours)]
pub(crate) struct Hours {
    /// `HH:MM`
    #[schema(pattern = "^[0-2][0-9]:[0-5][0-9]$")]
    from: String,
    /// `HH:MM`
    #[schema(pattern = "^[0-2][0-9]:[0-5][0-9]$")]
    to: String,
}

/// What is to be different. What is left out stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NotificationPreferenceChanges)]
pub(crate) struct PreferenceChanges {
    #[serde(default)]
    #[schema(max_items = 20)]
    topics: Vec<TopicChange>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Hours>)]
    quiet_hours: Option<Option<Hours>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    time_zone: Option<Option<String>>,
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NotificationTopicChange)]
pub(crate) struct TopicChange {
    #[schema(inline)]
    topic: Topic,
    #[schema(inline)]
    email: Option<Mode>,
    #[schema(inline)]
    push: Option<Mode>,
    #[schema(inline)]
    sms: Option<Mode>,
}

impl TopicChange {
    fn all(&self) -> impl Iterator<Item = (&'static str, Channel, Mode)> {
        let all = [("email", Channel::Email, self.email), ("push", Channel::Push, self.push), ("sms", Channel::Sms, self.sms)];
        all.into_iter().filter_map(|(name, channel, mode)| Some((name, channel, mode?)))
    }
}

impl Validate for PreferenceChanges {
    fn validate(&self, check: &mut Check) {
        check.count("topics", &self.topics, 0, 20);
        check.each("topics", &self.topics, |check, change| {
            for (name, channel, mode) in change.all() {
                let error = FieldError::new("mode-not-allowed", "notifications-field-mode-not-allowed");
                check.that(change.topic.allows(channel, mode), name, error);
            }
        });
        if let Some(Some(hours)) = &self.quiet_hours {
            for (name, text) in [("quietHours.from", &hours.from), ("quietHours.to", &hours.to)] {
                check.that(hours::parse(text).is_some(), name, FieldError::new("time", "notifications-field-time"));
            }
        }
        if let Some(Some(zone)) = &self.time_zone {
            let known = zone.len() <= 60 && TimeZone::get(zone).is_ok();
            check.that(known, "timeZone", FieldError::new("time-zone", "notifications-field-zone"));
        }
    }
}

/// Reads what one receives, by which way and how soon.
#[utoipa::path(
    get,
    path = "/api/v1/notifications/preferences",
    operation_id = "getNotificationPreferences",
    tag = "notifications",
    responses((status = 200, description = "The preferences.", body = Preferences))
)]
pub(crate) async fn get_preferences(State(app): State<App>, SignedIn(caller): SignedIn) -> Result<Json<Preferences>, Problem> {
    let user = owner(&caller)?;
    let rows = app.store.bind(&caller);
    Ok(Json(rows.read(move |tx| async move { read(&tx, user).await }).await?))
}

/// Changes what one receives. Mails about security stay on.
#[utoipa::path(
    patch,
    path = "/api/v1/notifications/preferences",
    operation_id = "changeNotificationPreferences",
    tag = "notifications",
    request_body = PreferenceChanges,
    responses((status = 200, description = "The preferences from now on.", body = Preferences))
)]
pub(crate) async fn change_preferences(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Body(changes): Body<PreferenceChanges>,
) -> Result<Json<Preferences>, Problem> {
    Ok(Json(change(&app, &caller, &changes).await?))
}

async fn change(app: &App, caller: &Caller, changes: &PreferenceChanges) -> Result<Preferences, Problem> {
    let user = owner(caller)?;
    let rows = app.store.bind(caller);
    let write = move |tx: Tx| async move {
        let wants_texts = changes.topics.iter().position(|change| change.sms == Some(Mode::Instant));
        if let Some(index) = wants_texts
            && phones::confirmed(&tx, user).await?.is_none()
        {
            let error = FieldError::new("phone-missing", "notifications-field-phone-missing");
            return Err(Problem::invalid(format!("topics[{index}].sms"), error).into());
        }
        for change in &changes.topics {
            for (_, channel, mode) in change.all() {
                wishes::choose(&tx, user, change.topic, channel, mode).await?;
            }
        }
        if changes.quiet_hours.is_some() || changes.time_zone.is_some() {
            let quiet = changes.quiet_hours.as_ref().map(|hours| hours.as_ref().and_then(Hours::minutes));
            wishes::disturb(&tx, user, &Quiet { hours: quiet, zone: changes.time_zone.clone() }).await?;
        }
        Ok::<_, NotificationsError>(read(&tx, user).await?)
    };
    Ok(rows.write(write).await?)
}

impl Hours {
    fn minutes(&self) -> Option<hours::QuietHours> {
        Some(hours::QuietHours { from: hours::parse(&self.from)?, to: hours::parse(&self.to)? })
    }
}

async fn read(tx: &Tx, user: Uuid) -> Result<Preferences, StoreError> {
    let (wishes, profile) = (Wishes::of(tx, user).await?, wishes::profile(tx, user).await?);
    let topic = |topic: &Topic| TopicPreference {
        topic: *topic,
        mandatory: topic.is_mandatory(),
        email: wishes.mode(*topic, Channel::Email),
        push: wishes.mode(*topic, Channel::Push),
        sms: wishes.mode(*topic, Channel::Sms),
    };
    let quiet = profile.as_ref().and_then(|profile| profile.quiet_hours());
    Ok(Preferences {
        topics: Topic::ALL.iter().map(topic).collect(),
        quiet_hours: quiet.map(|quiet| Hours { from: hours::written(quiet.from), to: hours::written(quiet.to) }),
        time_zone: profile.and_then(|profile| profile.time_zone),
    })
}
