//! Messages of module `energy`.

use crate::{
    Address, Amount, Hash, Height, List,
    energy::{
        DisputeReason, DisputeSubject, EnergyName, EnergyRole, MeterKey, MeterSignature, Reading,
        ReportItem, Scopes, Zone,
    },
    limits::{MAX_READINGS, MAX_REPORT_ITEMS},
    struct_codec,
};
use serde::{Deserialize, Serialize};

macro_rules! messages {
    ($(
        $(#[$meta:meta])*
        $name:ident { $( $(#[$fmeta:meta])* $field:ident: $ty:ty ),* $(,)? }
    )*) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $( $(#[$fmeta])* pub $field: $ty, )*
        }

        struct_codec!($name { $($field),* });
    )* };
}

messages! {
    /// Makes the sender a provider of energy.
    RegisterProvider {
        /// Its name, 1 to 70 bytes.
        name: EnergyName,
        /// The code of the zone where it feeds in, 1 to 16 bytes.
        zone: Zone,
        /// What all its meters can deliver together, in W.
        capacity_w: u64,
        /// Its stake, in base units.
        stake: Amount,
    }

    /// Changes what the sender's provider says about itself, or adds to its stake.
    UpdateProvider {
        /// Another name.
        name: Option<EnergyName>,
        /// Another capacity, in W.
        capacity_w: Option<u64>,
        /// What is added to its stake, in base units.
        add_stake: Amount,
    }

    /// Lets the sender's provider leave. Its stake is paid once all is settled.
    LeaveProvider {}

    /// Binds a meter to the sender's provider.
    RegisterMeter {
        /// The key of the meter.
        key: MeterKey,
        /// What the meter can measure at most, in W.
        max_w: u64,
        /// What it has counted so far, in Wh: its first reading goes on from there.
        total_wh: u64,
        /// The key's signature over the chain and the provider.
        signature: MeterSignature,
    }

    /// Gives a meter of the sender another key.
    RotateMeter {
        /// The id of the meter.
        #[serde(with = "crate::hash::serde_hex")]
        meter: Hash,
        /// The new key.
        key: MeterKey,
        /// What the meter counts from now on, in Wh.
        total_wh: u64,
        /// The new key's signature over the chain and the provider.
        signature: MeterSignature,
        /// The old key's signature over the change; without it, the meter must be revoked for the
        /// cool-down.
        consent: Option<MeterSignature>,
    }

    /// Revokes the key of a meter of the sender at once.
    RevokeMeter {
        /// The id of the meter.
        #[serde(with = "crate::hash::serde_hex")]
        meter: Hash,
    }

    /// Submits what meters of a provider counted. All or nothing.
    SubmitReadings {
        /// The provider: the sender, or who granted it the scope `submit_reading`.
        provider: Address,
        /// 1 to 64 of them; those of one meter in the order of their sequence.
        readings: List<Reading, MAX_READINGS>,
    }

    /// Stakes for an oracle. It has no weight before a proposal gives it one.
    RegisterOracle {
        /// Its name, 1 to 70 bytes.
        name: EnergyName,
        /// What is staked, in base units; more of it if it is registered already.
        stake: Amount,
    }

    /// Lets the sender's oracle leave.
    LeaveOracle {}

    /// What an oracle found about readings.
    AttestReadings {
        /// The oracle: the sender, or who granted it the scope `submit_reading`.
        oracle: Address,
        /// About 1 to 32 batches, each once.
        items: List<ReportItem, MAX_REPORT_ITEMS>,
    }

    /// Offers energy of a slot, in mode `batch`.
    OfferEnergy {
        /// The provider: the sender, or who granted it the scope `settle`.
        provider: Address,
        /// When the slot begins, in seconds since 1970 (UTC).
        slot: u64,
        /// How much, in Wh.
        wh: u64,
        /// The least price, in base units a kWh.
        min_price: Amount,
    }

    /// Orders energy of a slot, in mode `batch`. The money is set aside.
    OrderEnergy {
        /// The zone.
        zone: Zone,
        /// When the slot begins, in seconds since 1970 (UTC).
        slot: u64,
        /// How much, in Wh.
        wh: u64,
        /// The highest price, in base units a kWh.
        max_price: Amount,
    }

    /// Takes an offer or an order back.
    CancelEnergyOrder {
        /// The zone.
        zone: Zone,
        /// When the slot begins, in seconds since 1970 (UTC).
        slot: u64,
        /// The number of the offer or order.
        number: u64,
    }

    /// Posts, changes or ends the tariff at which a provider sells in mode `real-time`.
    PostTariff {
        /// The provider: the sender, or who granted it the scope `settle`.
        provider: Address,
        /// The price, in base units a kWh.
        price: Amount,
        /// How much it sells at this price, in Wh; nothing ends the tariff.
        wh: u64,
    }

    /// Buys attested energy at a tariff, in mode `real-time`.
    BuyEnergy {
        /// From whom.
        provider: Address,
        /// When the slot began, in seconds since 1970 (UTC).
        slot: u64,
        /// How much at most, in Wh.
        wh: u64,
        /// The highest price, in base units a kWh.
        max_price: Amount,
    }

    /// Gives a certificate of origin to another account.
    TransferCertificate {
        /// Its number.
        certificate: u64,
        /// To whom.
        to: Address,
    }

    /// Uses a certificate of origin up. It cannot be transferred or used any more.
    RetireCertificate {
        /// Its number.
        certificate: u64,
    }

    /// Disputes a reading or a sale. The bond is set aside.
    OpenEnergyDispute {
        /// For whom: the sender, or who granted it the scope `dispute`.
        opener: Address,
        /// What is disputed.
        subject: DisputeSubject,
        /// Why.
        reason: DisputeReason,
        /// SHA-256 of the evidence.
        #[serde(with = "crate::hash::serde_hex")]
        evidence: Hash,
    }

    /// What an oracle says about a dispute.
    VoteEnergyDispute {
        /// The oracle: the sender, or who granted it the scope `dispute`.
        oracle: Address,
        /// The number of the dispute.
        dispute: u64,
        /// Whether who opened it is right.
        uphold: bool,
    }

    /// Lets another account act for the sender, or ends that.
    GrantEnergyRole {
        /// Which account.
        account: Address,
        /// For what the sender is: `provider` or `oracle`.
        role: EnergyRole,
        /// What it may do; without any, the grant ends.
        scopes: Scopes,
        /// The first height at which it may no more.
        expires: Height,
    }
}
