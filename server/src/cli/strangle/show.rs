//! Migrations as people read them.

use serde_json::Value;

use super::super::terminal::table;
use super::ask::Migration;

/// How far a migration is, in a few words.
pub(super) fn stage(migration: &Migration) -> String {
    match migration.stage.as_str() {
        "canary" => format!("canary, {} %", migration.percent),
        stage => stage.to_owned(),
    }
}

pub(super) fn observed(routes: &Value, migrations: &[Migration]) -> String {
    let mut routes = routes.as_array().cloned().unwrap_or_default();
    routes.sort_by_key(|route| std::cmp::Reverse(route["requests"].as_u64()));
    let of = |path: &str| migrations.iter().find(|migration| is_below(path, &migration.path));
    let row = |route: &Value| {
        let path = word(&route["path"]);
        let moves = of(&path).map_or_else(|| "-".to_owned(), |migration| format!("{} ({})", migration.name, stage(migration)));
        let [requests, refused, failures] = ["requests", "refused", "failures"].map(|member| word(&route[member]));
        [word(&route["method"]), path, requests, refused, failures, word(&route["p50Ms"]), word(&route["p95Ms"]), moves]
    };
    let rows: Vec<_> = routes.iter().map(row).collect();
    table(["METHOD", "PATH", "REQUESTS", "4XX", "FAILED", "P50 MS", "P95 MS", "MOVES"], &rows)
}

fn is_below(path: &str, parent: &str) -> bool {
    path.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

pub(super) fn all(legacy: &Value, migrations: &[Migration]) -> String {
    let Some(url) = legacy["legacy"]["url"].as_str() else {
        return "No system of before stands behind the door. `banyan strangle start` puts one there.".to_owned();
    };
    let row = |migration: &Migration| {
        [migration.name.clone(), stage(migration), migration.path.clone(), migration.to(), migration.text("updatedAt").to_owned()]
    };
    let rows: Vec<_> = migrations.iter().map(row).collect();
    format!("Behind the door: {url}\n\n{}", table(["NAME", "STAGE", "PATH", "TO", "SINCE"], &rows))
}

pub(super) fn one(migration: &Migration, steps: &Value) -> String {
    let list = |member: &str| {
        let items = migration.rest.get(member).and_then(Value::as_array).cloned().unwrap_or_default();
        items.iter().map(word).collect::<Vec<_>>().join(" ")
    };
    let (ignore, users) = (list("ignore"), list("users"));
    let mut lines = vec![
        format!("{}: {}", migration.name, stage(migration)),
        format!("path      {}", migration.path),
        format!("to        {} {}", migration.to(), migration.text("rewrite")).trim_end().to_owned(),
        format!("sticky    {}", migration.text("sticky")),
    ];
    if migration.stage == "canary" {
        let [errors, slower, least] = ["maxErrorRate", "maxSlower", "minRequests"].map(|member| word(migration.member(member)));
        lines.push(format!("back at   {errors} more failures, {slower} times as slow, after {least} requests in a minute"));
    }
    for (name, value) in [
        ("header", migration.text("header")),
        ("cookie", migration.text("cookie")),
        ("flag", migration.text("flag")),
        ("users", &users),
        ("ignore", &ignore),
        ("additions", migration.text("additions")),
    ] {
        if !value.is_empty() {
            lines.push(format!("{name:<10}{value}"));
        }
    }
    let row = |step: &Value| {
        let stage = word(&step["stage"]);
        let by = match (step["takenBy"].as_str(), stage.as_str()) {
            (Some(user), _) => user.to_owned(),
            (None, "rolled-back") => "the door".to_owned(),
            (None, _) => "command line".to_owned(),
        };
        let percent = if stage == "canary" { word(&step["percent"]) } else { String::new() };
        [word(&step["createdAt"]), stage, percent, by, word(&step["why"])]
    };
    let rows: Vec<_> = steps.as_array().into_iter().flatten().map(row).collect();
    lines.push(format!("\n{}", table(["WHEN", "STAGE", "PERCENT", "BY", "WHY"], &rows)));
    lines.join("\n")
}

pub(super) fn report(migration: &Migration, report: &Value) -> String {
    let mut parts = vec![format!("{}: {}; {} moves to {}", migration.name, stage(migration), migration.path, migration.to())];
    parts.push(match (&report["now"], &report["before"]) {
        (Value::Null, Value::Null) => "Nothing was seen yet.".to_owned(),
        (Value::Null, before) => format!("When the last step was taken:\n\n{}", run(before)),
        (now, _) => run(now),
    });
    parts.join("\n\n")
}

/// One run of the split.
fn run(run: &Value) -> String {
    let side = |side: &Value| ["name", "requests", "failures", "p50Ms", "p95Ms"].map(|member| word(&side[member]));
    let sides: Vec<_> = run["sides"].as_array().into_iter().flatten().map(side).collect();
    let mut parts = vec![table(["SIDE", "REQUESTS", "FAILED", "P50 MS", "P95 MS"], &sides)];
    if !run["shadow"].is_null() {
        parts.push(copies(&run["shadow"]));
    }
    if !run["rolledBack"].is_null() {
        parts.push(evidence(&run["rolledBack"]));
    }
    parts.join("\n\n")
}

fn copies(shadow: &Value) -> String {
    let counts = ["sent", "same", "different", "dropped", "skipped", "late"];
    let counts: Vec<String> = counts.iter().map(|member| format!("{} {member}", word(&shadow[*member]))).collect();
    let mut rows = Vec::new();
    for field in shadow["fields"].as_array().into_iter().flatten() {
        let examples = field["examples"].as_array().cloned().unwrap_or_default();
        for (at, example) in examples.iter().enumerate() {
            let first = |text: String| if at == 0 { text } else { String::new() };
            let missing = |value: &Value| if value.is_null() { "(missing)".to_owned() } else { word(value) };
            let values = [missing(&example["baseline"]), missing(&example["shadow"])];
            let [before, new] = values;
            rows.push([first(word(&field["field"])), first(word(&field["count"])), before, new, word(&example["request"])]);
        }
    }
    let counts = format!("Copies: {}", counts.join(", "));
    if rows.is_empty() {
        return format!("{counts}\nNo differences.");
    }
    format!("{counts}\n{}", table(["FIELD", "COUNT", "BEFORE", "NEW", "REQUEST"], &rows))
}

fn evidence(back: &Value) -> String {
    let side = |name: &str, side: &Value| {
        let [requests, failures, p95] = ["requests", "failures", "p95Ms"].map(|member| word(&side[member]));
        format!("  {name:<10}{failures} of {requests} failed, 95 of 100 within {p95} ms")
    };
    let worse = if back["worseBy"] == "errors" { "more failures" } else { "slower answers" };
    let lines = [
        format!("Rolled back at {} by the door: {worse} of {}.", word(&back["at"]), word(&back["variant"])),
        side("baseline", &back["baseline"]),
        side(&word(&back["variant"]), &back["canary"]),
        format!(
            "  z {:.2} (an accident stays below 3.09), window {} s, allowed {}",
            back["z"].as_f64().unwrap_or_default(),
            word(&back["windowSeconds"]),
            word(&back["allowed"])
        ),
    ];
    lines.join("\n")
}

fn word(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
