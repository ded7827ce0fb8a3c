//! Stake as the API sees it.

use althing_types::{
    Address, Amount, Due, Epoch, Height, Ppm, Shares, Timestamp, ValidatorDetails, ValidatorKey,
    genesis::Vesting, message::Health,
};

/// A validator that is registered, or that was ejected.
#[derive(Clone, Debug)]
pub struct ValidatorState {
    /// Its consensus key.
    pub key: ValidatorKey,
    /// The account that operates it.
    pub operator: Address,
    /// Name, website, description.
    pub details: ValidatorDetails,
    /// Where its p2p port is reached, `host:port`.
    pub endpoint: String,
    /// The height at which it registered.
    pub registered: Height,
    /// Stake that counts and earns, in base units.
    pub tokens: Amount,
    /// The shares that own it.
    pub shares: Shares,
    /// Stake that counts from the next epoch on, in base units.
    pub pending: Amount,
    /// The operator's own part of `tokens` and `pending`, in base units.
    pub own_stake: Amount,
    /// Delegations, the operator's own included.
    pub delegations: u32,
    /// What may still leave in this epoch, in base units; everything if it is not active.
    pub may_leave: Amount,
    /// What it may still be given under the power cap, in base units; `None` if there is no cap.
    pub room: Option<Amount>,
    /// What it keeps of its delegators' rewards.
    pub commission: Ppm,
    /// Another commission that was announced, and when it applies.
    pub announced: Option<(Ppm, Due)>,
    /// When another commission may be announced.
    pub commission_cooldown: Due,
    /// Whether it is in the set of the present epoch.
    pub active: bool,
    /// The last epoch that it was chosen for.
    pub chosen_until: Option<Epoch>,
    /// In jail, at least until then unless it pays.
    pub jailed_until: Option<Due>,
    /// Its operator wants to leave.
    pub leaving: bool,
    /// Ejected for good.
    pub ejected: bool,
    /// How many times it was slashed.
    pub slashes: u32,
    /// What it proposed and missed.
    pub performance: PerformanceState,
    /// Certificates that it signed, as this node saw it since it started; absent if it saw none of
    /// an epoch in which this was a validator.
    pub votes: Option<VotesState>,
    /// What its node says about itself, if it has.
    pub node: Option<NodeState>,
}

/// Signatures in finalization certificates. A certificate needs a quorum only, so that a vote that
/// came late is in none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VotesState {
    /// Certificates with its signature.
    pub signed: u64,
    /// Certificates of epochs in which it was a validator.
    pub certificates: u64,
}

/// What a validator proposed and missed.
#[derive(Clone, Debug, Default)]
pub struct PerformanceState {
    /// Proposals of this epoch that became blocks.
    pub made: u32,
    /// Turns of this epoch that passed without a block.
    pub missed: u32,
    /// Those of `missed` that were the network's fault and that nothing counts.
    pub excused: u32,
    /// Turns missed one after the other.
    pub streak: u32,
    /// The part of its turns that it used, over the window of the chain's parameters; `None` if
    /// none was due.
    pub score: Option<Ppm>,
    /// Blocks since it registered.
    pub made_total: u64,
    /// Missed turns since it registered.
    pub missed_total: u64,
    /// How many times it was jailed.
    pub jails: u32,
}

/// What a node says about itself.
#[derive(Clone, Debug)]
pub struct NodeState {
    /// Where its API is reached, or empty.
    pub endpoint: String,
    /// Version of its software.
    pub version: String,
    /// Source commit, or empty.
    pub commit: String,
    /// Where it stands, or empty.
    pub region: String,
    /// When it described itself first.
    pub registered: Timestamp,
    /// Its last heartbeat.
    pub last: Option<Timestamp>,
    /// Heartbeats of those due, over `registry.score_slots` intervals.
    pub score: Ppm,
    /// What it measured then.
    pub health: Option<Health>,
}

/// What an account delegates to one validator, with everything settled that the ledger would settle
/// if the account moved now.
#[derive(Clone, Debug)]
pub struct DelegationState {
    /// The validator.
    pub validator: ValidatorKey,
    /// What the shares are worth, rewards included, in base units.
    pub amount: Amount,
    /// Delegated in this epoch; counts from the next one on, in base units.
    pub pending: Amount,
    /// The shares.
    pub shares: Shares,
    /// What of `amount` came from other validators and may still be slashed for what they did; it
    /// can neither move on nor unbond, in base units.
    pub locked: Amount,
    /// When the last of that is free.
    pub locked_until: Option<Due>,
    /// The height at which the delegation began.
    pub created: Height,
}

/// An entry of the unbonding queue.
#[derive(Clone, Copy, Debug)]
pub struct UnbondingState {
    /// Its number.
    pub entry: u64,
    /// The validator it was taken from.
    pub validator: ValidatorKey,
    /// What will be paid, or was, after all slashes, in base units.
    pub amount: Amount,
    /// What slashes took while it waited, in base units.
    pub slashed: Amount,
    /// The height at which it began.
    pub began: Height,
    /// When it is paid.
    pub due: Due,
    /// The height at which it was paid.
    pub paid: Option<Height>,
}

/// What an account has staked.
#[derive(Clone, Debug, Default)]
pub struct DelegatorState {
    /// The height this was read at.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
    /// Ordered by validator.
    pub delegations: Vec<DelegationState>,
    /// Entries that wait, oldest first.
    pub unbonding: Vec<UnbondingState>,
}

impl DelegatorState {
    /// Everything delegated, what counts later included.
    pub fn staked(&self) -> Amount {
        let units =
            |entry: &DelegationState| entry.amount.units().saturating_add(entry.pending.units());
        Amount::new(self.delegations.iter().map(units).fold(0, u128::saturating_add))
    }

    /// Everything that unbonds.
    pub fn unbonding(&self) -> Amount {
        let units = self.unbonding.iter().map(|entry| entry.amount.units());
        Amount::new(units.fold(0, u128::saturating_add))
    }
}

/// What of an account is locked by a vesting schedule.
#[derive(Clone, Copy, Debug)]
pub struct VestingState {
    /// What was locked at the start, in base units.
    pub total: Amount,
    /// How it is set free.
    pub line: Vesting,
    /// What is still locked, staked money included, in base units.
    pub locked: Amount,
    /// What of that is staked, in base units.
    pub staked: Amount,
}

/// An epoch of a validator.
#[derive(Clone, Debug)]
pub struct EpochState {
    /// The epoch.
    pub epoch: Epoch,
    /// Proposals that became blocks.
    pub made: u64,
    /// Turns that passed without a block.
    pub missed: u64,
    /// What it was paid; `None` if nothing, or not yet.
    pub paid: Option<PaidState>,
    /// What happened to it.
    pub events: Vec<StandingState>,
}

/// What a validator was paid for an epoch.
#[derive(Clone, Copy, Debug)]
pub struct PaidState {
    /// Emission and fees, in base units.
    pub reward: Amount,
    /// The operator's part, in base units.
    pub commission: Amount,
    /// Stake after it, in base units.
    pub tokens: Amount,
}

/// Something that happened to a validator.
#[derive(Clone, Debug)]
pub struct StandingState {
    /// Name of the event, for example `jailed`.
    pub kind: String,
    /// The height.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
    /// Why it was slashed.
    pub reason: Option<String>,
    /// The part that was slashed, or the commission.
    pub ppm: Option<Ppm>,
    /// What was slashed, or paid as fee or reward, in base units.
    pub amount: Option<Amount>,
}

/// A heartbeat.
#[derive(Clone, Copy, Debug)]
pub struct BeatState {
    /// The height of its block.
    pub height: Height,
    /// The time of its block.
    pub time: Timestamp,
    /// What the node measured.
    pub health: Health,
}

/// What an account earned with one validator in one epoch.
#[derive(Clone, Copy, Debug)]
pub struct RewardState {
    /// The epoch.
    pub epoch: Epoch,
    /// The validator.
    pub validator: ValidatorKey,
    /// What its delegation was worth before, in base units.
    pub stake: Amount,
    /// What the delegation earned, in base units.
    pub reward: Amount,
    /// What it earned as operator, in base units.
    pub commission: Amount,
}

/// Where money is that nobody can spend freely, in base units.
#[derive(Clone, Copy, Debug, Default)]
pub struct StakeState {
    /// Stake of all validators, what counts later included.
    pub bonded: Amount,
    /// The part of it that is not the operators' own.
    pub delegated: Amount,
    /// What the unbonding queue owes, before slashes.
    pub unbonding: Amount,
    /// Delegations, operators' own included.
    pub delegations: u64,
    /// What the treasury owns.
    pub treasury: Amount,
    /// What waits for the end of the epoch to be paid to those who stake.
    pub stakers: Amount,
    /// The miner pool.
    pub miners: Amount,
    /// What the schedule `target-apr` has left to release.
    pub reserve: Amount,
    /// Emission that was paid to validators, delegators and the miner pool.
    pub released: Amount,
}

/// The supply as it follows from every record of the state.
#[derive(Clone, Debug)]
pub struct AuditState {
    /// The height of the state.
    pub height: Height,
    /// Records looked at.
    pub records: u64,
    /// Accounts among them.
    pub accounts: u64,
    /// What they own together, in base units.
    pub balances: Amount,
    /// `genesis + minted - burned`, in base units.
    pub supply: Amount,
    /// What the account of stake owns, in base units.
    pub stake_account: Amount,
    /// What the records of validators and of the unbonding queue say that it owns, in base units.
    pub stake_records: Amount,
    /// The first rule that does not hold, if any.
    pub broken: Option<String>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}
