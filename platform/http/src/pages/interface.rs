//! The page about the interface: a frame with its words; the scripts fill it from `/openapi.json`.

use banyan_locale::Messages;
use serde_json::{Map, Value};

use super::html::{Escaped, document};

/// What the scripts show.
const WORDS: [&str; 74] = [
    "none",
    "parameters",
    "body",
    "answers",
    "example",
    "schema",
    "try",
    "send",
    "sending",
    "answer",
    "failed",
    "anonymous",
    "signed-in",
    "required",
    "deprecated",
    "unreadable",
    "token",
    "filter",
    "loading",
    "calls",
    "copy",
    "copied",
    "copy-failed",
    "snippet",
    "snippet-language",
    "snippet-key",
    "snippet-none",
    "log-in",
    "log-out",
    "log-in-first",
    "email",
    "password",
    "keys",
    "keys-introduction",
    "keys-none",
    "key-new",
    "key-make",
    "key-name",
    "key-scopes",
    "key-networks",
    "key-hint",
    "key-created",
    "key-used",
    "key-ends",
    "key-forever",
    "key-once",
    "key-use",
    "key-used-here",
    "revoke",
    "revoke-sure",
    "usage",
    "usage-introduction",
    "usage-span",
    "usage-day",
    "usage-week",
    "usage-month",
    "usage-whose",
    "usage-own",
    "usage-all",
    "usage-again",
    "usage-csv",
    "usage-none",
    "usage-truncated",
    "usage-chart",
    "usage-most",
    "usage-other",
    "usage-route",
    "usage-version",
    "usage-key",
    "usage-requests",
    "usage-refused",
    "usage-limited",
    "usage-failed",
    "usage-millis",
];

pub(super) fn page(messages: Messages<'_>) -> String {
    let ids: Vec<(&str, String)> = WORDS.iter().map(|word| (*word, format!("docs-{word}"))).collect();
    let words: Map<String, Value> = ids.iter().map(|(word, id)| ((*word).to_owned(), Value::from(found(messages, id)))).collect();
    let words = Value::Object(words).to_string();
    let text = |id: &str| Escaped(&found(messages, id)).to_string();
    let title = found(messages, "docs-title");
    let main = format!(
        "<a class=\"skip\" href=\"#calls\">{skip}</a>\n<header>\n<h1>{title}</h1>\n<p>{introduction} <a href=\"/openapi.json\">{document}</a> · \
         <a href=\"/errors\">{errors}</a></p>\n<div class=\"row\">\n<nav aria-label=\"{views}\"><a href=\"#calls\" aria-current=\"page\">{calls}</a> \
         <a href=\"#keys\">{keys}</a> <a href=\"#usage\">{usage}</a></nav>\n<p id=\"who\" class=\"row\"></p>\n</div>\n</header>\n\
         <main data-words=\"{words}\">\n<section id=\"calls\" tabindex=\"-1\" aria-label=\"{calls}\" aria-busy=\"true\">\n\
         <form role=\"search\" class=\"bar\">\n<label>{filter} <input id=\"filter\" type=\"search\" \
         placeholder=\"{filter_hint}\" autocomplete=\"off\" spellcheck=\"false\"></label>\n<label>{token} <input id=\"token\" type=\"password\" \
         placeholder=\"{token_hint}\" autocomplete=\"off\" spellcheck=\"false\"></label>\n</form>\n\
         <p id=\"state\" role=\"status\">{loading}</p>\n<noscript><p>{no_script}</p></noscript>\n</section>\n\
         <section id=\"keys\" aria-label=\"{keys}\" hidden></section>\n<section id=\"usage\" aria-label=\"{usage}\" hidden></section>\n</main>",
        skip = text("docs-skip"),
        title = Escaped(&title),
        introduction = text("docs-introduction"),
        document = text("docs-document"),
        errors = text("errors-all"),
        views = text("docs-views"),
        calls = text("docs-calls"),
        keys = text("docs-keys"),
        usage = text("docs-usage"),
        filter = text("docs-filter"),
        filter_hint = text("docs-filter-hint"),
        token = text("docs-token"),
        token_hint = text("docs-token-hint"),
        words = Escaped(&words),
        loading = text("docs-loading"),
        no_script = text("docs-no-script"),
    );
    document(messages, &title, &main, Some(super::SCRIPT.path()))
}

fn found(messages: Messages<'_>, id: &str) -> String {
    messages.find(id, &banyan_locale::Args::new()).map_or_else(|| id.to_owned(), |text| text.into_owned())
}
