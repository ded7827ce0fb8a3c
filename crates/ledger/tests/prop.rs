//! Random blocks of good and bad transfers, against a model that knows nothing of the ledger.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use althing_ledger::codes;
use althing_types::{
    Address, Amount, Code, Gas, GasPrice, Height, Nonce, Ppm, SignedTransaction, params::FeeSplit,
};
use common::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug)]
enum Kind {
    Good,
    AllButTheFee,
    Overdrawn,
    NonceTooLow,
    NonceTooHigh,
    WrongChain,
    Expired,
    LittleGas,
    WrongKey,
}

#[derive(Clone, Debug)]
struct Plan {
    user: usize,
    to: usize,
    amount: u64,
    kind: Kind,
}

fn plan() -> impl Strategy<Value = Plan> {
    let kind = prop_oneof![
        6 => Just(Kind::Good),
        1 => Just(Kind::AllButTheFee),
        1 => Just(Kind::Overdrawn),
        1 => Just(Kind::NonceTooLow),
        1 => Just(Kind::NonceTooHigh),
        1 => Just(Kind::WrongChain),
        1 => Just(Kind::Expired),
        1 => Just(Kind::LittleGas),
        1 => Just(Kind::WrongKey),
    ];
    // Users beyond FUNDED own nothing until somebody sends them something.
    (0..FUNDED + 2, 0..FUNDED + 3, 1u64..4_000_000_000_000_000_000, kind)
        .prop_map(|(user, to, amount, kind)| Plan { user, to, amount, kind })
}

/// What the model says about one transaction.
#[derive(Debug, PartialEq, Eq)]
enum Expected {
    Refused(&'static str),
    Included(Code, u64),
}

/// Balances and nonces as plain numbers.
#[derive(Clone, Default)]
struct Model {
    accounts: BTreeMap<Address, (u64, u128)>,
    /// Of the present block.
    fees: u128,
    /// What those who propose and stake and the treasury have received, and what was burned.
    shares: [u128; 3],
}

impl Model {
    fn transaction(&self, plan: &Plan, height: u64) -> SignedTransaction {
        let (nonce, balance) = self.accounts.get(&address(plan.user)).copied().unwrap_or_default();
        let amount = Amount::new(u128::from(plan.amount));
        let mut body = body(plan.user, nonce, address(plan.to), amount);
        let mut signer = plan.user;
        let amount = |body: &mut althing_types::Transaction, amount| {
            let to = address(plan.to);
            let amount = Amount::new(amount);
            body.payload = althing_types::Payload::Transfer(althing_types::Transfer { to, amount });
        };
        match plan.kind {
            Kind::Good => {}
            Kind::AllButTheFee => {
                let fee = body.max_fee().units();
                amount(&mut body, balance.saturating_sub(fee).max(1));
            }
            Kind::Overdrawn => amount(&mut body, balance + 1),
            Kind::NonceTooLow => body.nonce = Nonce::new(nonce.wrapping_sub(1)),
            Kind::NonceTooHigh => body.nonce = Nonce::new(nonce + 1),
            Kind::WrongChain => body.chain_id = "another".parse().unwrap(),
            Kind::Expired => body.valid_until = Height::new(height - 1),
            Kind::LittleGas => body.gas_limit = Gas::new(21_000 + plan.amount % 25_000),
            Kind::WrongKey => signer += 1,
        }
        SignedTransaction::new(body, authorization(signer))
    }

    fn apply(&mut self, transaction: &SignedTransaction, height: u64) -> Expected {
        let body = transaction.body();
        let althing_types::Payload::Transfer(message) = &body.payload else { unreachable!() };
        if body.chain_id.as_str() != "ledger-test" {
            return Expected::Refused("wrong_chain");
        }
        if body.valid_until < Height::new(height) {
            return Expected::Refused("expired");
        }
        if transaction.authorization().address() != body.sender {
            return Expected::Refused("wrong_key");
        }
        let (nonce, balance) = self.accounts.get(&body.sender).copied().unwrap_or_default();
        if body.nonce.get() < nonce {
            return Expected::Refused("nonce_too_low");
        }
        if body.nonce.get() > nonce {
            return Expected::Refused("nonce_too_high");
        }
        let price = u128::from(PRICE);
        assert_eq!(body.gas_price, GasPrice::new(PRICE));
        let limit = body.gas_limit.get();
        if balance < u128::from(limit) * price {
            return Expected::Refused("insufficient_funds");
        }
        let spendable = balance - u128::from(limit) * price;
        let amount = message.amount.units();
        let new = !self.accounts.contains_key(&message.to);
        let (code, gas) = if amount > spendable {
            (codes::INSUFFICIENT_BALANCE, 21_000)
        } else if new && limit < 46_000 {
            (codes::OUT_OF_GAS, limit)
        } else {
            (Code::OK, if new { 46_000 } else { 21_000 })
        };
        let fee = u128::from(gas) * price;
        self.fees += fee;
        self.accounts.insert(body.sender, (nonce + 1, balance - fee));
        if code.is_ok() {
            self.accounts.entry(body.sender).or_default().1 -= amount;
            self.accounts.entry(message.to).or_default().1 += amount;
        }
        Expected::Included(code, gas)
    }
}

impl Model {
    /// Splits the fees of a block: each share is rounded down, the rest is burned.
    fn end_block(&mut self, split: &FeeSplit) {
        let fees = std::mem::take(&mut self.fees);
        let mut rest = fees;
        let parts = [(0, split.proposer), (0, split.stakers), (1, split.treasury)];
        for (at, ppm) in parts {
            let share = fees * u128::from(ppm.get()) / 1_000_000;
            self.shares[at] += share;
            rest -= share;
        }
        self.shares[2] += rest;
    }
}

fn shares(chain: &Chain) -> [u128; 3] {
    // The share of who stakes is what is not the proposer's; both are paid when the epoch ends.
    let pools = ["stakers", "treasury"].map(Address::of_module);
    let [waiting, treasury] = pools.map(|pool| chain.account(pool).balance.units());
    let paid = chain.validator(validator().0).tokens.units() - tokens(5).units();
    [waiting + paid, treasury, chain.supply().burned.units()]
}

fn split() -> impl Strategy<Value = FeeSplit> {
    // Cuts at odd places and at the ends, so that shares of nothing and of everything occur.
    let cut = prop_oneof![3 => 0u32..=1_000_000, 1 => Just(0u32), 1 => Just(1_000_000)];
    proptest::collection::vec(cut, 3).prop_map(|mut cuts| {
        cuts.sort_unstable();
        let ppm = |value| Ppm::new(value).unwrap();
        FeeSplit {
            proposer: ppm(cuts[0]),
            stakers: ppm(cuts[1] - cuts[0]),
            treasury: ppm(cuts[2] - cuts[1]),
            burn: ppm(1_000_000 - cuts[2]),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_blocks_do_what_the_model_says(
        blocks in proptest::collection::vec(proptest::collection::vec(plan(), 0..12), 1..16),
    ) {
        let mut chain = Chain::started();
        let mut model = Model::default();
        for user in 0..FUNDED {
            model.accounts.insert(address(user), (0, tokens(10).units()));
        }
        for plans in blocks {
            let height = chain.height + 1;
            let before = chain.clone();
            let mut transactions = Vec::new();
            let mut expected = Vec::new();
            for plan in &plans {
                let transaction = model.transaction(plan, height);
                expected.push(model.apply(&transaction, height));
                transactions.push(transaction);
            }

            // Advancing checks the supply and every other invariant of the whole state.
            let (outcome, results) = chain.advance(&transactions);
            let mut receipts = outcome.receipts.iter();
            for ((result, expected), transaction) in
                results.iter().zip(&expected).zip(&transactions)
            {
                let got = match result {
                    Err(invalid) => Expected::Refused(invalid.code()),
                    Ok(()) => {
                        let receipt = receipts.next().unwrap();
                        prop_assert_eq!(receipt.transaction, transaction.hash());
                        Expected::Included(receipt.code, receipt.gas_used.get())
                    }
                };
                prop_assert_eq!(&got, expected);
            }
            for (address, (nonce, balance)) in &model.accounts {
                let account = chain.account(*address);
                prop_assert_eq!((account.nonce.get(), account.balance.units()), (*nonce, *balance));
            }
            model.end_block(&genesis().params.fee_split);
            prop_assert_eq!(shares(&chain), model.shares);

            // The same block gives the same bytes, however its keys get into the view.
            for fetch in [Fetch::All, Fetch::AllBackwards, Fetch::OnDemand] {
                let (again, repeated) = before.execute(&transactions, fetch);
                prop_assert_eq!(&again, &outcome, "{:?}", fetch);
                prop_assert_eq!(&repeated, &results);
            }
            // Transactions that were refused leave no trace.
            let included: Vec<SignedTransaction> = transactions
                .iter()
                .zip(&results)
                .filter(|(_, result)| result.is_ok())
                .map(|(transaction, _)| transaction.clone())
                .collect();
            let (without, _) = before.execute(&included, Fetch::All);
            prop_assert_eq!(&without, &outcome);
        }
        let supply = chain.supply();
        let genesis = u128::try_from(FUNDED).unwrap() * tokens(10).units() + tokens(5).units();
        prop_assert_eq!((supply.genesis.units(), supply.minted.units()), (genesis, 0));
    }

    #[test]
    fn fees_split_exactly_whatever_the_split_and_the_price(
        split in split(),
        prices in proptest::collection::vec(1u64..1_000_000_000_007, 1..12),
    ) {
        let mut file = genesis();
        file.params.fee_split = split;
        file.params.min_gas_price = GasPrice::new(1);
        let mut chain = Chain::new(file.normalized().unwrap());
        chain.advance(&[]);
        let mut model = Model::default();
        for prices in prices.chunks(3) {
            let transactions: Vec<_> = (0..)
                .zip(prices)
                .map(|(user, price)| {
                    let nonce = chain.account(address(user)).nonce.get();
                    let mut body = body(user, nonce, address(user + 1), Amount::new(1));
                    body.gas_price = GasPrice::new(*price);
                    SignedTransaction::new(body, authorization(user))
                })
                .collect();
            let (outcome, results) = chain.advance(&transactions);
            prop_assert!(results.iter().all(Result::is_ok));
            for (receipt, price) in outcome.receipts.iter().zip(prices) {
                prop_assert_eq!(receipt.fee.units(), 21_000 * u128::from(*price));
                model.fees += receipt.fee.units();
            }
            model.end_block(&split);
            prop_assert_eq!(shares(&chain), model.shares);
        }
    }
}
