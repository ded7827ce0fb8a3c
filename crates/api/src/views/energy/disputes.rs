//! Disputes about readings and sales.

use crate::{
    backend::{DisputeRow, DisputeVoteRow},
    views::{Show, hex_of},
};
use althing_ledger::energy::{Dispute, OracleSet};
use althing_types::energy::{DisputeEnd, DisputeSubject};
use serde::Serialize;
use utoipa::ToSchema;

/// A part of the energy of a slot that a dispute holds back.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct FrozenView {
    /// When the slot began.
    pub slot: u64,
    /// How much is held back, in Wh.
    pub wh: u64,
    /// How much of the reading was sold already, in Wh.
    pub sold: u64,
}

/// What an oracle said about a dispute.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DisputeVoteView {
    /// The oracle.
    pub oracle: String,
    /// Whether who opened it is right.
    pub uphold: bool,
    /// When; absent if this node keeps no index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
    /// The time of that block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_ms: Option<u64>,
}

/// How a dispute ended.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DisputeEndView {
    /// What was revoked, in Wh.
    pub revoked_wh: u64,
    /// What who opened it got besides its bond, in base units.
    pub reward: String,
    /// The same for people.
    pub reward_display: String,
    /// When.
    pub height: u64,
    /// The time of that block.
    pub time_ms: u64,
}

/// A dispute about a reading or a sale.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EnergyDisputeView {
    /// Its number.
    pub number: u64,
    /// `open`, `upheld`, `dismissed` or `lapsed`.
    #[schema(example = "open")]
    pub state: String,
    /// Who opened it.
    pub opener: String,
    /// About what: `type` is `reading` with `batch` and `reading`, or `certificate` with
    /// `certificate`.
    #[schema(value_type = Object)]
    pub subject: DisputeSubject,
    /// `false-reading`, `double-counting` or `not-delivered`.
    #[schema(example = "false-reading")]
    pub reason: String,
    /// SHA-256 of the evidence.
    pub evidence: String,
    /// The provider that it is about.
    pub provider: String,
    /// When it was opened.
    pub opened: u64,
    /// The height at which it ends by itself.
    pub ends: u64,
    /// What is set aside, in base units, while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bond: Option<String>,
    /// The same for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bond_display: Option<String>,
    /// The epoch in which it was opened, while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
    /// The version of the set of oracles that decides, while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oracles: Option<u32>,
    /// The part of their weight that upholds it, in parts per million, while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quorum: Option<u32>,
    /// Oracles that uphold it.
    pub uphold: u32,
    /// Oracles that dismiss it.
    pub dismiss: u32,
    /// What it holds back of each slot, while it is open; absent in listings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub frozen: Vec<FrozenView>,
    /// The sales that it holds back, while it is open; absent in listings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sales: Vec<u64>,
    /// Who voted how; absent in listings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub votes: Vec<DisputeVoteView>,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<DisputeEndView>,
    /// How it stands, in a sentence; absent in listings.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub standing: String,
}

/// What is known of a dispute: what the state says counts.
pub(crate) struct KnownDispute<'a> {
    pub(crate) number: u64,
    pub(crate) record: Option<&'a Dispute>,
    pub(crate) history: Option<&'a DisputeRow>,
}

impl EnergyDisputeView {
    /// As in a listing; nothing of a dispute that never was.
    pub(crate) fn new(known: &KnownDispute<'_>, show: Show<'_>) -> Option<Self> {
        match (known.record, known.history) {
            (Some(record), _) => Some(Self::of_record(known.number, record, show)),
            (None, Some(history)) => Self::of_history(history, show),
            (None, None) => None,
        }
    }

    fn of_record(number: u64, of: &Dispute, show: Show<'_>) -> Self {
        Self {
            number,
            state: "open".to_owned(),
            opener: of.opener.to_string(),
            subject: of.subject,
            reason: of.reason.name().to_owned(),
            evidence: hex_of(&of.evidence),
            provider: of.provider.to_string(),
            opened: of.opened.get(),
            ends: of.ends.get(),
            bond: Some(of.bond.to_string()),
            bond_display: Some(show.amount(of.bond)),
            epoch: Some(of.epoch.get()),
            oracles: Some(of.oracles),
            quorum: Some(of.quorum.get()),
            uphold: of.uphold.count_ones(),
            dismiss: of.dismiss.count_ones(),
            frozen: Vec::new(),
            sales: Vec::new(),
            votes: Vec::new(),
            ended: None,
            standing: String::new(),
        }
    }

    /// The state has forgotten it.
    fn of_history(of: &DisputeRow, show: Show<'_>) -> Option<Self> {
        let ended = of.ended.map(|ended| DisputeEndView {
            revoked_wh: ended.revoked_wh,
            reward: ended.reward.to_string(),
            reward_display: show.amount(ended.reward),
            height: ended.height.get(),
            time_ms: ended.time.get(),
        });
        Some(Self {
            number: of.number,
            state: of.ended.map_or("open", |ended| ended.end.name()).to_owned(),
            opener: of.opener.to_string(),
            subject: of.subject,
            reason: of.reason.name().to_owned(),
            evidence: hex_of(&of.evidence),
            provider: of.provider?.to_string(),
            opened: of.opened.get(),
            ends: of.ends.get(),
            bond: None,
            bond_display: None,
            epoch: None,
            oracles: None,
            quorum: None,
            uphold: of.uphold,
            dismiss: of.dismiss,
            frozen: Vec::new(),
            sales: Vec::new(),
            votes: Vec::new(),
            ended,
            standing: String::new(),
        })
    }

    /// Adds what it holds back, who voted, and how it stands. The state knows places in the set of
    /// oracles, the index accounts.
    pub(crate) fn whole(
        mut self,
        record: Option<(&Dispute, &OracleSet)>,
        votes: &[DisputeVoteRow],
    ) -> Self {
        self.votes = votes
            .iter()
            .map(|vote| DisputeVoteView {
                oracle: vote.oracle.to_string(),
                uphold: vote.uphold,
                height: Some(vote.height.get()),
                time_ms: Some(vote.time.get()),
            })
            .collect();
        if let Some((dispute, set)) = record {
            self.frozen = dispute
                .frozen
                .iter()
                .map(|of| FrozenView { slot: of.slot, wh: of.wh, sold: of.sold })
                .collect();
            self.sales = dispute.sales.iter().copied().collect();
            for (place, entry) in (0u32..).zip(set.iter()) {
                let said = |votes: u32| votes.checked_shr(place).unwrap_or(0) & 1 == 1;
                let uphold = said(dispute.uphold);
                let voted = uphold || said(dispute.dismiss);
                if voted && votes.iter().all(|vote| vote.oracle != entry.oracle) {
                    let (oracle, height, time_ms) = (entry.oracle.to_string(), None, None);
                    self.votes.push(DisputeVoteView { oracle, uphold, height, time_ms });
                }
            }
            self.standing = format!(
                "Open: {} of {} oracles uphold it and {} dismiss it; without a quorum it lapses \
                 at height {}.",
                self.uphold,
                set.len(),
                self.dismiss,
                self.ends
            );
        } else {
            self.standing = self.end();
        }
        self
    }

    fn end(&self) -> String {
        let revoked = self.ended.as_ref().map_or(0, |ended| ended.revoked_wh);
        match self.state.parse() {
            Ok(DisputeEnd::Upheld) => format!(
                "Upheld: {revoked} Wh were revoked, buyers were paid back, and who opened it got \
                 the bond back and a reward."
            ),
            Ok(DisputeEnd::Dismissed) => {
                "Dismissed: the bond went to the provider, and what was held back is free."
                    .to_owned()
            }
            Ok(DisputeEnd::Lapsed) => {
                "Lapsed: no quorum decided in time; the bond went back but for a fee, and what \
                 was held back is free."
                    .to_owned()
            }
            Err(_) => "It ended just now: ask again in a moment.".to_owned(),
        }
    }
}

/// A page of disputes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EnergyDisputePage {
    /// The height this was read at.
    pub height: u64,
    /// Newest first.
    pub disputes: Vec<EnergyDisputeView>,
    /// `before` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}
