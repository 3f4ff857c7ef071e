//! Names of topics.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};
use url::Url;

/// The name of a topic at Amazon: `arn:aws:sns:eu-west-1:123456789012:mails`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicArn {
    text: String,
    host: Url,
}

/// The text names no topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a topic such as `arn:aws:sns:eu-west-1:123456789012:mails`")]
pub struct InvalidTopic;

impl TopicArn {
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The address of SNS in the topic's region.
    pub(super) fn host(&self) -> Url {
        self.host.clone()
    }
}

impl FromStr for TopicArn {
    type Err = InvalidTopic;

    fn from_str(text: &str) -> Result<Self, InvalidTopic> {
        let parts: Vec<&str> = text.split(':').collect();
        let ["arn", partition, "sns", region, account, name] = parts[..] else { return Err(InvalidTopic) };
        let domain = match partition {
            "aws" | "aws-us-gov" => "amazonaws.com",
            "aws-cn" => "amazonaws.com.cn",
            _ => return Err(InvalidTopic),
        };
        let is_region = !region.is_empty() && region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
        let is_name = (1..=256).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        if !(is_region && is_account && is_name) {
            return Err(InvalidTopic);
        }
        let host = format!("https://sns.{region}.{domain}/").parse().map_err(|_| InvalidTopic)?;
        Ok(Self { text: text.to_owned(), host })
    }
}

impl fmt::Display for TopicArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for TopicArn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_says_where_it_is() {
        let host = |text: &str| text.parse::<TopicArn>().map(|topic| topic.host().to_string());
        assert_eq!(host("arn:aws:sns:eu-west-1:123456789012:mails").unwrap(), "https://sns.eu-west-1.amazonaws.com/");
        assert_eq!(host("arn:aws-cn:sns:cn-north-1:123456789012:a.fifo").unwrap(), "https://sns.cn-north-1.amazonaws.com.cn/");
        for wrong in [
            "",
            "mails",
            "arn:aws:sqs:eu-west-1:123456789012:mails",
            "arn:aws:sns:eu-west-1:123456789012:",
            "arn:aws:sns::123456789012:mails",
            "arn:aws:sns:eu.example.org/:123456789012:mails",
            "arn:aws:sns:eu-west-1:12:mails",
            "arn:moon:sns:eu-west-1:123456789012:mails",
            "arn:aws:sns:eu-west-1:123456789012:mails:0f1e",
        ] {
            assert_eq!(host(wrong), Err(InvalidTopic), "{wrong}");
        }
    }
}
