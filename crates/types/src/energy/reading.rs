//! What a meter signs.

use super::{MeterKey, MeterSignature};
use crate::{Address, ChainId, Hash, codec::re, struct_codec};
use serde::{Deserialize, Serialize};

/// What the signed bytes are about.
const READING: u8 = 0;
const BIND: u8 = 1;
const ROTATE: u8 = 2;

/// What a meter counted in an interval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// The id of the meter.
    #[serde(with = "crate::hash::serde_hex")]
    pub meter: Hash,
    /// From 0 for each key of the meter, without a gap: no reading counts twice.
    pub sequence: u64,
    /// When the interval began, in seconds since 1970 (UTC).
    pub start: u64,
    /// How long it was, in seconds, at least 1.
    pub seconds: u32,
    /// What was counted in it, in Wh.
    pub wh: u64,
    /// What the meter has counted in all, this interval included, in Wh. Never falls.
    pub total_wh: u64,
    /// When the meter signed, in seconds since 1970 (UTC).
    pub signed_at: u64,
    /// Over [`Reading::signed_bytes`].
    pub signature: MeterSignature,
}

struct_codec!(Reading { meter, sequence, start, seconds, wh, total_wh, signed_at, signature });

impl Reading {
    /// What is signed, without the namespace: the byte 0, the chain (a byte for the length, then its
    /// id), the meter (32 bytes), sequence, start (8 bytes each), seconds (4), Wh, all Wh and the
    /// time of the signature (8 each); numbers big endian.
    pub fn signed_bytes(&self, chain: &ChainId) -> Vec<u8> {
        let mut bytes = begin(READING, chain);
        bytes.extend_from_slice(&self.meter.0);
        bytes.extend_from_slice(&self.sequence.to_be_bytes());
        bytes.extend_from_slice(&self.start.to_be_bytes());
        bytes.extend_from_slice(&self.seconds.to_be_bytes());
        for number in [self.wh, self.total_wh, self.signed_at] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        bytes
    }

    /// When the interval ended, in seconds since 1970 (UTC). Saturates.
    pub const fn end(&self) -> u64 {
        self.start.saturating_add(self.seconds as u64)
    }
}

fn begin(kind: u8, chain: &ChainId) -> Vec<u8> {
    let mut bytes = vec![kind];
    re::Write::write(chain, &mut bytes);
    bytes
}

/// What the key of a new meter signs, without the namespace: the byte 1, the chain and the provider
/// (20 bytes). So nobody registers a meter that is not theirs.
pub fn bind_bytes(chain: &ChainId, provider: &Address) -> Vec<u8> {
    let mut bytes = begin(BIND, chain);
    bytes.extend_from_slice(provider.as_bytes());
    bytes
}

/// What the old key signs when a meter gets another one, without the namespace: the byte 2, the
/// chain, the meter, the generation of the new key (4 bytes, big endian), the new key, and the count
/// that the meter begins at with it, in Wh (8 bytes, big endian).
pub fn rotate_bytes(
    chain: &ChainId,
    meter: &Hash,
    (generation, key): (u32, &MeterKey),
    total_wh: u64,
) -> Vec<u8> {
    let mut bytes = begin(ROTATE, chain);
    bytes.extend_from_slice(&meter.0);
    bytes.extend_from_slice(&generation.to_be_bytes());
    re::Write::write(key, &mut bytes);
    bytes.extend_from_slice(&total_wh.to_be_bytes());
    bytes
}
