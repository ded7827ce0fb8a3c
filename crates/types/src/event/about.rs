//! Whom and what an event is about.

use super::Event;
use crate::{Address, Hash, ValidatorKey, hash::sha256};
use commonware_codec::Encode as _;

impl Event {
    /// The accounts that this event concerns, for address filters.
    pub fn accounts(&self) -> Vec<Address> {
        match self {
            Self::Transferred { from, to, .. } => vec![*from, *to],
            Self::ValidatorRegistered { operator, .. } | Self::Staked { operator, .. } => {
                vec![*operator]
            }
            Self::Delegated { delegator, .. }
            | Self::Undelegated { delegator, .. }
            | Self::Redelegated { delegator, .. }
            | Self::RedelegationSlashed { delegator, .. }
            | Self::UnbondingPaid { delegator, .. } => vec![*delegator],
            Self::EvidenceAccepted { reporter, .. } => vec![*reporter],
            Self::ProposalSubmitted { proposer, .. } | Self::ProposalCancelled { proposer, .. } => {
                vec![*proposer]
            }
            Self::Voted { voter, .. } => vec![*voter],
            Self::OverrideApproved { member, .. } => vec![*member],
            Self::DisbursementPaid { to, .. } => vec![*to],
            Self::TaskCreated { requester, .. } => requester.iter().copied().collect(),
            Self::TaskRefunded { requester, .. } => vec![*requester],
            Self::DisputeFailed { sender, .. } => vec![*sender],
            Self::WorkerSlashed { worker, prover, .. }
            | Self::ResultDisproved { worker, prover, .. } => vec![*worker, *prover],
            Self::PlantRevealed { worker, prover, .. } => {
                core::iter::once(*worker).chain(*prover).collect()
            }
            Self::WorkerRegistered { worker, .. }
            | Self::WorkerUpdated { worker, .. }
            | Self::WorkerLeaving { worker, .. }
            | Self::WorkerUnbonded { worker, .. }
            | Self::WorkerHeard { worker, .. }
            | Self::DeviceAttested { worker, .. }
            | Self::DeviceRemoved { worker, .. }
            | Self::TaskAssigned { worker, .. }
            | Self::TaskCommitted { worker, .. }
            | Self::TaskAccepted { worker, .. }
            | Self::TaskSettled { worker, .. }
            | Self::TaskRejected { worker, .. }
            | Self::RewardsClaimed { worker, .. } => vec![*worker],
            Self::ProviderRegistered { provider, .. }
            | Self::ProviderUpdated { provider, .. }
            | Self::ProviderSlashed { provider, .. }
            | Self::MeterRegistered { provider, .. }
            | Self::MeterRotated { provider, .. }
            | Self::MeterRevoked { provider, .. }
            | Self::ReadingsSubmitted { provider, .. }
            | Self::ReadingsDecided { provider, .. }
            | Self::BatchClosed { provider, .. }
            | Self::EnergyOffered { provider, .. }
            | Self::TariffPosted { provider, .. }
            | Self::EnergyPaid { provider, .. }
            | Self::EnergyLapsed { provider, .. }
            | Self::EnergyDisputeEnded { provider, .. } => vec![*provider],
            Self::EnergyStakePaid { account, .. } | Self::EnergyOrderCancelled { account, .. } => {
                vec![*account]
            }
            Self::OracleStaked { oracle, .. }
            | Self::OracleWeighted { oracle, .. }
            | Self::OracleReported { oracle, .. }
            | Self::OracleSlashed { oracle, .. }
            | Self::EnergyDisputeVoted { oracle, .. } => vec![*oracle],
            Self::EnergyOrdered { buyer, .. } | Self::CertificateRevoked { buyer, .. } => {
                vec![*buyer]
            }
            Self::EnergySold { provider, buyer, .. } => vec![*provider, *buyer],
            Self::CertificateTransferred { from, to, .. } => vec![*from, *to],
            Self::CertificateRetired { owner, .. } => vec![*owner],
            Self::EnergyDisputeOpened { opener, .. } => vec![*opener],
            Self::EnergyRoleGranted { grantor, account, .. } => {
                grantor.iter().chain([account]).copied().collect()
            }
            _ => Vec::new(),
        }
    }

    /// The validator that this event is about.
    pub const fn validator(&self) -> Option<ValidatorKey> {
        match self {
            Self::Transferred { .. }
            | Self::Emitted { .. }
            | Self::ProposalSubmitted { .. }
            | Self::ProposalOpened { .. }
            | Self::ProposalPassed { .. }
            | Self::ProposalRejected { .. }
            | Self::ProposalEnacted { .. }
            | Self::ProposalFailed { .. }
            | Self::ProposalCancelled { .. }
            | Self::ParameterChanged { .. }
            | Self::DisbursementAdvanced { .. }
            | Self::DisbursementDelayed { .. }
            | Self::DisbursementPaid { .. }
            | Self::DisbursementReturned { .. }
            | Self::TreasuryStalled { .. }
            | Self::TreasuryEarned { .. }
            | Self::SpecOffered { .. }
            | Self::SpecStaged { .. }
            | Self::SpecWatched { .. }
            | Self::SpecActivated { .. }
            | Self::SpecRolledBack { .. }
            | Self::SpecWithdrawn { .. }
            | Self::UpgradeScheduled { .. }
            | Self::UpgradePostponed { .. }
            | Self::UpgradeCancelled { .. }
            | Self::Upgraded { .. }
            | Self::UpgradeFailed { .. }
            | Self::OverrideApproved { .. }
            | Self::OverrideUsed { .. }
            | Self::EmergencyUsed { .. }
            | Self::SafetyRulesChanged { .. }
            | Self::ChangeBegun { .. }
            | Self::ChangeEnded { .. }
            | Self::WorkerRegistered { .. }
            | Self::WorkerUpdated { .. }
            | Self::WorkerLeaving { .. }
            | Self::WorkerUnbonded { .. }
            | Self::WorkerHeard { .. }
            | Self::WorkerSlashed { .. }
            | Self::DeviceAttested { .. }
            | Self::DeviceRemoved { .. }
            | Self::TaskCreated { .. }
            | Self::TaskAssigned { .. }
            | Self::TaskCommitted { .. }
            | Self::TaskChallenged { .. }
            | Self::TaskAccepted { .. }
            | Self::TaskSettled { .. }
            | Self::TaskRejected { .. }
            | Self::TaskRefunded { .. }
            | Self::ResultDisproved { .. }
            | Self::DisputeFailed { .. }
            | Self::PlantRevealed { .. }
            | Self::MinersReleased { .. }
            | Self::RewardsClaimed { .. }
            | Self::MinersReturned { .. }
            | Self::WhitelistChanged { .. }
            | Self::PricesChanged { .. }
            | Self::ProviderRegistered { .. }
            | Self::ProviderUpdated { .. }
            | Self::EnergyStakePaid { .. }
            | Self::ProviderSlashed { .. }
            | Self::MeterRegistered { .. }
            | Self::MeterRotated { .. }
            | Self::MeterRevoked { .. }
            | Self::ReadingsSubmitted { .. }
            | Self::ReadingsDecided { .. }
            | Self::BatchClosed { .. }
            | Self::OracleStaked { .. }
            | Self::OracleWeighted { .. }
            | Self::OracleReported { .. }
            | Self::OracleSlashed { .. }
            | Self::EnergyOffered { .. }
            | Self::EnergyOrdered { .. }
            | Self::EnergyOrderCancelled { .. }
            | Self::TariffPosted { .. }
            | Self::EnergySold { .. }
            | Self::SlotCleared { .. }
            | Self::EnergyPaid { .. }
            | Self::CertificateTransferred { .. }
            | Self::CertificateRetired { .. }
            | Self::CertificateRevoked { .. }
            | Self::EnergyLapsed { .. }
            | Self::EnergyDisputeOpened { .. }
            | Self::EnergyDisputeVoted { .. }
            | Self::EnergyDisputeEnded { .. }
            | Self::EnergyRoleGranted { .. }
            | Self::EnergySettlementChanged { .. } => None,
            Self::Voted { validator, .. } => *validator,
            Self::ValidatorRegistered { validator, .. }
            | Self::Staked { validator, .. }
            | Self::Delegated { validator, .. }
            | Self::Undelegated { validator, .. }
            | Self::Redelegated { to: validator, .. }
            | Self::RedelegationSlashed { from: validator, .. }
            | Self::UnbondingPaid { validator, .. }
            | Self::ValidatorUpdated { validator }
            | Self::CommissionAnnounced { validator, .. }
            | Self::CommissionChanged { validator, .. }
            | Self::ValidatorRemoved { validator }
            | Self::ValidatorLeaving { validator }
            | Self::Jailed { validator, .. }
            | Self::Unjailed { validator, .. }
            | Self::Slashed { validator, .. }
            | Self::Ejected { validator }
            | Self::EvidenceAccepted { validator, .. }
            | Self::Rewarded { validator, .. }
            | Self::NodeRegistered { validator, .. }
            | Self::Heartbeat { validator, .. }
            | Self::PreferencesSet { validator, .. }
            | Self::SpecAdopted { validator, .. }
            | Self::RandomnessCommitted { validator, .. }
            | Self::ResultVoted { validator, .. }
            | Self::CheckerFaulted { validator, .. } => Some(*validator),
        }
    }

    /// The hash that stands for the result of computation that was accepted, SHA-256 of the event's
    /// encoding; `None` for all other events.
    pub fn accepted_result(&self) -> Option<Hash> {
        match self {
            Self::TaskAccepted { .. } => Some(sha256(&[&self.encode()])),
            _ => None,
        }
    }

    /// The number of the proposal that this event is about.
    pub const fn proposal(&self) -> Option<u64> {
        match self {
            Self::ProposalSubmitted { proposal, .. }
            | Self::ProposalOpened { proposal, .. }
            | Self::Voted { proposal, .. }
            | Self::ProposalPassed { proposal, .. }
            | Self::ProposalRejected { proposal, .. }
            | Self::ProposalEnacted { proposal }
            | Self::ProposalFailed { proposal, .. }
            | Self::ProposalCancelled { proposal, .. }
            | Self::ParameterChanged { proposal, .. }
            | Self::SpecOffered { proposal, .. }
            | Self::SpecStaged { proposal, .. }
            | Self::SpecActivated { proposal, .. }
            | Self::SpecRolledBack { proposal, .. }
            | Self::UpgradeScheduled { proposal, .. }
            | Self::UpgradePostponed { proposal, .. }
            | Self::UpgradeCancelled { proposal, .. }
            | Self::Upgraded { proposal, .. }
            | Self::UpgradeFailed { proposal, .. }
            | Self::EmergencyUsed { proposal, .. }
            | Self::SafetyRulesChanged { proposal, .. }
            | Self::WhitelistChanged { proposal, .. }
            | Self::PricesChanged { proposal, .. }
            | Self::EnergySettlementChanged { proposal, .. } => Some(*proposal),
            Self::ChangeBegun { proposal, .. } => *proposal,
            Self::DisbursementAdvanced { disbursement, .. }
            | Self::DisbursementDelayed { disbursement, .. }
            | Self::DisbursementPaid { disbursement, .. }
            | Self::DisbursementReturned { disbursement, .. } => Some(*disbursement),
            _ => None,
        }
    }

    /// The number of the task that this event is about.
    pub const fn task(&self) -> Option<u64> {
        match self {
            Self::WorkerSlashed { task, .. }
            | Self::TaskCreated { task, .. }
            | Self::TaskAssigned { task, .. }
            | Self::TaskCommitted { task, .. }
            | Self::TaskChallenged { task, .. }
            | Self::ResultVoted { task, .. }
            | Self::TaskAccepted { task, .. }
            | Self::TaskSettled { task, .. }
            | Self::TaskRejected { task, .. }
            | Self::TaskRefunded { task, .. }
            | Self::ResultDisproved { task, .. }
            | Self::DisputeFailed { task, .. }
            | Self::PlantRevealed { task, .. }
            | Self::CheckerFaulted { task, .. } => Some(*task),
            _ => None,
        }
    }
}
