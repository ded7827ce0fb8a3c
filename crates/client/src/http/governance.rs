//! Proposals, votes, parameters and the treasury.

use super::{
    ApiError, CheckInfo, Client, ClientError, DisbursementInfo, DisbursementPage, NetworkInfo,
    NetworkSpecInfo, ParameterChangeInfo, ParameterInfo, ProposalInfo, ProposalPage, ProposalQuery,
    TallyInfo, UnsignedInfo, VoteInfo, VotePage, WeightInfo,
    decisions::{Changes, Parameters},
};
use althing_types::{
    Address, ValidatorKey, Version, governance::DisbursementState, hash::sha256,
    message::SubmitProposal,
};
use reqwest::Method;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// Header with the SHA-256 of a snapshot.
const DIGEST: &str = "x-content-sha256";

/// A path with the parameters that are given.
pub(super) fn path(base: &str, parameters: &[(&str, Option<String>)]) -> String {
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

    /// Who holds the safety override, calls that wait for approvals, and what holds until it is
    /// ratified.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn safety(&self) -> Result<Value, ClientError> {
        self.get("/v1/safety").await
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
