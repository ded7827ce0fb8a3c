//! The secret of a meter: its file, and what it signs.

use crate::key_file::{self, KeyFile, KeyFileError, Kind, Public, Sealing};
use althing_types::{
    Address, ChainId, Hash, KeyScheme, SecretKey,
    energy::{MeterKey, MeterSignature, Reading, bind_bytes, meter_id, rotate_bytes},
    keys::KeyError,
};
use core::fmt;
use std::path::Path;

static KIND: Kind = Kind {
    format: "althing-meter-key",
    name: "key of a meter",
    command: "althing energy meter new-key",
    codes: [
        "meter_key_not_found",
        "meter_key_exists",
        "meter_key_io",
        "meter_key_version",
        "meter_key_damaged",
        "meter_key_locked",
        "meter_key_wrong_password",
    ],
};

/// A key of a meter that can sign.
pub struct MeterSecret {
    secret: SecretKey,
    public: MeterKey,
}

impl fmt::Debug for MeterSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MeterSecret").field(&self.public).finish()
    }
}

/// What a meter counted in an interval, before it is signed. See [`Reading`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsigned {
    /// The id of the meter.
    pub meter: Hash,
    /// From 0 for each key of the meter, without a gap.
    pub sequence: u64,
    /// When the interval began, in seconds since 1970 (UTC).
    pub start: u64,
    /// How long it was, in seconds.
    pub seconds: u32,
    /// What was counted in it, in Wh.
    pub wh: u64,
    /// What was counted in all, this interval included, in Wh.
    pub total_wh: u64,
    /// When it is signed, in seconds since 1970 (UTC).
    pub signed_at: u64,
}

impl MeterSecret {
    /// A new random key.
    ///
    /// # Errors
    /// [`KeyError`] if meters have no keys of this scheme.
    pub fn generate(scheme: KeyScheme) -> Result<Self, KeyError> {
        Self::new(SecretKey::from_seed(scheme, rand::random())?)
    }

    /// This key.
    ///
    /// # Errors
    /// [`KeyError`] if meters have no keys of this scheme.
    pub fn new(secret: SecretKey) -> Result<Self, KeyError> {
        let public = MeterKey::new(secret.public_key())?;
        Ok(Self { secret, public })
    }

    /// Whether the file of a key needs a password.
    ///
    /// # Errors
    /// [`KeyFileError`], but never about a password.
    pub fn encrypted(path: &Path) -> Result<bool, KeyFileError> {
        Ok(KeyFile::load(&KIND, path)?.encrypted())
    }

    /// The public half of the key in a file.
    ///
    /// # Errors
    /// [`KeyFileError`], but never about a password.
    pub fn inspect(path: &Path) -> Result<MeterKey, KeyFileError> {
        KeyFile::load(&KIND, path)?.public.parse().map_err(|_| key_file::damaged(&KIND, path))
    }

    /// From a file.
    ///
    /// # Errors
    /// [`KeyFileError`], also if it is encrypted and no password is given.
    pub fn read(path: &Path, password: Option<&str>) -> Result<Self, KeyFileError> {
        let damaged = || key_file::damaged(&KIND, path);
        let file = KeyFile::load(&KIND, path)?;
        let public: MeterKey = file.public.parse().map_err(|_| damaged())?;
        let seed = file.open(&KIND, path, file.public.as_bytes(), password)?;
        let secret = SecretKey::from_seed(public.scheme(), *seed).map_err(|_| damaged())?;
        let key = Self::new(secret).map_err(|_| damaged())?;
        if key.public == public { Ok(key) } else { Err(damaged()) }
    }

    /// Writes a new file, mode 0600; encrypted if a password is given.
    ///
    /// # Errors
    /// [`KeyFileError`], if there is a file already or it cannot be written.
    pub fn write(&self, path: &Path, password: Option<&str>) -> Result<(), KeyFileError> {
        self.write_with(path, Sealing::new(password))
    }

    fn write_with(&self, path: &Path, sealing: Sealing<'_>) -> Result<(), KeyFileError> {
        let text = self.public.to_string();
        let public = Public { text: &text, beside: text.as_bytes() };
        key_file::write(&KIND, path, &public, self.secret.expose_seed(), sealing)
    }

    /// The public half.
    pub const fn public(&self) -> &MeterKey {
        &self.public
    }

    /// The id of the meter whose first key this is, if it serves this provider.
    pub fn id(&self, provider: &Address) -> Hash {
        meter_id(&self.public, provider)
    }

    /// Signs the bytes of a message of meters, without the namespace.
    pub fn sign(&self, bytes: &[u8]) -> MeterSignature {
        MeterSignature::sign(&self.secret, bytes).expect("the scheme is one of meters")
    }

    /// A signed reading.
    pub fn reading(&self, chain: &ChainId, it: Unsigned) -> Reading {
        let Unsigned { meter, sequence, start, seconds, wh, total_wh, signed_at } = it;
        let signature = self.sign(&[]);
        let mut reading =
            Reading { meter, sequence, start, seconds, wh, total_wh, signed_at, signature };
        reading.signature = self.sign(&reading.signed_bytes(chain));
        reading
    }

    /// What binds a meter with this key to a provider.
    pub fn binding(&self, chain: &ChainId, provider: &Address) -> MeterSignature {
        self.sign(&bind_bytes(chain, provider))
    }

    /// Agrees that the meter gets another key of this generation, which counts from `total_wh` on.
    pub fn consent(
        &self,
        chain: &ChainId,
        meter: &Hash,
        (generation, key): (u32, &MeterKey),
        total_wh: u64,
    ) -> MeterSignature {
        self.sign(&rotate_bytes(chain, meter, (generation, key), total_wh))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const SCHEMES: [KeyScheme; 2] = [KeyScheme::Ed25519, KeyScheme::MlDsa65];

    #[test]
    fn a_key_file_round_trips_with_and_without_a_password() {
        let folder = tempfile::tempdir().unwrap();
        for (scheme, password) in SCHEMES.into_iter().zip([None, Some("correct")]) {
            let path = folder.path().join(scheme.name());
            let key = MeterSecret::generate(scheme).unwrap();
            key.write_with(&path, Sealing { password, log_n: 4 }).unwrap();
            assert_eq!(MeterSecret::read(&path, password).unwrap().public(), key.public());
            assert_eq!(MeterSecret::inspect(&path).unwrap(), *key.public());
            assert_eq!(MeterSecret::encrypted(&path).unwrap(), password.is_some());
            assert_eq!(key.write(&path, None).unwrap_err().code(), "meter_key_exists");
        }
        let locked = folder.path().join(SCHEMES[1].name());
        assert_eq!(MeterSecret::read(&locked, None).unwrap_err().code(), "meter_key_locked");
        let wrong = MeterSecret::read(&locked, Some("wrong")).unwrap_err();
        assert_eq!(wrong.code(), "meter_key_wrong_password");
        let absent = MeterSecret::read(&folder.path().join("none"), None).unwrap_err();
        assert_eq!(absent.code(), "meter_key_not_found");
        assert!(absent.to_string().contains("althing energy meter new-key"), "{absent}");
    }

    #[test]
    fn a_key_of_another_kind_or_a_flipped_byte_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, bad) = (folder.path().join("good"), folder.path().join("bad"));
        crate::validator_key::write(&path, &[9; 32], None).unwrap();
        assert_eq!(MeterSecret::read(&path, None).unwrap_err().code(), "meter_key_damaged");
        fs::remove_file(&path).unwrap();
        let key = MeterSecret::generate(KeyScheme::Ed25519).unwrap();
        key.write(&path, None).unwrap();
        let good = fs::read(&path).unwrap();
        for index in 0..good.len() - 1 {
            let mut flipped = good.clone();
            flipped[index] ^= 1 << (index % 8);
            fs::write(&bad, &flipped).unwrap();
            assert!(MeterSecret::read(&bad, None).is_err(), "flipped byte {index}");
        }
    }

    #[test]
    fn accounts_of_other_schemes_are_no_meters() {
        assert!(MeterSecret::generate(KeyScheme::Secp256r1).is_err());
    }

    #[test]
    fn what_it_signs_is_what_the_chain_checks() {
        let (chain, provider): (ChainId, _) = ("test-1".parse().unwrap(), Address::new([7; 20]));
        for scheme in SCHEMES {
            let key = MeterSecret::generate(scheme).unwrap();
            let meter = key.id(&provider);
            let unsigned = Unsigned {
                meter,
                sequence: 3,
                start: 900,
                seconds: 900,
                wh: 5,
                total_wh: 55,
                signed_at: 1_900,
            };
            let reading = key.reading(&chain, unsigned);
            let check = |bytes: &[u8], signature: &MeterSignature| {
                assert_eq!(key.public().verify(bytes, signature), Ok(()));
            };
            check(&reading.signed_bytes(&chain), &reading.signature);
            check(&bind_bytes(&chain, &provider), &key.binding(&chain, &provider));
            let next = MeterSecret::generate(scheme).unwrap();
            let consent = key.consent(&chain, &meter, (1, next.public()), 55);
            check(&rotate_bytes(&chain, &meter, (1, next.public()), 55), &consent);
        }
    }
}
