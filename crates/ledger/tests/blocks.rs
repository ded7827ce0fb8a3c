//! Blocks from begin to end: genesis, fees, epochs, failures, limits.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use althing_ledger::{
    Account, ApplyError, BeginError, Invalid, Ledger, audit, beacon, codes, gas, query,
};
use althing_state::View;
use althing_types::{
    Address, Amount, ChainParams, Code, Epoch, Event, Gas, Genesis, Height, Nonce, Payload,
    SignedTransaction, Timestamp, Transfer, ValidatorKey, genesis::LoadAccounts,
};
use common::*;
use std::sync::Arc;

const FEE: u128 = 21_000 * PRICE as u128;

fn paid(receipt: &althing_types::Receipt) -> Amount {
    receipt.fee
}

#[test]
fn genesis_gives_everybody_what_the_file_says() {
    let mut genesis = genesis();
    let treasury = Address::of_module("treasury");
    let vesting = None;
    let given = althing_types::Allocation { address: treasury, amount: tokens(3), vesting };
    genesis.allocations.push(given);
    genesis.load_accounts = Some(LoadAccounts { seed: "s".into(), count: 5, amount: tokens(2) });
    let genesis: Genesis = genesis.normalized().unwrap();
    let load = genesis.load_accounts.clone().unwrap();
    let mut chain = Chain::new(genesis.clone());
    let (outcome, _) = chain.advance(&[]);
    assert!(outcome.receipts.is_empty() && outcome.next_validators.is_none());
    assert_eq!(chain.account(address(0)), Account { balance: tokens(10), ..Account::default() });
    assert_eq!(chain.account(treasury).balance, tokens(3));
    assert_eq!(chain.account(Address::of_module("stake")).balance, tokens(5));
    for index in 0..5 {
        let key = althing_types::SecretKey::from_seed(
            althing_types::KeyScheme::Ed25519,
            load.secret(index),
        );
        assert_eq!(chain.account(key.unwrap().address()).balance, tokens(2));
    }
    assert_eq!(chain.supply().genesis, tokens(40 + 5 + 3 + 10));
    let params = query::decode_params(&chain.state[&query::params_key()]).unwrap();
    assert_eq!(params, genesis.params);
    for epoch in [0, 1] {
        let set = &chain.state[&query::validators_key(Epoch::new(epoch))];
        assert_eq!(query::decode_validators(set).unwrap(), genesis.validator_set().unwrap());
    }
    let (key, operator) = validator();
    let stored = query::decode_validator(&chain.state[&query::validator_key(key)]).unwrap();
    assert_eq!((stored.operator, stored.tokens), (operator, tokens(5)));
}

#[test]
fn a_genesis_that_breaks_a_rule_makes_no_ledger() {
    let mut genesis = genesis();
    genesis.params.epoch_length = 1;
    assert!(Ledger::new(Arc::new(genesis)).is_err());
}

#[test]
fn height_one_takes_transactions_of_genesis_accounts() {
    let mut chain = Chain::new(genesis());
    let (outcome, _) = chain.advance(&[transfer(0, 0, address(1), tokens(1))]);
    assert!(outcome.receipts[0].code.is_ok());
    assert_eq!(chain.account(address(1)).balance, tokens(11));
}

#[test]
fn a_transfer_moves_the_amount_and_charges_the_gas_that_was_used() {
    let mut chain = Chain::started();
    let transaction = transfer(0, 0, address(1), tokens(1));
    let (outcome, _) = chain.advance(std::slice::from_ref(&transaction));
    let receipt = &outcome.receipts[0];
    assert_eq!(receipt.transaction, transaction.hash());
    assert_eq!((receipt.code, receipt.gas_used), (Code::OK, Gas::new(21_000)));
    assert_eq!(receipt.fee, Amount::new(FEE));
    assert_eq!(
        receipt.events,
        [Event::Transferred { from: address(0), to: address(1), amount: tokens(1) }]
    );
    let sender = chain.account(address(0));
    assert_eq!(sender.nonce, Nonce::new(1));
    assert_eq!(sender.balance.units(), tokens(9).units() - FEE);
    assert_eq!(chain.account(address(1)).balance, tokens(11));
    assert_eq!(outcome.gas_used, Gas::new(21_000));
}

#[test]
fn a_new_recipient_costs_more() {
    let mut chain = Chain::started();
    let (outcome, _) = chain
        .advance(&[transfer(0, 0, address(9), tokens(1)), transfer(0, 1, address(9), tokens(1))]);
    let used: Vec<u64> = outcome.receipts.iter().map(|receipt| receipt.gas_used.get()).collect();
    assert_eq!(used, [gas::TRANSFER + gas::NEW_ACCOUNT, gas::TRANSFER]);
    assert_eq!(chain.account(address(9)).balance, tokens(2));
}

#[test]
fn too_little_gas_for_a_new_recipient_fails_and_costs_the_limit() {
    let mut chain = Chain::started();
    let mut body = body(0, 0, address(9), tokens(1));
    body.gas_limit = Gas::new(30_000);
    let (outcome, _) = chain.advance(&[SignedTransaction::new(body, authorization(0))]);
    let receipt = &outcome.receipts[0];
    assert_eq!((receipt.code, receipt.gas_used), (codes::OUT_OF_GAS, Gas::new(30_000)));
    assert!(receipt.events.is_empty());
    assert!(!chain.state.contains_key(&query::account_key(address(9))));
    let sender = chain.account(address(0));
    assert_eq!(sender.nonce, Nonce::new(1));
    assert_eq!(sender.balance, tokens(10).checked_sub(paid(receipt)).unwrap());
}

#[test]
fn an_overdrawn_transfer_is_included_and_pays() {
    let mut chain = Chain::started();
    let (outcome, results) = chain.advance(&[transfer(0, 0, address(1), tokens(10))]);
    assert_eq!(results, [Ok(())]);
    let receipt = &outcome.receipts[0];
    assert_eq!(receipt.code, codes::INSUFFICIENT_BALANCE);
    assert_eq!(receipt.fee, Amount::new(FEE));
    assert!(receipt.events.is_empty());
    let sender = chain.account(address(0));
    assert_eq!(sender.nonce, Nonce::new(1));
    assert_eq!(sender.balance.units(), tokens(10).units() - FEE);
    assert_eq!(chain.account(address(1)).balance, tokens(10));
}

#[test]
fn everything_but_the_fee_can_be_sent_when_the_limit_is_exact() {
    let mut chain = Chain::started();
    let rest = Amount::new(tokens(10).units() - FEE);
    let mut body = body(0, 0, address(1), rest);
    body.gas_limit = Gas::new(21_000);
    let (outcome, _) = chain.advance(&[SignedTransaction::new(body, authorization(0))]);
    assert_eq!(outcome.receipts[0].code, Code::OK);
    assert_eq!(chain.account(address(0)), Account { nonce: Nonce::new(1), ..Account::default() });
}

#[test]
fn a_transfer_to_oneself_costs_the_fee_and_nothing_else() {
    let mut chain = Chain::started();
    let (outcome, _) = chain.advance(&[transfer(0, 0, address(0), tokens(9))]);
    assert_eq!(outcome.receipts[0].code, Code::OK);
    assert_eq!(chain.account(address(0)).balance.units(), tokens(10).units() - FEE);
    let (outcome, _) = chain.advance(&[transfer(0, 1, address(0), tokens(10))]);
    assert_eq!(outcome.receipts[0].code, codes::INSUFFICIENT_BALANCE);
}

#[test]
fn pools_of_the_protocol_take_no_transfers_and_the_treasury_does() {
    let mut chain = Chain::started();
    let to = |nonce, name| transfer(0, nonce, Address::of_module(name), tokens(1));
    let closed = ["stake", "stakers", "miners", "reserve"];
    let mut transfers: Vec<_> = (0..).zip(closed).map(|(nonce, name)| to(nonce, name)).collect();
    transfers.push(to(4, "treasury"));
    let (outcome, _) = chain.advance(&transfers);
    let got: Vec<Code> = outcome.receipts.iter().map(|receipt| receipt.code).collect();
    assert_eq!(got[..4], [codes::RECIPIENT_CLOSED; 4]);
    assert_eq!(got[4], Code::OK);
}

#[test]
fn fees_are_split_once_a_block_and_the_rest_is_burned() {
    let mut chain = Chain::started();
    chain.advance(&[
        transfer(0, 0, address(1), Amount::new(1)),
        transfer(1, 0, address(0), Amount::new(1)),
    ]);
    let fees = Amount::new(2 * FEE);
    let split = genesis().params.fee_split;
    let parts = [
        ("stakers", fees.share(split.stakers).checked_add(fees.share(split.proposer)).unwrap()),
        ("treasury", fees.share(split.treasury)),
    ];
    let mut rest = fees;
    for (name, part) in parts {
        assert_eq!(chain.account(Address::of_module(name)).balance, part);
        rest = rest.checked_sub(part).unwrap();
    }
    assert_eq!(chain.supply().burned, rest);
    assert!(rest >= fees.share(split.burn));
    assert_eq!(chain.performance(validator().0).fees, fees.share(split.proposer));
}

#[test]
fn an_empty_block_writes_nothing_but_whose_turn_it_was_and_its_randomness() {
    let mut chain = Chain::started();
    let (outcome, _) = chain.advance(&[]);
    let keys: Vec<_> = outcome.writes.iter().map(|(key, _)| *key).collect();
    let value = beacon::query::value_key(Height::new(2));
    assert_eq!(keys, [query::performance_key(validator().0), value]);
    assert!(outcome.receipts.is_empty());
}

#[test]
fn the_last_block_of_an_epoch_names_the_validators_of_the_next() {
    let mut chain = Chain::started();
    let set = genesis().validator_set().unwrap();
    while chain.height < 250 {
        let (outcome, _) = chain.advance(&[]);
        let expected = (chain.height % 10 == 9).then(|| set.clone());
        assert_eq!(outcome.next_validators, expected, "height {}", chain.height);
        assert_eq!(outcome.following_validators, expected);
    }
    let kept = |epoch| chain.state.contains_key(&query::validators_key(Epoch::new(epoch)));
    assert!(!kept(8) && kept(9) && kept(25) && kept(26) && !kept(27));
    assert_eq!(chain.repeats.get(), 0);
}

#[test]
fn a_block_context_that_contradicts_itself_is_refused() {
    let chain = Chain::started();
    let begin = |context| {
        let mut view = chain.view(&[], Fetch::All);
        let keys = chain.ledger.block_keys(&context);
        chain.fetch(&mut view, &althing_state::Missing(keys));
        chain.ledger.begin(context, view).map(|_| ()).map_err(|(_, error)| error)
    };
    let good = chain.next();
    assert_eq!(begin(good), Ok(()));
    let mut context = good;
    context.epoch = Epoch::new(1);
    let wrong = BeginError::WrongEpoch { expected: Epoch::ZERO, found: Epoch::new(1) };
    assert_eq!(begin(context), Err(wrong));
    let mut context = good;
    context.height = Height::ZERO;
    assert_eq!(begin(context), Err(BeginError::HeightZero));
    let mut context = good;
    context.proposer = ValidatorKey::new([1; 32]);
    assert_eq!(begin(context), Err(BeginError::UnknownProposer(context.proposer)));
}

#[test]
fn genesis_is_not_applied_twice() {
    let mut chain = Chain::started();
    chain.height = 0;
    let view = chain.view(&[], Fetch::All);
    assert!(matches!(chain.begin(view), Err(BeginError::Fatal(_))));
}

#[test]
fn a_record_that_does_not_decode_stops_the_node() {
    let mut chain = Chain::started();
    let key = query::account_key(address(1));
    let bad = althing_state::StateValue::new(vec![0xff; 40].into()).unwrap();
    chain.state.insert(key, bad);
    let transaction = transfer(0, 0, address(1), tokens(1));
    let mut block =
        chain.begin(chain.view(std::slice::from_ref(&transaction), Fetch::All)).unwrap();
    match block.apply(&transaction) {
        Err(ApplyError::Fatal(broken)) => {
            assert_eq!((broken.height, broken.key), (Height::new(2), key));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(block.finish().unwrap().writes.len(), 2);
}

#[test]
fn a_block_takes_no_more_gas_and_bytes_than_its_limits() {
    let mut genesis = genesis();
    genesis.params.block_gas_limit = Gas::new(1_000_000);
    let mut chain = Chain::new(genesis);
    chain.advance(&[]);
    let transactions: Vec<_> =
        (0..60).map(|nonce| transfer(0, nonce, address(1), Amount::new(1))).collect();
    let (outcome, results) = chain.advance(&transactions);
    // Each uses 21,000 and reserves 60,000 while it is tried: 45 * 21,000 + 60,000 > 1,000,000.
    assert_eq!(outcome.receipts.len(), 45);
    assert_eq!(results[45], Err(Invalid::BlockFull));
    let mut block = chain.begin(chain.view(&[], Fetch::All)).unwrap();
    assert!(block.fits(&transactions[0]));
    let mut large = body(0, 45, address(1), Amount::new(1));
    large.gas_limit = Gas::new(1_000_001);
    let large = SignedTransaction::new(large, authorization(0));
    assert!(!block.fits(&large));
    assert_eq!(block.apply(&large), Err(Invalid::BlockFull.into()));
}

#[test]
fn a_dry_run_says_what_a_block_would_do_and_ignores_the_key() {
    let mut chain = Chain::started();
    let good = transfer(0, 0, address(9), tokens(1));
    let unsigned = SignedTransaction::new(good.body().clone(), authorization(7));
    let view = chain.view(std::slice::from_ref(&good), Fetch::All);
    let dry = chain.ledger.simulate(Height::new(2), Timestamp::new(2), &unsigned, &view).unwrap();
    assert!(view.into_writes().is_empty());
    let (outcome, _) = chain.advance(std::slice::from_ref(&unsigned));
    assert!(outcome.receipts.is_empty());
    let real = chain.advance(std::slice::from_ref(&good)).0.receipts.remove(0);
    assert_eq!((dry.code, dry.gas_used, dry.fee), (real.code, real.gas_used, real.fee));
    assert_eq!(dry.events, real.events);
    let view = chain.view(&[], Fetch::All);
    let error = chain.ledger.simulate(Height::new(3), Timestamp::new(3), &good, &view).unwrap_err();
    assert!(matches!(error, ApplyError::Missing(_)));
    let error =
        chain.ledger.simulate(Height::new(3), Timestamp::new(3), &good, &View::new()).unwrap_err();
    assert!(matches!(error, ApplyError::Missing(_)));
}

#[test]
fn every_rule_for_entering_a_block_has_its_own_code() {
    let chain = Chain::started();
    let params: ChainParams = genesis().params;
    type Change = Box<dyn Fn(&mut althing_types::Transaction)>;
    let cases: Vec<(&str, Change)> = vec![
        ("wrong_chain", Box::new(|tx| tx.chain_id = "other".parse().unwrap())),
        ("expired", Box::new(|tx| tx.valid_until = Height::new(1))),
        ("valid_until_too_far", Box::new(|tx| tx.valid_until = Height::new(103))),
        ("gas_price_too_low", Box::new(|tx| tx.gas_price = althing_types::GasPrice::new(1))),
        ("gas_limit_too_low", Box::new(|tx| tx.gas_limit = Gas::new(20_999))),
        ("gas_limit_too_high", {
            let limit = params.block_gas_limit.next().unwrap();
            Box::new(move |tx| tx.gas_limit = limit)
        }),
        ("memo_too_long", Box::new(|tx| tx.memo = "m".repeat(257))),
        ("zero_amount", {
            let to = address(1);
            Box::new(move |tx| {
                tx.payload = Payload::Transfer(Transfer { to, amount: Amount::ZERO })
            })
        }),
        ("wrong_key", Box::new(|tx| tx.sender = address(1))),
        ("nonce_too_high", Box::new(|tx| tx.nonce = Nonce::new(1))),
        ("insufficient_funds", {
            let price = althing_types::GasPrice::new(1_000_000_000_000_000);
            Box::new(move |tx| tx.gas_price = price)
        }),
    ];
    for (code, change) in cases {
        let mut body = body(0, 0, address(1), tokens(1));
        change(&mut body);
        let transaction = SignedTransaction::new(body, authorization(0));
        let view = chain.view(std::slice::from_ref(&transaction), Fetch::All);
        let mut block = chain.begin(view).unwrap();
        // A gas limit above the block's is already refused for lack of room.
        let result = if code == "gas_limit_too_high" {
            let chain_id = genesis().chain_id;
            althing_ledger::check::stateless(&transaction, &params, chain_id, Height::new(2))
        } else {
            block.apply(&transaction).map_err(|error| match error {
                ApplyError::Invalid(invalid) => invalid,
                other => panic!("{other:?}"),
            })
        };
        assert_eq!(result.as_ref().unwrap_err().code(), code, "{result:?}");
        assert_eq!(block.finish().unwrap().writes.len(), 2);
    }
    let mut chain = chain;
    chain.advance(&[transfer(0, 0, address(1), tokens(1))]);
    let (_, results) = chain.advance(&[transfer(0, 0, address(1), tokens(1))]);
    let low = Invalid::NonceTooLow { expected: Nonce::new(1), found: Nonce::ZERO };
    assert_eq!(results, [Err(low)]);
}

#[test]
fn each_signature_scheme_and_each_byte_has_its_price() {
    let seed = [9; 32];
    let mut used = Vec::new();
    for scheme in althing_types::KeyScheme::ALL {
        let key = althing_types::SecretKey::from_seed(scheme, seed).unwrap();
        let mut body = body(0, 0, address(1), tokens(1));
        body.sender = key.address();
        body.memo = "m".repeat(100);
        let transaction = body.sign(&key).unwrap();
        assert_eq!(althing_ledger::check::signature(&transaction), Ok(()));
        let bytes = (transaction.bytes().len() as u64).saturating_sub(256) * 16;
        used.push(gas::intrinsic(&transaction).get() - bytes);
    }
    assert_eq!(used, [21_000, 28_000, 33_000]);
    let forged = transfer(0, 0, address(1), tokens(1));
    assert_eq!(althing_ledger::check::signature(&forged).unwrap_err().code(), "bad_signature");
}

#[test]
fn an_audit_notices_a_unit_that_nobody_minted() {
    let chain = Chain::started();
    let mut state = chain.state.clone();
    let account = Account { balance: Amount::new(1), ..Account::default() };
    let value = commonware_codec::Encode::encode(&account);
    let value = althing_state::StateValue::new(value).unwrap();
    state.insert(query::account_key(address(9)), value);
    let records = state.iter().map(|(key, value)| (*key, &**value));
    let broken = audit::invariants(Height::new(1), records).unwrap_err();
    assert_eq!(broken.key, query::supply_key());
    let records = chain.state.iter().map(|(key, value)| (*key, &**value)).skip(1);
    assert!(audit::invariants(Height::new(1), records).is_err());
}
