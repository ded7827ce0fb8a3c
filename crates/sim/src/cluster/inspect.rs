//! What a world finds when it looks into its validators: their states, and whom they accuse.

use super::{Machine, STEP_MS, World};
use crate::{
    audit::Violation,
    node::{Live, Node},
    plan::Byzantine,
};
use althing_engine::types::PublicKey;
use althing_ledger::audit::{self as invariants, SupplyReport};
use althing_state::{StateKey, StateValue};
use althing_types::ValidatorKey;
use commonware_runtime::Clock as _;
use futures::StreamExt as _;
use std::{collections::BTreeMap, time::Duration};

/// A state that the auditor has no block for.
const AHEAD: &str = "the state is ahead of every finalized block";

impl World<'_> {
    /// Looks at states, evidence and accusations once everything is over.
    pub(super) async fn last_look(&mut self, machine: &mut Machine) {
        self.check_expected();
        let keys = self.shared.setup.public_keys();
        for index in self.honest().collect::<Vec<_>>() {
            let Some(node) = machine.nodes.get(&index) else { continue };
            self.hear(index, node);
            let Some(live) = node.live() else { continue };
            // While a state is read, the next block may become final and reach the auditor later.
            let mut checked = self.check_state(&live).await;
            for _ in 0..100 {
                if checked != Err(AHEAD.to_owned()) {
                    break;
                }
                machine.context.sleep(Duration::from_millis(STEP_MS)).await;
                self.collect(machine).await;
                checked = self.check_state(&live).await;
            }
            match checked {
                Ok(supply) => self.supply = supply.or(self.supply),
                Err(reason) => {
                    self.auditor.report(Violation::State(format!("v{index}: {reason}")));
                }
            }
        }
        for (from, to) in machine.oracle.blocked().await.unwrap_or_default() {
            let find = |key: &PublicKey| keys.iter().position(|known| known == key);
            let (Some(from), Some(to)) = (find(&from), find(&to)) else { continue };
            let honest = |index| !self.scenario.byzantine.contains_key(&index);
            if honest(from) && honest(to) {
                self.auditor.report(Violation::Accused(format!("v{from} shuts out v{to}")));
            }
        }
        let open = |kind: &Byzantine| *kind == Byzantine::Equivocator;
        if self.scenario.byzantine.values().any(open) && self.evidence.is_empty() {
            let text = "a validator contradicted its votes and nobody noticed".to_owned();
            self.auditor.report(Violation::Unpunished(text));
        }
    }

    /// Takes note of whom an honest validator accuses; it forgets when it stops.
    pub(super) fn hear(&mut self, index: usize, node: &Node) {
        let Some(live) = node.live() else { return };
        if self.scenario.byzantine.contains_key(&index) {
            return;
        }
        let keys = self.shared.setup.public_keys();
        for fault in live.watch.faults() {
            let is = |key: &PublicKey| ValidatorKey::from_public_key(key) == fault.validator;
            let accused = keys.iter().position(is).unwrap_or(usize::MAX);
            if self.scenario.byzantine.contains_key(&accused) {
                let (epoch, view) = (fault.epoch.get(), fault.view.get());
                self.evidence.insert((accused, fault.kind, epoch, view));
            } else {
                let text = format!("v{index} accuses v{accused} of {}", fault.kind);
                self.auditor.report(Violation::Accused(text));
            }
        }
    }

    /// Compares the whole state of a validator with its tip, the rules and the model. Returns its
    /// money, unless it has no state yet.
    async fn check_state(&self, live: &Live) -> Result<Option<SupplyReport>, String> {
        let database = live.state.subscribe_databases().await;
        let guard = database.read().await;
        let mut records: Vec<(StateKey, Vec<u8>)> = Vec::new();
        let stream = guard.stream_range(..);
        let mut stream = std::pin::pin!(stream);
        while let Some(record) = stream.next().await {
            let (key, value) = record.map_err(|error| error.to_string())?;
            records.push((key, value.to_vec()));
        }
        let root = guard.root();
        let applied = live.chain.with_root(&root);
        if applied.is_none() && records.is_empty() && live.chain.tip().header.height.get() == 0 {
            return Ok(None);
        }
        let tip = applied.ok_or_else(|| format!("the root {root} is of no block"))?;
        let borrowed = records.iter().map(|(key, value)| (*key, value.as_slice()));
        let supply =
            invariants::invariants(tip.height, borrowed).map_err(|broken| broken.to_string())?;
        let expected = self.auditor.replay().state_at(tip.height).ok_or(AHEAD)?;
        compare(&expected, &records)?;
        Ok(Some(supply))
    }
}

/// Whether the records on disk are those that the blocks lead to.
fn compare(
    expected: &BTreeMap<StateKey, StateValue>,
    records: &[(StateKey, Vec<u8>)],
) -> Result<(), String> {
    if expected.len() != records.len() {
        return Err(format!("{} records on disk, {} expected", records.len(), expected.len()));
    }
    for (key, value) in records {
        if expected.get(key).map(|value| &value[..]) != Some(value.as_slice()) {
            return Err(format!("the record of {key:?} is {} on disk", hex(value)));
        }
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
