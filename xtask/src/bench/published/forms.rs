//! The scripts stand in `bench/load/scripts.json`, and in the words of other tools beside it. All must say the same.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::workspace;

/// A call: method, path, status.
type Call = (String, String, u64);

fn file(name: &str) -> String {
    fs::read_to_string(workspace::root().join("bench/load").join(name)).unwrap()
}

fn scripts() -> Value {
    serde_json::from_str(&file("scripts.json")).unwrap()
}

fn calls(list: &Value) -> Vec<Call> {
    let text = |call: &Value, field: &str| call[field].as_str().unwrap().to_owned();
    list.as_array()
        .unwrap()
        .iter()
        .map(|call| (text(call, "method"), text(call, "path"), call["status"].as_u64().unwrap()))
        .collect()
}

/// Scenarios with their weights and calls.
fn published() -> BTreeMap<String, (u64, Vec<Call>)> {
    let scripts = scripts();
    let scenarios = scripts["arrivals"]["scenarios"].as_array().unwrap();
    let one = |scenario: &Value| {
        (scenario["name"].as_str().unwrap().to_owned(), (scenario["weight"].as_u64().unwrap(), calls(&scenario["calls"])))
    };
    scenarios.iter().map(one).collect()
}

/// The calls of a script for Artillery, in their order. It has one call on a line, or one `url` and one `statusCode` on lines in turn.
fn artillery(text: &str) -> Vec<Call> {
    let after = |line: &str, key: &str| {
        let rest = line.split_once(key)?.1;
        Some(rest.split([' ', ',', '}', ']']).find(|word| !word.is_empty())?.to_owned())
    };
    let (mut calls, mut method, mut path) = (Vec::new(), "GET", None);
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        if line.contains("- get:") {
            method = "GET";
        }
        if line.contains("- post:") {
            method = "POST";
        }
        path = after(line, "url: ").or(path);
        if let Some(status) = after(line, "statusCode: ") {
            calls.push((method.to_owned(), path.take().unwrap(), status.parse().unwrap()));
        }
    }
    calls
}

#[test]
fn artillery_makes_the_published_calls() {
    let text = file("artillery/arrivals.yml");
    let order = ["users", "ai", "content", "analytics"];
    let published = published();
    let wanted: Vec<Call> = order.iter().flat_map(|name| published[*name].1.clone()).collect();
    assert_eq!(artillery(&text), wanted);
    for (name, (weight, _)) in &published {
        assert!(text.contains(&format!("- name: {name}\n    weight: {weight}\n")), "{name}");
    }
    let arrivals = &scripts()["arrivals"];
    assert!(text.contains(&format!("duration: {}, arrivalRate: {} ", arrivals["seconds"], arrivals["perSecond"])));

    let stages = file("artillery/stages.yml");
    assert_eq!(artillery(&stages), calls(&scripts()["stages"]["calls"]));
    for step in scripts()["stages"]["steps"].as_array().unwrap() {
        let (seconds, users) = (&step["seconds"], step["users"].as_u64().unwrap().max(1));
        let said = |line: &&str| line.contains(&format!("duration: {seconds},")) && line.contains(&format!(": {users} }}"));
        assert!(stages.lines().any(|line| said(&line)), "{step}");
    }
}

/// What a plan for JMeter asks for: by the name of the controller above, method, path and the status that is insisted on.
fn jmeter(text: &str) -> BTreeMap<String, Vec<Call>> {
    let document = roxmltree::Document::parse(text).unwrap();
    let plan = document.root_element();
    assert_eq!((plan.tag_name().name(), plan.attribute("version")), ("jmeterTestPlan", Some("1.2")));
    let property = |node: roxmltree::Node<'_, '_>, name: &str| {
        let found = node.children().find(|child| child.attribute("name") == Some(name));
        found.and_then(|found| found.text()).unwrap_or_default().to_owned()
    };
    let mut found = BTreeMap::<String, Vec<Call>>::new();
    for sampler in document.descendants().filter(|node| node.has_tag_name("HTTPSamplerProxy")) {
        // What is inside of a thing stands in the `hashTree` that follows it.
        let above = sampler.parent().unwrap().prev_sibling_element().unwrap().attribute("testname").unwrap();
        let inside = sampler.next_sibling_element().unwrap();
        let assertion = inside.descendants().find(|node| node.has_tag_name("ResponseAssertion")).expect("an assertion");
        let status = assertion.descendants().find(|node| node.has_tag_name("collectionProp")).unwrap();
        let status = status.children().find(roxmltree::Node::is_element).unwrap().text().unwrap();
        let call = (property(sampler, "HTTPSampler.method"), property(sampler, "HTTPSampler.path"), status.parse().unwrap());
        found.entry(above.to_owned()).or_default().push(call);
    }
    found
}

#[test]
fn jmeter_makes_the_published_calls() {
    let text = file("jmeter/arrivals.jmx");
    let published = published();
    let wanted: BTreeMap<_, _> = published.iter().map(|(name, (_, calls))| (name.clone(), calls.clone())).collect();
    assert_eq!(jmeter(&text), wanted);
    // Who does what goes round a list.
    let mix = file("jmeter/mix.csv");
    let lines: Vec<&str> = mix.lines().skip(1).collect();
    for (name, (weight, _)) in &published {
        let count = lines.iter().filter(|line| *line == name).count() as u64;
        assert_eq!(count * 100, weight * lines.len() as u64, "{name}");
    }
    let arrivals = &scripts()["arrivals"];
    let count = arrivals["seconds"].as_u64().unwrap() * arrivals["perSecond"].as_u64().unwrap();
    assert!(
        text.contains(&format!("${{__P(people,{count})}}"))
            && text.contains(&format!("${{__P(seconds,{})}}", arrivals["seconds"]))
    );

    let stages = jmeter(&file("jmeter/stages.jmx"));
    let wanted = calls(&scripts()["stages"]["calls"]);
    // 100, then 900 and 1,000 more.
    assert_eq!(stages.into_values().collect::<Vec<_>>(), vec![wanted; 3]);
}

#[test]
fn k6_reads_the_published_scripts() {
    for script in ["arrivals", "stages"] {
        let text = file(&format!("k6/{script}.js"));
        assert!(text.contains(&format!(r#"JSON.parse(open("../scripts.json")).{script}"#)), "{script}");
    }
}
