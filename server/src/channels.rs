//! The channels of this installation: from the settings to `banyan_channels`.

use banyan_channels::ChannelSettings;
use banyan_kernel::Secret;
use serde_json::{Value, json};

use crate::settings::Settings;

/// As services are given them, in the form of [`ChannelSettings`]: a channel is there when what it cannot do without is set.
pub(crate) fn settings_of(settings: &Settings) -> Value {
    let ours = &settings.channels;
    let secret = |given: &Option<Secret<String>>| given.as_ref().map(|secret| secret.expose().clone());
    let mut value = json!({ "http": {
        "guard": {
            "hosts": ours.allowed_hosts.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "networks": ours.allowed_networks.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "ports": ours.ports,
        },
        "deadline_seconds": ours.timeout.0.as_secs(),
        "authorities": ours.authorities,
    }});
    if let (Some(public), Some(private)) = (&ours.vapid_public_key, secret(&ours.vapid_private_key)) {
        let subject = ours.vapid_subject.clone().unwrap_or_else(|| format!("mailto:{}", bare(&settings.mail.from)));
        value["web_push"] = json!({ "public_key": public, "private_key": private, "subject": subject });
    }
    if let Some(file) = &ours.fcm_service_account {
        value["fcm"] = json!({ "service_account": { "file": file } });
    }
    if let (Some(key), Some(key_id), Some(team_id), Some(topic)) =
        (&ours.apns_key, &ours.apns_key_id, &ours.apns_team_id, &ours.apns_topic)
    {
        let environment = ours.apns_environment.name();
        let whole =
            json!({ "key": { "file": key }, "key_id": key_id, "team_id": team_id, "topic": topic, "environment": environment });
        value["apns"] = whole;
    }
    if let (Some(account), Some(password), Some(from)) = (&ours.sms_account, secret(&ours.sms_password), &ours.sms_from) {
        value["sms"] = json!({ "account": account, "password": password, "from": from });
        put(&mut value["sms"], "user", ours.sms_user.clone());
        put(&mut value["sms"], "base_url", ours.sms_url.as_ref().map(|url| url.0.clone()));
    }
    if let Some(key) = secret(&ours.pagerduty_routing_key) {
        value["pagerduty"] = json!({ "routing_key": key });
        put(&mut value["pagerduty"], "base_url", ours.pagerduty_url.as_ref().map(|url| url.0.clone()));
    }
    put(&mut value, "slack", ours.slack_webhook.as_ref().map(|room| room.0.expose().clone()));
    put(&mut value, "discord", ours.discord_webhook.as_ref().map(|room| room.0.expose().clone()));
    value
}

/// By what those are known who tell what became of mails and texts.
pub(crate) fn providers_of(settings: &Settings) -> Value {
    let ours = &settings.channels;
    let secret = |given: &Option<Secret<String>>| given.as_ref().map(|secret| secret.expose().clone());
    let own_token = || ours.sms_user.is_none().then(|| secret(&ours.sms_password)).flatten();
    let keys = secret(&ours.bounce_keys).unwrap_or_default();
    let keys: Vec<&str> = keys.split(',').map(str::trim).filter(|key| !key.is_empty()).collect();
    json!({
        "bounce_keys": keys,
        "mailgun_key": secret(&ours.bounce_mailgun_key),
        "postmark_token": secret(&ours.bounce_postmark_token),
        "ses_topics": ours.bounce_ses_topics.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "ses_url": ours.bounce_ses_url.as_ref().map(|url| url.0.clone()),
        "sms_token": secret(&ours.sms_webhook_token).or_else(own_token),
        "public_url": settings.general.public_url.as_ref().map(|url| url.0.trim_end_matches('/')),
    })
}

/// What [`settings_of`] gives, read.
///
/// # Errors
/// Never with what [`settings_of`] gives; its form is that of another crate, so it is not taken for granted.
pub(crate) fn read(settings: &Settings) -> serde_json::Result<ChannelSettings> {
    serde_json::from_value(settings_of(settings))
}

/// `no-reply@example.org` of `Banyan <no-reply@example.org>`.
fn bare(mailbox: &str) -> &str {
    mailbox.rsplit_once('<').map_or(mailbox, |(_, rest)| rest.trim_end_matches('>')).trim()
}

fn put(value: &mut Value, name: &str, given: Option<String>) {
    if let Some(given) = given {
        value[name] = given.into();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use banyan_channels::Channels;
    use banyan_channels::web_push::VapidKeys;
    use banyan_kernel::{Clock, OsRandom, Random, SystemClock};

    use super::*;
    use crate::settings::{Flags, Sources, Variables, load};

    fn settings(variables: &[(&str, &str)]) -> Settings {
        let folder = tempfile::tempdir().unwrap();
        let variables = Variables::new(variables.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        load(&Sources { flags: &Flags::default(), variables: &variables, working_directory: folder.path() }).unwrap().settings
    }

    #[test]
    fn nothing_set_is_nothing_there() {
        let read = read(&settings(&[])).unwrap();
        assert!(read.web_push.is_none() && read.fcm.is_none() && read.apns.is_none() && read.sms.is_none());
        assert!(read.slack.is_none() && read.discord.is_none() && read.pagerduty.is_none());
        assert_eq!((read.http.deadline_seconds, &read.http.guard.ports[..]), (20, &[443][..]));
    }

    #[test]
    fn what_is_set_arrives_where_it_is_used() {
        let pair = VapidKeys::generate().unwrap();
        let read = read(&settings(&[
            ("SLACK_WEBHOOK", "https://hooks.slack.com/services/T/B/x"),
            ("DISCORD_WEBHOOK", "https://discord.com/api/webhooks/1/x"),
            ("BANYAN_CHANNELS_VAPID_PUBLIC_KEY", &pair.public_key),
            ("BANYAN_CHANNELS_VAPID_PRIVATE_KEY", pair.private_key.expose()),
            ("BANYAN_CHANNELS_SMS_ACCOUNT", "AC1"),
            ("BANYAN_CHANNELS_SMS_PASSWORD", "s3cret"),
            ("BANYAN_CHANNELS_SMS_FROM", "+15005550006"),
            ("BANYAN_CHANNELS_SMS_URL", "https://sms.example"),
            ("BANYAN_CHANNELS_PAGERDUTY_ROUTING_KEY", "s3cret"),
            ("BANYAN_CHANNELS_ALLOWED_HOSTS", "hooks.internal:8080"),
            ("BANYAN_CHANNELS_ALLOWED_NETWORKS", "10.0.0.0/8"),
            ("BANYAN_CHANNELS_PORTS", "443,8443"),
            ("BANYAN_CHANNELS_TIMEOUT", "15s"),
        ]))
        .unwrap();
        assert!(read.slack.is_some() && read.discord.is_some() && read.pagerduty.is_some());
        assert_eq!(read.web_push.as_ref().unwrap().subject, "mailto:no-reply@localhost");
        assert_eq!(read.sms.as_ref().unwrap().base_url.as_ref().unwrap().as_str(), "https://sms.example/");
        assert_eq!((read.http.deadline_seconds, &read.http.guard.ports[..]), (15, &[443, 8443][..]));
        assert!(!format!("{read:?}").contains("s3cret"));
        let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) = (Arc::new(SystemClock), Arc::new(OsRandom));
        let channels = Channels::new(&read, &clock, &random).unwrap();
        assert!(channels.http.guard().check("http://hooks.internal:8080/x").is_ok());
        assert!(channels.http.guard().check("http://10.1.2.3/x").is_ok());
        assert!(channels.http.guard().check("https://example.org:8443/x").is_ok());
        assert!(channels.http.guard().check("http://127.0.0.1/").is_err());
    }
}
