//! Watches every finalized block of every honest validator and says what no correct network does.

use crate::{
    draws::Draws,
    model::{Accounts, Model},
    replay::Replay,
};
use althing_engine::FinalizedBlock;
use althing_types::Genesis;
use std::{collections::BTreeMap, fmt, sync::Arc};

/// A promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violation {
    /// Two honest validators have different final blocks at one height.
    Fork(String),
    /// A validator skipped or repeated a height.
    Gap(String),
    /// Receipts differ from those of others or from the model.
    Receipts(String),
    /// A final block breaks a rule of the model.
    Invalid(String),
    /// The state on disk is not what the blocks lead to.
    State(String),
    /// The chain did not go on after the faults ended.
    Stalled(String),
    /// An honest validator stopped by itself.
    Died(String),
    /// An honest validator is accused, or shut out by another honest one.
    Accused(String),
    /// Nobody found the evidence against a validator that broke the rules in the open.
    Unpunished(String),
    /// A validator is not where the scenario says it must be in the end.
    Membership(String),
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, text) = match self {
            Self::Fork(text) => ("fork", text),
            Self::Gap(text) => ("gap", text),
            Self::Receipts(text) => ("receipts", text),
            Self::Invalid(text) => ("invalid block", text),
            Self::State(text) => ("state", text),
            Self::Stalled(text) => ("stalled", text),
            Self::Died(text) => ("died", text),
            Self::Accused(text) => ("honest accused", text),
            Self::Unpunished(text) => ("unpunished", text),
            Self::Membership(text) => ("membership", text),
        };
        write!(f, "{name}: {text}")
    }
}

/// The auditor of one network.
pub struct Auditor {
    replay: Replay,
    draws: Draws,
    /// Knows transfers only.
    model: Option<Model>,
    blocks: Vec<FinalizedBlock>,
    seen: BTreeMap<usize, u64>,
    violations: Vec<Violation>,
    failed: usize,
}

impl Auditor {
    /// An auditor of a chain that has not started, and that will hold nothing but `transfers`.
    pub fn new(genesis: Arc<Genesis>, transfers: bool) -> Self {
        Self {
            replay: Replay::new(genesis.clone()),
            draws: Draws::new(&genesis),
            model: transfers.then(|| Model::new(genesis)),
            blocks: Vec::new(),
            seen: BTreeMap::new(),
            violations: Vec::new(),
            failed: 0,
        }
    }

    /// The chain at the highest block that anybody finalized.
    pub const fn replay(&self) -> &Replay {
        &self.replay
    }

    /// What the chain has drawn.
    pub const fn draws(&self) -> &Draws {
        &self.draws
    }

    /// All final blocks, from height 1 on.
    pub fn blocks(&self) -> &[FinalizedBlock] {
        &self.blocks
    }

    /// The highest block that anybody finalized.
    pub const fn height(&self) -> u64 {
        self.blocks.len() as u64
    }

    /// How many transactions are final.
    pub fn transactions(&self) -> usize {
        self.blocks.iter().map(|finalized| finalized.block.transactions.len()).sum()
    }

    /// Accounts at a height, if it is final.
    pub fn accounts_at(&self, height: u64) -> Option<&Arc<Accounts>> {
        self.replay.accounts_at(height)
    }

    /// Transactions that entered a block and failed there.
    pub const fn failed(&self) -> usize {
        self.failed
    }

    /// What was found so far.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Adds what somebody else found.
    pub fn report(&mut self, violation: Violation) {
        if !self.violations.contains(&violation) && self.violations.len() < 64 {
            self.violations.push(violation);
        }
    }

    /// The validator starts again and will show its chain from the first block.
    pub fn restarted(&mut self, validator: usize) {
        self.seen.insert(validator, 0);
    }

    /// The last height that a validator has shown since its start.
    pub fn height_of(&self, validator: usize) -> u64 {
        self.seen.get(&validator).copied().unwrap_or(0)
    }

    /// Takes the next finalized block of a validator.
    pub fn observe(&mut self, validator: usize, finalized: FinalizedBlock) {
        let height = finalized.block.header.height.get();
        let before = self.height_of(validator);
        if height != before + 1 {
            self.report(Violation::Gap(format!("v{validator}: {height} follows {before}")));
        }
        self.seen.insert(validator, height);
        if finalized.hash != finalized.block.header.hash() {
            let text = format!("v{validator}: the hash of block {height} is not its header's");
            self.report(Violation::Invalid(text));
        }
        let known = height.checked_sub(1).and_then(|index| usize::try_from(index).ok());
        match known.and_then(|index| self.blocks.get(index)) {
            Some(known) => {
                let violation = compare(validator, known, &finalized);
                violation.into_iter().for_each(|violation| self.report(violation));
            }
            None if height == self.height() + 1 => self.extend(validator, finalized),
            None => self.report(Violation::Gap(format!(
                "v{validator} finalized {height}, but nobody finalized the block before"
            ))),
        }
    }

    fn extend(&mut self, validator: usize, finalized: FinalizedBlock) {
        let height = finalized.block.header.height.get();
        let given = |reason| Violation::Invalid(format!("v{validator}: block {height}: {reason}"));
        let expected = self.replay.execute(&finalized.block);
        let receipts = expected.as_ref().map_or(finalized.receipts.as_slice(), Vec::as_slice);
        let executed = expected.is_ok();
        let modelled = self.model.as_mut().map(|model| model.execute(&finalized.block, receipts));
        match expected {
            Ok(expected) if expected == *finalized.receipts => {}
            Ok(expected) => {
                let position = expected.iter().zip(finalized.receipts.iter());
                let index = position.take_while(|(a, b)| a == b).count();
                self.report(Violation::Receipts(format!(
                    "v{validator}: block {height}, receipt {index}: {:?} instead of {:?}",
                    finalized.receipts.get(index),
                    expected.get(index)
                )));
            }
            Err(reason) => self.report(given(reason)),
        }
        if executed
            && let Err(reason) =
                self.draws.follow(&finalized.block, &finalized.receipts, &self.replay)
        {
            self.report(given(format!("draws: {reason}")));
        }
        if let Some(Err(reason)) = modelled {
            self.report(given(format!("model: {reason}")));
        }
        let outcomes = finalized.transaction_receipts();
        self.failed += outcomes.iter().filter(|receipt| !receipt.code.is_ok()).count();
        self.blocks.push(finalized);
    }
}

fn compare(validator: usize, known: &FinalizedBlock, new: &FinalizedBlock) -> Option<Violation> {
    let height = new.block.header.height;
    if known.hash != new.hash {
        let text = format!("v{validator}: block {height} is {}, not {}", new.hash, known.hash);
        return Some(Violation::Fork(text));
    }
    if known.receipts != new.receipts || known.block.transactions != new.block.transactions {
        let text = format!("v{validator}: block {height} has other contents than elsewhere");
        return Some(Violation::Receipts(text));
    }
    None
}
