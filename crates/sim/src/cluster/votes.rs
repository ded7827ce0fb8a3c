//! What the network decides about itself.

use super::World;
use althing_types::{
    Event, List, Payload, Text, ValidatorKey,
    governance::{Action, Criticality, ParameterChange, Preferences},
    message::{SetPreferences, SubmitProposal},
    params::{Parameter, ParameterValue},
};
use std::collections::{BTreeMap, BTreeSet};

/// Parameters that proposals raise by one: validators alone decide about all of them.
const RAISED: [&str; 8] = [
    "busy_interval_ms",
    "idle_interval_ms",
    "block_gas_limit",
    "registry.score_slots",
    "max_validity_blocks",
    "staking.max_candidates",
    "slashing.evidence_epochs",
    "slashing.min_due",
];

/// What became of a proposal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Poll {
    /// Its number.
    pub proposal: u64,
    /// Validators that might vote.
    pub validators: u32,
    /// Of these, how many did.
    pub voted: usize,
    /// From the beginning of the vote to the last vote, in milliseconds of block time.
    pub last_vote_ms: u64,
    /// Whether it was enacted.
    pub enacted: bool,
    /// Whether it was rejected or failed.
    pub lost: bool,
}

impl Poll {
    /// How many took part of those that might, in percent, rounded down.
    pub fn percent(&self) -> u64 {
        let validators = u64::from(self.validators);
        (self.voted as u64 * 100).checked_div(validators).unwrap_or_default()
    }
}

impl World<'_> {
    pub(super) fn prefer(&mut self, index: usize) {
        let preferences = Some(Preferences {
            auto_adopt_optional: true,
            minimum_criticality: Criticality::Standard,
            max_delay_tolerance: 1_000,
        });
        self.order(index, Payload::SetPreferences(SetPreferences { preferences }));
    }

    pub(super) fn propose(&mut self, by: usize, parameter: usize) {
        let name = RAISED[parameter % RAISED.len()];
        let parameter = Parameter::find(name).expect("the parameter exists");
        let params = self.auditor.replay().params();
        let params = params.unwrap_or_else(|| self.shared.setup.genesis.params.clone());
        let from = parameter.get(&params);
        let ParameterValue::Number { value } = from else { return };
        let to = ParameterValue::Number { value: value + 1 };
        let name = Text::new(name.to_owned()).unwrap_or_default();
        let changes = List::new(vec![ParameterChange { name, from, to }]);
        let proposal = SubmitProposal {
            title: Text::new("one more".to_owned()).unwrap_or_default(),
            summary: Text::default(),
            link: Text::default(),
            criticality: Criticality::Standard,
            action: Action::Parameters { changes: changes.unwrap_or_default() },
        };
        self.order(by, Payload::SubmitProposal(proposal));
    }

    /// What became of all proposals, by number.
    pub(super) fn polls(&self) -> Vec<Poll> {
        let mut polls: BTreeMap<u64, (Poll, u64, BTreeSet<ValidatorKey>)> = BTreeMap::new();
        for block in self.auditor.blocks() {
            let now = block.block.header.timestamp.get();
            for event in block.receipts.iter().flat_map(|receipt| &receipt.events) {
                let Some(number) = event.proposal() else { continue };
                let (poll, began, voters) = polls.entry(number).or_default();
                poll.proposal = number;
                match event {
                    Event::ProposalOpened { validators, .. } => {
                        (poll.validators, *began) = (*validators, now);
                    }
                    Event::Voted { validator: Some(key), .. } => {
                        voters.insert(*key);
                        poll.last_vote_ms = now.saturating_sub(*began);
                    }
                    Event::ProposalEnacted { .. } => poll.enacted = true,
                    Event::ProposalRejected { .. } | Event::ProposalFailed { .. } => {
                        poll.lost = true;
                    }
                    _ => {}
                }
                poll.voted = voters.len();
            }
        }
        polls.into_values().map(|(poll, ..)| poll).collect()
    }
}
