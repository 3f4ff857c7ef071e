//! What each service is given of the settings, and what each application is given of the installation.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use banyan_edge::{Limiter, RateLimits, RedisOptions};
use banyan_features::{Features, LocalFlags};
use banyan_identity::{NewTenant, Registration};
use banyan_kernel::{Application, Applications, Clock, OPERATORS};
use serde_json::{Value, json};

use crate::data::DataDirectory;
use crate::settings::{Loaded, Settings};

/// The service's own part of the settings, as it reads them.
pub(super) fn settings_of(service: &str, settings: &Settings, data: &DataDirectory) -> Value {
    match service {
        banyan_identity::SERVICE => identity(settings, data),
        banyan_notifications::SERVICE => json!({
            "mail": mail_settings(settings, &data.mail()),
            "channels": crate::channels::settings_of(settings),
            "providers": crate::channels::providers_of(settings),
        }),
        banyan_event_door::SERVICE => json!({
            "http": crate::channels::settings_of(settings)["http"],
            "deliveries_kept_seconds": settings.events.webhook_deliveries_kept.0.as_secs(),
        }),
        banyan_translations::SERVICE => json!({
            "http": crate::channels::settings_of(settings)["http"],
            "machine_url": settings.translations.machine_url.as_ref().map(|url| &url.0),
            "machine_key": settings.translations.machine_key.as_ref().map(|key| key.expose()),
        }),
        banyan_realtime::SERVICE => json!({
            "redis_url": settings.outside.redis_url.as_ref().map(|url| url.0.expose()),
            "connections_per_person": settings.realtime.connections_of_person.0,
            "connections_per_tenant": settings.realtime.connections_of_tenant.0,
            "most_subscriptions": settings.realtime.subscriptions.0,
            "commands_per_second": settings.realtime.commands_per_second.0,
            "largest_frame": settings.realtime.largest_frame.0,
            "queue_bytes": settings.realtime.queue.0,
            "documents": documents(settings),
        }),
        _ => json!({}),
    }
}

/// Documents that people edit together, as the realtime service reads them.
fn documents(settings: &Settings) -> Value {
    let documents = &settings.realtime_documents;
    json!({
        "most_open": documents.open.0,
        "most_connections": documents.connections.0,
        "largest": documents.largest.0,
        "largest_update": documents.largest_update.0,
        "messages_per_second": documents.messages_per_second.0,
        "queue_bytes": documents.queue.0,
        "compact_updates": documents.compact_updates.0,
        "compact_bytes": documents.compact_bytes.0,
        "version_seconds": documents.version_every.0.as_secs(),
        "look_seconds": documents.look_every.0.as_secs(),
    })
}

fn identity(settings: &Settings, data: &DataDirectory) -> Value {
    json!({
        "issuer": settings.identity.issuer,
        "audience": settings.identity.audience,
        "public_url": public_url(settings),
        "hashing_workers": settings.identity.hashing_workers.map(|count| count.0),
        "legacy_secret": settings.identity.legacy_secret.as_ref().map(|secret| secret.0.expose()),
        "mail": mail_settings(settings, &data.mail()),
    })
}

/// How mails leave: `banyan_channels::mail::MailSettings`.
pub(crate) fn mail_settings(settings: &Settings, folder: &Path) -> Value {
    let mail = &settings.mail;
    json!({
        "from": mail.from,
        "smtp_host": mail.smtp_host,
        "smtp_port": mail.smtp_port,
        "smtp_user": mail.smtp_user,
        "smtp_password": mail.smtp_password.as_ref().map(banyan_kernel::Secret::expose),
        "smtp_security": mail.smtp_security.name(),
        "smtp_authorities": mail.smtp_authorities,
        "folder": folder,
    })
}

/// Where people reach the installation.
pub(crate) fn public_url(settings: &Settings) -> String {
    match &settings.general.public_url {
        Some(given) => given.0.clone(),
        None => format!("http://localhost:{}", settings.general.listen.port()),
    }
}

/// The tenants that every installation has: one for each application, and that of the operators.
pub(super) fn tenants_of(applications: &Applications) -> Vec<NewTenant> {
    let of_applications = applications.iter().map(|application| tenant_of(application));
    of_applications.chain([operators(applications.default_application())]).collect()
}

/// The tenant that stands for an application from the start.
fn tenant_of(application: &Application) -> NewTenant {
    NewTenant {
        name: application.name().to_owned(),
        application: application.name().to_owned(),
        display_name: application.manifest().brand.name.clone(),
        registration: Registration::Open,
    }
}

/// Those who run the installation stand above the tenants, in one of their own, which nobody enters uninvited.
fn operators(application: &Application) -> NewTenant {
    NewTenant {
        name: OPERATORS.to_owned(),
        application: application.name().to_owned(),
        display_name: "Operators".to_owned(),
        registration: Registration::Closed,
    }
}

/// How much who may ask.
pub(crate) fn rate_limits(loaded: &Loaded) -> RateLimits {
    if loaded.settings.general.rate_limits { RateLimits::On(loaded.limits.clone()) } else { RateLimits::Off }
}

/// The flags of this process, before any is known.
pub(crate) fn flags(settings: &Settings, clock: Arc<dyn Clock>) -> LocalFlags {
    let own = settings.flags.environment.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let usual = if settings.general.environment.is_serious() { "production" } else { "development" };
    LocalFlags::new(Features::default(), own.unwrap_or(usual), clock)
}

/// What counts requests: with the other nodes where Redis is set.
pub(super) fn limiter(loaded: &Loaded, clock: Arc<dyn Clock>) -> Result<Limiter> {
    let limits = rate_limits(loaded);
    let Some(url) = &loaded.settings.outside.redis_url else { return Ok(Limiter::new(limits, clock)) };
    let redis = RedisOptions { url: url.0.clone(), deadline: loaded.settings.limits.redis_deadline.0 };
    Limiter::shared(limits, clock, &redis).context("`outside.redis_url`")
}
