//! The words of a mail, in the person's language, as text and as HTML.

use std::borrow::Cow;
use std::fmt::Write as _;

use banyan_locale::{Args, Messages};

use crate::model::Purpose;

/// Which mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LetterKind {
    Verify,
    Reset,
    Invite,
}

impl LetterKind {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Verify => "verify-email",
            Self::Reset => "reset-password",
            Self::Invite => "invitation",
        }
    }

    /// Subject, paragraph, button and note in the catalogues.
    const fn messages(self) -> [&'static str; 4] {
        match self {
            Self::Verify => ["mail-verify-subject", "mail-verify-lead", "mail-verify-action", "mail-verify-note"],
            Self::Reset => ["mail-reset-subject", "mail-reset-lead", "mail-reset-action", "mail-reset-note"],
            Self::Invite => ["mail-invite-subject", "mail-invite-lead", "mail-invite-action", "mail-invite-note"],
        }
    }

    /// The page behind the link.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Verify => "/account/verify-email",
            Self::Reset => "/account/reset-password",
            Self::Invite => "/account/accept-invitation",
        }
    }

    pub(crate) const fn purpose(self) -> Purpose {
        match self {
            Self::Verify => Purpose::VerifyEmail,
            Self::Reset => Purpose::ResetPassword,
            Self::Invite => Purpose::Invitation,
        }
    }
}

/// What goes into a mail.
pub(crate) struct Letter<'a> {
    pub kind: LetterKind,
    /// The tenant as people read it.
    pub brand: &'a str,
    /// The person; may be empty.
    pub name: &'a str,
    /// Where the tenant's people reach it, without a `/` at the end.
    pub base_url: &'a str,
    pub secret: &'a str,
}

pub(crate) struct Composed {
    pub subject: String,
    pub text: String,
    pub html: String,
}

pub(crate) fn compose(letter: &Letter<'_>, messages: Messages<'_>) -> Composed {
    let hours = letter.kind.purpose().lifetime_seconds() / 3_600;
    let args =
        Args::new().text("brand", letter.brand).text("name", letter.name).integer("hours", hours).integer("days", hours / 24);
    let [subject, lead, action, note] = letter.kind.messages().map(|id| messages.format(id, &args));
    let greeting =
        if letter.name.is_empty() { messages.text("mail-greeting-nameless") } else { messages.format("mail-greeting", &args) };
    // The secret's letters need no escaping in an address.
    let link = format!("{}{}?token={}", letter.base_url, letter.kind.path(), letter.secret);
    let (code, sign_off) = (messages.text("mail-code"), messages.format("mail-sign-off", &args));
    let parts = Parts { greeting, lead, action, note, link: &link, code, secret: letter.secret, sign_off };
    let html = parts.html(&subject, messages);
    Composed { subject: subject.into_owned(), text: parts.text(), html }
}

struct Parts<'a> {
    greeting: Cow<'a, str>,
    lead: Cow<'a, str>,
    action: Cow<'a, str>,
    note: Cow<'a, str>,
    link: &'a str,
    code: Cow<'a, str>,
    secret: &'a str,
    sign_off: Cow<'a, str>,
}

impl Parts<'_> {
    fn text(&self) -> String {
        format!(
            "{}\n\n{}\n\n{}:\n{}\n\n{}\n{}\n\n{}\n\n{}\n",
            self.greeting, self.lead, self.action, self.link, self.code, self.secret, self.note, self.sign_off
        )
    }

    /// No images, no scripts, nothing from elsewhere.
    fn html(&self, subject: &str, messages: Messages<'_>) -> String {
        let locale = messages.locale();
        format!(
            "<!doctype html>\n<html lang=\"{lang}\" dir=\"{dir}\">\n<head><meta charset=\"utf-8\"><title>{title}</title></head>\n\
             <body style=\"font-family:sans-serif;line-height:1.5;max-width:34em;margin:2em auto;padding:0 1em\">\n\
             <p>{greeting}</p>\n<p>{lead}</p>\n\
             <p><a href=\"{link}\" style=\"display:inline-block;padding:.6em 1.2em;border-radius:.4em;background:#1f5f4a;color:#fff;\
             text-decoration:none\">{action}</a></p>\n\
             <p style=\"color:#555\">{code}<br><code style=\"overflow-wrap:anywhere\">{secret}</code></p>\n\
             <p style=\"color:#555\">{note}</p>\n<p>{sign_off}</p>\n</body>\n</html>\n",
            lang = locale.tag(),
            dir = locale.direction().as_str(),
            title = escape(subject),
            greeting = escape(&self.greeting),
            lead = escape(&self.lead),
            link = escape(self.link),
            action = escape(&self.action),
            code = escape(&self.code),
            secret = escape(self.secret),
            note = escape(&self.note),
            sign_off = escape(&self.sign_off),
        )
    }
}

/// Text as it stands between tags and in quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' | '<' | '>' | '"' | '\'' => {
                let _ = write!(escaped, "&#{};", u32::from(c));
            }
            c => escaped.push(c),
        }
    }
    escaped
}

/// Where a tenant's people reach it: `{tenant}` in the address is its name; without that, the default tenant is at the address
/// itself and another one at its name before the host.
pub(crate) fn base_url(public_url: &str, tenant: &str, default_tenant: &str) -> String {
    let url = public_url.trim_end_matches('/');
    if url.contains("{tenant}") {
        return url.replace("{tenant}", tenant);
    }
    match url.split_once("://") {
        Some((scheme, rest)) if tenant != default_tenant => format!("{scheme}://{tenant}.{rest}"),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use banyan_locale::{Builder, Catalogues, Layer, Locale};

    fn catalogues() -> Catalogues {
        let builder = Builder::default().add_platform();
        let builder = builder.add(Layer::Service, "en-US", "identity.ftl", include_str!("../../locales/en-US/identity.ftl"));
        builder.add(Layer::Service, "id-ID", "identity.ftl", include_str!("../../locales/id-ID/identity.ftl")).build().unwrap()
    }

    fn letter(kind: LetterKind, name: &str) -> Letter<'_> {
        Letter { kind, brand: "Fig & Root", name, base_url: "https://fig.example", secret: "bnv_abc" }
    }

    #[test]
    fn every_letter_is_complete_in_every_language() {
        let catalogues = catalogues();
        for locale in [Locale::en_us(), Locale::id_id()] {
            for kind in [LetterKind::Verify, LetterKind::Reset, LetterKind::Invite] {
                for name in ["Ann", ""] {
                    let composed = compose(&letter(kind, name), catalogues.messages(None, locale));
                    assert!(composed.subject.contains("Fig & Root"), "{}", composed.subject);
                    assert!(composed.text.contains(&format!("https://fig.example{}?token=bnv_abc", kind.path())));
                    assert!(composed.text.contains("\nbnv_abc\n"), "{}", composed.text);
                    assert!(composed.html.contains(&format!("lang=\"{}\"", locale.tag())));
                }
            }
        }
        assert_eq!(catalogues.misses(), Vec::<String>::new());
        assert_eq!(catalogues.check(), []);
    }

    #[test]
    fn names_are_text_and_never_markup() {
        let catalogues = catalogues();
        let hostile = letter(LetterKind::Verify, "<script>alert(1)</script>");
        let composed = compose(&hostile, catalogues.messages(None, Locale::en_us()));
        assert!(!composed.html.contains("<script>"));
        assert!(composed.html.contains("&#60;script&#62;"));
    }

    #[test]
    fn each_tenant_is_reached_at_its_own_address() {
        assert_eq!(base_url("https://example.org/", "acme", "acme"), "https://example.org");
        assert_eq!(base_url("https://example.org", "gym", "acme"), "https://gym.example.org");
        assert_eq!(base_url("https://{tenant}.example.org", "acme", "acme"), "https://acme.example.org");
        assert_eq!(base_url("http://localhost:8080", "gym", "acme"), "http://gym.localhost:8080");
    }
}
