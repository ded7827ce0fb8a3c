//! Random delegations, votes and turns. A model writes down what everybody owned when each epoch
//! began, and counts every vote again from that.

use super::*;
use althing_ledger::{
    governance::tally::{HEAD, StakeCount},
    staking::{Delegation, Now, query as staking},
};
use althing_types::{Height, Shares, Timestamp, params::EmissionParams};
use proptest::prelude::*;
use std::collections::BTreeMap;

const VALIDATORS: usize = 3;

#[derive(Clone, Debug)]
enum Step {
    Delegate(usize, usize, u64),
    Undelegate(usize, usize, u64),
    Redelegate(usize, usize, usize, u64),
    Submit(usize, bool),
    Own(usize, u64, Ballot),
    Validator(usize, u64, Ballot),
    Cancel(u64),
    Turn,
}

fn ballot() -> impl Strategy<Value = Ballot> {
    let divided = (0u32..=1_000_000, 0u32..=1_000_000).prop_map(|(a, b)| {
        let (low, high) = (a.min(b), a.max(b));
        Ballot::new(ppm(low), ppm(high - low), ppm(0), ppm(1_000_000 - high)).unwrap()
    });
    let whole = (0usize..4).prop_map(|at| Ballot::all(Choice::ALL[at]));
    prop_oneof![divided, whole]
}

fn step() -> impl Strategy<Value = Step> {
    let who = || prop_oneof![4 => 0..USERS, 1 => (0..VALIDATORS).prop_map(operator)];
    let to = || 0..VALIDATORS;
    let amount = || 100u64..3_000;
    prop_oneof![
        4 => (who(), to(), amount()).prop_map(|(who, to, n)| Step::Delegate(who, to, n)),
        2 => (who(), to(), amount()).prop_map(|(who, from, n)| Step::Undelegate(who, from, n)),
        2 => (who(), to(), to(), amount())
            .prop_map(|(who, from, to, n)| Step::Redelegate(who, from, to, n)),
        2 => (0..USERS, any::<bool>()).prop_map(|(who, both)| Step::Submit(who, both)),
        6 => (who(), 1u64..8, ballot()).prop_map(|(who, of, ballot)| Step::Own(who, of, ballot)),
        3 => (to(), 1u64..8, ballot()).prop_map(|(n, of, ballot)| Step::Validator(n, of, ballot)),
        1 => (1u64..8).prop_map(Step::Cancel),
        4 => Just(Step::Turn),
    ]
}

/// What was owned when an epoch began.
#[derive(Clone, Debug, Default)]
struct Owned {
    validators: BTreeMap<ValidatorKey, (Amount, Shares)>,
    accounts: BTreeMap<(usize, ValidatorKey), Shares>,
}

#[derive(Debug, Default)]
struct Model {
    epochs: BTreeMap<Epoch, Owned>,
    own: BTreeMap<(u64, usize), Ballot>,
    validators: BTreeMap<(u64, ValidatorKey), Ballot>,
}

fn people() -> impl Iterator<Item = usize> {
    (0..USERS).chain((0..VALIDATORS).map(operator))
}

impl Model {
    /// Writes down what everybody owns now, at the beginning of an epoch.
    fn begin(&mut self, world: &World) {
        let epoch = world.epoch();
        let (height, time) = (Height::new(world.chain.height + 1), Timestamp::ZERO);
        let now = Now { height, epoch, time };
        let mut owned = Owned::default();
        for key in (0..VALIDATORS).map(validator_key) {
            let validator = world.chain.validator(key);
            owned.validators.insert(key, (validator.tokens, validator.shares));
            for who in people() {
                let at = records::delegation_key(address(who), key);
                let Some(record) = world.record(at, records::decode_delegation) else { continue };
                let Delegation { pending, .. } = &record;
                let conversion = pending.and_then(|pending| {
                    let at = records::conversion_key(key, pending.epoch);
                    world.record(at, records::decode_conversion)
                });
                let slashes: Vec<_> = staking::slashes_needed(&record)
                    .map(|from| (from, Default::default()))
                    .collect();
                let settled =
                    staking::owned(validator.clone(), record, now, conversion, &slashes).unwrap();
                owned.accounts.insert((who, key), settled.delegation.shares);
            }
        }
        self.epochs.insert(epoch, owned);
    }

    /// Counts every vote on a proposal.
    fn count(&self, number: u64, snapshot: Epoch) -> (StakeCount, u64) {
        let owned = &self.epochs[&snapshot];
        let mut left: BTreeMap<ValidatorKey, u128> =
            owned.validators.iter().map(|(key, (tokens, _))| (*key, tokens.units())).collect();
        let mut count = StakeCount::default();
        for who in people() {
            let Some(ballot) = self.own.get(&(number, who)) else { continue };
            let mut weight = 0;
            for (key, (tokens, all)) in &owned.validators {
                let shares = owned.accounts.get(&(who, *key)).copied().unwrap_or_default();
                let part = shares.worth(*tokens, *all).unwrap().units();
                *left.get_mut(key).unwrap() -= part;
                weight += part;
            }
            count.add(Amount::new(weight), ballot).unwrap();
        }
        let mut cast = 0;
        for (key, rest) in left {
            if let Some(ballot) = self.validators.get(&(number, key)) {
                count.add(Amount::new(rest), ballot).unwrap();
                cast += HEAD;
            }
        }
        (count, cast)
    }
}

impl World {
    fn step(&mut self, model: &mut Model, step: Step) {
        let is_ok = |receipt: &Receipt| receipt.code.is_ok();
        match step {
            Step::Delegate(who, to, n) => drop(self.send(who, delegate(to, n))),
            Step::Undelegate(who, from, n) => drop(self.send(who, undelegate(from, n))),
            Step::Redelegate(who, from, to, n) => drop(self.send(who, redelegate(from, to, n))),
            Step::Submit(who, both) => {
                let change = self.change("governance.cancel_fee", part(self.chain.height as u32));
                let action = if both { parameters(vec![change]) } else { Action::Text {} };
                drop(self.send(who, submit(Criticality::Important, action)));
            }
            Step::Own(who, proposal, ballot) => {
                let vote = Vote { proposal, ballot, validator: None };
                if is_ok(&self.send(who, Payload::Vote(vote))) {
                    model.own.insert((proposal, who), ballot);
                }
            }
            Step::Validator(number, proposal, ballot) => {
                let key = validator_key(number);
                let vote = Vote { proposal, ballot, validator: Some(key) };
                if is_ok(&self.send(operator(number), Payload::Vote(vote))) {
                    model.validators.insert((proposal, key), ballot);
                }
            }
            Step::Cancel(proposal) => drop(self.send(0, cancel(proposal))),
            Step::Turn => drop(self.turn()),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// The supply is checked after every block, by the harness.
    #[test]
    fn the_running_tally_is_what_an_independent_recount_says(
        steps in proptest::collection::vec(step(), 1..120),
    ) {
        let mut genesis = genesis(VALIDATORS);
        genesis.params.governance.important.voting = Period::blocks(25);
        genesis.params.emission = EmissionParams::devnet();
        genesis.params.fee_split = FeeSplit::devnet();
        let mut world = World::with(genesis);
        let mut model = Model::default();
        model.begin(&world);
        for step in steps {
            let before = world.epoch();
            world.step(&mut model, step);
            if world.epoch() != before {
                model.begin(&world);
            }
            for number in 1..world.agenda().next {
                let standing = world.standing(number);
                let Some(terms) = standing.terms else { continue };
                let (stake, heads) = model.count(number, terms.snapshot);
                prop_assert_eq!(standing.stake, stake, "proposal {}", number);
                let asked = if standing.houses.validators { heads } else { 0 };
                prop_assert_eq!(standing.validators.cast(), asked);
                prop_assert!(stake.cast() <= terms.stake);
            }
        }
    }
}
