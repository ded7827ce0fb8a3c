//! Secrets under a password: scrypt for the key, ChaCha20-Poly1305 for the secret and for the
//! authenticity of everything that stands beside it.

use chacha20poly1305::{
    ChaCha20Poly1305, KeyInit as _,
    aead::{Aead as _, Payload},
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Work factor of new files: 2^17 rounds, 128 MiB of memory, about half a second.
pub(crate) const DEFAULT_LOG_N: u8 = 17;
/// Highest work factor that is read, so that a damaged file cannot ask for all memory.
pub(crate) const MAX_LOG_N: u8 = 20;

const R: u32 = 8;
const P: u32 = 1;
// Each file has its own salt, hence its own key, which seals one message only.
const NONCE: [u8; 12] = [0; 12];

/// How the password becomes a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kdf {
    pub(crate) name: String,
    pub(crate) log_n: u8,
    pub(crate) salt: String,
}

impl Kdf {
    pub(crate) fn new(log_n: u8) -> Self {
        let salt: [u8; 32] = rand::random();
        Self { name: "scrypt".to_owned(), log_n, salt: hex::encode(salt) }
    }

    fn cipher(&self, password: &str) -> Option<ChaCha20Poly1305> {
        if self.name != "scrypt" || self.log_n > MAX_LOG_N {
            return None;
        }
        let salt = hex::decode(&self.salt).ok().filter(|salt| salt.len() == 32)?;
        let params = scrypt::Params::new(self.log_n, R, P).ok()?;
        let mut key = Zeroizing::new([0; 32]);
        scrypt::scrypt(password.as_bytes(), &salt, &params, key.as_mut()).ok()?;
        ChaCha20Poly1305::new_from_slice(key.as_ref()).ok()
    }

    /// Seals `secret`; `beside` is authenticated with it. `None` if the parameters are no good.
    pub(crate) fn seal(&self, password: &str, secret: &[u8], beside: &[u8]) -> Option<Vec<u8>> {
        let payload = Payload { msg: secret, aad: beside };
        self.cipher(password)?.encrypt(&NONCE.into(), payload).ok()
    }

    /// Opens what [`Self::seal`] made. `None` if the parameters are no good; `Some(None)` if the
    /// password or anything that was authenticated is wrong.
    pub(crate) fn open(
        &self,
        password: &str,
        sealed: &[u8],
        beside: &[u8],
    ) -> Option<Option<Zeroizing<Vec<u8>>>> {
        let payload = Payload { msg: sealed, aad: beside };
        Some(self.cipher(password)?.decrypt(&NONCE.into(), payload).ok().map(Zeroizing::new))
    }
}
