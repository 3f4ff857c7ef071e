//! What each service is given of the settings, and what each application is given of the installation.

use banyan_identity::{NewTenant, Registration};
use banyan_kernel::{Application, Applications};
use serde_json::{Value, json};

use crate::data::DataDirectory;
use crate::settings::Settings;

/// The name of the operators' tenant.
const OPERATORS: &str = "operators";

/// The service's own part of the settings, as it reads them.
pub(super) fn settings_of(service: &str, settings: &Settings, data: &DataDirectory) -> Value {
    match service {
        banyan_identity::SERVICE => identity(settings, data),
        _ => json!({}),
    }
}

fn identity(settings: &Settings, data: &DataDirectory) -> Value {
    let mail = &settings.mail;
    json!({
        "issuer": settings.identity.issuer,
        "audience": settings.identity.audience,
        "public_url": public_url(settings),
        "hashing_workers": settings.identity.hashing_workers.map(|count| count.0),
        "legacy_secret": settings.identity.legacy_secret.as_ref().map(|secret| secret.0.expose()),
        "mail": {
            "from": mail.from,
            "smtp_host": mail.smtp_host,
            "smtp_port": mail.smtp_port,
            "smtp_user": mail.smtp_user,
            "smtp_password": mail.smtp_password.as_ref().map(banyan_kernel::Secret::expose),
            "smtp_security": mail.smtp_security.name(),
            "folder": data.mail(),
        },
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
