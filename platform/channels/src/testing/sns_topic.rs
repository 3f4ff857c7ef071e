//! A topic of Amazon SNS, as far as those who hear it can tell.

use std::io;

use banyan_kernel::Timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use super::{HttpSink, Reply};

const KEY: &[u8] = include_bytes!("keys/sns-key-for-tests-only.pem");
const CERTIFICATE: &[u8] = include_bytes!("keys/sns-certificate.pem");

/// Signs messages, serves its certificate and takes confirmations, over `http`.
pub struct SnsTopic {
    pub server: HttpSink,
    key: RsaKeyPair,
}

impl SnsTopic {
    pub const ARN: &str = "arn:aws:sns:eu-west-1:123456789012:mails";

    /// # Errors
    /// When no port is free.
    pub async fn new() -> io::Result<Self> {
        let server = HttpSink::plain().await?;
        server.always(Reply::Say { status: 200, headers: Vec::new(), body: CERTIFICATE.into() });
        let key = PrivatePkcs8KeyDer::from_pem_slice(KEY).map_err(io::Error::other)?;
        let key = RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).map_err(io::Error::other)?;
        Ok(Self { server, key })
    }

    /// A message as it would be posted.
    ///
    /// # Panics
    /// When the key cannot sign, which it can.
    pub fn notification(&self, id: &str, text: &str, at: Timestamp) -> Value {
        let mut message = self.message("Notification", id, text, at);
        self.sign(&mut message, &["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]);
        message
    }

    /// `SubscriptionConfirmation` or `UnsubscribeConfirmation`.
    ///
    /// # Panics
    /// When the key cannot sign, which it can.
    pub fn about_subscription(&self, kind: &str, token: &str, at: Timestamp) -> Value {
        let mut message = self.message(kind, "id-1", "You have chosen to subscribe.", at);
        message["Token"] = token.into();
        message["SubscribeURL"] = self.server.url("/?Action=Whatever").as_str().into();
        self.sign(&mut message, &["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]);
        message
    }

    fn message(&self, kind: &str, id: &str, text: &str, at: Timestamp) -> Value {
        json!({
            "Type": kind, "MessageId": id, "TopicArn": Self::ARN, "Message": text, "Timestamp": at, "SignatureVersion": "2",
            "SigningCertURL": self.server.url("/SimpleNotificationService-0f.pem").as_str(),
        })
    }

    fn sign(&self, message: &mut Value, names: &[&str]) {
        let lines = names.iter().filter_map(|name| Some(format!("{name}\n{}\n", message[*name].as_str()?)));
        let content: String = lines.collect();
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), content.as_bytes(), &mut signature)
            .expect("a key of the right size");
        message["Signature"] = STANDARD.encode(signature).into();
    }
}
