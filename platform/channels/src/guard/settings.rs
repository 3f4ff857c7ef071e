//! What an operator allows beyond `https` on the open internet.

use std::fmt;
use std::str::FromStr;

use banyan_kernel::Network;
use serde::{Deserialize, Deserializer, de};

/// Nothing more by default.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GuardSettings {
    /// Hosts that may be asked whatever their address, over `http` too: `hooks.internal`, `10.0.0.7:8080`.
    pub hosts: Vec<AllowedHost>,
    /// Networks that may be asked, over `http` too and on any port: `10.0.0.0/8`.
    #[serde(deserialize_with = "networks")]
    pub networks: Vec<Network>,
    /// Ports of `https` on the open internet.
    pub ports: Vec<u16>,
}

impl Default for GuardSettings {
    fn default() -> Self {
        Self { hosts: Vec::new(), networks: Vec::new(), ports: vec![443] }
    }
}

/// A host by its name or address, on one port or on any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedHost {
    name: String,
    port: Option<u16>,
}

/// The text is no host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a host such as `hooks.internal` or `hooks.internal:8080`")]
pub struct AllowedHostError;

impl AllowedHost {
    pub(crate) fn covers(&self, name: &str, port: u16) -> bool {
        self.name.eq_ignore_ascii_case(name) && self.port.is_none_or(|own| own == port)
    }
}

impl FromStr for AllowedHost {
    type Err = AllowedHostError;

    fn from_str(text: &str) -> Result<Self, AllowedHostError> {
        let (host, port) = match text.rsplit_once(':') {
            // The colons of a bare address of the sixth version.
            Some((host, _)) if host.contains(':') && !host.ends_with(']') => (text, None),
            Some((host, port)) => (host, Some(port.parse().map_err(|_| AllowedHostError)?)),
            None => (text, None),
        };
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let in_url = if bare.contains(':') { format!("[{bare}]") } else { bare.to_owned() };
        let name = match url::Host::parse(&in_url).map_err(|_| AllowedHostError)? {
            url::Host::Domain(name) => name.trim_end_matches('.').to_owned(),
            url::Host::Ipv4(address) => address.to_string(),
            url::Host::Ipv6(address) => address.to_string(),
        };
        if name.is_empty() { Err(AllowedHostError) } else { Ok(Self { name, port }) }
    }
}

impl fmt::Display for AllowedHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.port, self.name.contains(':')) {
            (None, _) => f.write_str(&self.name),
            (Some(port), false) => write!(f, "{}:{port}", self.name),
            (Some(port), true) => write!(f, "[{}]:{port}", self.name),
        }
    }
}

impl<'de> Deserialize<'de> for AllowedHost {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Network>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts.iter().map(|text| text.parse().map_err(de::Error::custom)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_and_written() {
        for text in ["hooks.internal", "hooks.internal:8080", "10.0.0.7:80", "[fd00::1]:80", "fd00::1"] {
            assert_eq!(text.parse::<AllowedHost>().unwrap().to_string(), text);
        }
        for bad in ["", "a b", "host:port", "host:99999", ":80", "https://example.org/"] {
            assert!(bad.parse::<AllowedHost>().is_err(), "{bad}");
        }
    }

    #[test]
    fn settings_say_which_entry_is_wrong() {
        let read = |text: &str| serde_json::from_str::<GuardSettings>(text);
        assert_eq!(read("{}").unwrap().ports, [443]);
        assert!(read(r#"{"networks": ["10.0.0.0/8"]}"#).unwrap().networks[0].contains("10.9.9.9".parse().unwrap()));
        assert!(read(r#"{"networks": ["10.0.0.0/99"]}"#).unwrap_err().to_string().contains("10.0.0.0/99"));
        assert!(read(r#"{"host": []}"#).is_err());
    }
}
