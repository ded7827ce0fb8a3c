//! What nodes say about proposals, votes, parameters, the network and the treasury.

use super::{Reason, Simulation};
use althing_types::{
    Address, Amount, Due, Height, Transaction, ValidatorKey,
    governance::{Ballot, Criticality, DisbursementState},
    network::{RolloutHealth, SpecStatus},
    params::ParameterValue,
};
use serde::Deserialize;
use serde_json::{Map, Value};

macro_rules! infos {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$field_doc:meta])* $field:ident: $type:ty, )* } )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Deserialize)]
            pub struct $name {
                $( $(#[$field_doc])* pub $field: $type, )*
                /// Everything else that the node says.
                #[serde(flatten)]
                pub more: Map<String, Value>,
            }
        )*
    };
}

infos! {
    /// What was proposed, and how it stands.
    ProposalInfo {
        /// Its number.
        number: u64,
        /// A line for people.
        title: String,
        /// Why.
        summary: String,
        /// Where more stands.
        link: String,
        /// Who proposed it.
        proposer: Address,
        /// Name of its action.
        kind: String,
        /// How much depends on it.
        criticality: Criticality,
        /// `stake`, `validators` or `both`.
        houses: String,
        /// What was paid for it, in base units.
        deposit: Amount,
        /// The height at which it was submitted.
        submitted_height: Height,
        /// What happens if it is accepted: `type` and its fields.
        action: Value,
        /// `waiting`, `voting`, `queued`, `enacted`, `rejected`, `failed` or `cancelled`.
        status: String,
        /// When the vote may end, or what was decided may happen.
        #[serde(default)]
        due: Option<Due>,
        /// When it was over.
        #[serde(default)]
        ended_height: Option<Height>,
        /// Why it was rejected.
        #[serde(default)]
        rejection: Option<String>,
        /// The rule that it broke when it was to be enacted.
        #[serde(default)]
        failure: Option<RuleInfo>,
        /// The numbers that decide.
        tally: TallyInfo,
    }

    /// All numbers that decide about a proposal.
    TallyInfo {
        /// The proposal.
        proposal: u64,
        /// The height this was read at.
        height: Height,
        /// What is to happen to it, or has happened.
        status: String,
        /// How it would end now: `passed`, `no-quorum`, `threshold` or `veto`.
        #[serde(default)]
        outcome: Option<String>,
        /// The house of stake.
        #[serde(default)]
        stake: Option<StakeTallyInfo>,
        /// The house of validators.
        #[serde(default)]
        validators: Option<HeadTallyInfo>,
        /// Blocks until the vote may end, or what was decided may happen.
        #[serde(default)]
        blocks_left: Option<u64>,
        /// Milliseconds until then.
        #[serde(default)]
        ms_left: Option<u64>,
    }

    /// The house of stake; parts in parts per million.
    StakeTallyInfo {
        /// All stake that may take part, in base units.
        total: Amount,
        /// For it, in base units.
        yes: Amount,
        /// Against it, in base units.
        no: Amount,
        /// Neither, in base units.
        abstain: Amount,
        /// Against it as harmful, in base units.
        veto: Amount,
        /// The part of all stake that takes part.
        turnout: u32,
        /// The part that must.
        quorum: u32,
        /// The part for it.
        yes_part: u32,
        /// The part that must be.
        threshold: u32,
        /// The part that calls it harmful.
        veto_part: u32,
        /// The part that rejects it so.
        veto_limit: u32,
    }

    /// The house of validators, in parts per million of one; parts of all that may vote.
    HeadTallyInfo {
        /// Validators that may vote.
        total: u32,
        /// For it.
        yes: u64,
        /// Against it.
        no: u64,
        /// Neither.
        abstain: u64,
        /// Against it as harmful.
        veto: u64,
        /// The part that takes part.
        turnout: u32,
        /// The part for it.
        yes_part: u32,
        /// The part that must be.
        threshold: u32,
        /// The part that calls it harmful.
        veto_part: u32,
        /// The part that rejects it so.
        veto_limit: u32,
    }

    /// A vote.
    VoteInfo {
        /// The account that sent it.
        #[serde(default)]
        voter: Option<Address>,
        /// The validator whose vote it is; none if it is that of the voter's own stake.
        #[serde(default)]
        validator: Option<ValidatorKey>,
        /// How the weight is divided.
        #[serde(default)]
        ballot: Option<Ballot>,
        /// The stake behind it, in base units, while that is kept.
        #[serde(default)]
        weight: Option<Amount>,
    }

    /// What a vote would weigh.
    WeightInfo {
        /// Whether it may be cast.
        may_vote: bool,
        /// The stake behind it, in base units.
        weight: Amount,
        /// `ok`, or why not.
        code_name: String,
        /// The same in words.
        message: String,
    }

    /// A parameter of the chain.
    ParameterInfo {
        /// Its name.
        name: String,
        /// What it is about.
        area: String,
        /// Who decides about it.
        houses: String,
        /// A sentence with its unit.
        about: String,
        /// What it is.
        value: ParameterValue,
        /// The same for people.
        display: String,
    }

    /// A parameter that changed.
    ParameterChangeInfo {
        /// Number of the change.
        number: u64,
        /// The height from whose end on it is so.
        height: Height,
        /// The time of that block.
        time_ms: u64,
        /// The proposal that changed it.
        proposal: u64,
        /// What it was.
        from: ParameterValue,
        /// The same for people.
        from_display: String,
        /// What it is since.
        to: ParameterValue,
        /// The same for people.
        to_display: String,
    }

    /// What a proposal would come to.
    CheckInfo {
        /// Whether the chain would take it.
        valid: bool,
        /// The rule that it breaks.
        #[serde(default)]
        rule: Option<RuleInfo>,
        /// Why it could not even enter a block.
        #[serde(default)]
        reason: Option<Reason>,
        /// Who decides.
        #[serde(default)]
        houses: Option<String>,
        /// What it asks for.
        #[serde(default)]
        track: Option<TrackInfo>,
        /// The part of all stake that must take part, in parts per million.
        quorum: u32,
        /// What it costs until it is decided, in base units.
        deposit: Amount,
        /// Everything that would be different.
        effects: Vec<EffectInfo>,
    }

    /// A rule that was broken.
    RuleInfo {
        /// Its number.
        code: u16,
        /// Its stable name.
        code_name: String,
        /// How to mend it.
        message: String,
    }

    /// What a criticality asks for.
    TrackInfo {
        /// Its name.
        criticality: Criticality,
        /// The part that must be for it, in parts per million.
        threshold: u32,
        /// How long is voted, for people.
        voting_display: String,
        /// From the vote to the enactment, for people.
        delay_display: String,
    }

    /// Something that would be different.
    EffectInfo {
        /// What.
        what: String,
        /// What it is now.
        from: String,
        /// What it would be.
        to: String,
        /// What the proposal says it is now, where that is something else.
        #[serde(default)]
        expected: Option<String>,
    }

    /// A disbursement.
    DisbursementInfo {
        /// Its number, which is that of its proposal.
        number: u64,
        /// A line for people.
        title: String,
        /// What it is for.
        memo: String,
        /// Where it is in its life.
        state: DisbursementState,
        /// Why it is there.
        reason: String,
        /// The sum of its payments, in base units.
        total: Amount,
        /// What of that was paid, in base units.
        paid: Amount,
        /// What must be executed before.
        deps: Vec<u64>,
        /// What depends on it.
        dependents: Vec<u64>,
    }

    /// A version of the configuration of the network.
    NetworkSpecInfo {
        /// Its number.
        version: u64,
        /// What became of it.
        status: SpecStatus,
        /// The proposal that made it; 0 of the first.
        proposal: u64,
        /// Since when it is what it is.
        since_height: Height,
        /// Why it was rolled back.
        #[serde(default)]
        reason: Option<String>,
        /// How those did who ran it first.
        #[serde(default)]
        health: Option<RolloutHealth>,
        /// Validators that chose it last.
        adopted: u32,
        /// What it says.
        document: Value,
    }

    /// What is in force, what is tried, what is offered, and versions, newest first.
    NetworkInfo {
        /// The version in force.
        current: u64,
        /// What some validators run first: `version`, `first`, `min_health`, `until`.
        #[serde(default)]
        staged: Option<Value>,
        /// Versions that each validator may choose.
        offered: Vec<u64>,
        /// The versions.
        specs: Vec<NetworkSpecInfo>,
        /// Where the next page begins.
        #[serde(default)]
        next: Option<u64>,
    }

    /// A transaction that waits for a signature.
    UnsignedInfo {
        /// The transaction.
        transaction: Transaction,
        /// What it would do.
        simulation: Simulation,
    }
}

/// A page of a listing, newest first.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ProposalPage {
    /// The proposals.
    pub proposals: Vec<ProposalInfo>,
    /// Where the next page begins; none on the last one.
    #[serde(default)]
    pub next: Option<u64>,
}

/// A page of disbursements, newest first.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct DisbursementPage {
    /// The disbursements.
    pub disbursements: Vec<DisbursementInfo>,
    /// Where the next page begins; none on the last one.
    #[serde(default)]
    pub next: Option<u64>,
}

/// A page of votes, newest first.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct VotePage {
    /// The votes.
    pub votes: Vec<VoteInfo>,
    /// Where the next page begins; none on the last one.
    #[serde(default)]
    pub next: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Parameters {
    pub(super) parameters: Vec<ParameterInfo>,
}

#[derive(Deserialize)]
pub(super) struct Changes {
    pub(super) changes: Vec<ParameterChangeInfo>,
}

/// Which proposals are wanted. What is left open is not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProposalQuery {
    /// Name of the state.
    pub status: Option<String>,
    /// Name of the action.
    pub kind: Option<String>,
    /// Who proposed it.
    pub proposer: Option<Address>,
    /// Only those with a lower number.
    pub before: Option<u64>,
    /// Entries wanted, at most 100.
    pub limit: Option<usize>,
}
