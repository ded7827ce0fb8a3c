//! What an epoch pays: emission by both schedules, caps, fees, commission, and what nobody earned.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use althing_ledger::{economics, query};
use althing_types::{
    Address, Amount, Event, Genesis, Payload, Ppm, Transfer,
    message::Delegate,
    params::{EmissionParams, Schedule},
};
use common::{Chain, address, network::*, tokens};

fn ppm(parts: u32) -> Ppm {
    Ppm::new(parts).unwrap()
}

/// Validators with these stakes in tokens; 10 % commission; blocks pay 10 tokens.
fn plan(stakes: &[u64]) -> Genesis {
    let stakes: Vec<Amount> = stakes.iter().map(|stake| tokens(*stake)).collect();
    let mut genesis = network(&stakes, 3, stakes.len(), tokens(50_000));
    genesis.params.staking.max_validators = 20;
    genesis.params.emission = EmissionParams::devnet();
    genesis
}

fn start(genesis: Genesis) -> Chain {
    let mut chain = Chain::new(genesis.normalized().unwrap());
    chain.advance_without(&[], &[]);
    chain
}

fn balance(chain: &Chain, module: &str) -> Amount {
    chain.account(Address::of_module(module)).balance
}

fn emitted(events: &[Event]) -> (Amount, Amount, Amount) {
    let found = events.iter().find_map(|event| match event {
        Event::Emitted { validators, miners, unearned, .. } => {
            Some((*validators, *miners, *unearned))
        }
        _ => None,
    });
    found.expect("every epoch emits")
}

/// Reward and commission of a validator.
fn earned(events: &[Event], number: usize) -> Option<(Amount, Amount)> {
    events.iter().find_map(|event| match event {
        Event::Rewarded { validator, reward, commission, .. }
            if *validator == validator_key(number) =>
        {
            Some((*reward, *commission))
        }
        _ => None,
    })
}

fn sum(amounts: impl IntoIterator<Item = Amount>) -> Amount {
    amounts.into_iter().fold(Amount::ZERO, |sum, amount| sum.checked_add(amount).unwrap())
}

#[test]
fn an_epoch_of_ten_blocks_pays_seventy_to_validators_by_stake_and_thirty_to_miners() {
    let mut chain = start(plan(&[1_000, 2_000, 4_000]));
    // Block 0 is genesis: the first epoch has nine blocks.
    assert_eq!(emitted(&chain.end_epoch(&[])).0, tokens(63));
    let before = chain.account(address(operator(2))).balance;
    let stake = chain.validator(validator_key(2)).tokens;
    let all = sum((0..3).map(|number| chain.validator(validator_key(number)).tokens));
    let events = chain.end_epoch(&[]);
    let (validators, miners, unearned) = emitted(&events);
    assert_eq!((validators, miners), (tokens(70), tokens(30)));
    let (reward, commission) = earned(&events, 2).unwrap();
    assert_eq!(reward, tokens(70).mul_div(stake.units(), all.units()).unwrap());
    assert_eq!(commission, reward.share(ppm(100_000)));
    let paid = chain.account(address(operator(2))).balance.checked_sub(before).unwrap();
    assert_eq!(paid, commission);
    let shared = reward.checked_sub(commission).unwrap();
    assert_eq!(chain.validator(validator_key(2)).tokens, stake.checked_add(shared).unwrap());
    // Rounding leaves less than a unit a member.
    assert!(unearned < Amount::new(3));
    assert_eq!(balance(&chain, "stakers"), Amount::ZERO);
    assert_eq!(balance(&chain, "miners"), tokens(27 + 30));
    assert_eq!(chain.supply().minted, tokens(90 + 100));
}

#[test]
fn what_a_cap_cuts_is_minted_and_burned_at_once() {
    let mut plan = plan(&[1_000]);
    plan.params.emission.validator_cap = tokens(2);
    plan.params.emission.miner_cap = tokens(1);
    plan.params.emission.miner_pool_cap = tokens(15);
    let mut chain = start(plan);
    chain.end_epoch(&[]);
    let burned = chain.supply().burned;
    let (validators, miners, unearned) = emitted(&chain.end_epoch(&[]));
    assert_eq!((validators, miners, unearned), (tokens(20), tokens(10), tokens(70)));
    // Nine tokens of the first epoch and ten of this one: four are above what the pool carries.
    assert_eq!(balance(&chain, "miners"), tokens(15));
    let more = chain.supply().burned.checked_sub(burned).unwrap();
    assert_eq!(more, tokens(74));
    let record = query::decode_emission(&chain.state[&query::emission_key()]).unwrap();
    assert_eq!(record.validators, tokens(18 + 20));
    assert_eq!((record.miners, record.unearned), (tokens(9 + 10), tokens(63 + 70)));
}

#[test]
fn a_target_is_released_from_the_reserve_and_what_nobody_earns_goes_back() {
    let mut plan = plan(&[8_760, 8_760]);
    let (start_rate, step, floor) = (ppm(100_000), ppm(10_000), ppm(50_000));
    plan.params.emission.schedule = Schedule::TargetApr { start: start_rate, step, floor };
    plan.reserve = tokens(1_000);
    let mut chain = Chain::new(plan.normalized().unwrap());
    chain.interval = 360_000;
    chain.advance_without(&[], &[]);
    chain.end_epoch(&[]);
    let (reserve, supply) = (balance(&chain, "reserve"), chain.supply());
    let stake = sum((0..2).map(|number| chain.validator(validator_key(number)).tokens));
    let events = chain.end_epoch(&[]);
    // An hour of 10 % a year on that stake.
    let hour = economics::target_emission(stake, start_rate, 3_600_000).unwrap();
    assert!(hour >= Amount::parse_tokens("0.2").unwrap());
    let (validators, miners, unearned) = emitted(&events);
    assert_eq!(validators, hour.share(ppm(700_000)));
    assert_eq!(sum([validators, miners]), hour);
    let kept = sum([hour]).checked_sub(unearned).unwrap();
    assert_eq!(balance(&chain, "reserve"), reserve.checked_sub(kept).unwrap());
    assert_eq!(chain.supply(), supply);
    // One of two misses every turn: its half stays in the reserve.
    let events = chain.end_epoch(&[1]);
    let (validators, _, unearned) = emitted(&events);
    assert!(earned(&events, 1).is_none());
    assert!(unearned.units().abs_diff(validators.units() / 2) < validators.units() / 1_000);
    assert_eq!(chain.supply(), supply);
}

#[test]
fn a_reserve_that_is_used_up_releases_nothing() {
    let mut plan = plan(&[1_000]);
    plan.reserve = Amount::new(10);
    let rate = ppm(120_000);
    plan.params.emission.schedule = Schedule::TargetApr { start: rate, step: rate, floor: rate };
    let mut chain = start(plan);
    let events = chain.end_epoch(&[]);
    assert_eq!(emitted(&events), (Amount::new(7), Amount::new(3), Amount::ZERO));
    assert_eq!(balance(&chain, "reserve"), Amount::ZERO);
    for _ in 0..3 {
        let events = chain.end_epoch(&[]);
        assert_eq!(emitted(&events), (Amount::ZERO, Amount::ZERO, Amount::ZERO));
        assert_eq!(events.len(), 1);
    }
}

#[test]
fn missed_turns_cost_their_part_and_nobody_else_gets_it() {
    let mut chain = start(plan(&[1_000, 1_000]));
    chain.end_epoch(&[]);
    let burned = chain.supply().burned;
    let events = chain.end_epoch(&[1]);
    let stake = chain.performance(validator_key(0));
    assert_eq!((stake.made, stake.missed), (10, 0));
    assert_eq!(earned(&events, 0).unwrap().0, tokens(35));
    assert_eq!(earned(&events, 1), None);
    assert_eq!(emitted(&events).2, tokens(35));
    assert_eq!(chain.supply().burned, burned.checked_add(tokens(35)).unwrap());
}

#[test]
fn stake_that_comes_in_an_epoch_earns_from_the_next_one_on() {
    let mut chain = start(plan(&[1_000, 1_000]));
    chain.end_epoch(&[]);
    while chain.height % 10 != 8 {
        chain.advance_without(&[], &[]);
    }
    // In the last block before the turn.
    let validator = validator_key(0);
    let before = chain.validator(validator).tokens;
    let other = chain.validator(validator_key(1)).tokens;
    let payload = Payload::Delegate(Delegate { validator, amount: tokens(20_000) });
    let outcome = chain.advance_without(&[], &[(0, payload)]);
    assert!(outcome.receipts[0].code.is_ok());
    let events = own_events(&outcome);
    assert_eq!(before, other);
    let fees = chain.performance(validator).fees;
    let rewards = [0, 1].map(|number| earned(&events, number).unwrap().0);
    let paid_fees = [fees, chain.performance(validator_key(1)).fees];
    let without = |at: usize| rewards[at].checked_sub(paid_fees[at]).unwrap();
    assert_eq!(without(0), without(1));
    // What it owns has not grown by a unit: it joined after the reward.
    let delegation = &chain.state[&query::delegation_key(address(0), validator)];
    let delegation = query::decode_delegation(delegation).unwrap();
    assert_eq!(delegation.pending.unwrap().amount, tokens(20_000));
    let conversion = query::conversion_key(validator, althing_types::Epoch::new(1));
    let conversion = query::decode_conversion(&chain.state[&conversion]).unwrap();
    let record = chain.validator(validator);
    let worth = conversion.shares.worth(record.tokens, record.shares).unwrap();
    assert!(worth <= tokens(20_000) && tokens(20_000).units() - worth.units() <= 2);
}

#[test]
fn fees_reach_the_proposer_and_those_who_stake_when_the_epoch_ends() {
    let mut plan = plan(&[1_000, 3_000]);
    plan.params.emission = EmissionParams::none();
    let mut chain = start(plan);
    chain.end_epoch(&[]);
    let payload = Payload::Transfer(Transfer { to: address(1), amount: tokens(1) });
    let fee = chain.send(0, payload).fee;
    let split = chain.ledger.genesis().params.fee_split;
    let proposers: Vec<usize> =
        (0..2).filter(|number| !chain.performance(validator_key(*number)).fees.is_zero()).collect();
    assert_eq!(proposers.len(), 1);
    let proposer = proposers[0];
    assert_eq!(chain.performance(validator_key(proposer)).fees, fee.share(split.proposer));
    let stakes = [0, 1].map(|number| chain.validator(validator_key(number)).tokens);
    let events = chain.end_epoch(&[]);
    let pot = fee.share(split.stakers);
    for number in 0..2 {
        let part = pot.mul_div(stakes[number].units(), sum(stakes).units()).unwrap();
        let own = if number == proposer { fee.share(split.proposer) } else { Amount::ZERO };
        assert_eq!(earned(&events, number).unwrap().0, sum([part, own]));
    }
    assert_eq!(balance(&chain, "stakers"), Amount::ZERO);
    assert_eq!(chain.supply().minted, Amount::ZERO);
}

#[test]
fn stake_above_the_power_cap_earns_nothing_more() {
    let mut plan = plan(&[1_000, 1_000, 1_000, 1_000, 1_000, 40_000]);
    plan.params.staking.power_cap = ppm(250_000);
    plan.params.staking.power_cap_from = 5;
    let mut chain = start(plan);
    chain.end_epoch(&[]);
    let stakes = [0, 1, 2, 3, 4, 5].map(|number| chain.validator(validator_key(number)).tokens);
    let whole = sum(stakes).units();
    let events = chain.end_epoch(&[]);
    // A quarter of the pot, though it holds eight ninths of what is staked. What that leaves is
    // nobody's gain.
    let quarter = Amount::new(whole / 4);
    for (number, stake) in stakes.into_iter().enumerate() {
        let part = tokens(70).mul_div(stake.min(quarter).units(), whole).unwrap();
        assert_eq!(earned(&events, number).unwrap().0, part);
    }
    assert!(emitted(&events).2 > tokens(40));
}
