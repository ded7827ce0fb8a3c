//! Turns that were made and missed, jail and the way out of it, evidence.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use althing_ledger::{codes, query};
use althing_types::{
    Address, Amount, Code, Due, Epoch, Event, Genesis, Height, Payload, Period, Ppm, Timestamp,
    View,
    event::SlashReason,
    message::{Delegate, Stake, SubmitEvidence, Undelegate, Unjail, Unstake},
};
use common::{Chain, address, network::*, tokens};

fn ppm(parts: u32) -> Ppm {
    Ppm::new(parts).unwrap()
}

/// `count` validators with 10,000 tokens each, and three users.
fn plan(count: usize) -> Genesis {
    let mut genesis = network(&vec![tokens(10_000); count], 3, count + 2, tokens(50_000));
    genesis.params.staking.max_validators = 20;
    genesis.params.staking.max_unbonding_per_epoch = Ppm::ONE;
    genesis.params.staking.unbonding = Period::blocks(60);
    genesis.params.slashing.max_consecutive_misses = 5;
    genesis.params.slashing.jail = Period::blocks(30);
    genesis
}

fn start(genesis: Genesis) -> Chain {
    let mut chain = Chain::new(genesis.normalized().unwrap());
    chain.advance_without(&[], &[]);
    chain
}

/// Advances while these are down until somebody is jailed; what that block did by itself.
fn until_jailed(chain: &mut Chain, down: &[usize]) -> Vec<Event> {
    for _ in 0..100 {
        let events = own_events(&chain.advance_without(down, &[]));
        if events.iter().any(|event| matches!(event, Event::Jailed { .. })) {
            return events;
        }
    }
    panic!("nobody was jailed");
}

fn tokens_of(chain: &Chain, number: usize) -> Amount {
    chain.validator(validator_key(number)).tokens
}

#[test]
fn a_view_that_passes_without_a_block_is_a_missed_turn_of_its_leader() {
    let mut chain = start(plan(4));
    let before: Vec<_> = (0..4).map(|number| chain.performance(validator_key(number))).collect();
    chain.skip = 6;
    let context = chain.next();
    let set = chain.set(context.epoch);
    chain.advance(&[]);
    for (number, before) in before.iter().enumerate() {
        let key = validator_key(number);
        let record = chain.performance(key);
        let led = |view: &u64| set.leader(context.epoch, View::new(*view)).key == key;
        let missed = (context.parent_view.get() + 1..context.view.get()).filter(led).count();
        assert_eq!((record.missed - before.missed) as usize, missed);
        assert_eq!(u64::from(record.missed), record.missed_total);
        if context.proposer == key {
            assert_eq!((record.made - before.made, record.streak), (1, 0));
        } else {
            // Six views led by all four: the network's fault.
            assert_eq!((record.streak, record.streak_since), (1, Height::new(2)));
        }
        assert_eq!((record.excused - before.excused) as usize, missed);
    }
}

#[test]
fn at_most_a_thousand_skipped_views_count() {
    let mut chain = start(plan(4));
    chain.skip = 5_000;
    chain.advance(&[]);
    let missed = (0..4).map(|number| chain.performance(validator_key(number)).missed);
    assert_eq!(missed.sum::<u32>(), 1_000);
}

#[test]
fn turns_count_from_nothing_in_each_epoch_and_the_streak_goes_on() {
    let mut chain = start(plan(4));
    chain.end_epoch(&[1]);
    let before = chain.performance(validator_key(1));
    assert!(before.missed > 0 && before.streak == before.missed);
    while chain.performance(validator_key(1)).epoch == before.epoch {
        chain.advance_without(&[1], &[]);
    }
    let record = chain.performance(validator_key(1));
    assert_eq!((record.missed, record.streak), (1, before.streak + 1));
    assert_eq!(record.missed_total, u64::from(before.missed) + 1);
    let score = record.window[0];
    assert_eq!((score.epoch, score.made, score.missed), (before.epoch, 0, before.missed));
}

#[test]
fn too_many_misses_in_a_row_jail_and_slash_what_is_staked_and_pending() {
    let mut chain = start(plan(4));
    let validator = validator_key(1);
    let delegate = Payload::Delegate(Delegate { validator, amount: tokens(1_000) });
    while chain.performance(validator).streak < 4 {
        chain.advance_without(&[1], &[]);
    }
    let since = chain.performance(validator).streak_since;
    let mut outcome = chain.advance_without(&[1], &[(0, delegate)]);
    assert!(outcome.receipts[0].code.is_ok());
    while !own_events(&outcome).iter().any(|event| matches!(event, Event::Jailed { .. })) {
        assert!(outcome.next_validators.is_none(), "the misses are all in one epoch");
        outcome = chain.advance_without(&[1], &[]);
    }
    let height = Height::new(chain.height + 30);
    let until = Due { height, time: Timestamp::new(chain.time) };
    let (reason, fraction) = (SlashReason::Downtime, ppm(50_000));
    let amount = tokens(550);
    assert_eq!(
        own_events(&outcome),
        [
            Event::Jailed { validator, count: 1, until },
            Event::Slashed { validator, reason, fraction, amount },
        ]
    );
    let record = chain.validator(validator);
    assert_eq!((record.tokens, record.pending), (tokens(9_500), tokens(950)));
    let slashes = &chain.state[&query::slashes_key(validator)];
    let slashes = query::decode_slashes(slashes).unwrap().0;
    assert_eq!((slashes.len(), slashes[0].since), (1, since));
    assert_eq!(chain.performance(validator).streak, 0);

    // It stays in the running set, earns nothing, and is in no set that begins after that.
    let events = chain.end_epoch(&[1]);
    let earned =
        |event: &Event| matches!(event, Event::Rewarded { validator: by, .. } if *by == validator);
    assert!(!events.iter().any(earned));
    let epoch = Height::new(chain.height + 1).epoch(10);
    for epoch in [Some(epoch), epoch.next()] {
        assert!(chain.set(epoch.unwrap()).position(&validator).is_none());
    }
}

#[test]
fn misses_of_more_members_than_consensus_tolerates_punish_nobody() {
    let mut chain = start(plan(4));
    // Two of four miss every turn: the network is to blame, as long as both do, and their misses do
    // not add up.
    for _ in 0..40 {
        let events = own_events(&chain.advance_without(&[1, 2], &[]));
        assert!(!events.iter().any(|event| matches!(event, Event::Jailed { .. })));
    }
    let record = chain.performance(validator_key(1));
    assert!(record.streak <= 1 && record.missed_total > 10);
    // Once one is back, the misses of the other one count.
    let events = until_jailed(&mut chain, &[1]);
    let jailed = |event: &&Event| matches!(event, Event::Jailed { .. });
    let jailed: Vec<_> = events.iter().filter(jailed).map(|event| event.validator()).collect();
    assert_eq!(jailed, [Some(validator_key(1))]);
    assert!(tokens_of(&chain, 2) >= tokens(10_000));
}

#[test]
fn the_third_jail_takes_everything_and_is_for_ever() {
    let mut chain = start(plan(4));
    let expected = [tokens(9_500), tokens(8_550), Amount::ZERO];
    for (jail, left) in expected.into_iter().enumerate() {
        let events = until_jailed(&mut chain, &[1]);
        let ejected = events.iter().any(|event| matches!(event, Event::Ejected { .. }));
        assert_eq!((tokens_of(&chain, 1), ejected), (left, jail == 2));
        let code = chain.send(operator(1), Payload::Unjail(Unjail {})).code;
        assert_eq!(code, if jail == 2 { codes::VALIDATOR_EJECTED } else { Code::OK });
        // Back in a set two epochs later.
        for _ in 0..3 {
            chain.end_epoch(&[]);
        }
        let epoch = Height::new(chain.height + 1).epoch(10);
        assert_eq!(chain.set(epoch).position(&validator_key(1)).is_some(), jail < 2);
    }
    let candidates = query::decode_candidates(&chain.state[&query::candidates_key()]).unwrap();
    assert_eq!(candidates.0.len(), 3);
    let delegate = Delegate { validator: validator_key(1), amount: tokens(500) };
    let code = chain.send(0, Payload::Delegate(delegate)).code;
    assert_eq!(code, codes::VALIDATOR_EJECTED);
}

#[test]
fn the_jail_that_ejects_is_the_one_of_the_parameter() {
    for ejecting in [1, 2] {
        let mut plan = plan(4);
        plan.params.slashing.ejecting_jail = ejecting;
        let mut chain = start(plan);
        for jail in 1..=ejecting {
            let events = until_jailed(&mut chain, &[1]);
            let ejected = events.iter().any(|event| matches!(event, Event::Ejected { .. }));
            assert_eq!(ejected, jail == ejecting);
            let code = chain.send(operator(1), Payload::Unjail(Unjail {})).code;
            assert_eq!(code, if ejected { codes::VALIDATOR_EJECTED } else { Code::OK });
            for _ in 0..3 {
                chain.end_epoch(&[]);
            }
        }
        assert!(!tokens_of(&chain, 1).is_zero());
    }
}

#[test]
fn a_validator_may_be_jailed_as_often_as_the_greatest_parameter_allows() {
    let mut plan = plan(4);
    plan.params.slashing.ejecting_jail = 8;
    plan.params.slashing.third_jail = Ppm::new(10_000).unwrap();
    let mut chain = start(plan);
    for jail in 1..=8 {
        let events = until_jailed(&mut chain, &[1]);
        let ejected = events.iter().any(|event| matches!(event, Event::Ejected { .. }));
        assert_eq!(ejected, jail == 8);
        chain.send(operator(1), Payload::Unjail(Unjail {}));
        for _ in 0..3 {
            chain.end_epoch(&[]);
        }
    }
}

#[test]
fn jail_ends_early_for_a_fee_and_later_for_nothing() {
    let mut chain = start(plan(4));
    let unjail = |chain: &mut Chain, user| chain.send(user, Payload::Unjail(Unjail {}));
    assert_eq!(unjail(&mut chain, 0).code, codes::NOT_OPERATOR);
    assert_eq!(unjail(&mut chain, operator(1)).code, codes::NOT_JAILED);
    until_jailed(&mut chain, &[1]);
    let (before, burned) = (chain.account(address(operator(1))).balance, chain.supply().burned);
    let receipt = unjail(&mut chain, operator(1));
    let fee = tokens(1_000);
    assert_eq!(receipt.events, [Event::Unjailed { validator: validator_key(1), fee }]);
    let paid = fee.checked_add(receipt.fee).unwrap();
    assert_eq!(chain.account(address(operator(1))).balance, before.checked_sub(paid).unwrap());
    assert!(chain.supply().burned >= burned.checked_add(fee).unwrap());
    assert_eq!(unjail(&mut chain, operator(1)).code, codes::NOT_JAILED);

    for _ in 0..3 {
        chain.end_epoch(&[]);
    }
    until_jailed(&mut chain, &[1]);
    for _ in 0..30 {
        chain.advance_without(&[], &[]);
    }
    let receipt = unjail(&mut chain, operator(1));
    let fee = Amount::ZERO;
    assert_eq!(receipt.events, [Event::Unjailed { validator: validator_key(1), fee }]);
}

#[test]
fn an_operator_who_cannot_pay_stays_in_jail_until_its_time_is_over() {
    let mut plan = plan(4);
    plan.params.slashing.unjail_fee = tokens(60_000);
    let mut chain = start(plan);
    until_jailed(&mut chain, &[1]);
    let code = chain.send(operator(1), Payload::Unjail(Unjail {})).code;
    assert_eq!(code, codes::INSUFFICIENT_BALANCE);
    assert!(chain.validator(validator_key(1)).jailed_until.is_some());
}

#[test]
fn a_validator_with_too_little_stake_stays_in_jail() {
    let mut plan = plan(4);
    plan.params.staking.min_validator_stake = tokens(10_000);
    let mut chain = start(plan);
    until_jailed(&mut chain, &[1]);
    let code = chain.send(operator(1), Payload::Unjail(Unjail {})).code;
    assert_eq!(code, codes::UNJAIL_STAKE);
    let stake = Stake { validator: validator_key(1), amount: tokens(500), registration: None };
    assert!(chain.send(operator(1), Payload::Stake(stake)).code.is_ok());
    assert!(chain.send(operator(1), Payload::Unjail(Unjail {})).code.is_ok());
}

/// Enforces a score of three quarters over three epochs, and nothing else.
fn scored(count: usize) -> Chain {
    let mut plan = plan(count);
    plan.params.slashing.max_consecutive_misses = 100_000;
    plan.params.slashing.min_score = ppm(750_000);
    plan.params.slashing.min_due = 6;
    start(plan)
}

#[test]
fn a_low_score_over_the_window_jails_when_the_epoch_ends() {
    let mut chain = scored(4);
    let mut epochs = 0;
    let events = loop {
        let events = chain.end_epoch(&[1]);
        epochs += 1;
        if matches!(events[0], Event::Jailed { .. }) {
            break events;
        }
    };
    // Each epoch has about three turns of one in four: six are due after two or three.
    assert!((2..=3).contains(&epochs), "{epochs}");
    assert_eq!(events[0].validator(), Some(validator_key(1)));
    let slashes = &chain.state[&query::slashes_key(validator_key(1))];
    let slash = query::decode_slashes(slashes).unwrap().0[0];
    assert_eq!(slash.since, Height::new(1));
    // What it was jailed for does not count again.
    assert!(chain.send(operator(1), Payload::Unjail(Unjail {})).code.is_ok());
    for _ in 0..4 {
        let events = chain.end_epoch(&[]);
        assert!(!events.iter().any(|event| matches!(event, Event::Jailed { .. })));
    }
}

#[test]
fn low_scores_of_more_members_than_consensus_tolerates_punish_nobody() {
    let mut chain = scored(4);
    for _ in 0..5 {
        let events = chain.end_epoch(&[1, 2]);
        assert!(!events.iter().any(|event| matches!(event, Event::Jailed { .. })));
    }
}

fn submit(chain: &mut Chain, number: usize, epoch: u64) -> althing_types::Receipt {
    let genesis = chain.ledger.genesis().hash();
    let evidence = double_vote(number, &genesis, Epoch::new(epoch), View::new(5));
    chain.send(0, Payload::SubmitEvidence(SubmitEvidence { evidence }))
}

#[test]
fn evidence_ejects_slashes_and_pays_the_reporter() {
    let mut chain = start(plan(4));
    let validator = validator_key(2);
    let before = chain.account(address(0)).balance;
    let receipt = submit(&mut chain, 2, 0);
    let (epoch, view, reporter) = (Epoch::ZERO, View::new(5), address(0));
    let (reward, amount) = (tokens(50), tokens(1_000));
    let (reason, fraction) = (SlashReason::Equivocation, ppm(100_000));
    assert_eq!(
        receipt.events,
        [
            Event::EvidenceAccepted { validator, reporter, epoch, view, reward },
            Event::Slashed { validator, reason, fraction, amount },
            Event::Ejected { validator },
        ]
    );
    let after = before.checked_add(reward).unwrap().checked_sub(receipt.fee).unwrap();
    assert_eq!(chain.account(address(0)).balance, after);
    assert!(chain.supply().burned >= tokens(950));
    assert_eq!(tokens_of(&chain, 2), tokens(9_000));
    assert_eq!(submit(&mut chain, 2, 0).code, codes::EVIDENCE_DUPLICATE);
    chain.end_epoch(&[]);
    assert!(chain.set(Epoch::new(1)).position(&validator).is_none());
}

#[test]
fn evidence_that_is_forged_foreign_or_stale_changes_nothing() {
    let mut plan = plan(4);
    plan.params.slashing.evidence_epochs = 2;
    let mut chain = start(plan);
    let genesis = chain.ledger.genesis().hash();
    let good = double_vote(1, &genesis, Epoch::ZERO, View::new(5));
    let mut other_view = good.clone();
    other_view.view = View::new(6);
    let mut other_key = good.clone();
    other_key.validator = validator_key(2);
    let other_chain =
        double_vote(1, &althing_types::hash::sha256(&[b"other"]), Epoch::ZERO, View::new(5));
    for evidence in [other_view, other_key, other_chain] {
        let payload = Payload::SubmitEvidence(SubmitEvidence { evidence });
        assert_eq!(chain.send(0, payload).code, codes::EVIDENCE_INVALID);
    }
    assert_eq!(submit(&mut chain, 9, 0).code, codes::EVIDENCE_FOREIGN);
    assert_eq!(submit(&mut chain, 1, 1).code, codes::EVIDENCE_STALE);
    for _ in 0..3 {
        chain.end_epoch(&[]);
    }
    assert_eq!(submit(&mut chain, 1, 0).code, codes::EVIDENCE_STALE);
    assert!(!chain.state.contains_key(&query::slashes_key(validator_key(1))));
    assert!(submit(&mut chain, 1, 1).code.is_ok());
}

#[test]
fn a_slash_reaches_what_left_after_the_fault_and_not_what_left_before() {
    let mut chain = start(plan(4));
    let validator = validator_key(1);
    let delegate = Payload::Delegate(Delegate { validator, amount: tokens(2_000) });
    assert!(chain.send(0, delegate.clone()).code.is_ok());
    assert!(chain.send(1, delegate).code.is_ok());
    chain.end_epoch(&[]);
    let undelegate = |amount| Payload::Undelegate(Undelegate { validator, amount: Some(amount) });
    assert!(chain.send(0, undelegate(tokens(1_000))).code.is_ok());
    chain.end_epoch(&[]);
    // The fault is of this epoch.
    assert!(chain.send(1, undelegate(tokens(1_000))).code.is_ok());
    let epoch = Height::new(chain.height).epoch(10).get();
    assert!(submit(&mut chain, 1, epoch).code.is_ok());
    let mut paid = Vec::new();
    while paid.len() < 2 {
        paid.extend(own_events(&chain.advance_without(&[], &[])).into_iter().filter_map(|event| {
            match event {
                Event::UnbondingPaid { delegator, amount, slashed, .. } => {
                    Some((delegator, amount, slashed))
                }
                _ => None,
            }
        }));
    }
    let expected: [(Address, Amount, Amount); 2] =
        [(address(0), tokens(1_000), Amount::ZERO), (address(1), tokens(900), tokens(100))];
    assert_eq!(paid, expected);
}

#[test]
fn whoever_leaves_after_a_fault_pays_for_it_all_the_same() {
    let mut plan = plan(4);
    plan.params.staking.unbonding = Period::blocks(100);
    let mut chain = start(plan);
    let leave = Payload::Unstake(Unstake { amount: None });
    assert!(chain.send(operator(1), leave).code.is_ok());
    // It is in no set any more, and nothing of it is staked; its stake unbonds.
    for _ in 0..4 {
        chain.end_epoch(&[]);
    }
    let record = chain.validator(validator_key(1));
    assert_eq!((record.tokens, record.delegations), (Amount::ZERO, 0));
    assert!(submit(&mut chain, 1, 0).code.is_ok());
    let owner = address(operator(1));
    let slashed = loop {
        let events = own_events(&chain.advance_without(&[], &[]));
        let paid = events.iter().find_map(|event| match event {
            Event::UnbondingPaid { delegator, slashed, .. } if *delegator == owner => {
                Some(*slashed)
            }
            _ => None,
        });
        if let Some(slashed) = paid {
            break slashed;
        }
    };
    assert!(slashed >= tokens(1_000));
}

#[test]
fn a_validator_without_stake_is_forgotten_once_no_evidence_can_come() {
    let mut plan = plan(4);
    plan.params.slashing.evidence_epochs = 3;
    let mut chain = start(plan);
    let leave = Payload::Unstake(Unstake { amount: None });
    assert!(chain.send(operator(1), leave).code.is_ok());
    let mut removed = None;
    for epoch in 0..9 {
        let events = chain.end_epoch(&[]);
        if events.contains(&Event::ValidatorRemoved { validator: validator_key(1) }) {
            removed = Some(epoch);
        }
    }
    // The last set with it was that of epoch 1: evidence of that is accepted in epoch 4.
    assert_eq!(removed, Some(4));
    assert!(!chain.state.contains_key(&query::validator_key(validator_key(1))));
}
