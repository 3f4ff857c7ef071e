//! An authority of one's own, in a folder: for the nodes of an installation, and for a server to try out.
//!
//! ```text
//! certs/
//!   ca.pem, ca.key                 the authority; `ca.pem` is what others have to trust
//!   nodes/<name>.pem, .key         for a node: proves to the other nodes which one it is
//!   servers/<name>.pem, .key       for a listener
//! ```

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use banyan_kernel::{Clock, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::error::TlsError;
use crate::node::NodeTls;
use crate::pair::{CertificateInfo, PairFiles, chain, read};
use crate::private;

/// A clock that runs a little behind must not refuse what was made this minute, in seconds.
const BACKDATED: i64 = 5 * 60;
const DAY: i64 = 24 * 60 * 60;

/// See the module.
#[derive(Debug)]
pub struct Authority {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
}

/// What a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Authority,
    Node,
    Server,
}

/// What to do with what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overwrite {
    Refuse,
    Replace,
}

/// A certificate that the authority made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    pub kind: Kind,
    pub files: PairFiles,
    pub info: CertificateInfo,
}

impl Authority {
    pub fn at(folder: &Path, clock: Arc<dyn Clock>) -> Self {
        Self { folder: folder.to_owned(), clock }
    }

    /// The certificate that others have to trust.
    pub fn certificate(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// The files of the node's certificate, there or not.
    ///
    /// # Errors
    /// When the name cannot be a node's.
    pub fn node_files(&self, name: &str) -> Result<PairFiles, TlsError> {
        Ok(self.files(Kind::Node, check_node(name)?))
    }

    /// Makes the authority itself. Replacing it makes all certificates worthless that it has made.
    ///
    /// # Errors
    /// When it is there and may not be replaced, or cannot be written.
    pub fn init(&self, days: u32, overwrite: Overwrite) -> Result<Issued, TlsError> {
        let mut params = self.params("Banyan authority", days);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        self.write(Kind::Authority, self.files(Kind::Authority, "ca"), &certificate.pem(), &key, overwrite)
    }

    /// Makes a certificate for a node: `name` says which one it is; `others` are names and addresses by which something
    /// else than Banyan may call it.
    ///
    /// # Errors
    /// When there is no authority, a name cannot be one, or the certificate is there and may not be replaced.
    pub fn node(&self, name: &str, others: &[String], days: u32, overwrite: Overwrite) -> Result<Issued, TlsError> {
        let mut names = vec![NodeTls::name_of(check_node(name)?), NodeTls::ANY_NODE.to_owned()];
        names.extend(others.iter().cloned());
        self.issue(Kind::Node, name, &names, days, overwrite)
    }

    /// Makes a certificate for a listener, for one or more names or addresses.
    ///
    /// # Errors
    /// As [`Authority::node`].
    pub fn server(&self, names: &[String], days: u32, overwrite: Overwrite) -> Result<Issued, TlsError> {
        let first = names.first().map_or("", String::as_str);
        let stem = first.replace('*', "wildcard").replace(':', "-");
        self.issue(Kind::Server, &stem, names, days, overwrite)
    }

    /// Everything that was made, the authority first.
    ///
    /// # Errors
    /// When something cannot be read.
    pub fn list(&self) -> Result<Vec<Issued>, TlsError> {
        let mut all = Vec::new();
        for kind in [Kind::Authority, Kind::Node, Kind::Server] {
            for name in self.names(kind)? {
                let files = self.files(kind, &name);
                let info = info_of(&files.certificate)?;
                all.push(Issued { kind, files, info });
            }
        }
        Ok(all)
    }

    /// Makes all certificates anew that expire within so many days, with new keys, for the same names and as long again.
    /// The authority itself is not renewed: replacing it is a decision.
    ///
    /// # Errors
    /// The first that cannot be made.
    pub fn renew(&self, within_days: u32) -> Result<Vec<Issued>, TlsError> {
        let limit = self.clock.now().plus_seconds(i64::from(within_days) * DAY);
        let old = self.list()?.into_iter().filter(|issued| issued.kind != Kind::Authority && issued.info.not_after <= limit);
        let renew = |old: Issued| {
            let life = old.info.not_after.seconds_since(old.info.not_before);
            let days = u32::try_from(life / DAY).unwrap_or(1).max(1);
            let stem = old.files.certificate.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            self.issue(old.kind, &stem, &old.info.names, days, Overwrite::Replace)
        };
        old.map(renew).collect()
    }

    fn issue(&self, kind: Kind, stem: &str, names: &[String], days: u32, overwrite: Overwrite) -> Result<Issued, TlsError> {
        names.iter().try_for_each(|name| check_name(name))?;
        if names.is_empty() || stem.is_empty() || stem.contains(['/', '\0']) || stem.starts_with('.') {
            return Err(TlsError::Name { name: stem.to_owned(), what: "name", remedy: "give a domain, a name or an address" });
        }
        let files = self.files(kind, stem);
        refuse_existing(&files, overwrite)?;
        let issuer = self.issuer()?;
        let mut params = self.params(stem, days);
        let names: Vec<String> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
        params.subject_alt_names = CertificateParams::new(names)?.subject_alt_names;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        if kind == Kind::Node {
            params.extended_key_usages.push(ExtendedKeyUsagePurpose::ClientAuth);
        }
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &issuer)?;
        self.write(kind, files, &certificate.pem(), &key, overwrite)
    }

    fn issuer(&self) -> Result<Issuer<'static, KeyPair>, TlsError> {
        let files = self.files(Kind::Authority, "ca");
        if !files.certificate.exists() {
            return Err(TlsError::NoAuthority { folder: self.folder.clone() });
        }
        let certificate = chain(&read(&files.certificate)?, &files.certificate)?;
        let text = Zeroizing::new(read(&files.key)?);
        let no_key = || TlsError::NoKey { path: files.key.clone() };
        let key = KeyPair::from_pem(std::str::from_utf8(&text).map_err(|_| no_key())?).map_err(|_| no_key())?;
        Ok(Issuer::from_ca_cert_der(&certificate[0], key)?)
    }

    fn params(&self, common_name: &str, days: u32) -> CertificateParams {
        let now = self.clock.now();
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, common_name);
        params.not_before = moment(now.plus_seconds(-BACKDATED));
        params.not_after = moment(now.plus_seconds(i64::from(days) * DAY));
        params
    }

    fn write(
        &self,
        kind: Kind,
        files: PairFiles,
        certificate: &str,
        key: &KeyPair,
        overwrite: Overwrite,
    ) -> Result<Issued, TlsError> {
        refuse_existing(&files, overwrite)?;
        // The key first: who polls for the certificate finds both.
        private::write(&files.key, Zeroizing::new(key.serialize_pem()).as_bytes())?;
        private::write(&files.certificate, certificate.as_bytes())?;
        let info = info_of(&files.certificate)?;
        Ok(Issued { kind, files, info })
    }

    fn files(&self, kind: Kind, name: &str) -> PairFiles {
        let folder = self.folder.join(kind.folder());
        PairFiles { certificate: folder.join(format!("{name}.pem")), key: folder.join(format!("{name}.key")) }
    }

    /// The names of the certificates of a kind that are there, in order.
    fn names(&self, kind: Kind) -> Result<Vec<String>, TlsError> {
        if kind == Kind::Authority {
            let there = self.certificate().exists();
            return Ok(there.then(|| "ca".to_owned()).into_iter().collect());
        }
        let folder = self.folder.join(kind.folder());
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(TlsError::Read { path: folder, source }),
        };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut names: Vec<String> = names.filter_map(|name| name.strip_suffix(".pem").map(str::to_owned)).collect();
        names.sort_unstable();
        Ok(names)
    }
}

impl Kind {
    const fn folder(self) -> &'static str {
        match self {
            Self::Authority => "",
            Self::Node => "nodes",
            Self::Server => "servers",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Authority => "authority",
            Self::Node => "node",
            Self::Server => "server",
        })
    }
}

fn refuse_existing(files: &PairFiles, overwrite: Overwrite) -> Result<(), TlsError> {
    let there = [&files.certificate, &files.key].into_iter().find(|path| path.exists());
    match there {
        Some(path) if overwrite == Overwrite::Refuse => Err(TlsError::Exists { path: path.clone() }),
        _ => Ok(()),
    }
}

fn info_of(path: &Path) -> Result<CertificateInfo, TlsError> {
    let chain = chain(&read(path)?, path)?;
    CertificateInfo::of(&chain[0]).map_err(|reason| TlsError::Certificate { path: path.to_owned(), reason })
}

fn moment(time: Timestamp) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(time.seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// A node's name is one label of a domain name, and a file's name.
fn check_node(name: &str) -> Result<&str, TlsError> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=63).contains(&name.len()) && name.bytes().all(plain) && !name.starts_with('-') && !name.ends_with('-') {
        return Ok(name);
    }
    let remedy = "use up to 63 lower-case letters, digits and `-`, such as `node-1`";
    Err(TlsError::Name { name: name.chars().take(80).collect(), what: "node's name", remedy })
}

/// A domain name, with `*` as its first label at most, or an address.
fn check_name(name: &str) -> Result<(), TlsError> {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let domain = name.strip_prefix("*.").unwrap_or(name);
    let good = name.parse::<std::net::IpAddr>().is_ok() || (name.len() <= 253 && domain.split('.').all(label));
    let remedy = "give a domain such as `example.org` or `*.example.org`, or an address such as `10.0.0.1`";
    if good { Ok(()) } else { Err(TlsError::Name { name: name.chars().take(80).collect(), what: "domain or address", remedy }) }
}
