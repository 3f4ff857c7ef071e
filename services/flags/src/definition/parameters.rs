//! What each strategy takes.

use std::collections::BTreeMap;

use banyan_http::{Check, FieldError};
use banyan_kernel::Network;

use super::check::{context_name, is_quotable};

/// The longest list of people, addresses or hosts, in bytes.
const LONGEST_LIST: usize = 200_000;
const LONGEST_GROUP: usize = 100;

#[derive(Clone, Copy)]
enum Kind {
    /// A whole number from 0 to 100.
    Percent,
    /// A field of the context.
    Context,
    /// By which people are divided; the same for flags that are to divide them alike.
    Group,
    /// Separated by commas.
    Texts,
    Networks,
}

/// A parameter, and whether it must be given.
struct Parameter {
    name: &'static str,
    kind: Kind,
    required: Required,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Required {
    Yes,
    No,
}

const fn required(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, kind, required: Required::Yes }
}

const fn optional(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, kind, required: Required::No }
}

const STRATEGIES: [(&str, &[Parameter]); 8] = [
    ("default", &[]),
    (
        "flexibleRollout",
        &[required("rollout", Kind::Percent), optional("stickiness", Kind::Context), optional("groupId", Kind::Group)],
    ),
    ("userWithId", &[required("userIds", Kind::Texts)]),
    ("remoteAddress", &[required("IPs", Kind::Networks)]),
    ("applicationHostname", &[required("hostNames", Kind::Texts)]),
    ("gradualRolloutUserId", &[required("percentage", Kind::Percent), required("groupId", Kind::Group)]),
    ("gradualRolloutSessionId", &[required("percentage", Kind::Percent), required("groupId", Kind::Group)]),
    ("gradualRolloutRandom", &[required("percentage", Kind::Percent)]),
];

/// Looks at a strategy's name and parameters.
pub(super) fn check(check: &mut Check, name: &str, parameters: &BTreeMap<String, String>) {
    let Some((_, known)) = STRATEGIES.iter().find(|(known, _)| *known == name) else {
        let names: Vec<&str> = STRATEGIES.iter().map(|(known, _)| *known).collect();
        return check.error("name", FieldError::not_one_of(&names));
    };
    for parameter in *known {
        let field = format!("parameters.{}", parameter.name);
        match parameters.get(parameter.name) {
            Some(text) => one(check, &field, parameter.kind, text),
            None if parameter.required == Required::Yes => check.error(&field, FieldError::required()),
            None => {}
        }
    }
    for given in parameters.keys().filter(|given| !known.iter().any(|parameter| parameter.name == given.as_str())) {
        let shown: String = given.chars().filter(|c| !c.is_control()).take(64).collect();
        check.error(format!("parameters.{shown}"), FieldError::unknown());
    }
}

fn one(check: &mut Check, field: &str, kind: Kind, text: &str) {
    match kind {
        Kind::Percent => match text.parse::<u8>() {
            Ok(percent) if percent <= 100 && text == percent.to_string() => {}
            _ => check.error(field, FieldError::out_of_range(0_i64, 100_i64)),
        },
        Kind::Context => context_name(check, field, text),
        Kind::Group => {
            let error = FieldError::new("not-quotable", "flags-field-quotable");
            let fits = |text: &str| is_quotable(text) && !text.contains('"');
            check.line(field, text).length(0, LONGEST_GROUP).holds(fits, error).any();
        }
        Kind::Texts => {
            check.that(text.len() <= LONGEST_LIST, field, FieldError::too_long(LONGEST_LIST));
            let fits = text.split(',').all(|text| is_quotable(text.trim()) && !text.contains('"'));
            check.that(fits, field, FieldError::new("not-quotable", "flags-field-quotable"));
        }
        Kind::Networks => {
            check.that(text.len() <= LONGEST_LIST, field, FieldError::too_long(LONGEST_LIST));
            let fits = text.split(',').all(|text| text.trim().parse::<Network>().is_ok());
            check.that(fits, field, FieldError::new("invalid-network", "flags-field-network"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(name: &str, parameters: &[(&str, &str)]) -> Vec<String> {
        let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut found = Check::new();
        check(&mut found, name, &parameters);
        found.into_errors().into_iter().map(|(field, _)| field).collect()
    }

    #[test]
    fn what_a_strategy_takes_is_known() {
        assert!(wrong("default", &[]).is_empty());
        assert!(wrong("flexibleRollout", &[("rollout", "50"), ("stickiness", "userId"), ("groupId", "a")]).is_empty());
        assert!(wrong("remoteAddress", &[("IPs", "127.0.0.1, 10.0.0.0/8,::1")]).is_empty());
        assert_eq!(wrong("flexibleRollout", &[]), ["parameters.rollout"]);
        for bad in ["101", "-1", "50.5", "", "half", "+5", "050", "NaN"] {
            assert_eq!(wrong("flexibleRollout", &[("rollout", bad)]), ["parameters.rollout"], "{bad}");
        }
        assert_eq!(wrong("flexibleRollout", &[("rollout", "1"), ("groupId", "a\" or true")]), ["parameters.groupId"]);
        assert_eq!(wrong("flexibleRollout", &[("rollout", "1"), ("percentage", "1")]), ["parameters.percentage"]);
        assert_eq!(wrong("remoteAddress", &[("IPs", "127.0.0.1,")]), ["parameters.IPs"]);
        assert_eq!(wrong("userWithId", &[("userIds", "a\\,b")]), ["parameters.userIds"]);
        assert_eq!(wrong("myOwn", &[]), ["name"]);
    }
}
