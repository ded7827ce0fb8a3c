//! Blocks for tests and benchmarks.

use althing_index::IndexedBlock;
use althing_types::{
    Address, Amount, Authorization, Block, Code, Event, Gas, GasPrice, Hash, Header, Height, Nonce,
    Payload, Receipt, SignedTransaction, SyncRange, Timestamp, Transaction, Transfer,
    hash::{sha256, zero},
};
use std::sync::Arc;

/// Account number `index`.
pub(crate) fn account(index: u64) -> Address {
    Address::of_key(0, &index.to_be_bytes())
}

/// A transfer between two accounts. Its signature is nonsense, which the index never looks at.
#[allow(dead_code, reason = "not every test target sends")]
pub(crate) fn transfer(from: u64, to: u64, nonce: u64) -> SignedTransaction {
    let body = Transaction {
        chain_id: "test-1".parse().expect("a legal chain id"),
        sender: account(from),
        nonce: Nonce::new(nonce),
        gas_limit: Gas::new(21_000),
        gas_price: GasPrice::new(1),
        valid_until: Height::new(1_000),
        memo: String::new(),
        payload: Payload::Transfer(Transfer { to: account(to), amount: Amount::new(1) }),
    };
    let authorization = Authorization::Ed25519 { public_key: [1; 32], signature: [2; 64] };
    SignedTransaction::new(body, authorization)
}

fn receipt(transaction: &SignedTransaction, failed: bool) -> Receipt {
    let moved = match &transaction.body().payload {
        Payload::Transfer(Transfer { to, amount }) => {
            vec![Event::Transferred { from: transaction.sender(), to: *to, amount: *amount }]
        }
        _ => Vec::new(),
    };
    Receipt {
        transaction: transaction.hash(),
        code: if failed { Code::new(7) } else { Code::OK },
        gas_used: Gas::new(21_000),
        fee: Amount::new(21_000),
        events: if failed { Vec::new() } else { moved },
    }
}

/// A block of these transactions; every tenth of them failed. Blocks are one second apart.
pub(crate) fn block(height: u64, transactions: Vec<SignedTransaction>) -> IndexedBlock {
    let receipts: Vec<Receipt> =
        transactions.iter().enumerate().map(|(i, tx)| receipt(tx, i % 10 == 9)).collect();
    let mut header = Header::genesis(zero(), zero(), SyncRange { start: 0, end: 1 });
    header.height = Height::new(height);
    header.timestamp = Timestamp::new(height * 1_000);
    header.gas_used = Gas::new(21_000 * receipts.len() as u64);
    // Cheaper than the root of all transactions, and as different.
    header.transactions_root =
        transactions.last().map_or_else(zero, |last| sha256(&[last.hash().as_ref()]));
    let hash: Hash = header.hash();
    IndexedBlock {
        block: Arc::new(Block { header, transactions }),
        hash,
        receipts: Arc::new(receipts),
    }
}
