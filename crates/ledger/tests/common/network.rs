//! A chain of several validators: their keys, their operators, and transactions of every kind.

use super::{Chain, PRICE, address, authorization, genesis, tokens};
use althing_ledger::Outcome;
use althing_types::{
    Allocation, Amount, Epoch, Event, Evidence, Gas, GasPrice, Genesis, GenesisValidator, Hash,
    Height, Nonce, Payload, Ppm, Receipt, SignedTransaction, Text, Transaction, ValidatorDetails,
    ValidatorKey, View, consensus_namespace,
    evidence::{Conflict, SignedProposal},
    hash::sha256,
    message::{Possession, Registration},
    validator::sign,
};
use commonware_codec::Encode as _;
use commonware_cryptography::{Signer as _, ed25519};

/// The user that operates validator `number`.
pub const fn operator(number: usize) -> usize {
    100 + number
}

pub fn consensus_key(number: usize) -> ed25519::PrivateKey {
    ed25519::PrivateKey::from_seed(number as u64)
}

/// The key of validator `number`.
pub fn validator_key(number: usize) -> ValidatorKey {
    ValidatorKey::from_public_key(&consensus_key(number).public_key())
}

/// Validators `0..stakes.len()` with these stakes; `users` own `each`, as do `operators`.
pub fn network(stakes: &[Amount], users: usize, operators: usize, each: Amount) -> Genesis {
    let validators = stakes.iter().enumerate().map(|(number, stake)| GenesisValidator {
        name: format!("validator {number}").parse().unwrap(),
        website: Text::default(),
        description: Text::default(),
        key: validator_key(number),
        endpoint: format!("127.0.0.1:{}", 4_000 + number),
        account: address(operator(number)),
        stake: *stake,
        commission: Ppm::new(100_000).unwrap(),
    });
    let owners = (0..users).chain((0..operators).map(operator));
    let allocations =
        owners.map(|user| Allocation { address: address(user), amount: each, vesting: None });
    let (validators, allocations) = (validators.collect(), allocations.collect());
    let mut genesis = Genesis { validators, allocations, ..genesis() };
    genesis.params.staking.min_validator_stake = tokens(1_000);
    genesis
}

/// What validator `number` registers with.
pub fn registration(number: usize, commission: Ppm) -> Registration {
    let chain = "ledger-test".parse().unwrap();
    let claim = Possession { chain, operator: address(operator(number)) };
    let name = format!("validator {number}").parse().unwrap();
    Registration {
        details: ValidatorDetails { name, ..ValidatorDetails::default() },
        endpoint: format!("127.0.0.1:{}", 4_000 + number).parse().unwrap(),
        commission,
        possession: claim.sign(&consensus_key(number)),
    }
}

/// What a block did by itself.
pub fn own_events(outcome: &Outcome) -> Vec<Event> {
    let last = outcome.receipts.last().filter(|receipt| receipt.is_of_block());
    last.map_or_else(Vec::new, |receipt| receipt.events.clone())
}

/// Two votes of validator `number` for different blocks in one view.
pub fn double_vote(number: usize, genesis: &Hash, epoch: Epoch, view: View) -> Evidence {
    let vote = |block: &[u8]| {
        let (parent, block) = (View::ZERO, sha256(&[block]));
        let mut namespace = consensus_namespace(genesis);
        namespace.extend_from_slice(b"_NOTARIZE");
        let message = [epoch.encode(), view.encode(), parent.encode(), block.encode()].concat();
        let signature = sign(&consensus_key(number), &namespace, &message);
        SignedProposal { parent, block, signature }
    };
    let conflict = Conflict::Notarize { first: vote(b"one"), second: vote(b"other") };
    Evidence { validator: validator_key(number), epoch, view, conflict }
}

impl Chain {
    /// The next block, while these validators are switched off: views that they lead pass.
    pub fn advance_without(&mut self, down: &[usize], payloads: &[(usize, Payload)]) -> Outcome {
        let off: Vec<ValidatorKey> = down.iter().map(|number| validator_key(*number)).collect();
        let next = self.next();
        let set = self.set(next.epoch);
        let leader = |skip: u64| set.leader(next.epoch, View::new(next.view.get() + skip)).key;
        let up = (0..set.entries().len() as u64).find(|skip| !off.contains(&leader(*skip)));
        self.skip = up.expect("somebody is up");
        let mut sent = std::collections::BTreeMap::new();
        let mut transactions = Vec::new();
        for (user, payload) in payloads {
            let earlier: &mut u64 = sent.entry(*user).or_default();
            transactions.push(self.transaction(*user, *earlier, payload.clone()));
            *earlier += 1;
        }
        let (outcome, results) = self.advance(&transactions);
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        outcome
    }

    /// One transaction in a block of its own: its code.
    pub fn send(&mut self, user: usize, payload: Payload) -> Receipt {
        self.advance_without(&[], &[(user, payload)]).receipts.remove(0)
    }

    /// Advances to the block after which a new epoch begins; returns what that block did by
    /// itself.
    pub fn end_epoch(&mut self, down: &[usize]) -> Vec<Event> {
        loop {
            let outcome = self.advance_without(down, &[]);
            if outcome.next_validators.is_some() {
                return own_events(&outcome);
            }
        }
    }

    /// The next transaction of a user, if it has sent `earlier` more in the same block.
    pub fn transaction(&self, user: usize, earlier: u64, payload: Payload) -> SignedTransaction {
        let nonce = self.account(address(user)).nonce.get() + earlier;
        let body = Transaction {
            chain_id: "ledger-test".parse().unwrap(),
            sender: address(user),
            nonce: Nonce::new(nonce),
            gas_limit: Gas::new(200_000),
            gas_price: GasPrice::new(PRICE),
            valid_until: Height::new(self.height + 50),
            memo: String::new(),
            payload,
        };
        SignedTransaction::new(body, authorization(user))
    }
}
