//! What a transaction asks for. Each message type has a fixed two-byte tag: the high byte names
//! the module, the low byte the message. Tags are never reused, so new messages can be added
//! without changing how old ones are read.

mod bank;
mod beacon;
mod compute;
mod energy;
mod governance;
mod network;
mod performance;
mod registry;
mod safety;
mod staking;
mod treasury;

pub use bank::Transfer;
pub use beacon::CommitRandomness;
pub use compute::{
    Attest, CancelTask, ClaimRewards, CommitResults, Commitment, CreateTask, LeaveWork, Line,
    Lines, Opening, ProveWrong, RegisterWorker, RequestBenchmark, ResultVote, RevealPlant,
    TakeWork, UpdateWorker, VoteResults, WorkerHeartbeat, seed_message,
};
pub use energy::{
    AttestReadings, BuyEnergy, CancelEnergyOrder, GrantEnergyRole, LeaveOracle, LeaveProvider,
    OfferEnergy, OpenEnergyDispute, OrderEnergy, PostTariff, RegisterMeter, RegisterOracle,
    RegisterProvider, RetireCertificate, RevokeMeter, RotateMeter, SubmitReadings,
    TransferCertificate, UpdateProvider, VoteEnergyDispute,
};
pub use governance::{CancelProposal, SetPreferences, SubmitProposal, Vote};
pub use network::AdoptSpec;
pub use performance::{SubmitEvidence, Unjail};
pub use registry::{Health, Heartbeat, RegisterNode};
pub use safety::Override;
pub use staking::{
    Delegate, Possession, Redelegate, Registration, Stake, Undelegate, Unstake, UpdateValidator,
    ValidatorDetails,
};
pub use treasury::AdvanceDisbursement;

use crate::codec::re;
use serde::{Deserialize, Serialize};

macro_rules! payloads {
    ($( $(#[$meta:meta])* $tag:literal $name:literal $variant:ident ),* $(,)?) => {
        /// The body of a transaction.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "type", rename_all = "kebab-case")]
        pub enum Payload {
            $( $(#[$meta])* $variant($variant), )*
        }

        impl Payload {
            /// Every tag with its name.
            pub const NAMES: &'static [(u16, &'static str)] = &[$( ($tag, $name) ),*];

            /// The wire tag.
            pub const fn tag(&self) -> u16 {
                match self { $( Self::$variant(_) => $tag, )* }
            }

            /// The name used by the API, the index and the metrics.
            pub const fn name(&self) -> &'static str {
                match self { $( Self::$variant(_) => $name, )* }
            }
        }

        impl re::Write for Payload {
            fn write(&self, buf: &mut impl re::BufMut) {
                self.tag().write(buf);
                match self { $( Self::$variant(message) => message.write(buf), )* }
            }
        }

        impl re::EncodeSize for Payload {
            fn encode_size(&self) -> usize {
                2 + match self { $( Self::$variant(message) => message.encode_size(), )* }
            }
        }

        impl re::Read for Payload {
            type Cfg = ();
            fn read_cfg(buf: &mut impl re::Buf, _: &()) -> Result<Self, re::Error> {
                use re::ReadExt as _;
                match u16::read(buf)? {
                    $( $tag => $variant::read(buf).map(Self::$variant), )*
                    _ => Err(re::Error::Invalid("Payload", "unknown message type")),
                }
            }
        }
    };
}

payloads! {
    /// Moves money from the sender to another account.
    0x0101 "transfer" Transfer,
    /// Registers a validator, or adds to the own stake of one.
    0x0201 "stake" Stake,
    /// Takes own stake out of the sender's validator.
    0x0202 "unstake" Unstake,
    /// Changes what the sender's validator says about itself, and its commission.
    0x0203 "update-validator" UpdateValidator,
    /// Delegates to a validator.
    0x0204 "delegate" Delegate,
    /// Takes a delegation back.
    0x0205 "undelegate" Undelegate,
    /// Moves a delegation to another validator.
    0x0206 "redelegate" Redelegate,
    /// Lets the sender's validator out of jail.
    0x0301 "unjail" Unjail,
    /// Proves that a validator contradicted itself.
    0x0302 "submit-evidence" SubmitEvidence,
    /// Describes the sender's node.
    0x0401 "register-node" RegisterNode,
    /// Says that the sender's node is well.
    0x0402 "heartbeat" Heartbeat,
    /// Proposes something to those who govern.
    0x0501 "submit-proposal" SubmitProposal,
    /// Votes on a proposal.
    0x0502 "vote" Vote,
    /// Takes a proposal back.
    0x0503 "cancel-proposal" CancelProposal,
    /// Says what a validator leaves to its node.
    0x0504 "set-preferences" SetPreferences,
    /// Takes the next step of a disbursement.
    0x0601 "advance-disbursement" AdvanceDisbursement,
    /// Chooses a version of the network's configuration.
    0x0701 "adopt-spec" AdoptSpec,
    /// Approves a call of the safety override.
    0x0801 "override" Override,
    /// Commits a validator to the randomness that it will reveal.
    0x0901 "commit-randomness" CommitRandomness,
    /// Makes the sender a worker.
    0x0a01 "register-worker" RegisterWorker,
    /// Changes what the sender's worker says about itself.
    0x0a02 "update-worker" UpdateWorker,
    /// Lets the sender's worker leave.
    0x0a03 "leave-work" LeaveWork,
    /// Says that the sender's worker is well.
    0x0a04 "worker-heartbeat" WorkerHeartbeat,
    /// Describes a device and proves what can be proven about it.
    0x0a05 "attest" Attest,
    /// Asks for a task that measures a device.
    0x0a06 "request-benchmark" RequestBenchmark,
    /// Takes work of the network.
    0x0a07 "take-work" TakeWork,
    /// Orders a batch of products.
    0x0a08 "create-task" CreateTask,
    /// Takes a task back that nobody works on.
    0x0a09 "cancel-task" CancelTask,
    /// Binds the sender's worker to results.
    0x0a0a "commit-results" CommitResults,
    /// What a member of committees found.
    0x0a0b "vote-results" VoteResults,
    /// Proves that a result is wrong.
    0x0a0c "prove-wrong" ProveWrong,
    /// Shows that a wrong result was planted.
    0x0a0d "reveal-plant" RevealPlant,
    /// Pays a worker its parts of the miners' pool.
    0x0a0e "claim-rewards" ClaimRewards,
    /// Makes the sender a provider of energy.
    0x0b01 "register-provider" RegisterProvider,
    /// Changes what the sender's provider says about itself, or adds to its stake.
    0x0b02 "update-provider" UpdateProvider,
    /// Lets the sender's provider leave.
    0x0b03 "leave-provider" LeaveProvider,
    /// Binds a meter to the sender's provider.
    0x0b04 "register-meter" RegisterMeter,
    /// Gives a meter another key.
    0x0b05 "rotate-meter" RotateMeter,
    /// Revokes the key of a meter.
    0x0b06 "revoke-meter" RevokeMeter,
    /// Submits what meters of a provider counted.
    0x0b07 "submit-readings" SubmitReadings,
    /// Stakes for an oracle.
    0x0b08 "register-oracle" RegisterOracle,
    /// Lets the sender's oracle leave.
    0x0b09 "leave-oracle" LeaveOracle,
    /// What an oracle found about readings.
    0x0b0a "attest-readings" AttestReadings,
    /// Offers energy of a slot.
    0x0b0b "offer-energy" OfferEnergy,
    /// Orders energy of a slot.
    0x0b0c "order-energy" OrderEnergy,
    /// Takes an offer or an order back.
    0x0b0d "cancel-energy-order" CancelEnergyOrder,
    /// Posts the tariff at which a provider sells at once.
    0x0b0e "post-tariff" PostTariff,
    /// Buys attested energy at a tariff.
    0x0b0f "buy-energy" BuyEnergy,
    /// Gives a certificate of origin to another account.
    0x0b10 "transfer-certificate" TransferCertificate,
    /// Uses a certificate of origin up.
    0x0b11 "retire-certificate" RetireCertificate,
    /// Disputes a reading or a sale of energy.
    0x0b12 "open-energy-dispute" OpenEnergyDispute,
    /// What an oracle says about a dispute.
    0x0b13 "vote-energy-dispute" VoteEnergyDispute,
    /// Lets another account act for the sender's provider or oracle.
    0x0b14 "grant-energy-role" GrantEnergyRole,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_messages_share_a_tag_or_a_name() {
        let tags: BTreeSet<u16> = Payload::NAMES.iter().map(|(tag, _)| *tag).collect();
        let names: BTreeSet<&str> = Payload::NAMES.iter().map(|(_, name)| *name).collect();
        assert_eq!((tags.len(), names.len()), (Payload::NAMES.len(), Payload::NAMES.len()));
    }
}
