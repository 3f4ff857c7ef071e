//! Opening, and keeping what is in memory up to date.

use std::sync::Arc;

use banyan_channels::mail::{self, MailSettingsError, Mailer};
use banyan_contracts::limits::LimitBook;
use banyan_http::Host;
use banyan_http::service::SettingsError;
use banyan_kernel::Uuid;
use banyan_store::Tx;

use crate::passwords::Passwords;
use crate::revocations::{REMEMBERED_SECONDS, Revocations};
use crate::settings::Settings;
use crate::signals::Signal;
use crate::store::keys::{self, KeyMaker};
use crate::tenants::Tenants;
use crate::tokens::{Keyring, LegacyTokens, ShortSecret, Tokens, plan};
use crate::{Core, Identity, IdentityError, people, store};

/// The service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error("mail settings: {0}")]
    Mail(#[from] MailSettingsError),
    #[error("legacy_secret: {0}")]
    LegacySecret(#[from] ShortSecret),
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

/// How often two nodes that rotate keys at the same time try again.
const ATTEMPTS: usize = 3;

impl Identity {
    /// Reads keys, tenants and what is revoked; makes the first keys. A mailer in [`Host::resources`] (`Arc<dyn Mailer>`) is used
    /// instead of the one of the settings.
    ///
    /// # Errors
    /// [`OpenError`], with the setting or the key that is wrong.
    pub async fn open(host: &Host) -> Result<Self, OpenError> {
        let settings: Settings = host.settings()?;
        let mailer = match host.resource::<Arc<dyn Mailer>>() {
            Some(mailer) => mailer,
            None => mail::from_settings(&settings.mail)?,
        };
        let legacy = legacy_tokens(&settings, host)?;
        let keyring = rotate(&host.store, &*host.random).await?;
        let tokens = Tokens::new(keyring, settings.issuer.clone(), settings.audience.clone(), host.clock.clone());
        let cipher = &host.store.environment().cipher;
        let core = Core {
            passwords: Passwords::new(settings.workers(), host.random.clone()),
            tokens,
            legacy,
            revocations: Revocations::default(),
            tenants: Tenants::default(),
            languages: people::Languages::default(),
            limits: host.resource::<Arc<dyn LimitBook>>(),
            successor_key: *cipher.derive("identity: refresh tokens").expose(),
            subject_key: *cipher.derive("identity: failure counters").expose(),
            store: host.store.clone(),
            catalogues: host.catalogues.clone(),
            applications: host.applications.clone(),
            clock: host.clock.clone(),
            ids: host.ids.clone(),
            random: host.random.clone(),
            mailer,
            mail_due: tokio::sync::Notify::new(),
            settings,
        };
        let identity = Self(Arc::new(core));
        identity.reload_tenants().await?;
        identity.hear(REMEMBERED_SECONDS).await?;
        Ok(identity)
    }

    /// Does what the calendar asks of the signing keys, and takes the keys that other nodes made.
    ///
    /// # Errors
    /// When a stored key cannot be opened, or the store fails.
    pub async fn keep_keys(&self) -> Result<(), IdentityError> {
        let keyring = rotate(&self.0.store, &*self.0.random).await?;
        self.0.tokens.replace_keyring(keyring);
        Ok(())
    }

    pub(crate) async fn reload_tenants(&self) -> Result<(), IdentityError> {
        let rows =
            self.own(Uuid::nil()).read(|tx| async move { Ok::<_, IdentityError>(store::tenants::all(&tx).await?) }).await?;
        self.0.tenants.replace(&rows);
        Ok(())
    }

    /// Heeds what other processes signalled in the last `seconds`, at once; [`Identity::hear_others`] does it twice a second.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn hear(&self, seconds: i64) -> Result<(), IdentityError> {
        let since = self.0.clock.now().plus_seconds(-seconds);
        let read = move |tx: Tx| async move { Ok::<_, IdentityError>(store::signals::since(&tx, since).await?) };
        let rows = self.own(Uuid::nil()).read(read).await?;
        let signals: Vec<Signal> = rows.iter().filter_map(Signal::read).collect();
        self.heed(&signals);
        for row in &rows {
            if let Some(Signal::PersonChanged(user)) = Signal::read(row)
                && let Some(place) = self.0.languages.held(user)
            {
                self.read_language(row.tenant, user, &place).await?;
            }
        }
        if signals.contains(&Signal::TenantsChanged) {
            self.reload_tenants().await?;
        }
        if signals.contains(&Signal::KeysChanged) {
            self.keep_keys().await?;
        }
        Ok(())
    }

    /// Makes signals count in this process, at once. People, tenants and keys are read again by who hears of them from elsewhere.
    pub(crate) fn heed(&self, signals: &[Signal]) {
        let now = self.0.clock.now();
        for signal in signals {
            match *signal {
                Signal::SessionEnded(session) => self.0.revocations.end_session(session, now),
                Signal::RightsRaised { user, version } => self.0.revocations.raise_rights(user, version, now),
                Signal::PersonChanged(_) | Signal::TenantsChanged | Signal::KeysChanged => {}
            }
        }
    }
}

fn legacy_tokens(settings: &Settings, host: &Host) -> Result<Option<LegacyTokens>, ShortSecret> {
    let Some(secret) = &settings.legacy_secret else { return Ok(None) };
    let legacy = LegacyTokens::new(secret, host.clock.clone())?;
    tracing::warn!(
        "tokens of another system are accepted, signed with the legacy secret (HS256); unset it when all have moved over"
    );
    Ok(Some(legacy))
}

/// Writes the signals into the transaction of their cause.
pub(crate) async fn announce(tx: &Tx, signals: &[Signal]) -> Result<(), IdentityError> {
    for signal in signals {
        store::signals::add(tx, *signal).await?;
    }
    Ok(())
}

/// Carries out the plan of the rotation, once for all nodes, and gives the keys that stand then.
async fn rotate(store: &banyan_store::Store, random: &dyn banyan_kernel::Random) -> Result<Keyring, IdentityError> {
    let mut attempt = 1;
    loop {
        match rotate_once(store, random).await {
            Err(IdentityError::Store(error)) if error.is_unique("idx_signing_keys_slot") && attempt < ATTEMPTS => attempt += 1,
            result => return result,
        }
    }
}

async fn rotate_once(store: &banyan_store::Store, random: &dyn banyan_kernel::Random) -> Result<Keyring, IdentityError> {
    let rows = store.system(Uuid::nil());
    let cipher = &store.environment().cipher;
    let maker = KeyMaker { random, cipher };
    let read = |tx: Tx| async move { keys::load(&tx, cipher).await };
    let keys = rows.read(read).await?;
    let infos: Vec<_> = keys.iter().map(|(info, _)| *info).collect();
    let now = store.environment().clock.now();
    if plan(&infos, now).is_empty() {
        return keyring(&keys);
    }
    let write = |tx: Tx| async move {
        let keys = keys::load(&tx, cipher).await?;
        let infos: Vec<_> = keys.iter().map(|(info, _)| *info).collect();
        for step in plan(&infos, tx.now()) {
            keys::apply(&tx, step, maker).await?;
            tx.audit(keys::record(step));
        }
        announce(&tx, &[Signal::KeysChanged]).await?;
        keys::load(&tx, cipher).await
    };
    keyring(&rows.write(write).await?)
}

fn keyring(keys: &[(crate::tokens::SigningKeyInfo, crate::tokens::PrivateKey)]) -> Result<Keyring, IdentityError> {
    let keys: Vec<_> = keys.iter().map(|(info, key)| (info.state, key.clone())).collect();
    Keyring::new(&keys).map_err(|error| IdentityError::Key(error.to_string()))
}
