//! A thousand proposals and ten thousand voters: every tally is what another count of all votes says,
//! and no end of an epoch gets longer because many voted.
#![allow(clippy::disallowed_types, reason = "says how long votes and turns of the epoch take")]

use super::*;
use althing_ledger::governance::tally::StakeCount;
use althing_types::{
    Address, Allocation, Authorization, Gas, GasPrice, Height, Nonce, SignedTransaction,
    Transaction,
};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

const VOTERS: usize = 10_000;
const VALIDATORS: usize = 20;
const WAVES: u64 = 2;
/// Proposals that are voted on at a time.
const OPEN: u64 = 500;
/// Blocks with votes in each wave, and the votes of accounts in each.
const BLOCKS: u64 = 4;
const VOTES: usize = 8_000;

fn authorization(voter: usize) -> Authorization {
    let mut public_key = [0xee; 32];
    public_key[..8].copy_from_slice(&(voter as u64).to_le_bytes());
    Authorization::Ed25519 { public_key, signature: [0; 64] }
}

fn account(voter: usize) -> Address {
    authorization(voter).address()
}

/// What a voter has staked, in tokens, and with which validator.
const fn staked(voter: usize) -> (usize, u64) {
    (voter * 7 % VALIDATORS, 100 + (voter as u64 * 31) % 200)
}

struct Crowd {
    world: World,
    nonces: Vec<u64>,
    dice: u64,
}

impl Crowd {
    fn new() -> Self {
        let mut genesis = super::genesis(VALIDATORS);
        genesis.allocations.extend((0..VOTERS).map(|voter| Allocation {
            address: account(voter),
            amount: tokens(1_000),
            vesting: None,
        }));
        genesis.params.block_gas_limit = Gas::new(100_000_000_000);
        genesis.params.staking.power_cap_from = 100;
        genesis.params.staking.max_validators = VALIDATORS as u64;
        let governance = &mut genesis.params.governance;
        (governance.max_open, governance.max_open_per_account) = (OPEN, OPEN);
        governance.deposit = Amount::new(1);
        governance.standard.voting = Period::blocks(15);
        let world = World::with(genesis);
        let mut crowd = Self { world, nonces: vec![0; VOTERS], dice: 1 };
        crowd.world.chain.audit_every = 1_000_000;
        let delegations: Vec<SignedTransaction> = (0..VOTERS)
            .map(|voter| {
                let (validator, amount) = staked(voter);
                crowd.sign(voter, delegate(validator, amount))
            })
            .collect();
        crowd.run(&delegations);
        crowd
    }

    fn sign(&mut self, voter: usize, payload: Payload) -> SignedTransaction {
        let nonce = self.nonces[voter];
        self.nonces[voter] += 1;
        let body = Transaction {
            chain_id: "ledger-test".parse().unwrap(),
            sender: account(voter),
            nonce: Nonce::new(nonce),
            gas_limit: Gas::new(100_000),
            gas_price: GasPrice::new(super::common::PRICE),
            valid_until: Height::new(self.world.chain.height + 50),
            memo: String::new(),
            payload,
        };
        SignedTransaction::new(body, authorization(voter))
    }

    /// One block, all of whose transactions do what they ask for. How long it took.
    fn run(&mut self, transactions: &[SignedTransaction]) -> Duration {
        let began = Instant::now();
        let (outcome, results) = self.world.chain.advance(transactions);
        let took = began.elapsed();
        assert!(results.iter().all(Result::is_ok));
        assert!(outcome.receipts.iter().all(|receipt| receipt.code.is_ok()));
        took
    }

    const fn below(&mut self, most: u64) -> u64 {
        self.dice =
            self.dice.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (self.dice >> 33) % most
    }

    fn ballot(&mut self) -> Ballot {
        if self.below(4) > 0 {
            return Ballot::all(Choice::ALL[self.below(4) as usize]);
        }
        let yes = self.below(1_000_001) as u32;
        Ballot::new(ppm(yes), ppm(0), ppm(1_000_000 - yes), ppm(0)).unwrap()
    }
}

/// Every vote on the open proposals.
#[derive(Default)]
struct Votes {
    own: BTreeMap<(u64, usize), Ballot>,
    validators: BTreeMap<(u64, usize), Ballot>,
}

impl Votes {
    /// Counts all votes on a proposal anew.
    fn count(&self, number: u64) -> StakeCount {
        let mut stakes = [u128::from(OWN); VALIDATORS];
        for (validator, amount) in (0..VOTERS).map(staked) {
            stakes[validator] += u128::from(amount);
        }
        let mut count = StakeCount::default();
        let in_tokens = |count: u128| Amount::new(count * 10u128.pow(18));
        for ((_, voter), ballot) in self.own.range((number, 0)..(number + 1, 0)) {
            let (validator, amount) = staked(*voter);
            stakes[validator] -= u128::from(amount);
            count.add(in_tokens(amount.into()), ballot).unwrap();
        }
        for ((_, validator), ballot) in self.validators.range((number, 0)..(number + 1, 0)) {
            count.add(in_tokens(stakes[*validator]), ballot).unwrap();
        }
        count
    }
}

impl Crowd {
    /// Proposes as much as can be open, and lets many vote. Returns how long votes took.
    fn vote(&mut self, first: u64) -> (Votes, Duration) {
        let text = submit(Criticality::Standard, Action::Text {});
        self.world.chain.advance_without(&[], &vec![(4, text); OPEN as usize]);
        self.world.turn();
        let (mut votes, mut took) = (Votes::default(), Duration::ZERO);
        for block in 0..BLOCKS {
            let mut payloads = Vec::new();
            for number in first..first + OPEN {
                if (number + block).is_multiple_of(3) {
                    let validator = self.below(VALIDATORS as u64) as usize;
                    let ballot = self.ballot();
                    votes.validators.insert((number, validator), ballot);
                    let key = Some(validator_key(validator));
                    let vote = Vote { proposal: number, ballot, validator: key };
                    payloads.push((operator(validator), Payload::Vote(vote)));
                }
            }
            self.world.chain.advance_without(&[], &payloads);
            let mut transactions = Vec::with_capacity(VOTES);
            for _ in 0..VOTES {
                let voter = self.below(VOTERS as u64) as usize;
                let (proposal, ballot) = (first + self.below(OPEN), self.ballot());
                votes.own.insert((proposal, voter), ballot);
                let vote = Payload::Vote(Vote { proposal, ballot, validator: None });
                transactions.push(self.sign(voter, vote));
            }
            took += self.run(&transactions);
        }
        (votes, took)
    }
}

#[test]
fn every_tally_of_a_thousand_proposals_is_what_ten_thousand_voters_said() {
    let mut crowd = Crowd::new();
    crowd.world.turn();
    let mut ends = Vec::new();
    let mut counted = 0;
    for wave in 0..WAVES {
        let first = wave * OPEN + 1;
        let (votes, took) = crowd.vote(first);
        counted += votes.own.len();
        println!("{} votes of accounts in {took:?}", BLOCKS * VOTES as u64);
        for number in first..first + OPEN {
            let standing = crowd.world.standing(number);
            assert_eq!(standing.status.name(), "voting");
            assert_eq!(standing.stake, votes.count(number), "proposal {number}");
        }
        crowd.world.chain.audit();
        let is_voted = |crowd: &Crowd| {
            crowd.world.agenda().entries.iter().any(|entry| entry.snapshot.is_some())
        };
        while is_voted(&crowd) {
            let began = Instant::now();
            crowd.world.chain.advance(&[]);
            ends.push(began.elapsed());
        }
        while !crowd.world.agenda().entries.is_empty() {
            crowd.world.turn();
        }
    }
    let longest = ends.iter().max().unwrap();
    println!("{counted} votes counted twice; the longest block that ended votes took {longest:?}");
    assert_eq!(crowd.world.agenda().next, WAVES * OPEN + 1);
    assert_eq!(crowd.world.chain.repeats.get(), 0);
}
