//! Files that hold the seed of one key, for keys that are no accounts: consensus keys and meters.
//!
//! Lines of text: what it is with a version, the public key, the secret (plain, or sealed with a
//! password), and a checksum over everything before it, so that damage is noticed before the key is
//! used.

use crate::{
    file,
    sealed::{DEFAULT_LOG_N, Kdf},
};
use althing_types::hash::sha256;
use core::fmt;
use std::{fs, io, path::Path};
use zeroize::Zeroizing;

/// What kind of key a file holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    /// The first word of the file.
    pub(crate) format: &'static str,
    /// What people call it.
    pub(crate) name: &'static str,
    /// The command that makes one.
    pub(crate) command: &'static str,
    /// The codes of faults, in the order of [`Why`].
    pub(crate) codes: [&'static str; 7],
}

/// Why a key file cannot be used.
#[derive(Debug)]
pub(crate) enum Why {
    NotFound,
    Exists,
    Io(io::Error),
    Version,
    Damaged,
    Locked,
    WrongPassword,
}

/// Why a key file cannot be used.
#[derive(Debug)]
pub struct KeyFileError {
    kind: &'static Kind,
    path: String,
    why: Why,
}

impl KeyFileError {
    fn new(kind: &'static Kind, path: &Path, why: Why) -> Self {
        Self { kind, path: path.display().to_string(), why }
    }

    /// Stable machine-readable name.
    pub const fn code(&self) -> &'static str {
        let [not_found, exists, io, version, damaged, locked, wrong_password] = self.kind.codes;
        match self.why {
            Why::NotFound => not_found,
            Why::Exists => exists,
            Why::Io(_) => io,
            Why::Version => version,
            Why::Damaged => damaged,
            Why::Locked => locked,
            Why::WrongPassword => wrong_password,
        }
    }
}

impl fmt::Display for KeyFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, Kind { name, command, .. }) = (&self.path, self.kind);
        match &self.why {
            Why::NotFound => write!(f, "there is no {name} at {path}: `{command}` makes one"),
            Why::Exists => {
                write!(f, "{path} exists already and is never overwritten: move it away first")
            }
            Why::Io(error) => write!(f, "{path}: {error}"),
            Why::Version => write!(
                f,
                "{path} is in a format that this version does not read: update the software"
            ),
            Why::Damaged => {
                write!(f, "{path} is damaged, or no {name}: restore it from a backup")
            }
            Why::Locked => write!(f, "{path} is encrypted: give its password"),
            Why::WrongPassword => write!(f, "the password of {path} is wrong"),
        }
    }
}

impl std::error::Error for KeyFileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.why {
            Why::Io(error) => Some(error),
            _ => None,
        }
    }
}

/// What a file says of its key. `beside` is what is authenticated with a secret under a password.
pub(crate) struct Public<'a> {
    pub(crate) text: &'a str,
    pub(crate) beside: &'a [u8],
}

/// A seed, and what is sealed with it.
#[derive(Clone, Copy)]
pub(crate) struct Sealing<'a> {
    pub(crate) password: Option<&'a str>,
    pub(crate) log_n: u8,
}

impl<'a> Sealing<'a> {
    /// With the work factor of new files.
    pub(crate) const fn new(password: Option<&'a str>) -> Self {
        Self { password, log_n: DEFAULT_LOG_N }
    }
}

/// Writes a key file, mode 0600; encrypted if a password is given.
pub(crate) fn write(
    kind: &'static Kind,
    path: &Path,
    public: &Public<'_>,
    seed: &[u8; 32],
    sealing: Sealing<'_>,
) -> Result<(), KeyFileError> {
    let fault = |why| KeyFileError::new(kind, path, why);
    let secret = match sealing.password {
        None => format!("secret {}", hex::encode(seed)),
        Some(password) => {
            let kdf = Kdf::new(sealing.log_n);
            let sealed = kdf.seal(password, seed, public.beside);
            let sealed = sealed.ok_or_else(|| fault(Why::Damaged))?;
            format!("sealed {} {} {}", kdf.log_n, kdf.salt, hex::encode(sealed))
        }
    };
    let secret = Zeroizing::new(secret);
    let body = format!("{} 1\npublic {}\n{}\n", kind.format, public.text, *secret);
    let body = Zeroizing::new(body);
    let text = Zeroizing::new(format!("{}checksum {}\n", *body, checksum(&body)));
    file::create(path, text.as_bytes()).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => fault(Why::Exists),
        _ => fault(Why::Io(error)),
    })
}

fn checksum(body: &str) -> String {
    hex::encode(sha256(&[body.as_bytes()]))
}

/// A key file that was read; its secret may still be sealed.
pub(crate) struct KeyFile {
    /// The public key, as the file says it.
    pub(crate) public: String,
    secret: Secret,
}

enum Secret {
    Plain(Zeroizing<Vec<u8>>),
    Sealed(Kdf, Vec<u8>),
}

impl KeyFile {
    /// Reads a file.
    pub(crate) fn load(kind: &'static Kind, path: &Path) -> Result<Self, KeyFileError> {
        let fault = |why| KeyFileError::new(kind, path, why);
        let bytes = fs::read(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => fault(Why::NotFound),
            _ => fault(Why::Io(error)),
        })?;
        let text = String::from_utf8(bytes).map_err(|_| fault(Why::Damaged))?;
        let text = Zeroizing::new(text);
        let first = text.lines().next().unwrap_or_default();
        let version = first.strip_prefix(kind.format).and_then(|rest| rest.strip_prefix(' '));
        if version.is_some_and(|version| version.parse::<u32>().is_ok_and(|number| number > 1)) {
            return Err(fault(Why::Version));
        }
        Self::parse(kind, &text).ok_or_else(|| fault(Why::Damaged))
    }

    fn parse(kind: &'static Kind, text: &str) -> Option<Self> {
        let (body, sum) = text.split_once("checksum ")?;
        if sum.trim_end() != checksum(body) {
            return None;
        }
        let mut lines = body.lines();
        if lines.next()?.strip_prefix(kind.format)? != " 1" {
            return None;
        }
        let public = lines.next()?.strip_prefix("public ")?.to_owned();
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
        Some(Self { public, secret })
    }

    /// Whether a password is needed to use it.
    pub(crate) const fn encrypted(&self) -> bool {
        matches!(self.secret, Secret::Sealed(..))
    }

    /// The seed.
    pub(crate) fn open(
        &self,
        kind: &'static Kind,
        path: &Path,
        beside: &[u8],
        password: Option<&str>,
    ) -> Result<Zeroizing<[u8; 32]>, KeyFileError> {
        let fault = |why| KeyFileError::new(kind, path, why);
        let opened;
        let bytes: &[u8] = match &self.secret {
            Secret::Plain(bytes) => bytes,
            Secret::Sealed(kdf, sealed) => {
                let password = password.ok_or_else(|| fault(Why::Locked))?;
                opened = kdf
                    .open(password, sealed, beside)
                    .ok_or_else(|| fault(Why::Damaged))?
                    .ok_or_else(|| fault(Why::WrongPassword))?;
                &opened
            }
        };
        let mut seed = Zeroizing::new([0; 32]);
        if bytes.len() != seed.len() {
            return Err(fault(Why::Damaged));
        }
        seed.copy_from_slice(bytes);
        Ok(seed)
    }
}

/// The fault of a file whose parts do not fit each other.
pub(crate) fn damaged(kind: &'static Kind, path: &Path) -> KeyFileError {
    KeyFileError::new(kind, path, Why::Damaged)
}
