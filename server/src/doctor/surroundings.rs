//! Clock, addresses, mail, and settings that are weaker than they should be.

use banyan_kernel::{Clock as _, SystemClock, Timestamp};

use super::Finding;
use crate::settings::Loaded;

/// No clock that is right shows an earlier time: this program was written then.
const WRITTEN: Timestamp = Timestamp::from_seconds(1_735_689_600);
/// Customary secrets in examples.
const WELL_KNOWN: [&str; 7] = ["secret", "changeme", "change-me", "password", "your-secret-key", "jwt-secret", "development"];

pub(super) fn examine(loaded: &Loaded, findings: &mut Vec<Finding>) {
    examine_clock(findings);
    examine_addresses(loaded, findings);
    examine_mail(loaded, findings);
    examine_strength(loaded, findings);
    findings.extend(loaded.notes.iter().map(|note| Finding::note("settings", note.clone(), "docs/configuration.md says more")));
}

fn examine_clock(findings: &mut Vec<Finding>) {
    let now = SystemClock.now();
    findings.push(if now < WRITTEN {
        Finding::wrong(
            "clock",
            format!("this machine believes that it is {now}"),
            "set the clock by a time service (NTP): tokens depend on it",
        )
    } else {
        Finding::fine("clock", now.to_string())
    });
}

fn examine_addresses(loaded: &Loaded, findings: &mut Vec<Finding>) {
    let general = &loaded.settings.general;
    let public = !general.listen.ip().is_loopback();
    if let Some(admin) = general.admin_listen.0.filter(|address| !address.ip().is_loopback()) {
        findings.push(Finding::warning(
            "admin-listen",
            format!("operators' metrics are open to everybody who reaches {admin}: it asks for no credential"),
            "listen on a private address, keep the port closed to others, or set `admin_listen` to off",
        ));
    }
    if public && general.public_url.is_none() {
        findings.push(Finding::warning(
            "public-url",
            "`public_url` is not set, so links in mails lead to localhost",
            "set BANYAN_PUBLIC_URL to the address that people use, such as https://banyan.example",
        ));
    }
    if let Some(url) = general.public_url.as_ref().filter(|url| url.0.starts_with("http://") && general.environment.is_serious())
    {
        findings.push(Finding::warning(
            "public-url",
            format!("{} is not encrypted", url.0),
            "put TLS in front, and set `public_url` to https://…",
        ));
    }
    if !general.rate_limits {
        let found = "rate limits are off, so passwords can be guessed as fast as the machine allows";
        let remedy = "remove BANYAN_RATE_LIMITS=off; it is for load tests";
        findings.push(match general.environment.is_serious() {
            true => Finding::wrong("rate-limits", found, remedy),
            false => Finding::note("rate-limits", found, remedy),
        });
    }
}

fn examine_mail(loaded: &Loaded, findings: &mut Vec<Finding>) {
    let mail = &loaded.settings.mail;
    let serious = loaded.settings.general.environment.is_serious();
    match &mail.smtp_host {
        None if serious => findings.push(Finding::wrong(
            "mail",
            "no mail server is set: nobody gets the mails that verify addresses and reset passwords; they are written to files",
            "set SMTP_HOST, and SMTP_USER and SMTP_PASS where it wants them",
        )),
        None => findings.push(Finding::note(
            "mail",
            "mails are written to files in mail/ in the data directory",
            "set SMTP_HOST to send them",
        )),
        Some(host) if matches!(mail.smtp_security.name(), "none" | "opportunistic") && !is_here(host) => {
            let found = format!("mails, with their secrets, go to {host} without TLS, or may be made to");
            findings.push(Finding::warning("mail", found, "set `mail.smtp_security` to starttls or implicit"));
        }
        Some(host) => findings.push(Finding::fine("mail", format!("by {host}"))),
    }
    if mail.smtp_host.is_some() && mail.from.contains("@localhost") {
        findings.push(Finding::warning(
            "mail-from",
            format!("mails come from {}, which most servers refuse", mail.from),
            "set `mail.from`",
        ));
    }
}

fn is_here(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "::1")
}

fn examine_strength(loaded: &Loaded, findings: &mut Vec<Finding>) {
    if let Some(secret) = &loaded.settings.identity.legacy_secret {
        let text = secret.0.expose();
        if WELL_KNOWN.iter().any(|known| text.to_lowercase().contains(known)) {
            findings.push(Finding::warning(
                "legacy-secret",
                "JWT_SECRET is well known: whoever guesses it can sign in as anybody",
                "give the old system a new secret of 32 random bytes",
            ));
        }
    }
    let password = loaded.settings.database.password.as_ref().map(banyan_kernel::Secret::expose);
    if loaded.settings.general.environment.is_serious()
        && password.is_some_and(|password| password.len() < 12 || WELL_KNOWN.contains(&password.to_lowercase().as_str()))
    {
        findings.push(Finding::warning(
            "database-password",
            "the database's password is short or well known",
            "give the role a long random password",
        ));
    }
}
