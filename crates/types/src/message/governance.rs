//! Messages of module `governance`.

use crate::{
    Text, ValidatorKey,
    governance::{Action, Ballot, Criticality, Preferences},
    limits::{MAX_PROPOSAL_LINK_BYTES, MAX_PROPOSAL_SUMMARY_BYTES, MAX_PROPOSAL_TITLE_BYTES},
    struct_codec,
};
use serde::{Deserialize, Serialize};

/// Proposes something. The sender pays the deposit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmitProposal {
    /// A line for people, 1 to 140 bytes.
    pub title: Text<MAX_PROPOSAL_TITLE_BYTES>,
    /// Why, or empty; at most 2,000 bytes.
    #[serde(default)]
    pub summary: Text<MAX_PROPOSAL_SUMMARY_BYTES>,
    /// Where more stands, or empty; at most 280 bytes.
    #[serde(default)]
    pub link: Text<MAX_PROPOSAL_LINK_BYTES>,
    /// How much depends on it.
    pub criticality: Criticality,
    /// What happens if it is accepted.
    pub action: Action,
}

struct_codec!(SubmitProposal { title, summary, link, criticality, action });

/// Votes, or changes a vote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    /// Number of the proposal.
    pub proposal: u64,
    /// How the weight is divided.
    pub ballot: Ballot,
    /// With a validator, which the sender operates, or whose node it is: its vote in the house of validators, and that
    /// of all its stake whose owners do not vote themselves. Without one: the sender's own stake,
    /// with whatever validators it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validator: Option<ValidatorKey>,
}

struct_codec!(Vote { proposal, ballot, validator });

/// Takes the sender's proposal back before it is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelProposal {
    /// Number of the proposal.
    pub proposal: u64,
}

struct_codec!(CancelProposal { proposal });

/// Says what the sender's validator leaves to its node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetPreferences {
    /// What it leaves to it; without this, nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferences: Option<Preferences>,
}

struct_codec!(SetPreferences { preferences });
