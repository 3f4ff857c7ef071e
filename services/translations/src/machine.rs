//! Suggestions of a machine: a server that speaks LibreTranslate's interface (`POST /translate`). Off unless an address is set.

use std::time::Duration;

use banyan_channels::{HttpClient, HttpSettings, Outbound, OutboundRequest};
use banyan_http::Host;
use banyan_http::kept::Lasting;
use banyan_kernel::{Secret, Uuid};
use banyan_locale::Locale;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::exchange::parts::{self, Piece};

/// A person waits for it.
const DEADLINE: Duration = Duration::from_secs(10);
/// What is longer is not asked, in bytes.
const LONGEST: usize = 5_000;
/// Machines learn.
const KEPT_FOR: Duration = Duration::from_secs(30 * 86_400);

/// What the installation says about it.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    http: HttpSettings,
    /// The server's address, without `/translate`.
    machine_url: Option<String>,
    machine_key: Option<Secret<String>>,
}

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct Machine {
    url: String,
    key: Option<Secret<String>>,
    client: HttpClient,
    said: Lasting<String>,
}

/// There is no translation.
struct Nothing;

impl Machine {
    /// None where no address is set, or where the settings do not fit, which the log says.
    pub(crate) fn of(host: &Host) -> Option<Self> {
        let settings: Settings = match host.settings() {
            Ok(settings) => settings,
            Err(error) => {
                tracing::error!(%error, "no machine is asked for translations");
                return None;
            }
        };
        let url = format!("{}/translate", settings.machine_url?.trim_end_matches('/'));
        let said = Lasting::of(host, "translations.machine", 1, KEPT_FOR);
        match HttpClient::new(&settings.http) {
            Ok(client) => Some(Self { url, key: settings.machine_key, client, said }),
            Err(error) => {
                tracing::error!(%error, "no machine is asked for translations: the settings of channels do not fit");
                None
            }
        }
    }

    /// The text in another language, as the machine says it or said it before. None where there is no whole answer, or one that lost a
    /// placeholder.
    pub(crate) async fn translate(&self, tenant: Uuid, key: &str, source: &str, locale: Locale) -> Option<String> {
        // Plural forms differ from language to language, and no machine knows this syntax.
        if source.len() > LONGEST || parts::has_selection(source) {
            return None;
        }
        let made_of = json!([self.url, locale.language(), key, source]).to_string();
        let (this, key, source) = (self.clone(), key.to_owned(), source.to_owned());
        let ask = move || async move { this.translate_anew(&key, &source, locale).await.ok_or(Nothing) };
        self.said.get(tenant, made_of, ask).await.ok()
    }

    async fn translate_anew(&self, key: &str, source: &str, locale: Locale) -> Option<String> {
        let mut translated = Vec::new();
        for (name, text) in parts::split(source) {
            translated.push((name, self.translate_part(&text, locale).await?));
        }
        banyan_locale::usual_text(key, &parts::join(&translated)).ok()
    }

    async fn translate_part(&self, text: &str, locale: Locale) -> Option<String> {
        let pieces = parts::pieces(text);
        let codes: Vec<&str> = pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Code(code) => Some(*code),
                Piece::Text(_) => None,
            })
            .collect();
        let mut at = 0;
        let marked = pieces.iter().fold(String::new(), |all, piece| match piece {
            Piece::Text(text) => all + &escape(text),
            Piece::Code(_) => {
                at += 1;
                all + &format!("<x id=\"{}\"></x>", at - 1)
            }
        });
        let answer = self.ask(&marked, locale).await?;
        restore(&answer, &codes)
    }

    async fn ask(&self, text: &str, locale: Locale) -> Option<String> {
        let body = json!({
            "q": text, "source": "en", "target": locale.language(), "format": "html",
            "api_key": self.key.as_ref().map(|key| key.expose().as_str()),
        });
        let url = self.client.guard().check(&self.url);
        let url = url.inspect_err(|error| tracing::warn!(%error, "the machine's address is refused")).ok()?;
        let mut request = OutboundRequest::post(url, body.to_string());
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request.deadline = Some(DEADLINE);
        let answer = self.client.exchange(request).await;
        let answer = answer.inspect_err(|error| tracing::warn!(?error, "the machine gave no translation")).ok()?;
        if !answer.status.is_success() {
            tracing::warn!(status = answer.status.as_u16(), "the machine gave no translation");
            return None;
        }
        let answer: Value = serde_json::from_slice(&answer.body).ok()?;
        Some(answer["translatedText"].as_str()?.to_owned())
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&")
}

/// Puts the placeholders back. None unless each is there once. Braces of the machine's own would be syntax.
fn restore(answer: &str, codes: &[&str]) -> Option<String> {
    if answer.contains(['{', '}']) {
        return None;
    }
    let mut text = String::new();
    let mut rest = answer;
    let mut seen = vec![false; codes.len()];
    while let Some((before, after)) = rest.split_once("<x id=\"") {
        let (id, after) = after.split_once('"')?;
        let at: usize = id.parse().ok()?;
        if std::mem::replace(seen.get_mut(at)?, true) {
            return None;
        }
        let (_, after) = after.split_once('>')?;
        rest = after.trim_start_matches("</x>");
        text.push_str(&unescape(before));
        text.push_str(codes[at]);
    }
    text.push_str(&unescape(rest));
    seen.into_iter().all(|seen| seen).then_some(text)
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Machine").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_come_back_or_nothing_does() {
        assert_eq!(
            restore("Halo <x id=\"0\"></x> &amp; <x id=\"1\"></x>!", &["{ $a }", "{ $b }"]).unwrap(),
            "Halo { $a } & { $b }!"
        );
        assert_eq!(restore("<x id=\"1\"/> <x id=\"0\"/>", &["{ $a }", "{ $b }"]).unwrap(), "{ $b } { $a }");
        for lost in ["Halo", "<x id=\"0\"></x><x id=\"0\"></x>", "<x id=\"7\"></x>", "<x id=\"", "{ $a } <x id=\"0\"></x>"] {
            assert_eq!(restore(lost, &["{ $a }"]), None, "{lost}");
        }
    }
}
