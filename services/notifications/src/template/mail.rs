//! A mail around the words of notifications: text and HTML, with `style` attributes, as mail programs drop style sheets.

use std::fmt::Write as _;

use banyan_locale::{Args, Incomplete, Messages};

use super::Words;

/// What surrounds the words.
pub(crate) struct Letter<'a> {
    pub(crate) messages: Messages<'a>,
    /// The tenant as people read it.
    pub(crate) brand: &'a str,
    /// The person; may be empty.
    pub(crate) name: &'a str,
    /// Where wishes are changed, where there is such a page.
    pub(crate) settings: Option<&'a str>,
    /// Where this topic is switched off; none where it cannot be.
    pub(crate) unsubscribe: Option<&'a str>,
}

/// One notification in a mail.
pub(crate) struct Line {
    pub(crate) words: Words,
    /// Absolute.
    pub(crate) link: Option<String>,
}

pub(crate) struct Written {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

/// A mail of one notification.
///
/// # Errors
/// Which message is missing.
pub(crate) fn letter(letter: &Letter<'_>, line: &Line) -> Result<Written, Incomplete> {
    let subject = line.words.title.clone();
    compose(letter, subject, None, std::slice::from_ref(line))
}

/// A mail that gathers several.
///
/// # Errors
/// Which message is missing.
pub(crate) fn gathered(letter: &Letter<'_>, lines: &[Line]) -> Result<Written, Incomplete> {
    let count = i64::try_from(lines.len()).unwrap_or(i64::MAX);
    let args = Args::new().text("brand", letter.brand).integer("count", count);
    let subject = letter.messages.whole("notifications-gathered-subject", &args)?;
    let lead = letter.messages.whole("notifications-gathered-lead", &args)?;
    compose(letter, subject, Some(&lead), lines)
}

fn compose(letter: &Letter<'_>, subject: String, lead: Option<&str>, lines: &[Line]) -> Result<Written, Incomplete> {
    let messages = letter.messages;
    let args = Args::new().text("brand", letter.brand).text("name", letter.name);
    let greeting = if letter.name.is_empty() { "notifications-greeting-nameless" } else { "notifications-greeting" };
    let greeting = messages.whole(greeting, &args)?;
    let open = messages.whole("notifications-open", &args)?;
    let why = messages.whole("notifications-why", &args)?;
    let settings = match letter.settings {
        Some(link) => Some((messages.whole("notifications-settings", &args)?, link)),
        None => None,
    };
    let unsubscribe = match letter.unsubscribe {
        Some(link) => Some((messages.whole("notifications-unsubscribe", &args)?, link)),
        None => None,
    };
    let foot = Foot { why: &why, links: settings.into_iter().chain(unsubscribe).collect() };
    let text = text(&greeting, lead, lines, &open, &foot);
    let html = html(letter, &subject, &greeting, lead, lines, &open, &foot);
    Ok(Written { subject, text, html })
}

struct Foot<'a> {
    why: &'a str,
    links: Vec<(String, &'a str)>,
}

fn text(greeting: &str, lead: Option<&str>, lines: &[Line], open: &str, foot: &Foot<'_>) -> String {
    let mut text = format!("{greeting}\n\n");
    if let Some(lead) = lead {
        let _ = write!(text, "{lead}\n\n");
    }
    for line in lines {
        let _ = write!(text, "{}\n{}\n", line.words.title, line.words.body);
        if let Some(link) = &line.link {
            let _ = writeln!(text, "{}: {link}", line.words.action.as_deref().unwrap_or(open));
        }
        text.push('\n');
    }
    let _ = writeln!(text, "-- \n{}", foot.why);
    for (words, link) in &foot.links {
        let _ = writeln!(text, "{words}: {link}");
    }
    text
}

/// No images, no scripts, nothing from elsewhere.
fn html(
    letter: &Letter<'_>,
    subject: &str,
    greeting: &str,
    lead: Option<&str>,
    lines: &[Line],
    open: &str,
    foot: &Foot<'_>,
) -> String {
    let locale = letter.messages.locale();
    let mut html = format!(
        "<!doctype html>\n<html lang=\"{}\" dir=\"{}\">\n<head><meta charset=\"utf-8\"><title>{}</title></head>\n\
         <body style=\"font-family:sans-serif;line-height:1.5;max-width:34em;margin:2em auto;padding:0 1em\">\n<p>{}</p>\n",
        locale.tag(),
        locale.direction().as_str(),
        escape(subject),
        escape(greeting),
    );
    if let Some(lead) = lead {
        let _ = writeln!(html, "<p>{}</p>", escape(lead));
    }
    for line in lines {
        let _ = writeln!(html, "<h2 style=\"font-size:1.1em;margin:1.5em 0 0\">{}</h2>", escape(&line.words.title));
        for paragraph in line.words.body.split("\n\n") {
            let _ = writeln!(html, "<p style=\"white-space:pre-line;margin:.5em 0\">{}</p>", escape(paragraph));
        }
        if let Some(link) = &line.link {
            let _ = writeln!(
                html,
                "<p><a href=\"{}\" style=\"display:inline-block;padding:.6em 1.2em;border-radius:.4em;background:#1f5f4a;\
                 color:#fff;text-decoration:none\">{}</a></p>",
                escape(link),
                escape(line.words.action.as_deref().unwrap_or(open)),
            );
        }
    }
    let _ = write!(
        html,
        "<p style=\"color:#555;font-size:.85em;border-top:1px solid #ccc;margin-top:2em;padding-top:1em\">{}",
        escape(foot.why),
    );
    for (words, link) in &foot.links {
        let _ = write!(html, "<br><a href=\"{}\" style=\"color:#555\">{}</a>", escape(link), escape(words));
    }
    html.push_str("</p>\n</body>\n</html>\n");
    html
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::tests::catalogues;
    use banyan_locale::Locale;

    fn line(title: &str) -> Line {
        let words = Words { title: title.to_owned(), body: "One.\n\nTwo.".to_owned(), action: None };
        Line { words, link: Some("https://fig.example/x?a=1&b=2".to_owned()) }
    }

    #[test]
    fn both_languages_have_every_part() {
        let catalogues = catalogues();
        for locale in [Locale::en_us(), Locale::id_id()] {
            for (name, unsubscribe) in [("Ann", Some("https://fig.example/u")), ("", None)] {
                let messages = catalogues.messages(None, locale);
                let about = Letter { messages, brand: "Fig", name, settings: Some("https://fig.example/s"), unsubscribe };
                let one = letter(&about, &line("Hello")).unwrap();
                let several = gathered(&about, &[line("A"), line("B")]).unwrap();
                assert_eq!(one.subject, "Hello");
                assert!(several.subject.contains('2') && several.text.contains("\nB\n"), "{}", several.text);
                assert_eq!(one.text.contains("https://fig.example/u"), unsubscribe.is_some());
                assert!(one.html.contains(&format!("lang=\"{}\"", locale.tag())) && !one.html.contains("<style"));
            }
        }
    }

    #[test]
    fn words_are_text_and_never_markup() {
        let catalogues = catalogues();
        let messages = catalogues.messages(None, Locale::en_us());
        let hostile = "<script>alert(1)</script>";
        let about = Letter { messages, brand: "F", name: hostile, settings: Some("https://f/\"onload=\"x"), unsubscribe: None };
        let written = letter(&about, &line(hostile)).unwrap();
        assert!(!written.html.contains("<script>") && !written.html.contains("\"onload"), "{}", written.html);
    }
}
