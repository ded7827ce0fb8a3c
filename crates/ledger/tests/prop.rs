//! Random blocks of good and bad transfers, against a model that knows nothing of the ledger.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use althing_ledger::codes;
use althing_types::{Address, Amount, Code, Gas, GasPrice, Height, Nonce, SignedTransaction};
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
    fees: u128,
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
        let althing_types::Payload::Transfer(message) = &body.payload;
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

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
        let pools = [validator().1, Address::of_module("stakers"), Address::of_module("treasury")];
        let held: u128 = pools.iter().map(|pool| chain.account(*pool).balance.units()).sum();
        prop_assert_eq!(held + chain.supply().burned.units(), model.fees);
    }
}
