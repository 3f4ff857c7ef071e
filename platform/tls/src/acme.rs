//! Certificates from an authority that checks by itself that a domain is ours (RFC 8555), by HTTP-01: it fetches a text from the
//! plain listener of the domain, port 80. One certificate has all the domains.
//!
//! ```text
//! acme/
//!   account.json       the account at the authority, with its key
//!   certificate.pem    what was obtained last
//!   certificate.key
//! ```

mod client;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use banyan_kernel::{Clock, Random, Timestamp};
use instant_acme::{
    Account, AccountCredentials, AuthorizationStatus, ChallengeType, Identifier, NewAccount, NewOrder, Order, OrderStatus,
    RetryPolicy,
};
use tokio::sync::watch;

use crate::error::TlsError;
use crate::pair::{CertificateInfo, PairFiles, read};
use crate::private;
use crate::server::ServerCertificates;
use client::Client;

/// After the first failure; twice as long after each further one. Authorities allow five failures an hour.
const FIRST_PAUSE: Duration = Duration::from_secs(5 * 60);
const LONGEST_PAUSE: Duration = Duration::from_secs(12 * 60 * 60);

/// However far away the renewal is, the clock is looked at so often: a machine may sleep.
const LONGEST_REST: Duration = Duration::from_secs(60 * 60);

/// The authority needs so long at most to check a domain, or to sign.
const PATIENCE: Duration = Duration::from_secs(90);

/// What to obtain, and from whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcmeSettings {
    /// The authority's directory, `https://acme-v02.api.letsencrypt.org/directory`.
    pub directory: String,
    /// Who is told when a certificate is about to expire.
    pub email: Option<String>,
    /// Names to obtain one certificate for, without wildcards.
    pub domains: Vec<String>,
    /// Whom to trust as the authority's own server, in PEM, instead of the public authorities: for one of your own.
    pub roots: Option<PathBuf>,
    /// Where account and certificate are kept.
    pub folder: PathBuf,
}

/// Why no certificate was obtained.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AcmeError {
    #[error("`{domain}` cannot be obtained: {reason}")]
    Domain { domain: String, reason: &'static str },
    #[error("the authority refused: {0}")]
    Protocol(#[from] instant_acme::Error),
    #[error(
        "the authority could not see that `{domain}` is ours: {reason}. It asks http://{domain}/.well-known/acme-challenge/…, which must reach this server"
    )]
    Unproven { domain: String, reason: String },
    #[error("the authority offers no HTTP-01 for `{domain}`")]
    NoChallenge { domain: String },
    #[error("the order ended as {0:?}")]
    Order(OrderStatus),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("{} is no account: remove it, and a new one is made", path.display())]
    Account { path: PathBuf },
}

/// Obtains, keeps and renews one certificate.
pub struct Acme {
    settings: AcmeSettings,
    certificates: ServerCertificates,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Acme {
    /// Shows the certificate that is kept, if it is for these domains. What is obtained later is shown by itself.
    ///
    /// # Errors
    /// When a domain cannot be obtained by HTTP-01, or the files cannot be used.
    pub fn new(
        settings: AcmeSettings,
        certificates: ServerCertificates,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, AcmeError> {
        for domain in &settings.domains {
            let reason = match domain {
                domain if domain.contains('*') => "a wildcard would need a DNS record; name each domain",
                domain if domain.parse::<std::net::IpAddr>().is_ok() => "it is an address; only names can be",
                domain if domain.is_empty() => "it is empty",
                _ => continue,
            };
            return Err(AcmeError::Domain { domain: domain.clone(), reason });
        }
        let acme = Self { settings, certificates, clock, random };
        if let Some(pair) = acme.kept()? {
            acme.certificates.install(pair);
        }
        Ok(acme)
    }

    /// Obtains and renews until `stop` has become true.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut failures = 0;
        while !*stop.borrow_and_update() {
            let rest = match self.due() {
                Some(due) if due > self.clock.now() => {
                    let seconds = u64::try_from(due.seconds_since(self.clock.now())).unwrap_or(0).max(1);
                    Duration::from_secs(seconds).min(LONGEST_REST)
                }
                _ => {
                    let obtaining = self.obtain();
                    let obtained = tokio::select! {
                        obtained = obtaining => obtained,
                        _ = stop.changed() => continue,
                    };
                    match obtained {
                        Ok(info) => {
                            failures = 0;
                            tracing::info!(names = info.names.join(" "), until = %info.not_after, "a certificate was obtained");
                            continue;
                        }
                        Err(error) => {
                            failures += 1;
                            let pause = self.pause(failures);
                            tracing::error!(%error, again_in_seconds = pause.as_secs(), "no certificate was obtained");
                            pause
                        }
                    }
                }
            };
            let _stopped = tokio::time::timeout(rest, stop.changed()).await;
        }
    }

    /// When to obtain the next certificate: at two thirds of the life of this one, and up to a thirtieth later, so that not
    /// all servers ask in the same minute. None: at once.
    pub fn due(&self) -> Option<Timestamp> {
        let info = info(&self.files().certificate).ok()??;
        if !self.is_ours(&info) {
            return None;
        }
        // The certificate itself says how much later, so that a restart does not draw again.
        let spread = (info.not_after.seconds_since(info.not_before) / 30).max(1);
        let draw = info
            .names
            .iter()
            .flat_map(|name| name.bytes())
            .fold(info.not_before.seconds(), |sum, byte| sum.wrapping_mul(31).wrapping_add(i64::from(byte)));
        Some(info.due().plus_seconds(draw.rem_euclid(spread)))
    }

    /// Obtains a certificate now, keeps it and shows it.
    ///
    /// # Errors
    /// When the authority refuses, or something cannot be kept.
    pub async fn obtain(&self) -> Result<CertificateInfo, AcmeError> {
        let account = self.account().await?;
        let names: Vec<Identifier> = self.settings.domains.iter().map(|domain| Identifier::Dns(domain.clone())).collect();
        let mut order = account.new_order(&NewOrder::new(&names)).await?;
        let mut tokens = Vec::new();
        let result = self.fulfil(&mut order, &mut tokens).await;
        tokens.iter().for_each(|token| self.certificates.challenges().remove(token));
        let (certificate, key) = result?;
        let files = self.files();
        private::write(&files.key, zeroize::Zeroizing::new(key).as_bytes())?;
        private::write(&files.certificate, certificate.as_bytes())?;
        let pair = files.read()?.parse(&files)?;
        let info = pair.info.clone();
        self.certificates.install(pair);
        Ok(info)
    }

    /// Proves each domain, and gives certificate and key as PEM.
    async fn fulfil(&self, order: &mut Order, tokens: &mut Vec<String>) -> Result<(String, String), AcmeError> {
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization?;
            let domain = authorization.identifier().to_string();
            match authorization.status {
                AuthorizationStatus::Pending => (),
                AuthorizationStatus::Valid => continue,
                status => return Err(AcmeError::Unproven { domain, reason: format!("it is {status:?}") }),
            }
            let challenge = authorization.challenge(ChallengeType::Http01);
            let mut challenge = challenge.ok_or(AcmeError::NoChallenge { domain })?;
            let token = challenge.token.clone();
            self.certificates.challenges().insert(&token, challenge.key_authorization().as_str());
            tokens.push(token);
            challenge.set_ready().await?;
        }
        let patience = RetryPolicy::new().timeout(PATIENCE);
        match order.poll_ready(&patience).await {
            Ok(OrderStatus::Ready | OrderStatus::Valid) => (),
            Ok(OrderStatus::Invalid) => return Err(unproven(order).await.unwrap_or(AcmeError::Order(OrderStatus::Invalid))),
            Ok(status) => return Err(AcmeError::Order(status)),
            Err(error) => return Err(unproven(order).await.unwrap_or(AcmeError::Protocol(error))),
        }
        let key = order.finalize().await?;
        let certificate = order.poll_certificate(&patience).await?;
        Ok((certificate, key))
    }

    /// The account that is kept, or a new one.
    async fn account(&self) -> Result<Account, AcmeError> {
        let path = self.settings.folder.join("account.json");
        let builder =
            || -> Result<_, AcmeError> { Ok(Account::builder_with_http(Box::new(Client::new(self.settings.roots.as_deref())?))) };
        if path.exists() {
            let text = zeroize::Zeroizing::new(read(&path)?);
            let no_account = || AcmeError::Account { path: path.clone() };
            let kept: serde_json::Value = serde_json::from_slice(&text).map_err(|_| no_account())?;
            // An account belongs to one authority.
            if kept["directory"] == self.settings.directory.as_str() {
                let credentials = serde_json::from_value::<AccountCredentials>(kept["credentials"].clone());
                let credentials = credentials.map_err(|_| no_account())?;
                return Ok(builder()?.from_credentials(credentials).await?);
            }
        }
        let contact: Vec<String> = self.settings.email.iter().map(|email| format!("mailto:{email}")).collect();
        let contact: Vec<&str> = contact.iter().map(String::as_str).collect();
        let new = NewAccount { contact: &contact, terms_of_service_agreed: true, only_return_existing: false };
        let (account, credentials) = builder()?.create(&new, self.settings.directory.clone(), None).await?;
        let text = serde_json::json!({ "directory": self.settings.directory, "credentials": credentials }).to_string();
        private::write(&path, zeroize::Zeroizing::new(text).as_bytes())?;
        Ok(account)
    }

    fn files(&self) -> PairFiles {
        let folder = &self.settings.folder;
        PairFiles { certificate: folder.join("certificate.pem"), key: folder.join("certificate.key") }
    }

    /// What was obtained before, if it is for our domains and not over.
    fn kept(&self) -> Result<Option<crate::pair::Pair>, TlsError> {
        let files = self.files();
        if !files.certificate.exists() {
            return Ok(None);
        }
        let pair = files.read()?.parse(&files)?;
        let good = self.is_ours(&pair.info) && pair.info.not_after > self.clock.now();
        Ok(good.then_some(pair))
    }

    fn is_ours(&self, info: &CertificateInfo) -> bool {
        self.settings.domains.iter().all(|domain| info.names.contains(&domain.to_ascii_lowercase()))
    }

    /// The pause after so many failures, shortened by up to a quarter by chance.
    fn pause(&self, failures: u32) -> Duration {
        let pause =
            FIRST_PAUSE.saturating_mul(1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX)).min(LONGEST_PAUSE);
        let mut chance = [0];
        self.random.fill(&mut chance);
        pause - pause / 4 * u32::from(chance[0]) / 256
    }
}

/// Which domain the authority did not believe, and why.
async fn unproven(order: &mut Order) -> Option<AcmeError> {
    let mut authorizations = order.authorizations();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        // What is known of it is from before it was tried.
        authorization.refresh().await.ok()?;
        if authorization.status == AuthorizationStatus::Invalid {
            let problem = authorization.challenges.iter().find_map(|challenge| challenge.error.as_ref());
            let reason = problem.and_then(|problem| problem.detail.clone()).unwrap_or_else(|| "it does not say why".to_owned());
            return Some(AcmeError::Unproven { domain: authorization.identifier().to_string(), reason });
        }
    }
    None
}

fn info(path: &Path) -> Result<Option<CertificateInfo>, TlsError> {
    if !path.exists() {
        return Ok(None);
    }
    let chain = crate::pair::chain(&read(path)?, path)?;
    let info = CertificateInfo::of(&chain[0]);
    info.map(Some).map_err(|reason| TlsError::Certificate { path: path.to_owned(), reason })
}

impl fmt::Debug for Acme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acme").field("settings", &self.settings).finish_non_exhaustive()
    }
}
