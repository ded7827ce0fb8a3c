//! Stake for the canned node: four validators, one delegator.

use crate::{chain, governed};
use althing_api::backend::{
    AuditState, BeatState, DelegationState, DelegatorState, EpochState, NodeState, PaidState,
    PerformanceState, RewardState, StakeState, StandingState, UnbondingState, ValidatorState,
    VestingState, VotesState,
};
use althing_types::{
    Address, Amount, Due, Epoch, Height, Ppm, Shares, Timestamp, ValidatorDetails, ValidatorKey,
    genesis::Vesting, message::Health,
};

fn tokens(count: u64) -> Amount {
    Amount::from_tokens(count).unwrap()
}

fn ppm(value: u32) -> Ppm {
    Ppm::new(value).unwrap()
}

fn due(height: u64) -> Due {
    Due { height: Height::new(height), time: Timestamp::new(1_700_000_100_000) }
}

/// Key of canned validator `index`; 0 is the one that proposes.
pub fn key(index: u8) -> ValidatorKey {
    match index {
        0 => chain::validator_key(),
        _ => {
            let bytes = chain::key(100 + index).public_key().bytes().to_vec();
            ValidatorKey::new(bytes.try_into().unwrap())
        }
    }
}

fn validator(index: u8, name: &str, stake: u64) -> ValidatorState {
    ValidatorState {
        key: key(index),
        operator: if index == 0 { governed::operator() } else { chain::address(200 + index) },
        details: ValidatorDetails { name: name.parse().unwrap(), ..Default::default() },
        endpoint: "127.0.0.1:9000".to_owned(),
        registered: Height::new(1),
        tokens: tokens(stake),
        shares: Shares::new(stake.into()),
        pending: Amount::ZERO,
        own_stake: tokens(stake / 2),
        delegations: u32::from(index) + 1,
        may_leave: tokens(stake / 3),
        room: Some(tokens(7)),
        commission: ppm(50_000 - 10_000 * u32::from(index)),
        announced: None,
        commission_cooldown: due(5),
        active: index == 0,
        chosen_until: Some(Epoch::new(3)),
        jailed_until: None,
        leaving: false,
        ejected: false,
        slashes: 0,
        performance: PerformanceState {
            made: 4,
            missed: 1,
            score: Some(ppm(800_000 + u32::from(index))),
            made_total: 90,
            missed_total: 10,
            ..PerformanceState::default()
        },
        votes: (index == 0).then_some(VotesState { signed: 19, certificates: 20 }),
        node: None,
    }
}

pub fn validators() -> Vec<ValidatorState> {
    let mut one = validator(0, "one", 4_000);
    one.announced = Some((ppm(90_000), due(40)));
    one.node = Some(NodeState {
        endpoint: "https://one.example".to_owned(),
        version: "0.1.0".to_owned(),
        commit: "abc".to_owned(),
        region: "eu-north".to_owned(),
        registered: Timestamp::new(1),
        last: Some(Timestamp::new(1_700_000_000_500)),
        score: ppm(990_000),
        health: Some(Health { peers: 7, ..Health::default() }),
    });
    let mut two = validator(1, "Beta", 3_000);
    two.jailed_until = Some(due(90));
    two.performance.jails = 1;
    let mut three = validator(2, "alpha", 2_000);
    three.leaving = true;
    let mut four = validator(3, "gone", 0);
    four.ejected = true;
    vec![one, two, three, four]
}

/// One that has left its delegators behind: in no list, but in the state.
pub fn departed() -> ValidatorState {
    let mut five = validator(4, "departed", 10);
    five.leaving = true;
    five
}

pub fn stake() -> StakeState {
    StakeState {
        bonded: tokens(9_000),
        delegated: tokens(4_500),
        unbonding: tokens(20),
        delegations: 9,
        treasury: tokens(3),
        stakers: tokens(2),
        miners: tokens(1),
        reserve: tokens(50),
        released: tokens(5),
    }
}

pub fn audit(broken: bool) -> AuditState {
    AuditState {
        height: Height::new(24),
        records: 40,
        accounts: 9,
        balances: Amount::new(1_023),
        supply: Amount::new(1_023),
        stake_account: tokens(9_020),
        stake_records: if broken { tokens(9_021) } else { tokens(9_020) },
        broken: None,
        took_ms: 3,
    }
}

pub fn vesting() -> VestingState {
    let at = |days: u64| Timestamp::new(days * 86_400_000);
    VestingState {
        total: Amount::new(2_000_000_000_000_000_000),
        line: Vesting { start: at(0), cliff: at(1), end: at(40_000) },
        locked: Amount::new(1_500_000_000_000_000_000),
        staked: Amount::new(500_000_000_000_000_000),
    }
}

fn delegation(index: u8, amount: u64) -> DelegationState {
    DelegationState {
        validator: key(index),
        amount: tokens(amount),
        pending: tokens(1),
        shares: Shares::new(amount.into()),
        locked: tokens(amount / 2),
        locked_until: Some(due(70)),
        created: Height::new(3),
    }
}

fn unbonding(entry: u64, paid: Option<u64>) -> UnbondingState {
    UnbondingState {
        entry,
        validator: key(0),
        amount: tokens(10),
        slashed: Amount::new(7),
        began: Height::new(4),
        due: due(104),
        paid: paid.map(Height::new),
    }
}

pub fn delegator(height: Height) -> DelegatorState {
    DelegatorState {
        height,
        time: Timestamp::new(1_700_000_000_000),
        delegations: vec![delegation(0, 500), delegation(1, 300)],
        unbonding: vec![unbonding(8, None), unbonding(9, None)],
    }
}

pub fn paid() -> Vec<UnbondingState> {
    (0..5).rev().map(|entry| unbonding(entry, Some(20 + entry))).collect()
}

pub fn rewards() -> Vec<RewardState> {
    let reward = |epoch| RewardState {
        epoch: Epoch::new(epoch),
        validator: key(0),
        stake: tokens(500),
        reward: tokens(epoch),
        commission: Amount::ZERO,
    };
    (0..7).rev().map(reward).collect()
}

pub fn delegations() -> Vec<(Address, DelegationState)> {
    let mut all: Vec<_> = (1..6u8)
        .map(|index| (chain::address(index), delegation(0, u64::from(index) * 100)))
        .collect();
    all.sort_by_key(|(who, _)| *who);
    all
}

pub fn epochs() -> Vec<EpochState> {
    let slashed = StandingState {
        kind: "slashed".to_owned(),
        height: Height::new(15),
        time: Timestamp::new(1_700_000_000_000),
        reason: Some("downtime".to_owned()),
        ppm: Some(ppm(50_000)),
        amount: Some(tokens(50)),
    };
    let epoch = |number| EpochState {
        epoch: Epoch::new(number),
        made: 9,
        missed: number,
        paid: (number != 2).then(|| PaidState {
            reward: tokens(70),
            commission: tokens(7),
            tokens: tokens(4_000 + number),
        }),
        events: if number == 1 { vec![slashed.clone()] } else { vec![] },
    };
    (0..3).rev().map(epoch).collect()
}

pub fn beats() -> Vec<BeatState> {
    let health = Health { height: Height::new(20), peers: 3, ..Health::default() };
    vec![BeatState { height: Height::new(21), time: Timestamp::new(1_700_000_000_900), health }]
}
