//! Disputes about readings and sales.

use super::text;
use crate::http::{Client, ClientError, governance::path};
use althing_types::{
    Address, Amount, Epoch, Hash, Height, Ppm, Timestamp,
    energy::{DisputeEnd, DisputeReason, DisputeSubject},
    hash::serde_hex,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Whether a dispute is open: `open`, or the name of its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisputeStatus {
    /// Oracles can vote.
    Open,
    /// It ended.
    Ended(DisputeEnd),
}

impl DisputeStatus {
    /// The name that the API gives it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Ended(end) => end.name(),
        }
    }
}

impl std::fmt::Display for DisputeStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for DisputeStatus {
    type Err = <DisputeEnd as std::str::FromStr>::Err;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "open" { Ok(Self::Open) } else { text.parse().map(Self::Ended) }
    }
}

impl Serialize for DisputeStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for DisputeStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Which disputes are wanted, newest first. What is left open is not looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EnergyDisputeQuery {
    /// Whether they are open, or how they ended.
    pub state: Option<DisputeStatus>,
    /// About whom.
    pub provider: Option<Address>,
    /// Only those with a lower number.
    pub before: Option<u64>,
    /// Entries wanted.
    pub limit: Option<usize>,
}

/// A dispute about a reading or a sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnergyDisputeInfo {
    /// Its number.
    pub number: u64,
    /// Whether it is open, or how it ended.
    pub state: DisputeStatus,
    /// Who opened it.
    pub opener: Address,
    /// About what.
    pub subject: DisputeSubject,
    /// Why.
    pub reason: DisputeReason,
    /// SHA-256 of the evidence.
    #[serde(with = "serde_hex")]
    pub evidence: Hash,
    /// The provider that it is about.
    pub provider: Address,
    /// When it was opened.
    pub opened: Height,
    /// The height at which it ends by itself.
    pub ends: Height,
    /// What is set aside, in base units, while it is open.
    #[serde(default)]
    pub bond: Option<Amount>,
    /// The epoch in which it was opened, while it is open.
    #[serde(default)]
    pub epoch: Option<Epoch>,
    /// The version of the set of oracles that decides, while it is open.
    #[serde(default)]
    pub oracles: Option<u32>,
    /// The part of their weight that upholds it, while it is open.
    #[serde(default)]
    pub quorum: Option<Ppm>,
    /// Oracles that uphold it.
    pub uphold: u32,
    /// Oracles that dismiss it.
    pub dismiss: u32,
    /// What it holds back of each slot; empty in listings, and once it has ended.
    #[serde(default)]
    pub frozen: Vec<FrozenInfo>,
    /// The sales that it holds back; empty in listings, and once it has ended.
    #[serde(default)]
    pub sales: Vec<u64>,
    /// Who voted how; empty in listings.
    #[serde(default)]
    pub votes: Vec<DisputeVoteInfo>,
    /// How it ended.
    #[serde(default)]
    pub ended: Option<DisputeEndInfo>,
    /// How it stands, in a sentence; empty in listings.
    #[serde(default)]
    pub standing: String,
}

/// A part of the energy of a slot that a dispute holds back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrozenInfo {
    /// When the slot began.
    pub slot: u64,
    /// How much is held back, in Wh.
    pub wh: u64,
    /// How much of the reading was sold already, in Wh.
    pub sold: u64,
}

/// What an oracle said about a dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputeVoteInfo {
    /// The oracle.
    pub oracle: Address,
    /// Whether who opened it is right.
    pub uphold: bool,
    /// When; absent if the node keeps no index.
    #[serde(default)]
    pub height: Option<Height>,
    /// The time of that block.
    #[serde(default)]
    pub time_ms: Option<Timestamp>,
}

/// How a dispute ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputeEndInfo {
    /// What was revoked, in Wh.
    pub revoked_wh: u64,
    /// What who opened it got besides its bond, in base units.
    pub reward: Amount,
    /// When.
    pub height: Height,
    /// The time of that block.
    pub time_ms: Timestamp,
}

/// A page of disputes, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnergyDisputePage {
    /// The height this was read at.
    pub height: Height,
    /// The disputes.
    pub disputes: Vec<EnergyDisputeInfo>,
    /// `before` of the next page.
    #[serde(default)]
    pub next: Option<u64>,
}

impl Client {
    /// Disputes about energy, newest first.
    ///
    /// # Errors
    /// [`ClientError`]; the code `index_disabled` if the node keeps no index.
    pub async fn energy_disputes(
        &self,
        query: &EnergyDisputeQuery,
    ) -> Result<EnergyDisputePage, ClientError> {
        let parameters = [
            ("state", text(query.state)),
            ("provider", text(query.provider)),
            ("before", text(query.before)),
            ("limit", text(query.limit)),
        ];
        self.get(&path("/v1/energy/disputes", &parameters)).await
    }

    /// A dispute about energy, with its votes.
    ///
    /// # Errors
    /// [`ClientError`]; the code `energy_dispute_not_found`.
    pub async fn energy_dispute(&self, number: u64) -> Result<EnergyDisputeInfo, ClientError> {
        self.get(&format!("/v1/energy/disputes/{number}")).await
    }
}
