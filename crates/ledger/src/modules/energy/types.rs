pub use crate::modules::schedule::{Agenda, DueCount};

use althing_types::{
    Address, Amount, Due, Hash, Height, List, Ppm, Timestamp,
    energy::{
        EnergyName, EnergyRole, EnergySettlementPayload, MeterState, ProviderState, Scopes, Zone,
    },
    limits::{MAX_ORACLES, MAX_READINGS},
    struct_codec, tagged_enum,
};
use serde::{Deserialize, Serialize};

macro_rules! records {
    ($(
        $(#[$meta:meta])*
        $name:ident { $( $(#[$fmeta:meta])* $field:ident: $ty:ty ),* $(,)? }
    )*) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $name {
            $( $(#[$fmeta])* pub $field: $ty, )*
        }

        struct_codec!($name { $($field),* });
    )* };
}

mod counters;
mod market;

pub use counters::*;
pub use market::*;

records! {
    /// Sums over everything, the numbers that come next, and the rules in force.
    Energy {
        /// The number of the next batch.
        next_batch: u64,
        /// The number of the next offer or order.
        next_order: u64,
        /// The number of the next certificate.
        next_certificate: u64,
        /// The number of the next dispute.
        next_dispute: u64,
        /// The stakes of all providers and oracles, in base units.
        stakes: Amount,
        /// What buyers have set aside for orders, in base units.
        escrow: Amount,
        /// Sales that are not paid to their providers yet, in base units.
        unpaid: Amount,
        /// Bonds of open disputes, in base units.
        bonds: Amount,
        /// Energy of readings that are not decided, in Wh. With what was attested it fits 64 bits,
        /// or the readings are refused when they come; so no sum of attested energy can overflow.
        pending_wh: u64,
        /// All energy that was ever attested, in Wh: it is on sale, held back, sold, revoked or
        /// lapsed.
        attested_wh: u64,
        /// Energy that was sold, in Wh: the certificates that are not used up, and `retired_wh`.
        sold_wh: u64,
        /// Energy of certificates that were used up, in Wh.
        retired_wh: u64,
        /// Energy that disputes took back, in Wh.
        revoked_wh: u64,
        /// Energy that nobody bought, in Wh.
        lapsed_wh: u64,
        /// Providers that have not left.
        providers: u32,
        /// The version of the set of oracles that counts now; 0 has nobody.
        oracle_set: u32,
        /// The number of the rules in force, from 0.
        version: u32,
        /// The rules in force.
        settlement: EnergySettlementPayload,
    }

    /// Rules that were or are in force.
    Settlement {
        /// Since when.
        since: Height,
        /// The proposal that wanted them; none for those of genesis.
        proposal: Option<u64>,
        /// The rules.
        payload: EnergySettlementPayload,
    }

    /// A provider of energy.
    Provider {
        /// Its name.
        name: EnergyName,
        /// The code of its zone.
        zone: Zone,
        /// What all its meters can deliver together, in W.
        capacity_w: u64,
        /// What its meters can measure together, in W; at most its capacity.
        metered_w: u64,
        /// Its stake, in base units.
        stake: Amount,
        /// What it does.
        state: ProviderState,
        /// When it was registered.
        registered: Height,
        /// Its meters.
        meters: u32,
        /// Readings that are not decided.
        pending: u64,
        /// Batches that are not over.
        batches: u64,
        /// Sales that it is not paid for yet.
        unpaid: u64,
        /// Disputes about it that are open.
        disputes: u32,
        /// When its stake is paid, if it leaves, unless something is not settled then.
        unbonds: Due,
        /// What is known about how good it is.
        reputation: Reputation,
        /// What it has done.
        counters: ProviderCounters,
    }

    /// A meter.
    Meter {
        /// Its provider.
        provider: Address,
        /// Whether its readings count.
        state: MeterState,
        /// Which of its keys counts, from 0.
        generation: u32,
        /// When it got this key.
        keyed: Height,
        /// When a key may follow without the consent of this one, if it is revoked.
        cooled: Due,
        /// The sequence of its next reading.
        sequence: u64,
        /// What it has counted in all, in Wh.
        total_wh: u64,
        /// When its last interval ended, in seconds since 1970 (UTC).
        last_end: u64,
        /// When its last reading was signed, in seconds since 1970 (UTC).
        signed_at: u64,
        /// What it can measure at most, in W.
        max_w: u64,
        /// What of its readings was attested, in Wh.
        attested_wh: u64,
        /// The hash chain over all its readings that are over, and what became of them.
        #[serde(with = "althing_types::hash::serde_hex")]
        root: Hash,
        /// How many are in it.
        absorbed: u64,
    }

    /// A batch of readings that is not over.
    Batch {
        /// The provider.
        provider: Address,
        /// When it came.
        height: Height,
        /// The time of that block.
        time: Timestamp,
        /// The version of the set of oracles that decides.
        oracles: u32,
        /// The part of their weight that attests a reading.
        quorum: Ppm,
        /// The length of the slots of the market when it came, in seconds.
        slot_s: u64,
        /// The first height at which nobody can attest any more.
        expires: Height,
        /// When it is over, if all is decided and nothing is disputed.
        closes: Option<Due>,
        /// The height at which it is looked at.
        wake: Height,
        /// Readings that are not decided: bit `n` is reading `n`.
        undecided: u64,
        /// Readings that are attested.
        attested: u64,
        /// Readings that were contradicted.
        refused: u64,
        /// Readings that expired.
        expired: u64,
        /// Readings that were attested and disproved.
        disproved: u64,
        /// Readings that are disputed now.
        disputed: u64,
        /// Its readings.
        readings: List<HeldReading, MAX_READINGS>,
        /// What oracles found.
        reports: List<HeldReport, MAX_ORACLES>,
    }

    /// A reading, as long as its batch is not over.
    HeldReading {
        /// The meter.
        #[serde(with = "althing_types::hash::serde_hex")]
        meter: Hash,
        /// Its sequence.
        sequence: u64,
        /// When its interval began, in seconds since 1970 (UTC).
        start: u64,
        /// The length of the interval, in seconds.
        seconds: u32,
        /// What was counted, in Wh.
        wh: u64,
        /// SHA-256 of what the meter signed.
        #[serde(with = "althing_types::hash::serde_hex")]
        digest: Hash,
    }

    /// What an oracle found about a batch.
    HeldReport {
        /// The place of the oracle in the set.
        oracle: u8,
        /// Readings that it found right.
        agree: u64,
        /// Readings that it found wrong.
        contradict: u64,
    }

    /// An oracle.
    Oracle {
        /// Its name.
        name: EnergyName,
        /// Its stake, in base units.
        stake: Amount,
        /// Its weight, in ppm; nothing while it is not admitted.
        weight: Ppm,
        /// Whether it leaves, or was removed: its stake unbonds.
        leaving: bool,
        /// When its stake is paid, if it leaves, unless something is open then.
        unbonds: Due,
        /// Batches that are not over and that it has reported about: what it can be slashed for.
        open: u64,
        /// The height of its last report.
        reported: Height,
        /// The time of that block.
        reported_at: Timestamp,
        /// What it has done.
        counters: OracleCounters,
    }

    /// An oracle of a set.
    OracleEntry {
        /// Which.
        oracle: Address,
        /// Its weight, in ppm, at least 1.
        weight: u32,
    }

    /// Who acts for whom.
    Grant {
        /// What the grantor is.
        role: EnergyRole,
        /// What may be done.
        scopes: Scopes,
        /// The first height at which it may be done no more.
        expires: Height,
    }

}

/// The id of a meter, as a record of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeterId {
    /// The id.
    #[serde(with = "althing_types::hash::serde_hex")]
    pub meter: Hash,
}

struct_codec!(MeterId { meter });

/// The oracles that have a weight, with one version.
pub type OracleSet = List<OracleEntry, MAX_ORACLES>;

tagged_enum! {
    /// Something that is due.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(tag = "type", rename_all = "kebab-case")]
    pub enum DueItem {
        /// A batch expires, or is over.
        0x0001 "batch" Batch {
            /// Its number.
            batch: u64,
        },
        /// A slot of a zone is cleared.
        0x0002 "slot" Slot {
            /// The zone.
            zone: Zone,
            /// When the slot began, in seconds since 1970 (UTC).
            slot: u64,
        },
        /// A sale is paid.
        0x0003 "sale" Sale {
            /// The certificate.
            certificate: u64,
        },
        /// What nobody bought lapses.
        0x0004 "credit" Credit {
            /// The zone.
            zone: Zone,
            /// When the slot began, in seconds since 1970 (UTC).
            slot: u64,
            /// Whose it is.
            provider: Address,
        },
        /// A dispute ends.
        0x0005 "dispute" Dispute {
            /// Its number.
            dispute: u64,
        },
        /// The stake of a provider or an oracle is paid.
        0x0006 "unbond" Unbond {
            /// Whose.
            account: Address,
            /// What it is.
            role: EnergyRole,
        },
    }
}
