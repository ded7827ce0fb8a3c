//! Account keys on disk: one encrypted file a key, in one folder.
//!
//! A file is a JSON document. Name, scheme, address and public key are readable without the
//! password, and authenticated with the sealed secret; a checksum tells damage from a wrong
//! password. Files are written whole or not at all, and never overwritten.

use crate::{
    file,
    mnemonic::{Mnemonic, MnemonicError},
    sealed::{DEFAULT_LOG_N, Kdf},
};
use althing_types::{Address, KeyScheme, PublicKey, SecretKey, hash::sha256};
use serde::{Deserialize, Serialize};
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

const VERSION: u32 = 1;
const MAX_NAME_BYTES: usize = 64;

/// Why the keystore cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum KeystoreError {
    /// No key of this name.
    #[error("there is no key named {0:?}: `althing keys list` shows what there is")]
    NotFound(String),
    /// The name is taken.
    #[error("a key named {0:?} exists already: choose another name, or delete that key first")]
    Exists(String),
    /// The name is illegal.
    #[error("{0:?} is no name for a key: use 1 to 64 letters, digits, '-', '_' and '.'")]
    BadName(String),
    /// The password does not open the key.
    #[error("the password of the key {0:?} is wrong")]
    WrongPassword(String),
    /// The file has changed since it was written.
    #[error(
        "the file of the key {0:?} is damaged: restore it from a backup or import the key anew"
    )]
    Damaged(String),
    /// The file was written by a later version.
    #[error(
        "the key {0:?} is in format {1}, which this version does not read: update the software"
    )]
    UnsupportedVersion(String, u32),
    /// The key came from a hex seed, so there are no words.
    #[error("the key {0:?} was not made from 24 words: export its seed")]
    NoMnemonic(String),
    /// The words are wrong.
    #[error(transparent)]
    Mnemonic(#[from] MnemonicError),
    /// The seed is wrong.
    #[error("the seed is no secret key: expected 64 hex characters")]
    BadSeed,
    /// The file system refused.
    #[error("{0}: {1}")]
    Io(String, io::Error),
}

impl KeystoreError {
    /// Stable machine-readable name.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "key_not_found",
            Self::Exists(_) => "key_exists",
            Self::BadName(_) => "key_bad_name",
            Self::WrongPassword(_) => "key_wrong_password",
            Self::Damaged(_) => "key_damaged",
            Self::UnsupportedVersion(..) => "key_unsupported_version",
            Self::NoMnemonic(_) => "key_no_mnemonic",
            Self::Mnemonic(error) => error.code(),
            Self::BadSeed => "key_bad_seed",
            Self::Io(..) => "key_io",
        }
    }
}

/// What a key file says without its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Name of the key.
    pub name: String,
    /// Scheme and public key.
    pub public_key: PublicKey,
}

impl Entry {
    /// The account that the key controls.
    pub fn address(&self) -> Address {
        self.public_key.address()
    }
}

/// A key with its origin.
#[derive(Clone, Debug)]
pub struct Secret {
    /// The key.
    pub key: SecretKey,
    /// The words it derives from and the account number, if it came from words.
    pub origin: Option<(Mnemonic, u32)>,
}

impl Secret {
    /// The key of an account of 24 words.
    ///
    /// # Errors
    /// [`KeystoreError::Mnemonic`] if the account number is too large.
    pub fn from_mnemonic(
        mnemonic: Mnemonic,
        scheme: KeyScheme,
        account: u32,
    ) -> Result<Self, KeystoreError> {
        let key = mnemonic.key(scheme, account)?;
        Ok(Self { key, origin: Some((mnemonic, account)) })
    }

    /// A key from its seed in hex.
    ///
    /// # Errors
    /// [`KeystoreError::BadSeed`].
    pub fn from_hex_seed(scheme: KeyScheme, text: &str) -> Result<Self, KeystoreError> {
        let mut seed = Zeroizing::new([0u8; 32]);
        let text = text.trim();
        hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(text), seed.as_mut())
            .map_err(|_| KeystoreError::BadSeed)?;
        let key = SecretKey::from_seed(scheme, *seed).map_err(|_| KeystoreError::BadSeed)?;
        Ok(Self { key, origin: None })
    }

    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(self.key.expose_seed().to_vec());
        if let Some((mnemonic, account)) = &self.origin {
            bytes.extend_from_slice(mnemonic.entropy());
            bytes.extend_from_slice(&account.to_be_bytes());
        }
        bytes
    }

    fn from_bytes(scheme: KeyScheme, bytes: &[u8]) -> Option<Self> {
        let (seed, rest) = bytes.split_first_chunk::<32>()?;
        let key = SecretKey::from_seed(scheme, *seed).ok()?;
        if rest.is_empty() {
            return Some(Self { key, origin: None });
        }
        let (entropy, account) = rest.split_first_chunk::<32>()?;
        let account = u32::from_be_bytes(account.try_into().ok()?);
        Some(Self { key, origin: Some((Mnemonic::from_entropy(*entropy), account)) })
    }
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    version: u32,
    name: String,
    scheme: KeyScheme,
    address: String,
    public_key: String,
    kdf: Kdf,
    cipher: String,
    sealed: String,
    checksum: String,
}

impl Envelope {
    // What the password authenticates besides the secret.
    fn beside(&self) -> Vec<u8> {
        let version = self.version.to_string();
        let log_n = self.kdf.log_n.to_string();
        [
            "althing-key",
            &version,
            &self.name,
            self.scheme.name(),
            &self.address,
            &self.public_key,
            &self.kdf.name,
            &log_n,
            &self.kdf.salt,
            &self.cipher,
        ]
        .join("\n")
        .into_bytes()
    }

    fn sum(&self) -> String {
        hex::encode(sha256(&[&self.beside(), b"\n", self.sealed.as_bytes()]))
    }

    fn render(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

/// A folder of encrypted keys.
#[derive(Clone, Debug)]
pub struct Keystore {
    folder: PathBuf,
    log_n: u8,
}

impl Keystore {
    /// The keystore in `folder`, which is made when the first key is added.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), log_n: DEFAULT_LOG_N }
    }

    /// Another scrypt work factor for new keys, as a power of two: tests use a small one.
    #[must_use]
    pub const fn with_work_factor(mut self, log_n: u8) -> Self {
        self.log_n = log_n;
        self
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the key `name` is or would be.
    ///
    /// # Errors
    /// [`KeystoreError::BadName`].
    pub fn path(&self, name: &str) -> Result<PathBuf, KeystoreError> {
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        if !first || name.len() > MAX_NAME_BYTES || !name.bytes().all(legal) {
            return Err(KeystoreError::BadName(name.to_owned()));
        }
        Ok(self.folder.join(format!("{name}.json")))
    }

    /// Adds a key under a password.
    ///
    /// # Errors
    /// [`KeystoreError::Exists`], [`KeystoreError::BadName`] or [`KeystoreError::Io`].
    pub fn add(&self, name: &str, secret: &Secret, password: &str) -> Result<Entry, KeystoreError> {
        let path = self.path(name)?;
        let io = |error: io::Error| KeystoreError::Io(path.display().to_string(), error);
        if path.try_exists().map_err(io)? {
            return Err(KeystoreError::Exists(name.to_owned()));
        }
        let public_key = secret.key.public_key();
        let mut envelope = Envelope {
            version: VERSION,
            name: name.to_owned(),
            scheme: public_key.scheme(),
            address: public_key.address().to_string(),
            public_key: hex::encode(public_key.bytes()),
            kdf: Kdf::new(self.log_n),
            cipher: "chacha20-poly1305".to_owned(),
            sealed: String::new(),
            checksum: String::new(),
        };
        let sealed = envelope.kdf.seal(password, &secret.to_bytes(), &envelope.beside());
        let sealed = sealed.ok_or_else(|| io(io::Error::other("the work factor is too high")))?;
        envelope.sealed = hex::encode(sealed);
        envelope.checksum = envelope.sum();
        file::create_folder(&self.folder).map_err(io)?;
        file::create(&path, envelope.render().as_bytes()).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => KeystoreError::Exists(name.to_owned()),
            _ => io(error),
        })?;
        Ok(Entry { name: name.to_owned(), public_key })
    }

    fn load(&self, name: &str) -> Result<(Envelope, Entry), KeystoreError> {
        let path = self.path(name)?;
        let damaged = || KeystoreError::Damaged(name.to_owned());
        let bytes = fs::read(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => KeystoreError::NotFound(name.to_owned()),
            _ => KeystoreError::Io(path.display().to_string(), error),
        })?;
        let text = String::from_utf8(bytes).map_err(|_| damaged())?;
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let version: Version = serde_json::from_str(&text).map_err(|_| damaged())?;
        if version.version > VERSION {
            return Err(KeystoreError::UnsupportedVersion(name.to_owned(), version.version));
        }
        let envelope: Envelope = serde_json::from_str(&text).map_err(|_| damaged())?;
        let intact = envelope.version == VERSION
            && envelope.render().trim_end() == text.trim_end()
            && envelope.sum() == envelope.checksum
            && envelope.cipher == "chacha20-poly1305";
        if !intact {
            return Err(damaged());
        }
        let bytes = hex::decode(&envelope.public_key).map_err(|_| damaged())?;
        let public_key = PublicKey::new(envelope.scheme, bytes.into()).map_err(|_| damaged())?;
        Ok((envelope, Entry { name: name.to_owned(), public_key }))
    }

    /// What a key file says without its password.
    ///
    /// # Errors
    /// [`KeystoreError`], but never [`KeystoreError::WrongPassword`].
    pub fn show(&self, name: &str) -> Result<Entry, KeystoreError> {
        self.load(name).map(|(_, entry)| entry)
    }

    /// All keys by name; a damaged file stands as its error.
    ///
    /// # Errors
    /// [`KeystoreError::Io`] if the folder cannot be read. A missing folder is an empty list.
    pub fn list(&self) -> Result<Vec<Result<Entry, KeystoreError>>, KeystoreError> {
        let io = |error| KeystoreError::Io(self.folder.display().to_string(), error);
        let folder = match fs::read_dir(&self.folder) {
            Ok(folder) => folder,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(io(error)),
        };
        let mut names = Vec::new();
        for file in folder {
            let name = file.map_err(io)?.file_name();
            let name = name.to_string_lossy();
            if let Some(name) = name.strip_suffix(".json")
                && self.path(name).is_ok()
            {
                names.push(name.to_owned());
            }
        }
        names.sort();
        Ok(names.iter().map(|name| self.show(name)).collect())
    }

    /// Opens a key.
    ///
    /// # Errors
    /// [`KeystoreError`] naming what is wrong.
    pub fn unlock(&self, name: &str, password: &str) -> Result<Secret, KeystoreError> {
        let (envelope, entry) = self.load(name)?;
        let damaged = || KeystoreError::Damaged(name.to_owned());
        let sealed = hex::decode(&envelope.sealed).map_err(|_| damaged())?;
        let bytes = envelope
            .kdf
            .open(password, &sealed, &envelope.beside())
            .ok_or_else(damaged)?
            .ok_or_else(|| KeystoreError::WrongPassword(name.to_owned()))?;
        let secret = Secret::from_bytes(envelope.scheme, &bytes).ok_or_else(damaged)?;
        if secret.key.public_key() == entry.public_key { Ok(secret) } else { Err(damaged()) }
    }

    /// Deletes a key for good. A damaged file can be deleted too.
    ///
    /// # Errors
    /// [`KeystoreError::NotFound`] or [`KeystoreError::Io`].
    pub fn delete(&self, name: &str) -> Result<(), KeystoreError> {
        let path = self.path(name)?;
        fs::remove_file(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => KeystoreError::NotFound(name.to_owned()),
            _ => KeystoreError::Io(path.display().to_string(), error),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keystore() -> (tempfile::TempDir, Keystore) {
        let folder = tempfile::tempdir().unwrap();
        let keystore = Keystore::new(folder.path().join("keys")).with_work_factor(4);
        (folder, keystore)
    }

    #[test]
    fn keys_of_every_scheme_round_trip() {
        let (_folder, keystore) = keystore();
        for scheme in KeyScheme::ALL {
            let mnemonic = Mnemonic::from_entropy([3; 32]);
            let secret = Secret::from_mnemonic(mnemonic.clone(), scheme, 2).unwrap();
            let entry = keystore.add(scheme.name(), &secret, "pw").unwrap();
            assert_eq!(entry.address(), secret.key.address());
            let read = keystore.unlock(scheme.name(), "pw").unwrap();
            assert_eq!(read.key.expose_seed(), secret.key.expose_seed());
            assert_eq!(read.origin, Some((mnemonic, 2)));
            assert_eq!(keystore.show(scheme.name()).unwrap(), entry);
        }
        assert_eq!(keystore.list().unwrap().len(), 3);
    }

    #[test]
    fn a_hex_seed_is_taken_in_and_has_no_words() {
        let (_folder, keystore) = keystore();
        let seed = hex::encode([5; 32]);
        let secret = Secret::from_hex_seed(KeyScheme::Secp256r1, &seed).unwrap();
        keystore.add("seed", &secret, "pw").unwrap();
        let read = keystore.unlock("seed", "pw").unwrap();
        assert_eq!(hex::encode(read.key.expose_seed()), seed);
        assert!(read.origin.is_none());
        for bad in ["", "05", &"zz".repeat(32), &"00".repeat(32)] {
            let error = Secret::from_hex_seed(KeyScheme::Secp256r1, bad).unwrap_err();
            assert_eq!(error.code(), "key_bad_seed");
        }
    }

    #[test]
    fn a_wrong_password_a_taken_name_and_a_missing_key_are_told_apart() {
        let (_folder, keystore) = keystore();
        let secret = Secret::from_hex_seed(KeyScheme::Ed25519, &"07".repeat(32)).unwrap();
        keystore.add("alice", &secret, "right").unwrap();
        assert_eq!(keystore.unlock("alice", "wrong").unwrap_err().code(), "key_wrong_password");
        assert_eq!(keystore.add("alice", &secret, "x").unwrap_err().code(), "key_exists");
        assert_eq!(keystore.unlock("bob", "x").unwrap_err().code(), "key_not_found");
        for bad in ["", ".", "../x", "a/b", "-a", &"a".repeat(65)] {
            assert_eq!(keystore.show(bad).unwrap_err().code(), "key_bad_name", "{bad}");
        }
        keystore.delete("alice").unwrap();
        assert_eq!(keystore.delete("alice").unwrap_err().code(), "key_not_found");
    }

    #[test]
    fn every_flipped_or_missing_byte_is_an_error() {
        let (_folder, keystore) = keystore();
        let secret = Secret::from_hex_seed(KeyScheme::Ed25519, &"07".repeat(32)).unwrap();
        keystore.add("a", &secret, "pw").unwrap();
        let path = keystore.path("a").unwrap();
        let good = fs::read(&path).unwrap();
        for index in 0..good.len() - 1 {
            for bit in 0..8 {
                let mut flipped = good.clone();
                flipped[index] ^= 1 << bit;
                fs::write(&path, &flipped).unwrap();
                assert!(keystore.unlock("a", "pw").is_err(), "byte {index} bit {bit}");
                assert!(keystore.show("a").is_err(), "byte {index} bit {bit}");
            }
            fs::write(&path, &good[..index]).unwrap();
            assert_eq!(keystore.unlock("a", "pw").unwrap_err().code(), "key_damaged", "{index}");
        }
        fs::write(&path, &good).unwrap();
        assert!(keystore.unlock("a", "pw").is_ok());
    }

    #[test]
    fn a_forged_address_with_a_new_checksum_does_not_open() {
        let (_folder, keystore) = keystore();
        let secret = Secret::from_hex_seed(KeyScheme::Ed25519, &"07".repeat(32)).unwrap();
        keystore.add("a", &secret, "pw").unwrap();
        let (mut envelope, _) = keystore.load("a").unwrap();
        envelope.address = Address::new([1; 20]).to_string();
        envelope.checksum = envelope.sum();
        fs::write(keystore.path("a").unwrap(), envelope.render()).unwrap();
        assert_eq!(keystore.unlock("a", "pw").unwrap_err().code(), "key_wrong_password");
    }

    #[test]
    fn a_later_format_says_so() {
        let (_folder, keystore) = keystore();
        fs::create_dir_all(keystore.folder()).unwrap();
        fs::write(keystore.path("a").unwrap(), r#"{"version": 2, "new": true}"#).unwrap();
        assert_eq!(keystore.show("a").unwrap_err().code(), "key_unsupported_version");
        assert_eq!(keystore.list().unwrap().len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_a_key() {
        use std::os::unix::fs::PermissionsExt as _;
        let (_folder, keystore) = keystore();
        let secret = Secret::from_hex_seed(KeyScheme::Ed25519, &"07".repeat(32)).unwrap();
        keystore.add("a", &secret, "pw").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&keystore.path("a").unwrap()), 0o600);
        assert_eq!(mode(keystore.folder()), 0o700);
        assert_eq!(fs::read_dir(keystore.folder()).unwrap().count(), 1);
    }
}
