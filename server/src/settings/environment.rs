//! Settings from variables: `BANYAN_…` for every key, and the customary names.

use std::collections::HashMap;
use std::ffi::OsString;

use banyan_kernel::suggest::closest;

use super::customary::CUSTOMARY;
use super::declare::Key;
use super::error::{Finding, Place};
use super::keys;

/// Variables that belong to our tests and scripts, not to the server.
const FOREIGN: [&str; 3] = ["BANYAN_TEST_", "BANYAN_LONG_TESTS", "BANYAN_COMMIT"];

/// The variables of the process that can be settings.
pub(crate) struct Variables(HashMap<String, OsString>);

impl Variables {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub(crate) fn of_process() -> Self {
        Self::new(std::env::vars_os())
    }

    /// An empty variable is as good as none: files of Compose write `${NAME:-}`.
    pub(crate) fn new(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let named = variables.into_iter().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        let relevant =
            |name: &str| name.starts_with("BANYAN_") || CUSTOMARY.iter().any(|one| is_or_names_file(name, one.variable));
        Self(named.filter(|(name, value)| relevant(name) && !value.is_empty() && !is_service_link(name, value)).collect())
    }

    /// The text of a variable.
    ///
    /// # Errors
    /// When it is not UTF-8.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, Finding> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let text = value.to_str();
        text.map(Some).ok_or_else(|| Finding::at(Place::Variable(name.to_owned()), "the value is not UTF-8"))
    }

    /// Variables that begin with `BANYAN_` and are no settings.
    pub(crate) fn unknown(&self) -> Vec<Finding> {
        let known: Vec<String> = keys::all().map(Key::variable).collect();
        let secret: Vec<String> =
            keys::all().filter(|key| key.kind.secret).map(|key| format!("{}_FILE", key.variable())).collect();
        let is_known = |name: &String| known.contains(name) || secret.contains(name);
        let foreign = |name: &String| FOREIGN.iter().any(|prefix| name.starts_with(prefix));
        let ours = self.0.keys().filter(|name| name.starts_with("BANYAN_"));
        let mut unknown: Vec<&String> = ours.filter(|name| !is_known(name) && !foreign(name)).collect();
        unknown.sort();
        let finding = |name: &String| {
            let hint = match closest(name, known.iter().map(String::as_str)) {
                Some(close) => format!("did you mean `{close}`?"),
                None => "remove it".to_owned(),
            };
            Finding::at(Place::Variable(name.clone()), format!("`{name}` is not a setting; {hint}"))
        };
        unknown.into_iter().map(finding).collect()
    }
}

/// Where programs are looked for.
#[expect(clippy::disallowed_methods, reason = "the search path is the system's, not a setting of ours")]
pub(crate) fn search_path() -> OsString {
    std::env::var_os("PATH").unwrap_or_default()
}

fn is_or_names_file(name: &str, variable: &str) -> bool {
    name.strip_prefix(variable).is_some_and(|rest| rest.is_empty() || rest == "_FILE")
}

/// Kubernetes gives each container variables about services beside it: a service named `db` gives `DB_PORT=tcp://10.0.0.7:5432`,
/// one named `banyan` gives `BANYAN_SERVICE_HOST`. They are not meant as settings.
fn is_service_link(name: &str, value: &OsString) -> bool {
    let link = value.to_str().is_some_and(|text| text.starts_with("tcp://") || text.starts_with("udp://"));
    let words = [
        "_SERVICE_HOST",
        "_SERVICE_PORT",
        "_TCP",
        "_TCP_ADDR",
        "_TCP_PORT",
        "_TCP_PROTO",
        "_UDP",
        "_UDP_ADDR",
        "_UDP_PORT",
        "_UDP_PROTO",
    ];
    (link && name.contains("_PORT")) || words.iter().any(|word| name.ends_with(word)) || name.contains("_SERVICE_PORT_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Variables {
        Variables::new(pairs.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))))
    }

    #[test]
    fn only_ours_can_be_unknown() {
        let variables = variables(&[
            ("BANYAN_LISTEM", "x"),
            ("BANYAN_TEST_POSTGRES_URL", "x"),
            ("BANYAN_SERVICE_HOST", "10.0.0.1"),
            ("BANYAN_PORT_8080_TCP_ADDR", "10.0.0.1"),
            ("BANYAN_PORT", "tcp://10.0.0.1:8080"),
            ("BANYAN_DATABASE_URL_FILE", "/run/url"),
            ("HOME", "x"),
        ]);
        let found: Vec<String> = variables.unknown().iter().map(Finding::to_string).collect();
        assert_eq!(found, ["variable BANYAN_LISTEM: `BANYAN_LISTEM` is not a setting; did you mean `BANYAN_LISTEN`?"]);
    }

    #[test]
    fn links_to_services_and_empty_variables_are_no_settings() {
        let variables = variables(&[("DB_PORT", "tcp://10.0.0.7:5432"), ("DB_HOST", ""), ("DB_NAME", "app")]);
        assert_eq!(variables.text("DB_PORT").unwrap(), None);
        assert_eq!(variables.text("DB_HOST").unwrap(), None);
        assert_eq!(variables.text("DB_NAME").unwrap(), Some("app"));
    }

    #[test]
    #[cfg(unix)]
    fn a_value_that_is_no_text_is_refused() {
        use std::os::unix::ffi::OsStringExt as _;
        let variables = Variables::new([(OsString::from("DB_NAME"), OsString::from_vec(vec![0xff]))]);
        assert!(variables.text("DB_NAME").is_err());
    }
}
