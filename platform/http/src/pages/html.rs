//! A little HTML.

use std::fmt::{self, Write};

use banyan_locale::Messages;

/// Text as it stands between tags and inside quoted attributes.
pub(super) struct Escaped<'t>(pub(super) &'t str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// Text in which grave accents mark code.
pub(super) struct Prose<'t>(pub(super) &'t str);

impl fmt::Display for Prose<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, part) in self.0.split('`').enumerate() {
            if position % 2 == 0 {
                write!(f, "{}", Escaped(part))?;
            } else {
                write!(f, "<code>{}</code>", Escaped(part))?;
            }
        }
        Ok(())
    }
}

/// A whole page. `main` is HTML; `title` is text.
pub(super) fn document(messages: Messages<'_>, title: &str, main: &str, script: Option<&str>) -> String {
    let (locale, title) = (messages.locale(), Escaped(title));
    let script = script.map(|path| format!("<script src=\"{path}\" type=\"module\"></script>")).unwrap_or_default();
    let stylesheet = super::STYLESHEET.path();
    format!(
        "<!doctype html>\n<html lang=\"{}\" dir=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title} · Banyan</title>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <link rel=\"icon\" href=\"data:,\">\n<link rel=\"stylesheet\" href=\"{stylesheet}\">\n{script}\n</head>\n<body>\n{main}\n</body>\n</html>\n",
        locale.tag(),
        locale.direction().as_str(),
    )
}
