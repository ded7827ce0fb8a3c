//! What a recount of versions of the configuration remembers.

use super::records::{BAD, Wrong, array};
use crate::{
    modules::network::{
        Cohort, NETWORK, Network, Spec, cohort_key,
        query::{decode_adoption, decode_cohort, decode_network, decode_spec},
        spec_key,
    },
    prefix,
};
use althing_state::StateKey;
use althing_types::network::SpecStatus as Status;
use std::collections::BTreeMap;

/// All records of the configuration.
#[derive(Debug, Default)]
pub(super) struct Configurations {
    network: Option<Network>,
    specs: BTreeMap<u64, Spec>,
    cohorts: BTreeMap<u64, Cohort>,
    /// How many validators chose a version last.
    adopted: BTreeMap<u64, u32>,
}

impl Configurations {
    /// Takes a record, if it belongs here. Returns whether it does.
    pub(super) fn add(
        &mut self,
        key: StateKey,
        rest: &[u8],
        value: &[u8],
    ) -> Result<bool, &'static str> {
        let number = || Ok::<_, &'static str>(u64::from_be_bytes(array(rest)?));
        match key.prefix() {
            prefix::NETWORK => self.network = Some(decode_network(value).map_err(|_| BAD)?),
            prefix::SPEC => {
                self.specs.insert(number()?, decode_spec(value).map_err(|_| BAD)?);
            }
            prefix::COHORT => {
                self.cohorts.insert(number()?, decode_cohort(value).map_err(|_| BAD)?);
            }
            prefix::ADOPTION => {
                let adoption = decode_adoption(value).map_err(|_| BAD)?;
                let count = self.adopted.entry(adoption.version).or_default();
                *count = count.saturating_add(1);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Whether the records fit together.
    pub(super) fn judge(&self) -> Result<(), Wrong> {
        let wrong = |what| (NETWORK, what);
        let network = self.network.as_ref().ok_or(wrong("the record is absent"))?;
        if !self.specs.keys().copied().eq(1..network.next) {
            return Err(wrong("the versions of the configuration have a gap"));
        }
        for (version, spec) in &self.specs {
            let says = match spec.status {
                Status::Active => network.current == *version,
                Status::Staged => network.staged.is_some_and(|it| it.version == *version),
                Status::Offered => network.offered.contains(version),
                Status::Superseded | Status::RolledBack => !self.is_listed(network, *version),
            };
            if !says {
                return Err((spec_key(*version), "a version is not what the network says it is"));
            }
            judge_spec(network, *version, spec).map_err(|what| (spec_key(*version), what))?;
            if self.adopted.get(version).copied().unwrap_or(0) != spec.adopted {
                return Err((spec_key(*version), "other validators chose a version than counted"));
            }
        }
        if !self.adopted.keys().all(|version| self.specs.contains_key(version)) {
            return Err(wrong("a validator chose a version that does not exist"));
        }
        self.judge_cohorts(network)
    }

    fn is_listed(&self, network: &Network, version: u64) -> bool {
        network.current == version
            || network.staged.is_some_and(|it| it.version == version)
            || network.offered.contains(&version)
    }

    fn judge_cohorts(&self, network: &Network) -> Result<(), Wrong> {
        let staged = network.staged.iter().map(|rollout| rollout.version);
        if !self.cohorts.keys().copied().eq(staged) {
            return Err((NETWORK, "those who are watched are not those of the rollout"));
        }
        for (version, cohort) in &self.cohorts {
            let pairs = cohort.iter().zip(cohort.iter().skip(1));
            if !pairs.into_iter().all(|(a, b)| a.validator < b.validator) {
                return Err((cohort_key(*version), "those who are watched are not in order"));
            }
            let first = cohort.iter().filter(|watched| watched.first).count();
            let planned = network.staged.map(|rollout| rollout.plan.cohort(cohort.len()));
            if Some(first) != planned && !cohort.is_empty() {
                return Err((cohort_key(*version), "others run a version first than planned"));
            }
        }
        Ok(())
    }
}

/// Whether a version is one that could be made.
fn judge_spec(network: &Network, version: u64, spec: &Spec) -> Result<(), &'static str> {
    if spec.document.validate().is_err() {
        return Err("the document breaks a bound");
    }
    if spec.base >= version {
        return Err("a version was made for a later one");
    }
    if (spec.status == Status::RolledBack) != spec.reason.is_some() {
        return Err("what is rolled back has a reason, and nothing else has");
    }
    let open = matches!(spec.status, Status::Staged | Status::Offered);
    if open && spec.base != network.current {
        return Err("a version is tried or offered that was made for another one");
    }
    Ok(())
}
