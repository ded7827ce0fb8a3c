//! The file that holds a validator's consensus key, apart from account keys.
//!
//! Lines of text: a version, the public key, the secret (plain, or sealed with a password), and a
//! checksum over everything before it, so that damage is noticed before the key is used.

use crate::{
    file,
    sealed::{DEFAULT_LOG_N, Kdf},
};
use althing_types::{KeyScheme, SecretKey, ValidatorKey, hash::sha256};
use std::{fs, io, path::Path};
use zeroize::Zeroizing;

const FIRST_LINE: &str = "althing-validator-key 1";

/// Why a validator key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ValidatorKeyFileError {
    /// There is none.
    #[error("there is no validator key at {0}: `althing init` makes one")]
    NotFound(String),
    /// There is one already.
    #[error("{0} exists already and is never overwritten: move it away first")]
    Exists(String),
    /// Cannot be read or written.
    #[error("{0}: {1}")]
    Io(String, io::Error),
    /// Another format.
    #[error("{0} is in a format that this version does not read: update the software")]
    Version(String),
    /// Damaged.
    #[error("{0} is damaged: restore it from a backup")]
    Damaged(String),
    /// Encrypted, and no password was given.
    #[error("{0} is encrypted: give its password")]
    Locked(String),
    /// The password is wrong.
    #[error("the password of {0} is wrong")]
    WrongPassword(String),
}

impl ValidatorKeyFileError {
    /// Stable machine-readable name.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "validator_key_not_found",
            Self::Exists(_) => "validator_key_exists",
            Self::Io(..) => "validator_key_io",
            Self::Version(_) => "validator_key_version",
            Self::Damaged(_) => "validator_key_damaged",
            Self::Locked(_) => "validator_key_locked",
            Self::WrongPassword(_) => "validator_key_wrong_password",
        }
    }
}

/// The public half of a consensus key with this seed.
pub fn public_key(seed: &[u8; 32]) -> ValidatorKey {
    let key = SecretKey::from_seed(KeyScheme::Ed25519, *seed);
    let key = key.expect("every 32 bytes are an Ed25519 seed").public_key();
    let mut bytes = [0; 32];
    bytes.copy_from_slice(key.bytes());
    ValidatorKey::new(bytes)
}

/// A new random seed.
pub fn generate() -> Zeroizing<[u8; 32]> {
    Zeroizing::new(rand::random())
}

/// Writes a key file, mode 0600; encrypted if a password is given.
///
/// # Errors
/// [`ValidatorKeyFileError::Exists`] or [`ValidatorKeyFileError::Io`].
pub fn write(
    path: &Path,
    seed: &[u8; 32],
    password: Option<&str>,
) -> Result<ValidatorKey, ValidatorKeyFileError> {
    write_with(path, seed, password, DEFAULT_LOG_N)
}

fn write_with(
    path: &Path,
    seed: &[u8; 32],
    password: Option<&str>,
    log_n: u8,
) -> Result<ValidatorKey, ValidatorKeyFileError> {
    let name = path.display().to_string();
    let public = public_key(seed);
    let secret = match password {
        None => format!("secret {}", hex::encode(seed)),
        Some(password) => {
            let kdf = Kdf::new(log_n);
            let sealed = kdf.seal(password, seed, public.as_bytes());
            let sealed = sealed.ok_or_else(|| ValidatorKeyFileError::Damaged(name.clone()))?;
            format!("sealed {} {} {}", kdf.log_n, kdf.salt, hex::encode(sealed))
        }
    };
    let body = Zeroizing::new(format!("{FIRST_LINE}\npublic {public}\n{secret}\n"));
    let text = Zeroizing::new(format!("{}checksum {}\n", *body, checksum(&body)));
    file::create(path, text.as_bytes()).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => ValidatorKeyFileError::Exists(name),
        _ => ValidatorKeyFileError::Io(name, error),
    })?;
    Ok(public)
}

fn checksum(body: &str) -> String {
    hex::encode(sha256(&[body.as_bytes()]))
}

/// What a key file says without its secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The public key.
    pub public: ValidatorKey,
    /// Whether a password is needed to use it.
    pub encrypted: bool,
}

/// Reads the public half of a key file.
///
/// # Errors
/// [`ValidatorKeyFileError`], but never about a password.
pub fn inspect(path: &Path) -> Result<Summary, ValidatorKeyFileError> {
    let name = path.display().to_string();
    let text = load(path)?;
    let parsed = parse(&text).ok_or(ValidatorKeyFileError::Damaged(name))?;
    Ok(Summary { public: parsed.public, encrypted: matches!(parsed.secret, Secret::Sealed(..)) })
}

/// Reads the seed of a key file.
///
/// # Errors
/// [`ValidatorKeyFileError`]; [`ValidatorKeyFileError::Locked`] if it is encrypted and no password
/// is given.
pub fn read(
    path: &Path,
    password: Option<&str>,
) -> Result<Zeroizing<[u8; 32]>, ValidatorKeyFileError> {
    let name = || path.display().to_string();
    let damaged = || ValidatorKeyFileError::Damaged(name());
    let text = load(path)?;
    let parsed = parse(&text).ok_or_else(damaged)?;
    let bytes = match parsed.secret {
        Secret::Plain(bytes) => bytes,
        Secret::Sealed(kdf, sealed) => {
            let password = password.ok_or_else(|| ValidatorKeyFileError::Locked(name()))?;
            kdf.open(password, &sealed, parsed.public.as_bytes())
                .ok_or_else(damaged)?
                .ok_or_else(|| ValidatorKeyFileError::WrongPassword(name()))?
        }
    };
    let mut seed = Zeroizing::new([0; 32]);
    if bytes.len() != seed.len() {
        return Err(damaged());
    }
    seed.copy_from_slice(&bytes);
    if public_key(&seed) == parsed.public { Ok(seed) } else { Err(damaged()) }
}

fn load(path: &Path) -> Result<Zeroizing<String>, ValidatorKeyFileError> {
    let name = path.display().to_string();
    let bytes = fs::read(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => ValidatorKeyFileError::NotFound(name.clone()),
        _ => ValidatorKeyFileError::Io(name.clone(), error),
    })?;
    let text =
        String::from_utf8(bytes).map_err(|_| ValidatorKeyFileError::Damaged(name.clone()))?;
    let text = Zeroizing::new(text);
    let first = text.lines().next().unwrap_or_default();
    let other_version = first.strip_prefix("althing-validator-key ").is_some_and(|version| {
        version != "1" && version.parse::<u32>().is_ok_and(|version| version > 1)
    });
    if other_version {
        return Err(ValidatorKeyFileError::Version(name));
    }
    Ok(text)
}

enum Secret {
    Plain(Zeroizing<Vec<u8>>),
    Sealed(Kdf, Vec<u8>),
}

struct Parsed {
    public: ValidatorKey,
    secret: Secret,
}

fn parse(text: &str) -> Option<Parsed> {
    let (body, sum) = text.split_once("checksum ")?;
    if sum.trim_end() != checksum(body) {
        return None;
    }
    let mut lines = body.lines();
    if lines.next()? != FIRST_LINE {
        return None;
    }
    let public = lines.next()?.strip_prefix("public ")?.parse().ok()?;
    let secret = lines.next()?;
    let secret = if let Some(plain) = secret.strip_prefix("secret ") {
        Secret::Plain(Zeroizing::new(hex::decode(plain).ok()?))
    } else {
        let mut parts = secret.strip_prefix("sealed ")?.split(' ');
        let log_n = parts.next()?.parse().ok()?;
        let salt = parts.next()?.to_owned();
        let sealed = hex::decode(parts.next()?).ok()?;
        Secret::Sealed(Kdf { name: "scrypt".to_owned(), log_n, salt }, sealed)
    };
    Some(Parsed { public, secret })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_round_trips_with_and_without_a_password() {
        let folder = tempfile::tempdir().unwrap();
        let seed = generate();
        for password in [None, Some("correct")] {
            let path = folder.path().join(format!("{}.key", password.is_some()));
            let public = write_with(&path, &seed, password, 4).unwrap();
            assert_eq!(public, public_key(&seed));
            assert_eq!(*read(&path, password).unwrap(), *seed);
            let summary = inspect(&path).unwrap();
            assert_eq!(summary, Summary { public, encrypted: password.is_some() });
            let again = write_with(&path, &seed, password, 4).unwrap_err();
            assert_eq!(again.code(), "validator_key_exists");
        }
        let locked = folder.path().join("true.key");
        assert_eq!(read(&locked, None).unwrap_err().code(), "validator_key_locked");
        let wrong = read(&locked, Some("wrong")).unwrap_err();
        assert_eq!(wrong.code(), "validator_key_wrong_password");
        let missing = read(&folder.path().join("none"), None).unwrap_err();
        assert_eq!(missing.code(), "validator_key_not_found");
    }

    #[test]
    fn every_flipped_or_missing_byte_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        for password in [None, Some("pw")] {
            let path = folder.path().join(format!("good-{}", password.is_some()));
            write_with(&path, &[9; 32], password, 4).unwrap();
            let good = fs::read(&path).unwrap();
            let bad = folder.path().join("bad");
            for index in 0..good.len() - 1 {
                let mut flipped = good.clone();
                flipped[index] ^= 1 << (index % 8);
                fs::write(&bad, &flipped).unwrap();
                assert!(read(&bad, password).is_err(), "flipped byte {index}");
                fs::write(&bad, &good[..index]).unwrap();
                assert!(read(&bad, password).is_err(), "cut at byte {index}");
            }
        }
    }

    #[test]
    fn a_later_version_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        fs::write(&path, "althing-validator-key 2\nanything\n").unwrap();
        assert_eq!(read(&path, None).unwrap_err().code(), "validator_key_version");
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        write(&path, &[1; 32], None).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
