//! What somebody loses goes to the treasury as far as `treasury.penalty_share` says, and is burned
//! otherwise. The audit counts all money after every block.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use althing_ledger::codes;
use althing_types::{
    Address, Amount, Epoch, Event, Genesis, Payload, Period, Ppm, Receipt, View,
    message::{Delegate, Redelegate, SubmitEvidence, Undelegate, Unjail, Unstake},
    params::FeeSplit,
};
use common::{Chain, network::*, tokens};

/// Four validators with 10,000 tokens each; 30 % of penalties go to the treasury, and nothing else does.
fn plan() -> Genesis {
    let mut genesis = network(&[tokens(10_000); 4], 3, 5, tokens(50_000));
    let params = &mut genesis.params;
    let [proposer, stakers, treasury] = [Ppm::ZERO; 3];
    params.fee_split = FeeSplit { proposer, stakers, treasury, burn: Ppm::ONE };
    params.treasury.penalty_share = Ppm::new(300_000).unwrap();
    params.staking.max_unbonding_per_epoch = Ppm::ONE;
    params.staking.unbonding = Period::blocks(30);
    params.slashing.max_consecutive_misses = 5;
    params.slashing.jail = Period::blocks(30);
    genesis
}

struct World {
    chain: Chain,
}

impl World {
    fn new() -> Self {
        let mut chain = Chain::new(plan().normalized().unwrap());
        chain.advance_without(&[], &[]);
        Self { chain }
    }

    fn treasury(&self) -> Amount {
        self.chain.account(Address::of_module("treasury")).balance
    }

    /// What the treasury got and what was burned since.
    fn since(&self, (treasury, burned): (Amount, Amount)) -> (Amount, Amount) {
        let got = self.treasury().checked_sub(treasury).unwrap();
        (got, self.chain.supply().burned.checked_sub(burned).unwrap())
    }

    fn now(&self) -> (Amount, Amount) {
        (self.treasury(), self.chain.supply().burned)
    }

    fn does(&mut self, user: usize, payload: Payload) -> Receipt {
        let receipt = self.chain.send(user, payload);
        assert_eq!(codes::name_of(receipt.code), "ok");
        receipt
    }

    /// Validator 1 misses its turns until it is in jail.
    fn jail(&mut self) -> Amount {
        for _ in 0..100 {
            let outcome = self.chain.advance_without(&[1], &[]);
            let slashed = own_events(&outcome).into_iter().find_map(|event| match event {
                Event::Slashed { amount, .. } => Some(amount),
                _ => None,
            });
            if let Some(amount) = slashed {
                return amount;
            }
        }
        panic!("nobody was jailed");
    }
}

/// 30 % and the rest.
fn parts(amount: Amount) -> (Amount, Amount) {
    let part = amount.mul_div(3, 10).unwrap();
    (part, amount.checked_sub(part).unwrap())
}

#[test]
fn a_slash_for_downtime_is_divided() {
    let mut world = World::new();
    let before = world.now();
    let amount = world.jail();
    assert_eq!(amount, tokens(500));
    assert_eq!(world.since(before), (tokens(150), tokens(350)));
}

#[test]
fn a_slash_for_a_contradiction_is_divided_after_the_reward_of_its_reporter() {
    let mut world = World::new();
    let genesis = world.chain.ledger.genesis().hash();
    let before = world.now();
    let evidence = double_vote(2, &genesis, Epoch::ZERO, View::new(1));
    let receipt = world.does(0, Payload::SubmitEvidence(SubmitEvidence { evidence }));
    let (mut amount, mut reward) = (Amount::ZERO, Amount::ZERO);
    for event in &receipt.events {
        match event {
            Event::Slashed { amount: lost, .. } => amount = *lost,
            Event::EvidenceAccepted { reward: paid, .. } => reward = *paid,
            _ => {}
        }
    }
    assert!(!reward.is_zero());
    let (part, rest) = parts(amount.checked_sub(reward).unwrap());
    let burned = rest.checked_add(receipt.fee).unwrap();
    assert_eq!(world.since(before), (part, burned));
}

#[test]
fn the_fee_for_leaving_jail_is_divided() {
    let mut world = World::new();
    world.jail();
    let before = world.now();
    let receipt = world.does(operator(1), Payload::Unjail(Unjail {}));
    let fee = world.chain.ledger.genesis().params.slashing.unjail_fee;
    assert!(!fee.is_zero());
    let (part, rest) = parts(fee);
    assert_eq!(world.since(before), (part, rest.checked_add(receipt.fee).unwrap()));
}

#[test]
fn the_penalty_for_withdrawing_in_jail_is_divided() {
    let mut world = World::new();
    world.jail();
    let before = world.now();
    let amount = Some(tokens(1_000));
    let receipt = world.does(operator(1), Payload::Unstake(Unstake { amount }));
    let penalty = receipt.events.iter().find_map(|event| match event {
        Event::Undelegated { penalty, .. } => Some(*penalty),
        _ => None,
    });
    let penalty = penalty.unwrap();
    assert!(!penalty.is_zero());
    let (part, rest) = parts(penalty);
    assert_eq!(world.since(before), (part, rest.checked_add(receipt.fee).unwrap()));
}

#[test]
fn what_unbonds_and_what_moved_on_pays_its_part_to_the_treasury_too() {
    let mut world = World::new();
    let delegate = |number| {
        Payload::Delegate(Delegate { validator: validator_key(number), amount: tokens(1_000) })
    };
    world.does(0, delegate(1));
    world.does(2, delegate(1));
    world.chain.end_epoch(&[]);
    while world.chain.performance(validator_key(1)).streak < 4 {
        world.chain.advance_without(&[1], &[]);
    }
    let validator = validator_key(1);
    let amount = None;
    world.does(0, Payload::Undelegate(Undelegate { validator, amount }));
    let (from, to) = (validator, validator_key(2));
    world.does(2, Payload::Redelegate(Redelegate { from, to, amount }));
    let before = world.treasury();
    let slashed = world.jail();
    let part = parts(slashed).0;
    assert_eq!(world.treasury(), before.checked_add(part).unwrap());
    let (mut paid, before) = (None, world.treasury());
    while paid.is_none() {
        let events = own_events(&world.chain.advance_without(&[], &[]));
        paid = events.iter().find_map(|event| match event {
            Event::UnbondingPaid { slashed, .. } => Some(*slashed),
            _ => None,
        });
    }
    assert_eq!(paid, Some(tokens(50)));
    assert_eq!(world.treasury(), before.checked_add(tokens(15)).unwrap());
    // Who moved on pays when its delegation is touched next.
    let before = world.treasury();
    let receipt = world.does(2, delegate(2));
    let lost = receipt.events.iter().find_map(|event| match event {
        Event::RedelegationSlashed { amount, .. } => Some(*amount),
        _ => None,
    });
    assert_eq!(lost, Some(tokens(50)));
    assert_eq!(world.treasury(), before.checked_add(tokens(15)).unwrap());
}
