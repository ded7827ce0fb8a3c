//! What the index says about stake, against a small model of the ledger that keeps every share.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use althing_index::{Index, IndexedBlock, KEPT_HEARTBEATS};
use althing_types::{
    Address, Amount, ChainParams, Due, Epoch, Event, Genesis, GenesisValidator, Height, Ppm,
    Receipt, Shares, Timestamp, ValidatorEntry, ValidatorKey, ValidatorSet, Version, View,
    event::SlashReason, message::Health,
};
use common::{account, block};
use std::{collections::BTreeMap, sync::Arc};

const EPOCH: u64 = 10;

/// Key number `index`: a point of the curve, because sets refuse others.
fn key(index: u64) -> ValidatorKey {
    use althing_types::{KeyScheme, SecretKey};
    let mut seed = [7; 32];
    seed[0] = index as u8;
    let public = SecretKey::from_seed(KeyScheme::Ed25519, seed).unwrap().public_key();
    ValidatorKey::new(public.bytes().as_ref().try_into().unwrap())
}

fn members(count: u64) -> ValidatorSet {
    let entry = |index| ValidatorEntry {
        key: key(index),
        endpoint: "127.0.0.1:1".to_owned(),
        stake: Amount::new(1),
    };
    ValidatorSet::new((0..count).map(entry).collect()).unwrap()
}

fn genesis(count: u64) -> Genesis {
    let validator = |index| GenesisValidator {
        name: format!("validator-{index}").parse().unwrap(),
        website: Default::default(),
        description: Default::default(),
        key: key(index),
        endpoint: "127.0.0.1:1".to_owned(),
        account: account(100 + index),
        stake: Amount::new(1_000_000_000_000),
        commission: Ppm::ZERO,
    };
    let mut params = ChainParams::devnet();
    params.epoch_length = EPOCH;
    params.staking.min_validator_stake = Amount::new(1);
    Genesis {
        chain_id: "test-1".parse().unwrap(),
        genesis_time: Timestamp::new(1),
        address_prefix: "cpc".to_owned(),
        symbol: "CPC".to_owned(),
        params,
        validators: (0..count).map(validator).collect(),
        allocations: vec![],
        reserve: Amount::ZERO,
        network: None,
        safety: None,
        load_accounts: None,
    }
}

/// A block that does `events` by itself.
fn own(height: u64, (view, parent_view): (u64, u64), events: Vec<Event>) -> IndexedBlock {
    let mut entry = block(height, vec![]);
    let mut inner = entry.block.as_ref().clone();
    inner.header.epoch = Height::new(height).epoch(EPOCH);
    inner.header.view = View::new(view);
    inner.header.parent_view = View::new(parent_view);
    let set = members(4);
    inner.header.leader = set.leader(inner.header.epoch, inner.header.view).key;
    inner.header.next_validators = Height::new(height).is_epoch_end(EPOCH).then_some(set);
    entry.hash = inner.header.hash();
    entry.block = Arc::new(inner);
    if !events.is_empty() {
        entry.receipts = Arc::new(vec![Receipt::of_block(events)]);
    }
    entry
}

#[derive(Default)]
struct Share {
    shares: u128,
    pending: u128,
}

/// One validator as the ledger keeps it.
struct Model {
    tokens: u128,
    shares: u128,
    pending: u128,
    nominal: u128,
    owners: BTreeMap<Address, Share>,
    /// Rewards by epoch and owner.
    rewards: BTreeMap<(Epoch, Address), u128>,
    seed: u64,
}

impl Model {
    fn new(owner: Address, stake: u128) -> Self {
        let owners = BTreeMap::from([(owner, Share { shares: stake, pending: 0 })]);
        let (tokens, shares) = (stake, stake);
        Self { tokens, shares, pending: 0, nominal: 0, owners, rewards: BTreeMap::new(), seed: 1 }
    }

    fn random(&mut self, below: u64) -> u64 {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.seed >> 33) % below
    }

    fn worth(&self, shares: u128) -> u128 {
        Shares::new(shares)
            .worth(Amount::new(self.tokens), Shares::new(self.shares))
            .unwrap()
            .units()
    }

    fn delegate(&mut self, who: Address, amount: u128) -> Event {
        let nominal = match self.pending == self.nominal {
            true => amount,
            false => Amount::new(amount).mul_div(self.nominal, self.pending).unwrap().units(),
        };
        self.pending += amount;
        self.nominal += nominal;
        self.owners.entry(who).or_default().pending += nominal;
        Event::Delegated { validator: key(0), delegator: who, amount: Amount::new(amount) }
    }

    fn undelegate(&mut self, who: Address, all: bool, entry: u64) -> Option<Event> {
        let mine = self.owners.get(&who).map_or(0, |share| share.shares);
        let worth = self.worth(mine);
        let amount = if all { worth } else { worth / 3 };
        if amount == 0 {
            return None;
        }
        let (tokens, shares) = (Amount::new(self.tokens), Shares::new(self.shares));
        let need = match all {
            true => mine,
            false => Shares::for_amount(Amount::new(amount), tokens, shares).unwrap().count(),
        };
        self.tokens -= amount;
        self.shares -= need;
        self.owners.get_mut(&who).unwrap().shares -= need;
        Some(Event::Undelegated {
            validator: key(0),
            delegator: who,
            amount: Amount::new(amount),
            penalty: Amount::ZERO,
            entry,
            due: Due { height: Height::new(50), time: Timestamp::new(3) },
        })
    }

    fn slash(&mut self, fraction: u32) -> Event {
        let fraction = Ppm::new(fraction).unwrap();
        let cut = |units| Amount::new(units).mul_div_up(fraction.get().into(), 1_000_000).unwrap();
        let (tokens, pending) = (cut(self.tokens).units(), cut(self.pending).units());
        self.tokens -= tokens;
        self.pending -= pending;
        Event::Slashed {
            validator: key(0),
            reason: SlashReason::Downtime,
            fraction,
            amount: Amount::new(tokens + pending),
        }
    }

    /// Pays, and lets what was delegated count.
    fn turn(&mut self, epoch: Epoch, reward: u128, commission: u128) -> Option<Event> {
        let before: BTreeMap<Address, u128> =
            self.owners.iter().map(|(who, share)| (*who, self.worth(share.shares))).collect();
        self.tokens += reward - commission;
        for (who, worth) in before {
            let gain = self.worth(self.owners[&who].shares) - worth;
            if gain > 0 {
                self.rewards.insert((epoch, who), gain);
            }
        }
        let event = Event::Rewarded {
            validator: key(0),
            epoch,
            reward: Amount::new(reward),
            commission: Amount::new(commission),
            tokens: Amount::new(self.tokens),
            shares: Shares::new(self.shares),
        };
        let minted = Shares::new(self.pending).mul_div(self.shares, self.tokens).unwrap().count();
        for share in self.owners.values_mut() {
            let mine = std::mem::take(&mut share.pending);
            if mine > 0 {
                share.shares += Shares::new(mine).mul_div(minted, self.nominal).unwrap().count();
            }
        }
        self.shares += minted;
        self.tokens += self.pending;
        (self.pending, self.nominal) = (0, 0);
        (reward > 0).then_some(event)
    }
}

/// Sixty epochs of one validator with five delegators who come and go, with the model behind them.
fn history() -> (Vec<IndexedBlock>, Model) {
    let mut model = Model::new(account(100), 1_000_000_000_000);
    let mut blocks = Vec::new();
    let mut entry = 0;
    for height in 1..60 * EPOCH {
        let mut events = Vec::new();
        // Transactions have receipts of their own, so they come before what ends an epoch.
        let ends = Height::new(height).is_epoch_end(EPOCH);
        if !ends && model.random(3) == 0 {
            let (who, amount) = (account(model.random(5)), model.random(1 << 40).into());
            events.push(model.delegate(who, amount));
        }
        if !ends && model.random(7) == 0 {
            let (who, all) = (account(model.random(5)), model.random(2) == 0);
            let left = model.undelegate(who, all, entry);
            entry += u64::from(left.is_some());
            events.extend(left);
        }
        if model.random(37) == 0 {
            events.push(model.slash(50_000));
        }
        if ends {
            let epoch = Height::new(height).epoch(EPOCH);
            let reward = if model.random(4) == 0 { 0 } else { model.random(1 << 36).into() };
            events.extend(model.turn(epoch, reward, reward / 20));
        }
        let view = height % EPOCH + 1;
        blocks.push(own(height, (view, view - 1), events));
    }
    (blocks, model)
}

fn applied(blocks: &[IndexedBlock], batch: usize) -> Index {
    let index = Index::in_memory().unwrap();
    index.begin(&genesis(4)).unwrap();
    for batch in blocks.chunks(batch) {
        index.apply(batch).unwrap();
    }
    index
}

/// Everything that the index says about stake.
fn answers(index: &Index) -> String {
    let mut text = String::new();
    for number in 0..4 {
        text += &format!(
            "{:?}\n{:?}\n{:?}\n{:?}\n",
            index.validator_epochs(key(number), None, 1_000).unwrap(),
            index.validator_standings(key(number), Epoch::ZERO, Epoch::new(999), 1_000).unwrap(),
            index.delegators(key(number), None, 1_000).unwrap(),
            index.heartbeats(key(number), 1_000).unwrap(),
        );
    }
    for number in [0, 1, 2, 3, 4, 100, 101] {
        text += &format!(
            "{:?}\n{:?}\n",
            index.rewards(account(number), None, 1_000).unwrap(),
            index.unbondings(account(number), None, 1_000).unwrap(),
        );
    }
    text
}

#[test]
fn rewards_by_epoch_are_those_of_a_ledger_that_keeps_every_share() {
    let (blocks, model) = history();
    let index = applied(&blocks, 1);
    let mut seen = 0;
    for who in (0..5).map(account).chain([account(100)]) {
        let rewards = index.rewards(who, None, 10_000).unwrap();
        let found: BTreeMap<Epoch, u128> =
            rewards.iter().map(|reward| (reward.epoch, reward.reward.units())).collect();
        let due = model.rewards.iter().filter(|((_, owner), _)| *owner == who);
        for ((epoch, _), gain) in due {
            let said = found.get(epoch).copied().unwrap_or(0);
            // Of about 10^10 base units.
            assert!(said.abs_diff(*gain) <= 8, "{who} {epoch}: {said} is not {gain}");
            seen += 1;
        }
    }
    assert!(seen > 150, "{seen}");
}

#[test]
fn only_the_operator_is_told_of_commission() {
    let (blocks, _) = history();
    let index = applied(&blocks, 50);
    let all = |who| index.rewards(who, None, 1_000).unwrap();
    assert!(all(account(100)).iter().any(|reward| !reward.commission.is_zero()));
    assert!(all(account(1)).iter().all(|reward| reward.commission.is_zero()));
    assert_eq!(index.operator(key(0)).unwrap(), Some(account(100)));
}

#[test]
fn reward_history_is_paged_by_epoch_without_repetition() {
    let (blocks, _) = history();
    let index = applied(&blocks, 50);
    let all = index.rewards(account(100), None, 1_000).unwrap();
    let (mut pages, mut before) = (Vec::new(), None);
    loop {
        let page = index.rewards(account(100), before, 7).unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.epoch);
        pages.extend(page);
    }
    assert!(all.len() > 30);
    assert_eq!(pages, all);
}

#[test]
fn an_index_of_stake_built_live_equals_one_that_was_rebuilt() {
    let (blocks, _) = history();
    let live = applied(&blocks, 1);
    // Applied twice in part, and told the genesis again, as after a restart.
    live.begin(&genesis(4)).unwrap();
    live.apply(&blocks[500..]).unwrap();
    assert_eq!(answers(&live), answers(&applied(&blocks, 37)));
}

#[test]
fn skipped_views_are_charged_to_their_leaders() {
    let index = Index::in_memory().unwrap();
    index.begin(&genesis(4)).unwrap();
    let set = members(4);
    // Views 2, 3 and 4 pass without a block, then 6.
    index.apply(&[own(1, (1, 0), vec![]), own(2, (5, 1), vec![]), own(3, (7, 5), vec![])]).unwrap();
    let mut turns: BTreeMap<ValidatorKey, (u64, u64)> = BTreeMap::new();
    for view in [1, 5, 7] {
        turns.entry(set.leader(Epoch::ZERO, View::new(view)).key).or_default().0 += 1;
    }
    for view in [2, 3, 4, 6] {
        turns.entry(set.leader(Epoch::ZERO, View::new(view)).key).or_default().1 += 1;
    }
    for (validator, turns) in turns {
        let epochs = index.validator_epochs(validator, None, 9).unwrap();
        assert_eq!(epochs.iter().map(|row| (row.made, row.missed)).collect::<Vec<_>>(), [turns]);
    }
}

#[test]
fn unbonding_entries_say_when_they_are_due_and_what_was_paid() {
    let due = Due { height: Height::new(9), time: Timestamp::new(5) };
    let (validator, delegator) = (key(1), account(1));
    let (amount, penalty) = (Amount::new(90), Amount::new(10));
    let began = Event::Undelegated { validator, delegator, amount, penalty, entry: 4, due };
    let (paid, slashed) = (Amount::new(85), Amount::new(5));
    let end = Event::UnbondingPaid { validator, delegator, entry: 4, amount: paid, slashed };
    let index = applied(&[own(1, (1, 0), vec![began])], 1);
    let waiting = index.unbondings(delegator, None, 9).unwrap();
    assert_eq!((waiting[0].due, waiting[0].paid), (due, None));
    index.apply(&[own(2, (2, 1), vec![end])]).unwrap();
    let row = index.unbondings(delegator, None, 9).unwrap()[0];
    assert_eq!((row.entry, row.amount, row.penalty), (4, amount, penalty));
    assert_eq!(row.paid, Some((Height::new(2), paid, slashed)));
    assert!(index.unbondings(delegator, Some(4), 9).unwrap().is_empty());
}

#[test]
fn what_an_operator_moves_out_of_jail_leaves_with_its_penalty() {
    let operator = account(100);
    let (amount, penalty) = (Amount::new(180_000_000_000), Amount::new(20_000_000_000));
    let moved =
        Event::Redelegated { from: key(0), to: key(1), delegator: operator, amount, penalty };
    // A fifth of the stake of genesis has left, and what is left earns a tenth.
    let (reward, tokens) = (Amount::new(80_000_000_000), Amount::new(880_000_000_000));
    let paid = Event::Rewarded {
        validator: key(0),
        epoch: Epoch::ZERO,
        reward,
        commission: Amount::ZERO,
        tokens,
        shares: Shares::new(800_000_000_000),
    };
    let index = applied(&[own(1, (1, 0), vec![moved]), own(2, (2, 1), vec![paid])], 1);
    let rewards = index.rewards(operator, None, 9).unwrap();
    let earned: Vec<_> = rewards.iter().map(|row| (row.validator, row.stake, row.reward)).collect();
    assert_eq!(earned, [(key(0), Amount::new(800_000_000_000), reward)]);
}

#[test]
fn slashes_and_jails_are_told_with_their_reasons_and_former_validators_are_found() {
    let (validator, fraction) = (key(2), Ppm::new(50_000).unwrap());
    let until = Due { height: Height::new(99), time: Timestamp::ZERO };
    let reason = SlashReason::Equivocation;
    let events = vec![
        Event::Jailed { validator, count: 1, until },
        Event::Slashed { validator, reason, fraction, amount: Amount::new(7) },
        Event::Ejected { validator },
    ];
    let index = applied(&[own(1, (1, 0), events)], 1);
    let told = index.validator_standings(validator, Epoch::ZERO, Epoch::ZERO, 9).unwrap();
    let kinds: Vec<&str> = told.iter().map(|standing| standing.kind.as_str()).collect();
    assert_eq!(kinds, ["jailed", "slashed", "ejected"]);
    let slash = &told[1];
    assert_eq!(slash.reason.as_deref(), Some("equivocation"));
    assert_eq!((slash.ppm, slash.amount), (Some(fraction), Some(Amount::new(7))));
    assert_eq!(index.former(9).unwrap(), [validator]);
}

#[test]
fn the_last_heartbeats_of_a_node_are_kept() {
    let beat = |height: u64| {
        let protocol = Version::new(1, 2, 3);
        let height_of = Height::new(height);
        let health = Health { height: height_of, spec: height, protocol, ..Health::default() };
        own(height, (1, 0), vec![Event::Heartbeat { validator: key(3), health }])
    };
    let blocks: Vec<_> = (1..=KEPT_HEARTBEATS as u64 + 20).map(beat).collect();
    let index = applied(&blocks, 16);
    let beats = index.heartbeats(key(3), usize::MAX).unwrap();
    assert_eq!(beats.len(), KEPT_HEARTBEATS);
    let last = KEPT_HEARTBEATS as u64 + 20;
    assert_eq!((beats[0].health.height, beats[0].health.spec), (Height::new(last), last));
    assert_eq!(beats[0].health.protocol, Version::new(1, 2, 3));
    assert!(beats.windows(2).all(|pair| pair[0].height > pair[1].height));
}

#[test]
fn delegators_of_a_validator_are_paged_in_order() {
    let (blocks, _) = history();
    let index = applied(&blocks, 50);
    let all = index.delegators(key(0), None, 99).unwrap();
    assert_eq!(all.len(), 6);
    let first = index.delegators(key(0), None, 4).unwrap();
    let rest = index.delegators(key(0), Some(first[3].delegator), 4).unwrap();
    assert_eq!([first, rest].concat(), all);
}
