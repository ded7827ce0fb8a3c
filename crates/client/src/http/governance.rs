//! Proposals, votes, parameters and the treasury.

use super::{ApiError, Client, ClientError, Reason, Simulation};
use althing_types::{
    Address, Amount, Due, Height, Transaction, ValidatorKey, Version,
    governance::{Ballot, Criticality, DisbursementState},
    hash::sha256,
    message::SubmitProposal,
    network::{RolloutHealth, SpecStatus},
    params::ParameterValue,
};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// Header with the SHA-256 of a snapshot.
const DIGEST: &str = "x-content-sha256";

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
struct Parameters {
    parameters: Vec<ParameterInfo>,
}

#[derive(Deserialize)]
struct Changes {
    changes: Vec<ParameterChangeInfo>,
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

/// A path with the parameters that are given.
fn path(base: &str, parameters: &[(&str, Option<String>)]) -> String {
    let mut path = base.to_owned();
    let given = parameters.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    for (place, (name, value)) in given.enumerate() {
        // Writing to a string does not fail.
        let _ = write!(path, "{}{name}={value}", if place == 0 { '?' } else { '&' });
    }
    path
}

impl Client {
    /// Proposals, newest first.
    ///
    /// # Errors
    /// [`ClientError`]; the code `index_disabled` if a filter is set and the node keeps no index.
    pub async fn proposals(&self, query: &ProposalQuery) -> Result<ProposalPage, ClientError> {
        let text = |value: &Option<String>| value.clone();
        let parameters = [
            ("status", text(&query.status)),
            ("kind", text(&query.kind)),
            ("proposer", query.proposer.map(|address| address.to_string())),
            ("before", query.before.map(|number| number.to_string())),
            ("limit", query.limit.map(|limit| limit.to_string())),
        ];
        self.get(&path("/v1/governance/proposals", &parameters)).await
    }

    /// A proposal.
    ///
    /// # Errors
    /// [`ClientError`]; the code `proposal_not_found`.
    pub async fn proposal(&self, number: u64) -> Result<ProposalInfo, ClientError> {
        self.get(&format!("/v1/governance/proposals/{number}")).await
    }

    /// The numbers that decide about a proposal.
    ///
    /// # Errors
    /// [`ClientError`]; the code `proposal_not_found`.
    pub async fn tally(&self, number: u64) -> Result<TallyInfo, ClientError> {
        self.get(&format!("/v1/governance/proposals/{number}/tally")).await
    }

    /// Votes on a proposal, newest first; `before` is `next` of the page before.
    ///
    /// # Errors
    /// [`ClientError`]; the codes `proposal_not_found` and `index_disabled`.
    pub async fn votes(
        &self,
        number: u64,
        before: Option<String>,
    ) -> Result<VotePage, ClientError> {
        let base = format!("/v1/governance/proposals/{number}/votes");
        self.get(&path(&base, &[("before", before)])).await
    }

    /// The vote of an account with its own stake, or of a validator, by key.
    ///
    /// # Errors
    /// [`ClientError`]; the codes `proposal_not_found` and `vote_not_found`.
    pub async fn vote_of(&self, number: u64, voter: &str) -> Result<VoteInfo, ClientError> {
        self.get(&format!("/v1/governance/proposals/{number}/votes/{voter}")).await
    }

    /// What a vote of an account with its own stake, or of a validator, would weigh.
    ///
    /// # Errors
    /// [`ClientError`]; the codes `proposal_not_found` and `validator_not_found`.
    pub async fn weight_of(&self, number: u64, voter: &str) -> Result<WeightInfo, ClientError> {
        self.get(&format!("/v1/governance/proposals/{number}/weight/{voter}")).await
    }

    /// What happened to a proposal and to its disbursement, oldest first: `height`, `time_ms`,
    /// `event`.
    ///
    /// # Errors
    /// [`ClientError`]; the codes `proposal_not_found` and `index_disabled`.
    pub async fn proposal_events(&self, number: u64) -> Result<Vec<Value>, ClientError> {
        let path = format!("/v1/governance/proposals/{number}/events");
        let mut timeline: Map<String, Value> = self.get(&path).await?;
        match timeline.remove("events") {
            Some(Value::Array(events)) => Ok(events),
            _ => Err(ClientError::Malformed("the timeline has no events".to_owned())),
        }
    }

    /// What a proposal would come to.
    ///
    /// # Errors
    /// [`ClientError`]. A proposal that would be refused is no error: see [`CheckInfo::valid`].
    pub async fn check_proposal(
        &self,
        sender: Address,
        proposal: &SubmitProposal,
    ) -> Result<CheckInfo, ClientError> {
        let body = json!({ "sender": sender, "proposal": proposal });
        self.post("/v1/governance/check", &body).await
    }

    /// Every parameter that a proposal can change.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn parameters(&self) -> Result<Vec<ParameterInfo>, ClientError> {
        let list: Parameters = self.get("/v1/governance/params").await?;
        Ok(list.parameters)
    }

    /// A parameter.
    ///
    /// # Errors
    /// [`ClientError`]; the code `parameter_not_found`.
    pub async fn parameter(&self, name: &str) -> Result<ParameterInfo, ClientError> {
        self.get(&format!("/v1/governance/params/{name}")).await
    }

    /// The last 100 changes of a parameter, newest first.
    ///
    /// # Errors
    /// [`ClientError`]; the codes `parameter_not_found` and `index_disabled`.
    pub async fn parameter_history(
        &self,
        name: &str,
    ) -> Result<Vec<ParameterChangeInfo>, ClientError> {
        let path = format!("/v1/governance/params/{name}/history?limit=100");
        let history: Changes = self.get(&path).await?;
        Ok(history.changes)
    }

    /// The rules of votes.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn tracks(&self) -> Result<Value, ClientError> {
        self.get("/v1/governance/tracks").await
    }

    /// The configuration of the network, with all its versions below a number, newest first.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn network(&self, before: Option<u64>) -> Result<NetworkInfo, ClientError> {
        let before = before.map(|number| number.to_string());
        self.get(&path("/v1/network/specs", &[("before", before)])).await
    }

    /// A version of the configuration of the network.
    ///
    /// # Errors
    /// [`ClientError`]; the code `spec_not_found`.
    pub async fn network_spec(&self, version: u64) -> Result<NetworkSpecInfo, ClientError> {
        self.get(&format!("/v1/network/specs/{version}")).await
    }

    /// What a validator leaves to its node, and the configuration that it chose last.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn preferences(&self, validator: ValidatorKey) -> Result<Value, ClientError> {
        self.get(&format!("/v1/governance/preferences/{validator}")).await
    }

    /// The version of the protocol, what is planned, and what the node's software knows.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn upgrade(&self) -> Result<Value, ClientError> {
        self.get("/v1/upgrade").await
    }

    /// Which validators have nodes that know a version; without one, that which is planned.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn readiness(&self, version: Option<Version>) -> Result<Value, ClientError> {
        let version = version.map(|version| version.to_string());
        self.get(&path("/v1/upgrade/readiness", &[("version", version)])).await
    }

    /// The treasury as a whole.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn treasury(&self) -> Result<Value, ClientError> {
        self.get("/v1/treasury/summary").await
    }

    /// Disbursements, newest first, below a number.
    ///
    /// # Errors
    /// [`ClientError`]; the code `index_disabled`.
    pub async fn disbursements(
        &self,
        state: Option<DisbursementState>,
        before: Option<u64>,
    ) -> Result<DisbursementPage, ClientError> {
        let parameters = [
            ("state", state.map(|state| state.name().to_owned())),
            ("before", before.map(|number| number.to_string())),
            ("limit", Some("100".to_owned())),
        ];
        self.get(&path("/v1/treasury/disbursements", &parameters)).await
    }

    /// A disbursement.
    ///
    /// # Errors
    /// [`ClientError`]; the code `disbursement_not_found`.
    pub async fn disbursement(&self, number: u64) -> Result<DisbursementInfo, ClientError> {
        self.get(&format!("/v1/treasury/disbursements/{number}")).await
    }

    /// The canonical text of a disbursement, and its SHA-256, which was compared.
    ///
    /// # Errors
    /// [`ClientError`]; the code `disbursement_not_found`.
    /// [`ClientError::Malformed`] if the text is not what the node says its digest is.
    pub async fn disbursement_snapshot(
        &self,
        number: u64,
    ) -> Result<(String, String), ClientError> {
        let path = format!("/v1/treasury/disbursements/{number}/snapshot");
        let response = self.send(self.request(Method::GET, &path)).await?;
        let said = response.headers().get(DIGEST).and_then(|value| value.to_str().ok());
        let said = said.unwrap_or_default().to_owned();
        let body = response.bytes().await;
        let body = body.map_err(|error| ClientError::network(self.url(), &error))?;
        let digest = hex::encode(sha256(&[&body]));
        let text = String::from_utf8(body.to_vec()).ok().filter(|_| said == digest);
        let text = text.ok_or_else(|| {
            ClientError::Malformed(format!("the snapshot does not have the digest {said:?}"))
        })?;
        Ok((text, digest))
    }

    /// A transaction of the treasury, built by the node: `submit`, `queue`, `execute` or
    /// `rollback`, with the body that its schema describes.
    ///
    /// # Errors
    /// [`ClientError::Api`] with the code that the transaction would fail with; see
    /// [`disbursement_error`].
    pub async fn treasury_transaction(
        &self,
        what: &str,
        body: &Value,
    ) -> Result<UnsignedInfo, ClientError> {
        self.post(&format!("/v1/treasury/{what}"), body).await
    }
}

/// The name of what is wrong with a disbursement, and the way out, if that is why it was refused.
pub fn disbursement_error(error: &ApiError) -> Option<(String, String)> {
    let found = error.detail.get("disbursement_error")?;
    let text = |name| found.get(name).and_then(Value::as_str).map(str::to_owned);
    Some((text("error")?, text("recovery")?))
}
