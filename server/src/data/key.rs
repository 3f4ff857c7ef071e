//! The installation's key: 32 random bytes, under which everything secret in the databases is sealed.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use banyan_kernel::{Random, Secret};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

use super::DataDirectory;

/// The key as people carry it: 64 hexadecimal digits, or Base64 of either alphabet.
pub(crate) fn decode(text: &str) -> Option<[u8; 32]> {
    let text = text.trim();
    if text.len() == 64 {
        let digit = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
        let bytes: Option<Vec<u8>> = (0..64).step_by(2).map(digit).collect();
        return bytes?.try_into().ok();
    }
    [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD].iter().find_map(|form| form.decode(text).ok()?.try_into().ok())
}

fn encode(key: &[u8; 32]) -> String {
    key.iter().fold(String::with_capacity(65), |text, byte| text + &format!("{byte:02x}"))
}

/// Whether data that needs a key is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Installed {
    /// A missing key may be made.
    Nothing,
    /// A missing key is lost, and must be found.
    Data,
}

impl DataDirectory {
    /// The key of the settings, else the file's; made at the first start.
    ///
    /// # Errors
    /// When the file cannot be read, is no key, or is missing beside data that was sealed under it.
    pub(crate) fn master_key(
        &self,
        given: Option<&Secret<[u8; 32]>>,
        installed: Installed,
        random: &dyn Random,
    ) -> Result<Secret<[u8; 32]>> {
        let file = self.key_file();
        if let Some(given) = given {
            return Ok(given.clone());
        }
        if let Some(key) = read(&file)? {
            return Ok(key);
        }
        if installed == Installed::Data {
            bail!(
                "the key {} is missing, and what is secret in the database cannot be read without it: bring the file back from a backup, \
                 or give the key by BANYAN_MASTER_KEY or BANYAN_MASTER_KEY_FILE",
                file.display()
            );
        }
        let mut key = [0_u8; 32];
        random.fill(&mut key);
        let text = encode(&key) + "\n";
        super::write_private(&file, text.as_bytes()).with_context(|| format!("cannot write the key {}", file.display()))?;
        Ok(Secret::new(key))
    }
}

fn read(file: &Path) -> Result<Option<Secret<[u8; 32]>>> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot read the key {}", file.display())),
    };
    match decode(&text) {
        Some(key) => Ok(Some(Secret::new(key))),
        None => bail!("{} is not a key: it must hold 64 hexadecimal digits; bring it back from a backup", file.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use banyan_kernel::OsRandom;

    #[test]
    fn keys_are_read_in_every_customary_form() {
        let key = [0xfb; 32];
        assert_eq!(decode(&encode(&key)), Some(key));
        for form in [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD] {
            assert_eq!(decode(&form.encode(key)), Some(key));
        }
        for wrong in ["", "ab", &"g".repeat(64), &STANDARD.encode([1_u8; 31])] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_key_is_made_once_for_its_owner_and_never_beside_old_data() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDirectory::open_or_create(&folder.path().join("new")).unwrap();
        assert!(super::super::is_private(data.path()).unwrap());
        let lost = data.master_key(None, Installed::Data, &OsRandom).unwrap_err().to_string();
        assert!(lost.contains("bring the file back from a backup"), "{lost}");
        let key = data.master_key(None, Installed::Nothing, &OsRandom).unwrap();
        assert!(super::super::is_private(&data.key_file()).unwrap());
        assert_eq!(data.master_key(None, Installed::Data, &OsRandom).unwrap(), key);
        let given = Secret::new([9; 32]);
        assert_eq!(data.master_key(Some(&given), Installed::Data, &OsRandom).unwrap(), given);
        std::fs::write(data.key_file(), "half").unwrap();
        assert!(data.master_key(None, Installed::Data, &OsRandom).is_err());
    }
}
