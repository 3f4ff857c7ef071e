//! The documentation of the error codes: as pages in the reader's language, and as the files in `docs/errors/`.

use std::fmt::Write;

use banyan_kernel::ErrorCode;
use banyan_locale::{Args, Messages};

use super::html::{Escaped, Prose, document};
use crate::problem::{example, title};

/// The parts of a page, in their order: the heading's message, and the ending of the code's own.
const PARTS: [(&str, &str); 3] = [("errors-means", "means"), ("errors-why", "why"), ("errors-do", "do")];

/// The page of one code.
pub(super) fn page(code: ErrorCode, messages: Messages<'_>) -> String {
    let title = title(code, messages);
    let mut main = format!("<main class=\"prose\">\n<h1>{}</h1>\n", Escaped(&title));
    let _ = writeln!(
        main,
        "<p><strong>{}</strong> <code>{}</code> · <strong>{}</strong> {}</p>",
        Escaped(&messages.text("errors-code")),
        code.slug(),
        Escaped(&messages.text("errors-status")),
        code.status(),
    );
    for (heading, part) in PARTS {
        let text = part_of(code, part, messages);
        let _ = write!(main, "<h2>{}</h2>\n<p>{}</p>\n", Escaped(&messages.text(heading)), Prose(&text));
    }
    let (heading, explained) = (messages.text("errors-example"), messages.text("errors-in-answer"));
    let _ = write!(
        main,
        "<h2>{}</h2>\n<p>{}</p>\n<pre tabindex=\"0\"><code>{}</code></pre>\n<p><a href=\"/errors\">{}</a></p>\n</main>",
        Escaped(&heading),
        Escaped(&explained),
        Escaped(&example(code, messages)),
        Escaped(&messages.text("errors-all")),
    );
    document(messages, &title, &main, None)
}

/// The list of all codes.
pub(super) fn list(messages: Messages<'_>) -> String {
    let heading = messages.text("errors-title");
    let mut main = format!(
        "<main class=\"prose\">\n<h1>{}</h1>\n<p>{}</p>\n<ul>\n",
        Escaped(&heading),
        Escaped(&messages.text("errors-introduction"))
    );
    for code in sorted() {
        let title = title(code, messages);
        let _ = writeln!(
            main,
            "<li>{} <a href=\"/errors/{}\"><code>{}</code></a> {}</li>",
            code.status(),
            code.slug(),
            code.slug(),
            Escaped(&title)
        );
    }
    main.push_str("</ul>\n</main>");
    document(messages, &heading, &main, None)
}

/// The files of `docs/errors/` by name, in Markdown: one a code, and `README.md`. A test compares them with the folder.
pub fn files(messages: Messages<'_>) -> Vec<(String, String)> {
    let mut files: Vec<_> =
        ErrorCode::ALL.iter().map(|code| (format!("{}.md", code.slug()), markdown(*code, messages))).collect();
    files.push(("README.md".to_owned(), index(messages)));
    files.sort();
    files
}

fn markdown(code: ErrorCode, messages: Messages<'_>) -> String {
    let title = title(code, messages);
    let mut text = format!(
        "# {title}\n\n{} `{}` · {} {}\n",
        messages.text("errors-code"),
        code.slug(),
        messages.text("errors-status"),
        code.status()
    );
    for (heading, part) in PARTS {
        let _ = write!(text, "\n## {}\n\n{}\n", messages.text(heading), part_of(code, part, messages));
    }
    let (heading, explained) = (messages.text("errors-example"), messages.text("errors-in-answer"));
    let _ = write!(text, "\n## {heading}\n\n{explained}\n\n```json\n{}\n```\n", example(code, messages));
    text
}

fn index(messages: Messages<'_>) -> String {
    let mut text = format!("# {}\n\n{}\n\n", messages.text("errors-title"), messages.text("errors-introduction"));
    let _ = write!(text, "| {} | {} | |\n|---|---|---|\n", messages.text("errors-status"), messages.text("errors-code"));
    for code in sorted() {
        let _ = writeln!(text, "| {} | [`{}`]({}.md) | {} |", code.status(), code.slug(), code.slug(), title(code, messages));
    }
    text
}

/// By status, then by name.
fn sorted() -> Vec<ErrorCode> {
    let mut codes = ErrorCode::ALL.to_vec();
    codes.sort_by_key(|code| (code.status(), code.slug()));
    codes
}

fn part_of(code: ErrorCode, part: &str, messages: Messages<'_>) -> String {
    let id = format!("{}-{part}", code.slug());
    messages.find(&id, &Args::new()).map_or(id, |text| text.into_owned())
}
