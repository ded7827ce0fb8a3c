//! The file that holds a validator's consensus key, apart from account keys.

use crate::key_file::{self, KeyFile, KeyFileError, Kind, Public, Sealing};
use althing_types::{KeyScheme, SecretKey, ValidatorKey};
use std::path::Path;
use zeroize::Zeroizing;

/// Consensus keys.
static KIND: Kind = Kind {
    format: "althing-validator-key",
    name: "validator key",
    command: "althing init",
    codes: [
        "validator_key_not_found",
        "validator_key_exists",
        "validator_key_io",
        "validator_key_version",
        "validator_key_damaged",
        "validator_key_locked",
        "validator_key_wrong_password",
    ],
};
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
/// [`KeyFileError`], if there is a file already or it cannot be written.
pub fn write(
    path: &Path,
    seed: &[u8; 32],
    password: Option<&str>,
) -> Result<ValidatorKey, KeyFileError> {
    write_with(path, seed, Sealing::new(password))
}

fn write_with(
    path: &Path,
    seed: &[u8; 32],
    sealing: Sealing<'_>,
) -> Result<ValidatorKey, KeyFileError> {
    let key = public_key(seed);
    let public = Public { text: &key.to_string(), beside: key.as_bytes() };
    key_file::write(&KIND, path, &public, seed, sealing)?;
    Ok(key)
}

/// What a key file says without its secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The public key.
    pub public: ValidatorKey,
    /// Whether a password is needed to use it.
    pub encrypted: bool,
}

fn load(path: &Path) -> Result<(KeyFile, ValidatorKey), KeyFileError> {
    let file = KeyFile::load(&KIND, path)?;
    let public = file.public.parse().map_err(|_| key_file::damaged(&KIND, path))?;
    Ok((file, public))
}

/// Reads the public half of a key file.
///
/// # Errors
/// [`KeyFileError`], but never about a password.
pub fn inspect(path: &Path) -> Result<Summary, KeyFileError> {
    let (file, public) = load(path)?;
    Ok(Summary { public, encrypted: file.encrypted() })
}

/// Reads the seed of a key file.
///
/// # Errors
/// [`KeyFileError`], also if it is encrypted and no password is given.
pub fn read(path: &Path, password: Option<&str>) -> Result<Zeroizing<[u8; 32]>, KeyFileError> {
    let (file, public) = load(path)?;
    let seed = file.open(&KIND, path, public.as_bytes(), password)?;
    if public_key(&seed) == public { Ok(seed) } else { Err(key_file::damaged(&KIND, path)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn write_with(
        path: &Path,
        seed: &[u8; 32],
        password: Option<&str>,
        log_n: u8,
    ) -> Result<ValidatorKey, KeyFileError> {
        super::write_with(path, seed, Sealing { password, log_n })
    }

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
