//! Metered electricity: the words that messages, events and records of module `energy` share.
//!
//! Energy is in watt-hours (Wh), power in watts (W), prices in base units a kilowatt-hour (kWh),
//! times of meters in seconds since 1970 (UTC).

mod key;
mod reading;

pub use key::{MeterKey, MeterKeyError, MeterSignature};
pub use reading::{Reading, bind_bytes, rotate_bytes};

use crate::{
    Amount, AmountError, Hash, Ppm, Text,
    codec::byte_enum,
    hash,
    limits::{MAX_ENERGY_NAME_BYTES, MAX_ZONE_BYTES},
    struct_codec, tagged_enum,
};
use serde::{Deserialize, Serialize};

/// Wh in a kWh.
pub const WH_PER_KWH: u128 = 1_000;
/// Seconds in an hour.
pub const SECONDS_PER_HOUR: u128 = 3_600;

/// The short code of a place in the grid, for example `NEM-VIC`: 1 to 16 bytes.
pub type Zone = Text<MAX_ZONE_BYTES>;
/// The name of a provider or an oracle.
pub type EnergyName = Text<MAX_ENERGY_NAME_BYTES>;

/// What `wh` cost at `price` base units a kWh: `wh * price / 1000`, rounded down.
///
/// # Errors
/// [`AmountError::Overflow`] if it does not fit.
pub fn cost(wh: u64, price: Amount) -> Result<Amount, AmountError> {
    price.mul_div(wh.into(), WH_PER_KWH)
}

/// What must be set aside for `wh` at up to `price` base units a kWh: the same, rounded up.
///
/// # Errors
/// [`AmountError::Overflow`] if it does not fit.
pub fn cost_up(wh: u64, price: Amount) -> Result<Amount, AmountError> {
    price.mul_div_up(wh.into(), WH_PER_KWH)
}

/// The most Wh that `watts` make in `seconds`, rounded down. Fits: a `u64` of watts for 2^32 seconds
/// saturates.
pub fn capacity_wh(watts: u64, seconds: u32) -> u64 {
    let product = u128::from(watts).saturating_mul(seconds.into());
    let wh = product.checked_div(SECONDS_PER_HOUR).unwrap_or(0);
    u64::try_from(wh).unwrap_or(u64::MAX)
}

/// The id of a meter: SHA-256 of its first key, as on the wire, and of its provider.
pub fn meter_id(key: &MeterKey, provider: &crate::Address) -> Hash {
    let mut bytes = Vec::new();
    crate::codec::re::Write::write(key, &mut bytes);
    hash::sha256(&[b"althing/meter-id/1", &bytes, provider.as_bytes()])
}

byte_enum! {
    /// How energy is sold.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum SettlementMode {
        /// Offers and orders of a slot meet once, at one price.
        0 "batch" Batch,
        /// Orders are settled at once, against tariffs that providers post.
        1 "real-time" RealTime,
    }
}

/// How readings are attested and energy is sold; decided by proposals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnergySettlementPayload {
    /// How energy is sold.
    pub mode: SettlementMode,
    /// The part of the weight of oracles that attests a reading, 500,001 to 1,000,000 ppm.
    pub quorum_threshold_ppm: Ppm,
    /// Blocks after which what is not attested expires, 1 to 100,000.
    pub expiry_blocks: u64,
}

struct_codec!(EnergySettlementPayload { mode, quorum_threshold_ppm, expiry_blocks });

impl EnergySettlementPayload {
    /// Least legal quorum, in ppm: more than a half, so that no two contradict each other.
    pub const MIN_QUORUM: u32 = 500_001;
    /// Highest legal `expiry_blocks`.
    pub const MAX_EXPIRY: u64 = 100_000;

    /// What holds from genesis on: batches, two thirds of the weight (rounded down, so that two of
    /// three equal oracles are a quorum), 600 blocks.
    pub fn initial() -> Self {
        Self {
            mode: SettlementMode::Batch,
            quorum_threshold_ppm: Ppm::new(666_666).unwrap_or(Ppm::ONE),
            expiry_blocks: 600,
        }
    }

    /// Whether its values are legal.
    pub fn is_legal(&self) -> bool {
        (1..=Self::MAX_EXPIRY).contains(&self.expiry_blocks)
            && self.quorum_threshold_ppm.get() >= Self::MIN_QUORUM
    }
}

byte_enum! {
    /// What a provider does.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum ProviderState {
        /// It submits readings and sells.
        0 "active" Active,
        /// It leaves: its stake is paid once it has unbonded and all is settled.
        1 "leaving" Leaving,
        /// Its stake is below what its capacity and reputation ask for: it must add to it.
        2 "suspended" Suspended,
    }
}

byte_enum! {
    /// Whether a meter's readings count.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum MeterState {
        /// They do.
        0 "active" Active,
        /// Its key was revoked: none count before it has another one.
        1 "revoked" Revoked,
    }
}

byte_enum! {
    /// Why a provider lost stake, or what is counted against it.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum EnergySlashReason {
        /// Oracles contradicted a reading.
        0 "quorum" Quorum,
        /// Oracles did not attest a reading in time. Costs no stake.
        1 "expiry" Expiry,
        /// A dispute about what was attested or sold was upheld.
        2 "conflict" Conflict,
    }
}

byte_enum! {
    /// What became of a reading.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum ReadingOutcome {
        /// Its energy can be sold.
        0 "attested" Attested,
        /// Oracles contradicted it.
        1 "refused" Refused,
        /// Oracles did not decide in time.
        2 "expired" Expired,
        /// It was attested, and a dispute showed that it was false.
        3 "disproved" Disproved,
    }
}

byte_enum! {
    /// Why something is disputed.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum DisputeReason {
        /// The meter did not measure this.
        0 "false-reading" FalseReading,
        /// The energy was counted or sold twice.
        1 "double-counting" DoubleCounting,
        /// The energy was not delivered.
        2 "not-delivered" NotDelivered,
    }
}

byte_enum! {
    /// How a dispute ended.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum DisputeEnd {
        /// Oracles agreed with who opened it.
        0 "upheld" Upheld,
        /// Oracles disagreed: the bond went to the provider.
        1 "dismissed" Dismissed,
        /// They did not decide in time: the bond went back but for a fee.
        2 "lapsed" Lapsed,
    }
}

tagged_enum! {
    /// What a dispute is about.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
    pub enum DisputeSubject {
        /// A reading that was attested.
        0x0001 "reading" Reading {
            /// The number of its batch.
            batch: u64,
            /// Its place in the batch, from 0.
            reading: u8,
        },
        /// A sale that is not paid yet.
        0x0002 "certificate" Certificate {
            /// The number of the certificate of origin.
            certificate: u64,
        },
    }
}

byte_enum! {
    /// For whom an account may act.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum EnergyRole {
        /// For a provider.
        0 "provider" Provider,
        /// For an oracle.
        1 "oracle" Oracle,
        /// For the chain, by a decision of governance.
        2 "admin" Admin,
    }
}

/// What an account may do in a role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scopes {
    /// Submit readings, or report about them.
    #[serde(default)]
    pub submit_reading: bool,
    /// Open disputes, or vote on them.
    #[serde(default)]
    pub dispute: bool,
    /// Offer energy, post tariffs, and cancel.
    #[serde(default)]
    pub settle: bool,
}

struct_codec!(Scopes { submit_reading, dispute, settle });

impl Scopes {
    /// None.
    pub const NONE: Self = Self { submit_reading: false, dispute: false, settle: false };
    /// All.
    pub const ALL: Self = Self { submit_reading: true, dispute: true, settle: true };

    /// Whether this scope is among them.
    pub const fn has(self, scope: EnergyScope) -> bool {
        match scope {
            EnergyScope::SubmitReading => self.submit_reading,
            EnergyScope::Dispute => self.dispute,
            EnergyScope::Settle => self.settle,
        }
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        !(self.submit_reading || self.dispute || self.settle)
    }
}

byte_enum! {
    /// One of the things that an account may do in a role.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum EnergyScope {
        /// Submit readings, or report about them.
        0 "submit_reading" SubmitReading,
        /// Open disputes, or vote on them.
        1 "dispute" Dispute,
        /// Offer energy, post tariffs, and cancel.
        2 "settle" Settle,
    }
}

tagged_enum! {
    /// What a proposal about an oracle does.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
    pub enum OracleChange {
        /// Gives an oracle that has staked a weight, or another one.
        0x0001 "weight" Weight {
            /// Its weight, 1 to 1,000,000 ppm: its part of all is this over the sum of all.
            weight: Ppm,
        },
        /// Takes its weight; its stake unbonds.
        0x0002 "remove" Remove {},
    }
}

/// What an oracle found about the readings of a batch: bit `n` is about reading `n`. With neither
/// bit it abstains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportItem {
    /// The number of the batch.
    pub batch: u64,
    /// Readings that it found right.
    pub agree: u64,
    /// Readings that it found wrong; none of those that it found right.
    pub contradict: u64,
}

struct_codec!(ReportItem { batch, agree, contradict });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_for_energy_is_exact_and_rounds_as_it_says() {
        let price = Amount::new(1_234_567);
        assert_eq!(cost(1_000, price), Ok(price));
        assert_eq!(cost(1, price), Ok(Amount::new(1_234)));
        assert_eq!(cost_up(1, price), Ok(Amount::new(1_235)));
        assert_eq!(cost(u64::MAX, Amount::MAX), Err(AmountError::Overflow));
    }

    #[test]
    fn capacity_is_power_for_a_time() {
        assert_eq!(capacity_wh(5_000, 900), 1_250);
        assert_eq!(capacity_wh(1, 3_599), 0);
        assert_eq!(capacity_wh(u64::MAX, u32::MAX), u64::MAX);
    }

    #[test]
    fn a_quorum_is_more_than_a_half() {
        let mut payload = EnergySettlementPayload::initial();
        assert!(payload.is_legal());
        payload.quorum_threshold_ppm = Ppm::new(500_000).unwrap();
        assert!(!payload.is_legal());
        payload.quorum_threshold_ppm = Ppm::new(500_001).unwrap();
        assert!(payload.is_legal());
        payload.expiry_blocks = 0;
        assert!(!payload.is_legal());
    }
}
