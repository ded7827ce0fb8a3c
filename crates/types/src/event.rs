//! Observable facts, recorded in receipts. One variant per fact; tags are never reused: the high
//! byte names the module.

mod about;
mod reason;

pub use reason::SlashReason;

use crate::{
    Address, Amount, Due, Epoch, Hash, Height, Ppm, Shares, Text, ValidatorKey, Version, View,
    compute::{
        Committee, DeviceKind, Entry, Factors, Payment, Points, Purpose, RefundReason,
        RejectReason, Shape, Verdict, WorkerState,
    },
    energy::{
        DisputeEnd, DisputeReason, DisputeSubject, EnergyRole, EnergySettlementPayload,
        EnergySlashReason, ProviderState, ReadingOutcome, ReportItem, Scopes, Zone,
    },
    governance::{
        Ballot, ChangeEnd, Criticality, DisbursementReason, DisbursementState, Houses, Order,
        OrderKind, ParameterChange, Preferences, Rejection, SafetyRules, UpgradeEnd,
        UpgradeFailure,
    },
    limits::MAX_NODE_TEXT_BYTES,
    message::Health,
    network::{RollbackReason, RolloutHealth},
    tagged_enum,
};
use serde::{Deserialize, Serialize};

tagged_enum! {
    /// Something that happened while a transaction or a block was executed.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(tag = "type", rename_all = "kebab-case")]
    pub enum Event {
        /// Money moved between two accounts.
        0x0101 "transferred" Transferred {
            /// Who paid.
            from: Address,
            /// Who received.
            to: Address,
            /// How much, in base units.
            amount: Amount,
        },
        /// A validator was registered.
        0x0201 "validator-registered" ValidatorRegistered {
            /// Its key.
            validator: ValidatorKey,
            /// The account that registered it and earns its commission.
            operator: Address,
        },
        /// A validator's operator staked.
        0x0202 "staked" Staked {
            /// The validator.
            validator: ValidatorKey,
            /// The operator.
            operator: Address,
            /// How much, in base units; it counts from the next epoch on.
            amount: Amount,
        },
        /// An account delegated.
        0x0203 "delegated" Delegated {
            /// The validator.
            validator: ValidatorKey,
            /// The delegator.
            delegator: Address,
            /// How much, in base units; it counts from the next epoch on.
            amount: Amount,
        },
        /// Stake or a delegation began to unbond.
        0x0204 "undelegated" Undelegated {
            /// The validator.
            validator: ValidatorKey,
            /// Who will be paid.
            delegator: Address,
            /// How much it is worth now, in base units.
            amount: Amount,
            /// Burned at once, in base units: the penalty of a validator that withdraws in jail.
            penalty: Amount,
            /// Number of the entry in the unbonding queue.
            entry: u64,
            /// When it is paid.
            due: Due,
        },
        /// A delegation moved to another validator.
        0x0205 "redelegated" Redelegated {
            /// The validator that lost it.
            from: ValidatorKey,
            /// The validator that gained it.
            to: ValidatorKey,
            /// The delegator.
            delegator: Address,
            /// How much the second one gained, in base units; it counts from the next epoch on. The
            /// first one lost this and the penalty.
            amount: Amount,
            /// Burned at once, in base units: the penalty of an operator that takes its own stake
            /// out of its validator in jail.
            penalty: Amount,
        },
        /// Unbonded money was paid to its owner.
        0x0206 "unbonding-paid" UnbondingPaid {
            /// The validator that it was taken from.
            validator: ValidatorKey,
            /// Who was paid.
            delegator: Address,
            /// Number of the entry in the unbonding queue.
            entry: u64,
            /// How much was paid, in base units.
            amount: Amount,
            /// How much slashes took while it waited, in base units.
            slashed: Amount,
        },
        /// A validator changed what it says about itself.
        0x0207 "validator-updated" ValidatorUpdated {
            /// The validator.
            validator: ValidatorKey,
        },
        /// A validator announced another commission.
        0x0208 "commission-announced" CommissionAnnounced {
            /// The validator.
            validator: ValidatorKey,
            /// The commission.
            commission: Ppm,
            /// It applies from the first epoch end after this.
            due: Due,
        },
        /// An announced commission applies from the next epoch on.
        0x0209 "commission-changed" CommissionChanged {
            /// The validator.
            validator: ValidatorKey,
            /// The commission.
            commission: Ppm,
        },
        /// A validator has no stake left, and is forgotten.
        0x020a "validator-removed" ValidatorRemoved {
            /// The validator.
            validator: ValidatorKey,
        },
        /// A validator leaves on its own wish.
        0x020b "validator-leaving" ValidatorLeaving {
            /// The validator.
            validator: ValidatorKey,
        },
        /// What a slash of one validator cost an owner whose money had moved on: the part of a
        /// redelegation that was still liable.
        0x020c "redelegation-slashed" RedelegationSlashed {
            /// The validator that was slashed.
            from: ValidatorKey,
            /// The validator that held the money.
            to: ValidatorKey,
            /// The delegator.
            delegator: Address,
            /// How much was burned, in base units.
            amount: Amount,
        },
        /// A validator was jailed.
        0x0301 "jailed" Jailed {
            /// The validator.
            validator: ValidatorKey,
            /// How many times it has been jailed, this time included.
            count: u32,
            /// Until when, unless it pays.
            until: Due,
        },
        /// A validator left jail.
        0x0302 "unjailed" Unjailed {
            /// The validator.
            validator: ValidatorKey,
            /// What it paid to leave early, in base units; burned.
            fee: Amount,
        },
        /// A validator's stake was slashed.
        0x0303 "slashed" Slashed {
            /// The validator.
            validator: ValidatorKey,
            /// Why.
            reason: SlashReason,
            /// The part that was taken.
            fraction: Ppm,
            /// How much of the present stake was burned or paid to a reporter, in base units.
            /// What is unbonding or was redelegated pays when it moves next.
            amount: Amount,
        },
        /// A validator was ejected for good.
        0x0304 "ejected" Ejected {
            /// The validator.
            validator: ValidatorKey,
        },
        /// Evidence against a validator was accepted.
        0x0305 "evidence-accepted" EvidenceAccepted {
            /// The validator.
            validator: ValidatorKey,
            /// Who reported it.
            reporter: Address,
            /// Epoch of the fault.
            epoch: Epoch,
            /// View of the fault.
            view: View,
            /// What the reporter earned, in base units.
            reward: Amount,
        },
        /// A validator and its delegators were paid for an epoch.
        0x0401 "rewarded" Rewarded {
            /// The validator.
            validator: ValidatorKey,
            /// The epoch.
            epoch: Epoch,
            /// What it earned, emission and fees, in base units.
            reward: Amount,
            /// The part that its operator kept as commission, in base units.
            commission: Amount,
            /// Its stake after the reward, without what begins to count only now, in base units.
            tokens: Amount,
            /// The shares that own this stake.
            shares: Shares,
        },
        /// The emission of an epoch.
        0x0402 "emitted" Emitted {
            /// The epoch.
            epoch: Epoch,
            /// To validators and delegators, in base units.
            validators: Amount,
            /// To the miner pool, in base units.
            miners: Amount,
            /// Burned, or left in the reserve, because nobody earned it, in base units.
            unearned: Amount,
        },
        /// A node described itself.
        0x0501 "node-registered" NodeRegistered {
            /// Its validator.
            validator: ValidatorKey,
            /// The version of its software.
            version: Text<MAX_NODE_TEXT_BYTES>,
        },
        /// A node said that it is well.
        0x0502 "heartbeat" Heartbeat {
            /// Its validator.
            validator: ValidatorKey,
            /// What it measured.
            health: Health,
        },
        /// Something was proposed.
        0x0601 "proposal-submitted" ProposalSubmitted {
            /// Its number.
            proposal: u64,
            /// Who proposed it.
            proposer: Address,
            /// How much depends on it.
            criticality: Criticality,
            /// Who decides.
            houses: Houses,
            /// What was paid for it, in base units.
            deposit: Amount,
        },
        /// A vote began.
        0x0602 "proposal-opened" ProposalOpened {
            /// The proposal.
            proposal: u64,
            /// The epoch at whose beginning weights were fixed.
            snapshot: Epoch,
            /// All stake that may take part, in base units.
            stake: Amount,
            /// Validators that may vote.
            validators: u32,
            /// The vote ends with the first epoch that ends after this.
            closes: Due,
        },
        /// Somebody voted, or changed a vote.
        0x0603 "voted" Voted {
            /// The proposal.
            proposal: u64,
            /// Who sent the vote.
            voter: Address,
            /// The validator whose vote it is; none if it is that of the sender's own stake.
            validator: Option<ValidatorKey>,
            /// How the weight is divided.
            ballot: Ballot,
            /// The stake behind it, in base units. That of a validator changes as its delegators
            /// vote themselves.
            weight: Amount,
        },
        /// A proposal was accepted.
        0x0604 "proposal-passed" ProposalPassed {
            /// The proposal.
            proposal: u64,
            /// It is enacted at the end of the first epoch that ends after this.
            due: Due,
        },
        /// A proposal was rejected.
        0x0605 "proposal-rejected" ProposalRejected {
            /// The proposal.
            proposal: u64,
            /// Why.
            reason: Rejection,
            /// What of the deposit went to the treasury, in base units; the rest went back.
            forfeited: Amount,
        },
        /// What was decided has happened.
        0x0606 "proposal-enacted" ProposalEnacted {
            /// The proposal.
            proposal: u64,
        },
        /// What was decided could not happen any more, and did not.
        0x0607 "proposal-failed" ProposalFailed {
            /// The proposal.
            proposal: u64,
            /// The rule that it breaks: a code of receipts.
            code: u16,
        },
        /// Its proposer took a proposal back.
        0x0608 "proposal-cancelled" ProposalCancelled {
            /// The proposal.
            proposal: u64,
            /// Who.
            proposer: Address,
            /// What of the deposit went to the treasury, in base units; the rest went back.
            forfeited: Amount,
        },
        /// A parameter changed.
        0x0609 "parameter-changed" ParameterChanged {
            /// The proposal that changed it.
            proposal: u64,
            /// Which, from what, to what.
            change: ParameterChange,
        },
        /// A validator said what it leaves to its node.
        0x060a "preferences-set" PreferencesSet {
            /// The validator.
            validator: ValidatorKey,
            /// What it leaves to it.
            preferences: Option<Preferences>,
        },
        /// A disbursement went on.
        0x0701 "disbursement-advanced" DisbursementAdvanced {
            /// The number of its proposal.
            disbursement: u64,
            /// Where it is now.
            state: DisbursementState,
            /// Why.
            reason: DisbursementReason,
            /// The sum of its payments, in base units.
            total: Amount,
        },
        /// A disbursement could not go on, and is tried again.
        0x0702 "disbursement-delayed" DisbursementDelayed {
            /// The number of its proposal.
            disbursement: u64,
            /// Why.
            reason: DisbursementReason,
            /// When it is tried again.
            due: Due,
        },
        /// A payment of a disbursement was made.
        0x0703 "disbursement-paid" DisbursementPaid {
            /// The number of its proposal.
            disbursement: u64,
            /// Who was paid.
            to: Address,
            /// How much, in base units.
            amount: Amount,
        },
        /// A disbursement that was executed was rolled back.
        0x0704 "disbursement-returned" DisbursementReturned {
            /// The number of its proposal.
            disbursement: u64,
            /// What went back to the treasury, in base units.
            returned: Amount,
            /// What its recipients got for what they had done, in base units.
            compensation: Amount,
        },
        /// Too many disbursements have waited for too long.
        0x0705 "treasury-stalled" TreasuryStalled {
            /// How many wait.
            pending: u32,
            /// For how many epochs in a row.
            epochs: u32,
        },
        /// What the treasury earned in an epoch. What accounts sent it by transfers is not counted. An
        /// epoch in which it earned nothing has no such event.
        0x0706 "treasury-earned" TreasuryEarned {
            /// The epoch.
            epoch: Epoch,
            /// Its part of the fees, in base units.
            fees: Amount,
            /// Its part of slashes and penalties, in base units.
            penalties: Amount,
            /// Deposits of proposals that did not go back, in base units.
            deposits: Amount,
        },
        /// Each validator may choose a version of the network's configuration.
        0x0801 "spec-offered" SpecOffered {
            /// The version.
            version: u64,
            /// The proposal that made it.
            proposal: u64,
        },
        /// Some validators run a version of the network's configuration first.
        0x0802 "spec-staged" SpecStaged {
            /// The version.
            version: u64,
            /// The proposal that made it.
            proposal: u64,
            /// How many.
            cohort: u32,
            /// They are watched until the first epoch that ends after this.
            until: Due,
        },
        /// How those do who run a version first.
        0x0803 "spec-watched" SpecWatched {
            /// The version.
            version: u64,
            /// How they do.
            health: RolloutHealth,
        },
        /// A version of the network's configuration is in force.
        0x0804 "spec-activated" SpecActivated {
            /// The version.
            version: u64,
            /// The version that was in force before.
            previous: u64,
            /// The proposal that made it.
            proposal: u64,
        },
        /// Those who ran a version first did worse than the others: nobody is to run it.
        0x0805 "spec-rolled-back" SpecRolledBack {
            /// The version.
            version: u64,
            /// The proposal that made it.
            proposal: u64,
            /// Why.
            reason: RollbackReason,
        },
        /// A version can be chosen no more.
        0x0806 "spec-withdrawn" SpecWithdrawn {
            /// The version.
            version: u64,
        },
        /// A validator chose a version of the network's configuration.
        0x0807 "spec-adopted" SpecAdopted {
            /// The validator.
            validator: ValidatorKey,
            /// The version.
            version: u64,
            /// The version that it ran before.
            previous: u64,
        },
        /// An upgrade was planned.
        0x0901 "upgrade-scheduled" UpgradeScheduled {
            /// The proposal that wanted it.
            proposal: u64,
            /// To which version.
            version: Version,
            /// The first height with its rules.
            height: Height,
        },
        /// Too few nodes know the rules of an upgrade that was due.
        0x0902 "upgrade-postponed" UpgradePostponed {
            /// The proposal that wanted it.
            proposal: u64,
            /// To which version.
            version: Version,
            /// Validators of the set whose nodes know them.
            ready: u32,
            /// Validators of the set.
            members: u32,
            /// When it is asked again.
            height: Height,
        },
        /// An upgrade was given up.
        0x0903 "upgrade-cancelled" UpgradeCancelled {
            /// The proposal that wanted it.
            proposal: u64,
            /// To which version.
            version: Version,
            /// Why.
            reason: UpgradeEnd,
        },
        /// From this block on the rules of another version hold.
        0x0904 "upgraded" Upgraded {
            /// The proposal that wanted it.
            proposal: u64,
            /// The version before.
            from: Version,
            /// The version now.
            to: Version,
        },
        /// An upgrade changed nothing, because its migration failed.
        0x0905 "upgrade-failed" UpgradeFailed {
            /// The proposal that wanted it.
            proposal: u64,
            /// To which version.
            version: Version,
            /// Why.
            reason: UpgradeFailure,
        },
        /// A member approved a call of the safety override.
        0x0a01 "override-approved" OverrideApproved {
            /// Who.
            member: Address,
            /// The number of the call.
            call: u64,
            /// What it is about.
            order: OrderKind,
            /// How many approve now.
            approvals: u32,
            /// How many must.
            needed: u32,
        },
        /// The safety override was used.
        0x0a02 "override-used" OverrideUsed {
            /// The number of the call.
            call: u64,
            /// What happened.
            order: Order,
            /// How often it was used under its present rules, this use included.
            used: u32,
        },
        /// Nearly all validators let something happen at once.
        0x0a03 "emergency-used" EmergencyUsed {
            /// The proposal that they voted on.
            proposal: u64,
            /// What happened.
            order: Order,
        },
        /// The safety override has other rules, or is abolished.
        0x0a04 "safety-rules-changed" SafetyRulesChanged {
            /// The proposal that wanted it.
            proposal: u64,
            /// The rules; none if it is abolished.
            rules: Option<SafetyRules>,
        },
        /// Something holds until it lapses, unless it is ratified before.
        0x0a05 "change-begun" ChangeBegun {
            /// Its number.
            change: u64,
            /// What it is about.
            order: OrderKind,
            /// It lapses with the first epoch that ends at or after this.
            lapses: Due,
            /// The proposal to ratify it that the chain made; none if the agenda was full.
            proposal: Option<u64>,
        },
        /// What became of something that held until it was ratified.
        0x0a06 "change-ended" ChangeEnded {
            /// Its number.
            change: u64,
            /// What it is about.
            order: OrderKind,
            /// What became of it.
            end: ChangeEnd,
        },
        /// A validator committed to the randomness that it will reveal.
        0x0b01 "randomness-committed" RandomnessCommitted {
            /// The validator.
            validator: ValidatorKey,
            /// Which chain of hashes of the validator it is, from 0.
            generation: u32,
            /// Reveals that it has.
            steps: u32,
            /// The first epoch whose blocks may reveal it.
            from: Epoch,
        },
        /// An account became a worker.
        0x0c01 "worker-registered" WorkerRegistered {
            /// Its account.
            worker: Address,
            /// What it staked, in base units.
            stake: Amount,
        },
        /// A worker changed what it says about itself, or its stake.
        0x0c02 "worker-updated" WorkerUpdated {
            /// Its account.
            worker: Address,
            /// What it does now.
            state: WorkerState,
            /// Its stake now, in base units.
            stake: Amount,
        },
        /// The stake of a worker unbonds: it leaves, or it is banned.
        0x0c03 "worker-leaving" WorkerLeaving {
            /// Its account.
            worker: Address,
            /// What it does now.
            state: WorkerState,
            /// When its stake is paid.
            due: Due,
        },
        /// The stake of a worker was paid.
        0x0c04 "worker-unbonded" WorkerUnbonded {
            /// Its account.
            worker: Address,
            /// How much was paid, in base units.
            amount: Amount,
        },
        /// A worker said that it is well.
        0x0c05 "worker-heard" WorkerHeard {
            /// Its account.
            worker: Address,
            /// The version of its software.
            version: Text<MAX_NODE_TEXT_BYTES>,
        },
        /// A worker lost a part of its stake for a wrong result.
        0x0c06 "worker-slashed" WorkerSlashed {
            /// Its account.
            worker: Address,
            /// The task.
            task: u64,
            /// What it lost, in base units.
            amount: Amount,
            /// Who proved it.
            prover: Address,
            /// What of it the prover got, in base units.
            reward: Amount,
            /// How many of its results were wrong so far.
            strikes: u32,
        },
        /// A device was described and scored.
        0x0c07 "device-attested" DeviceAttested {
            /// The worker.
            worker: Address,
            /// The number of the device.
            device: u8,
            /// What it is.
            kind: DeviceKind,
            /// What each level gave.
            points: Points,
            /// What it computes by its last benchmark, in milli-TFLOPS; 0 without one.
            performance: u64,
            /// What its work counts.
            tier: Ppm,
            /// Whether it computed much more or less than the last time.
            flagged: bool,
            /// Until when this counts.
            expires: Due,
        },
        /// A worker has a device no more.
        0x0c08 "device-removed" DeviceRemoved {
            /// The worker.
            worker: Address,
            /// The number of the device.
            device: u8,
        },
        /// There is a task.
        0x0c09 "task-created" TaskCreated {
            /// Its number.
            task: u64,
            /// Why it exists.
            purpose: Purpose,
            /// Who pays for it, if somebody does.
            requester: Option<Address>,
            /// The shape of its products.
            shape: Shape,
            /// How many there are.
            count: u32,
            /// What is paid for each of them, in base units.
            price: Amount,
        },
        /// A worker has a task.
        0x0c0a "task-assigned" TaskAssigned {
            /// The task.
            task: u64,
            /// How many workers had it, this one included.
            attempt: u32,
            /// The worker.
            worker: Address,
            /// The number of its device.
            device: u8,
            /// The seed is drawn by the randomness of this height.
            seed_height: Height,
            /// It must commit before this.
            deadline: Due,
            /// Whether the device must be measured before it takes anything else.
            spot_check: bool,
        },
        /// A worker is bound to a result.
        0x0c0b "task-committed" TaskCommitted {
            /// The task.
            task: u64,
            /// Which of its attempts.
            attempt: u32,
            /// The worker.
            worker: Address,
            /// Root of the roots of its products.
            #[serde(with = "crate::hash::serde_hex")]
            root: Hash,
            /// SHA-256 of the bytes of the result of a benchmark.
            #[serde(with = "crate::hash::serde_hex_option")]
            digest: Option<Hash>,
        },
        /// A committee is to check a result.
        0x0c0c "task-challenged" TaskChallenged {
            /// The task.
            task: u64,
            /// The first committee or the second one.
            round: u8,
            /// Out of which the samples follow.
            #[serde(with = "crate::hash::serde_hex")]
            challenge: Hash,
            /// Who checks.
            committee: Committee,
            /// It must vote before this.
            closes: Due,
        },
        /// A member of a committee voted.
        0x0c0d "result-voted" ResultVoted {
            /// The task.
            task: u64,
            /// The member.
            validator: ValidatorKey,
            /// What it found.
            verdict: Verdict,
            /// SHA-256 over the values that it got for its samples.
            #[serde(with = "crate::hash::serde_hex")]
            transcript: Hash,
        },
        /// A committee found nothing wrong with a result.
        0x0c0e "task-accepted" TaskAccepted {
            /// The task.
            task: u64,
            /// Which of its attempts.
            attempt: u32,
            /// The worker.
            worker: Address,
            /// The number of its device.
            device: u8,
            /// The shape of its products.
            shape: Shape,
            /// Root of the roots of its products.
            #[serde(with = "crate::hash::serde_hex")]
            root: Hash,
        },
        /// A result was paid or credited.
        0x0c0f "task-settled" TaskSettled {
            /// The task.
            task: u64,
            /// The worker.
            worker: Address,
            /// Why the task existed.
            purpose: Purpose,
            /// What was paid.
            payment: Payment,
            /// The epoch in which it counts.
            epoch: Epoch,
            /// What its weight is made of; of work of the network alone.
            factors: Option<Factors>,
            /// The weight, in millionths of a unit of work.
            credit: Amount,
        },
        /// An attempt at a task ended without a payment.
        0x0c10 "task-rejected" TaskRejected {
            /// The task.
            task: u64,
            /// Which of its attempts.
            attempt: u32,
            /// The worker.
            worker: Address,
            /// Why.
            reason: RejectReason,
        },
        /// The price of a task went back to its requester.
        0x0c11 "task-refunded" TaskRefunded {
            /// The task.
            task: u64,
            /// The requester.
            requester: Address,
            /// How much, in base units.
            amount: Amount,
            /// Why.
            reason: RefundReason,
        },
        /// A result was proven wrong. The worker may still show that it was planted.
        0x0c12 "result-disproved" ResultDisproved {
            /// The task.
            task: u64,
            /// The worker.
            worker: Address,
            /// Who proved it.
            prover: Address,
            /// The product, the row and the column of the entry.
            entry: Entry,
        },
        /// Somebody disputed a result that is right, and lost the bond.
        0x0c13 "dispute-failed" DisputeFailed {
            /// The task.
            task: u64,
            /// Who.
            sender: Address,
            /// How much, in base units.
            bond: Amount,
        },
        /// A wrong result was planted.
        0x0c14 "plant-revealed" PlantRevealed {
            /// The task.
            task: u64,
            /// The worker.
            worker: Address,
            /// How many had called it right without having looked.
            faults: u32,
            /// Who had proven it wrong, and what that earned.
            prover: Option<Address>,
            /// What that earned, in base units.
            bounty: Amount,
        },
        /// A validator called something right that it had not looked at.
        0x0c15 "checker-faulted" CheckerFaulted {
            /// The task.
            task: u64,
            /// The validator.
            validator: ValidatorKey,
        },
        /// The miners' pool of an epoch can be claimed.
        0x0c16 "miners-released" MinersReleased {
            /// The epoch in which it was earned.
            epoch: Epoch,
            /// How much there is, in base units.
            pool: Amount,
            /// All weights together, in millionths of a unit of work.
            total: Amount,
        },
        /// A worker got its parts of the miners' pool.
        0x0c17 "rewards-claimed" RewardsClaimed {
            /// Its account.
            worker: Address,
            /// How much, in base units.
            amount: Amount,
            /// Of how many epochs.
            epochs: u32,
        },
        /// What nobody claimed went back to the miners' pool.
        0x0c18 "miners-returned" MinersReturned {
            /// The epoch in which it was earned.
            epoch: Epoch,
            /// How much, in base units.
            amount: Amount,
        },
        /// The lists of drivers and models changed.
        0x0c19 "whitelist-changed" WhitelistChanged {
            /// The proposal that wanted it.
            proposal: u64,
            /// Drivers on the list now.
            drivers: u32,
            /// Models on the list now.
            models: u32,
        },
        /// Other shapes earn credit, or they earn another one.
        0x0c1a "prices-changed" PricesChanged {
            /// The proposal that wanted it.
            proposal: u64,
            /// How many shapes have a price now.
            shapes: u32,
        },
        /// An account became a provider of energy.
        0x0d01 "provider-registered" ProviderRegistered {
            /// The account.
            provider: Address,
            /// The code of its zone.
            zone: Zone,
            /// Its capacity, in W.
            capacity_w: u64,
            /// Its stake, in base units.
            stake: Amount,
        },
        /// A provider changed.
        0x0d02 "provider-updated" ProviderUpdated {
            /// The provider.
            provider: Address,
            /// What it does now.
            state: ProviderState,
            /// Its capacity, in W.
            capacity_w: u64,
            /// Its stake, in base units.
            stake: Amount,
        },
        /// A provider or an oracle left, and got its stake back.
        0x0d03 "energy-stake-paid" EnergyStakePaid {
            /// The account.
            account: Address,
            /// What it was.
            role: EnergyRole,
            /// How much, in base units.
            amount: Amount,
        },
        /// Something was counted against a provider, and perhaps cost stake.
        0x0d04 "provider-slashed" ProviderSlashed {
            /// The provider.
            provider: Address,
            /// Why.
            reason: EnergySlashReason,
            /// How much, in base units.
            amount: Amount,
        },
        /// A meter was bound to a provider.
        0x0d05 "meter-registered" MeterRegistered {
            /// The id of the meter.
            #[serde(with = "crate::hash::serde_hex")]
            meter: Hash,
            /// The provider.
            provider: Address,
            /// What it can measure at most, in W.
            max_w: u64,
        },
        /// A meter has another key.
        0x0d06 "meter-rotated" MeterRotated {
            /// The id of the meter.
            #[serde(with = "crate::hash::serde_hex")]
            meter: Hash,
            /// The provider.
            provider: Address,
            /// The generation of the key, from 0.
            generation: u32,
        },
        /// The key of a meter was revoked.
        0x0d07 "meter-revoked" MeterRevoked {
            /// The id of the meter.
            #[serde(with = "crate::hash::serde_hex")]
            meter: Hash,
            /// The provider.
            provider: Address,
        },
        /// Readings came.
        0x0d08 "readings-submitted" ReadingsSubmitted {
            /// The provider.
            provider: Address,
            /// The number of the batch.
            batch: u64,
            /// How many.
            readings: u32,
            /// What they say together, in Wh.
            wh: u64,
        },
        /// Readings of a batch were decided.
        0x0d09 "readings-decided" ReadingsDecided {
            /// The provider.
            provider: Address,
            /// The batch.
            batch: u64,
            /// What became of them.
            outcome: ReadingOutcome,
            /// Which: bit `n` is reading `n`.
            readings: u64,
            /// What they say together, in Wh.
            wh: u64,
        },
        /// A batch is over: what is known of it stands in the roots of its meters.
        0x0d0a "batch-closed" BatchClosed {
            /// The provider.
            provider: Address,
            /// The batch.
            batch: u64,
        },
        /// An account staked for an oracle.
        0x0d0b "oracle-staked" OracleStaked {
            /// The account.
            oracle: Address,
            /// How much it has staked in all, in base units.
            stake: Amount,
        },
        /// The weight of an oracle changed.
        0x0d0c "oracle-weighted" OracleWeighted {
            /// The oracle.
            oracle: Address,
            /// Its weight, in ppm; none if it is out.
            weight: Ppm,
            /// The version of the set of oracles that says so.
            set: u32,
        },
        /// An oracle reported about a batch.
        0x0d0d "oracle-reported" OracleReported {
            /// The oracle.
            oracle: Address,
            /// What it found.
            report: ReportItem,
            /// Whether all was decided already.
            late: bool,
        },
        /// An oracle lost stake.
        0x0d0e "oracle-slashed" OracleSlashed {
            /// The oracle.
            oracle: Address,
            /// How much, in base units.
            amount: Amount,
        },
        /// Energy was offered.
        0x0d0f "energy-offered" EnergyOffered {
            /// The provider.
            provider: Address,
            /// The zone.
            zone: Zone,
            /// When the slot begins, in seconds since 1970 (UTC).
            slot: u64,
            /// The number of the offer.
            number: u64,
            /// How much, in Wh.
            wh: u64,
            /// The least price, in base units a kWh.
            min_price: Amount,
        },
        /// Energy was ordered.
        0x0d10 "energy-ordered" EnergyOrdered {
            /// The buyer.
            buyer: Address,
            /// The zone.
            zone: Zone,
            /// When the slot begins, in seconds since 1970 (UTC).
            slot: u64,
            /// The number of the order.
            number: u64,
            /// How much, in Wh.
            wh: u64,
            /// The highest price, in base units a kWh.
            max_price: Amount,
        },
        /// An offer or an order was taken back, or a better one took its place in a full book.
        0x0d11 "energy-order-cancelled" EnergyOrderCancelled {
            /// Whose it was.
            account: Address,
            /// The number of the offer or order.
            number: u64,
            /// What was paid back, in base units.
            refund: Amount,
        },
        /// A provider's tariff changed.
        0x0d12 "tariff-posted" TariffPosted {
            /// The provider.
            provider: Address,
            /// The price, in base units a kWh.
            price: Amount,
            /// How much it sells at it, in Wh.
            wh: u64,
        },
        /// Energy was sold: a certificate of origin was issued.
        0x0d13 "energy-sold" EnergySold {
            /// The number of the certificate.
            certificate: u64,
            /// Who sold.
            provider: Address,
            /// Who bought.
            buyer: Address,
            /// The zone.
            zone: Zone,
            /// When the slot began, in seconds since 1970 (UTC).
            slot: u64,
            /// How much, in Wh.
            wh: u64,
            /// At what price, in base units a kWh.
            price: Amount,
            /// What the buyer paid, in base units.
            paid: Amount,
        },
        /// A slot of a zone was cleared.
        0x0d14 "slot-cleared" SlotCleared {
            /// The zone.
            zone: Zone,
            /// When the slot began, in seconds since 1970 (UTC).
            slot: u64,
            /// The price of all that was sold, in base units a kWh; nothing if nothing was.
            price: Amount,
            /// How much was sold, in Wh.
            wh: u64,
            /// What buyers paid, in base units.
            paid: Amount,
            /// What buyers got back of what they had set aside, in base units.
            refunds: Amount,
        },
        /// A sale was paid to its provider.
        0x0d15 "energy-paid" EnergyPaid {
            /// The certificate.
            certificate: u64,
            /// Who was paid.
            provider: Address,
            /// How much, in base units.
            amount: Amount,
            /// What went to the treasury, in base units.
            fee: Amount,
        },
        /// A certificate of origin has another owner.
        0x0d16 "certificate-transferred" CertificateTransferred {
            /// The certificate.
            certificate: u64,
            /// Who gave it.
            from: Address,
            /// Who has it.
            to: Address,
        },
        /// A certificate of origin was used up.
        0x0d17 "certificate-retired" CertificateRetired {
            /// The certificate.
            certificate: u64,
            /// By whom.
            owner: Address,
            /// How much, in Wh.
            wh: u64,
        },
        /// A sale was undone, as a whole or in part.
        0x0d18 "certificate-revoked" CertificateRevoked {
            /// The certificate.
            certificate: u64,
            /// How much of it was revoked, in Wh.
            wh: u64,
            /// Who was paid back.
            buyer: Address,
            /// How much, in base units.
            refund: Amount,
        },
        /// Energy that nobody bought is gone.
        0x0d19 "energy-lapsed" EnergyLapsed {
            /// Whose it was.
            provider: Address,
            /// The zone.
            zone: Zone,
            /// When the slot began, in seconds since 1970 (UTC).
            slot: u64,
            /// How much, in Wh.
            wh: u64,
        },
        /// A reading or a sale is disputed.
        0x0d1a "energy-dispute-opened" EnergyDisputeOpened {
            /// The number of the dispute.
            dispute: u64,
            /// Who opened it.
            opener: Address,
            /// About what.
            subject: DisputeSubject,
            /// Why.
            reason: DisputeReason,
            /// SHA-256 of the evidence.
            #[serde(with = "crate::hash::serde_hex")]
            evidence: Hash,
            /// It ends by itself at this height.
            ends: Height,
        },
        /// An oracle voted on a dispute.
        0x0d1b "energy-dispute-voted" EnergyDisputeVoted {
            /// The dispute.
            dispute: u64,
            /// The oracle.
            oracle: Address,
            /// Whether who opened it is right.
            uphold: bool,
        },
        /// A dispute ended.
        0x0d1c "energy-dispute-ended" EnergyDisputeEnded {
            /// The dispute.
            dispute: u64,
            /// The provider that it was about.
            provider: Address,
            /// How.
            end: DisputeEnd,
            /// What was revoked, in Wh.
            revoked_wh: u64,
            /// What who opened it got besides its bond, in base units.
            reward: Amount,
        },
        /// An account may act for another one, or may no more.
        0x0d1d "energy-role-granted" EnergyRoleGranted {
            /// Who granted it; none if governance did.
            grantor: Option<Address>,
            /// To whom.
            account: Address,
            /// For what.
            role: EnergyRole,
            /// What it may do.
            scopes: Scopes,
            /// The first height at which it may no more.
            expires: Height,
        },
        /// Readings are attested and energy is sold by other rules from now on.
        0x0d1e "energy-settlement-changed" EnergySettlementChanged {
            /// The proposal that wanted it.
            proposal: u64,
            /// The number of the rules.
            version: u32,
            /// The rules.
            settlement: EnergySettlementPayload,
        },
    }
}
