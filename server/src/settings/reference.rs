//! The reference of all settings, as Markdown: `docs/configuration.md`.

use std::fmt::Write as _;

use super::customary;
use super::declare::{Key, Section};
use super::keys::SECTIONS;

const INTRODUCTION: &str = "\
# Configuration

<!-- Written by `banyan config --reference`; change the table in server/src/settings/keys.rs instead. -->

Banyan runs without any configuration. What can be set comes from four places; a later one counts more:

1. the defaults below;
2. a file `banyan.toml`: the one that `--config` names, else the one in the working directory, else the one in the data directory;
3. the environment: `BANYAN_…` for each setting, and the customary names that other systems use for the same thing;
4. flags of the command line.

`banyan config` shows every value with the place that it came from, and `banyan doctor` says what is wrong with an
installation. A name that is not in this list, or a value of the wrong form, stops the start with the place and the fix.

A secret can be kept in a file of its own: instead of `NAME` set `NAME_FILE` to the path (in the file: `password_file` instead of
`password`). An empty variable counts as not set. Times are written with a unit: `500ms`, `30s`, `5m`, `2h`, `7d`.

A small file:

```toml
listen = \"0.0.0.0:8080\"
public_url = \"https://banyan.example\"
environment = \"production\"

[database]
host = \"db.internal\"
name = \"banyan\"
user = \"banyan\"
password_file = \"/run/secrets/database-password\"
```

The sections `[upstreams.<name>]` and `[[routes]]` of the file belong to the front door: [front-door.md](front-door.md) describes them,
`banyan routes check` reads them. They are the only part of the file that takes effect while the server runs.
";

/// The whole document.
pub(crate) fn reference() -> String {
    let mut text = INTRODUCTION.to_owned();
    for section in SECTIONS {
        write_section(&mut text, section);
    }
    write_customary(&mut text);
    text
}

fn joined(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

fn write_section(text: &mut String, section: &Section) {
    let title = if section.name.is_empty() { "At the top of the file".to_owned() } else { format!("`[{}]`", section.name) };
    let _infallible = write!(text, "\n## {title}\n\n{}\n", joined(section.about));
    for key in section.keys {
        write_key(text, key);
    }
}

fn write_key(text: &mut String, key: &Key) {
    let _infallible = write!(text, "\n### `{}`\n\n{}\n\n", key.name(), joined(key.doc));
    if let Some(feature) = key.marks.later {
        let _infallible = write!(text, "Understood, without effect yet: {feature} will use it.\n\n");
    }
    let default = if key.default.is_empty() { "not set".to_owned() } else { format!("`{}`", key.default) };
    let _infallible = writeln!(text, "- Form: {}\n- Default: {default}", (key.kind.form)());
    let name = key.name();
    let mut variables = vec![format!("`{}`", key.variable())];
    variables.extend(customary::of_key(&name).map(|one| format!("`{}`", one.variable)));
    let _infallible = writeln!(text, "- Variable: {}", variables.join(", "));
    if let Some(flag) = key.marks.flag {
        let _infallible = writeln!(text, "- Flag: `{flag}`");
    }
    if key.kind.secret {
        let _infallible = writeln!(text, "- Secret: shown as `***`; may be given as a file");
    }
}

fn write_customary(text: &mut String) {
    text.push_str("\n## Customary variables\n\n");
    text.push_str("They are honoured as written. Where Banyan's own variable is set as well, it counts more.\n\n");
    text.push_str("| variable | setting | remark |\n|---|---|---|\n");
    for one in customary::CUSTOMARY {
        let later = super::keys::find(one.key).and_then(|key| key.marks.later);
        let later = later.map(|feature| format!("no effect yet: {feature} will use it"));
        let remarks: Vec<String> = one.remark.map(str::to_owned).into_iter().chain(later).collect();
        let _infallible = writeln!(text, "| `{}` | `{}` | {} |", one.variable, one.key, remarks.join("; "));
    }
}
