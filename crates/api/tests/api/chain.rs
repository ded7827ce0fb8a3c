//! A chain of one validator, made by hand.

use althing_client::verify::verifier;
use althing_types::{
    Address, Amount, Block, ChainParams, Code, Event, Gas, GasPrice, Genesis, GenesisValidator,
    Hash, Header, Height, KeyScheme, Nonce, Payload, Receipt, SecretKey, SignedTransaction,
    SyncRange, Timestamp, Transaction, Transfer, ValidatorKey, View, consensus_namespace,
    hash::sha256, merkle,
};
use commonware_codec::Encode as _;
use commonware_consensus::{
    simplex::{
        scheme::ed25519::Scheme,
        types::{Finalization, Finalize, Proposal},
    },
    types::{Epoch as ConsensusEpoch, Round, View as ConsensusView},
};
use commonware_cryptography::{Signer as _, certificate::Scheme as _, ed25519};
use commonware_parallel::Sequential;
use commonware_utils::non_empty;
use std::sync::Arc;

pub const EPOCH_LENGTH: u64 = 10;

pub fn genesis() -> Genesis {
    let mut params = ChainParams::devnet();
    params.epoch_length = EPOCH_LENGTH;
    let validator = GenesisValidator {
        name: "one".parse().unwrap(),
        website: Default::default(),
        description: Default::default(),
        key: ValidatorKey::from_public_key(&validator().public_key()),
        endpoint: "127.0.0.1:9000".to_owned(),
        account: Address::new([1; 20]),
        stake: Amount::from_tokens(1_000).unwrap(),
        commission: althing_types::Ppm::ZERO,
    };
    let genesis = Genesis {
        chain_id: "test-1".parse().unwrap(),
        genesis_time: Timestamp::new(1),
        address_prefix: "cpc".to_owned(),
        symbol: "CPC".to_owned(),
        params,
        validators: vec![validator],
        allocations: vec![],
        reserve: Amount::ZERO,
        network: None,
        safety: None,
        load_accounts: None,
    };
    genesis.normalized().unwrap()
}

fn validator() -> ed25519::PrivateKey {
    ed25519::PrivateKey::from_seed(0)
}

pub fn validator_key() -> ValidatorKey {
    ValidatorKey::from_public_key(&validator().public_key())
}

pub fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(KeyScheme::Ed25519, [seed; 32]).unwrap()
}

pub fn address(seed: u8) -> Address {
    key(seed).address()
}

/// A transfer of `nonce + 1` base units from account `seed` to the next one.
pub fn transfer(seed: u8, nonce: u64) -> SignedTransaction {
    transfer_at(seed, nonce, 1_000_000_000)
}

pub fn transfer_at(seed: u8, nonce: u64, gas_price: u64) -> SignedTransaction {
    unsigned(seed, nonce, gas_price).sign(&key(seed)).unwrap()
}

pub fn unsigned(seed: u8, nonce: u64, gas_price: u64) -> Transaction {
    Transaction {
        chain_id: "test-1".parse().unwrap(),
        sender: address(seed),
        nonce: Nonce::new(nonce),
        gas_limit: Gas::new(30_000),
        gas_price: GasPrice::new(gas_price),
        valid_until: Height::new(1_000),
        memo: "<b>memo</b>".to_owned(),
        payload: Payload::Transfer(Transfer {
            to: address(seed.wrapping_add(1)),
            amount: Amount::new(u128::from(nonce) + 1),
        }),
    }
}

/// Transactions of account 99 fail.
pub fn receipt(transaction: &SignedTransaction) -> Receipt {
    let from = transaction.sender();
    let fails = from == address(99);
    let events = match &transaction.body().payload {
        Payload::Transfer(Transfer { to, amount }) if !fails => {
            vec![Event::Transferred { from, to: *to, amount: *amount }]
        }
        _ => vec![],
    };
    Receipt {
        transaction: transaction.hash(),
        code: Code::new(if fails { 7 } else { 0 }),
        gas_used: Gas::new(21_000),
        fee: Amount::new(21_000_000_000_000),
        events,
    }
}

#[derive(Clone)]
pub struct Finalized {
    pub block: Arc<Block>,
    pub receipts: Arc<Vec<Receipt>>,
}

/// The block behind `parent`, with `transactions`.
pub fn block_after(parent: Option<&Block>, transactions: Vec<SignedTransaction>) -> Finalized {
    let height = Height::new(parent.map_or(0, |parent| parent.header.height.get() + 1));
    let receipts: Vec<Receipt> = transactions.iter().map(receipt).collect();
    let leaves: Vec<Hash> = receipts.iter().map(Receipt::hash).collect();
    let ends = height.is_epoch_end(EPOCH_LENGTH);
    let header = Header {
        height,
        epoch: height.epoch(EPOCH_LENGTH),
        view: View::new(height.get() + 1),
        leader: validator_key(),
        parent: parent.map_or(genesis().hash(), Block::hash),
        parent_view: View::new(height.get()),
        timestamp: Timestamp::new(1_700_000_000_000 + 50 * height.get()),
        transactions_root: Block::transactions_root(&transactions),
        receipts_root: merkle::root(&leaves),
        results_root: merkle::root(&[]),
        reveal: sha256(&[b"reveal"]),
        gas_used: Gas::new(21_000 * transactions.len() as u64),
        state_root: sha256(&[b"state", &height.get().to_be_bytes()]),
        operations_root: sha256(&[b"operations"]),
        operations: SyncRange { start: 0, end: 4 },
        next_validators: ends.then(|| genesis().validator_set().unwrap()),
    };
    Finalized { block: Arc::new(Block { header, transactions }), receipts: Arc::new(receipts) }
}

/// Blocks 0 to `tip`; block `h` has `h % 4` transactions, the last of block 3 fails.
pub fn chain(tip: u64) -> Vec<Finalized> {
    let mut blocks = vec![block_after(None, vec![])];
    for height in 1..=tip {
        let transactions = (0..height % 4)
            .map(
                |n| if (height, n) == (3, 2) { transfer(99, 0) } else { transfer(n as u8, height) },
            )
            .collect();
        let parent = Arc::clone(&blocks[blocks.len() - 1].block);
        blocks.push(block_after(Some(&parent), transactions));
    }
    blocks
}

/// A certificate by the one validator.
pub fn certificate(header: &Header) -> Vec<u8> {
    let genesis = genesis();
    let round =
        Round::new(ConsensusEpoch::new(header.epoch.get()), ConsensusView::new(header.view.get()));
    let parent = ConsensusView::new(header.parent_view.get());
    let proposal = Proposal::new(round, parent, header.hash());
    let verifier = verifier(&genesis.hash(), &genesis.validator_set().unwrap());
    let keys = verifier.participants().clone();
    let signer = Scheme::signer(&consensus_namespace(&genesis.hash()), keys, validator()).unwrap();
    let vote = Finalize::sign(&signer, proposal).unwrap();
    let votes = [vote];
    Finalization::from_finalizes(&verifier, non_empty![@votes.iter()], &Sequential)
        .unwrap()
        .encode()
        .to_vec()
}
