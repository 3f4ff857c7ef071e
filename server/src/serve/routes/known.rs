//! What a route file, and a stored route, may name.

use std::collections::BTreeSet;
use std::path::Path;

use banyan_edge::Known;

/// Without them nobody could sign in, or take a stored route back.
const KEPT: [&str; 2] = [banyan_identity::SERVICE, banyan_gateway::SERVICE];

/// What a route file may name. `text` is the file of the settings, whose classes of limits count until the next start.
pub(crate) fn known(text: &str) -> Known {
    let services = crate::house::names().into_iter().map(str::to_owned).chain(["pages".to_owned()]);
    let classes = of_applications().into_iter().chain(of_file(text)).chain(["api", "auth", "ai"].map(str::to_owned));
    Known { services: services.collect(), classes: classes.collect(), kept: KEPT.map(str::to_owned).into() }
}

/// As [`known`], of the settings' file, if there is one.
pub(crate) fn known_of(file: Option<&Path>) -> Known {
    known(&file.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default())
}

/// Classes of limits that applications speak of.
fn of_applications() -> BTreeSet<String> {
    let Ok(applications) = crate::house::applications() else { return BTreeSet::new() };
    let manifests = applications.iter().map(|application| application.manifest().clone());
    let classes = manifests.flat_map(|manifest| {
        let of_plans: Vec<String> = manifest.plans.iter().flat_map(|plan| plan.rate_limits.keys().cloned()).collect();
        manifest.rate_limits.keys().cloned().chain(of_plans).collect::<Vec<_>>()
    });
    classes.collect()
}

/// Classes of limits that the file makes: `[limits.<class>]`, and what tenants have of their own.
fn of_file(text: &str) -> BTreeSet<String> {
    let Ok(document) = text.parse::<toml::Table>() else { return BTreeSet::new() };
    let tables = |table: &toml::Table| -> Vec<(String, toml::Table)> {
        table.iter().filter_map(|(name, value)| Some((name.clone(), value.as_table()?.clone()))).collect()
    };
    let limits = document.get("limits").and_then(toml::Value::as_table).map(tables).unwrap_or_default();
    let (tenants, classes): (Vec<_>, Vec<_>) = limits.into_iter().partition(|(name, _)| name == "tenants");
    let of_tenants = tenants.iter().flat_map(|(_, all)| tables(all)).flat_map(|(_, tenant)| tables(&tenant));
    classes.into_iter().chain(of_tenants).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use banyan_edge::RouteFile;

    #[test]
    fn classes_of_limits_are_those_that_somebody_makes() {
        let text = "[limits]\nwindow = \"15m\"\n[limits.search]\nuser = \"5/1m\"\n[limits.tenants.acme]\nplan = \"pro\"\n[limits.tenants.acme.export]\nuser = \"1/1m\"\n";
        let known = known(text);
        for class in ["api", "auth", "ai", "search", "export"] {
            assert!(known.classes.contains(class), "{class}: {:?}", known.classes);
        }
        for other in ["tenants", "acme", "window"] {
            assert!(!known.classes.contains(other), "{other}");
        }
        let faults = |class: &str| {
            let route = format!("{text}[[routes]]\nname = \"a\"\npath = \"/a\"\nservice = \"goals\"\nlimit = \"{class}\"\n");
            RouteFile::parse(&route, &known).map(drop)
        };
        assert_eq!(faults("search"), Ok(()));
        let fault = faults("serch").unwrap_err();
        assert!(fault[0].remedy.contains("`search`"), "{fault:?}");
    }
}
