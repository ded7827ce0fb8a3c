//! The index through its public surface.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use althing_index::{Index, IndexError, IndexedBlock};
use althing_types::{Height, hash::zero};
use common::{account, block, transfer};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Blocks 1 to `count`; block `h` holds `h % 4` transfers among three accounts.
fn chain(count: u64) -> Vec<IndexedBlock> {
    let transactions =
        |height: u64| (0..height % 4).map(move |i| transfer(i, (i + 1) % 3, height * 10 + i));
    (1..=count).map(|height| block(height, transactions(height).collect())).collect()
}

/// Everything that the index says about `blocks`.
fn answers(index: &Index, blocks: &[IndexedBlock]) -> String {
    let mut text = format!("{:?} {:?}\n", index.stats().unwrap(), index.minutes(100).unwrap());
    for entry in blocks {
        text += &format!("{:?}\n", index.height_of(&entry.hash).unwrap());
        for transaction in &entry.block.transactions {
            text += &format!("{:?}\n", index.position(&transaction.hash()).unwrap());
        }
    }
    for number in 0..4 {
        let found = index.account_transactions(account(number), None, 1_000).unwrap();
        text += &format!("{found:?}\n");
    }
    text + &format!("{:?}", index.recent_transactions(None, 1_000).unwrap())
}

#[test]
fn positions_lead_back_to_the_transactions() {
    let index = Index::in_memory().unwrap();
    let blocks = chain(50);
    index.apply(&blocks).unwrap();
    assert_eq!(index.last_height().unwrap(), Some(Height::new(50)));
    for entry in &blocks {
        let height = entry.block.header.height;
        assert_eq!(index.height_of(&entry.hash).unwrap(), Some(height));
        for (position, transaction) in entry.block.transactions.iter().enumerate() {
            let found = index.position(&transaction.hash()).unwrap();
            assert_eq!(found, Some((height, position as u32)));
        }
    }
    assert_eq!(index.position(&zero()).unwrap(), None);
    assert_eq!(index.height_of(&zero()).unwrap(), None);
}

#[test]
fn applying_blocks_again_changes_nothing() {
    let index = Index::in_memory().unwrap();
    let blocks = chain(30);
    index.apply(&blocks).unwrap();
    let before = answers(&index, &blocks);
    index.apply(&blocks[10..20]).unwrap();
    index.apply(&blocks).unwrap();
    assert_eq!(answers(&index, &blocks), before);
}

#[test]
fn an_index_built_live_equals_one_that_was_rebuilt() {
    let folder = tempfile::tempdir().unwrap();
    let live = Index::open(&folder.path().join("live.db")).unwrap();
    let blocks = chain(97);
    for entry in &blocks {
        live.apply(std::slice::from_ref(entry)).unwrap();
    }
    let rebuilt = Index::in_memory().unwrap();
    for batch in blocks.chunks(13) {
        rebuilt.apply(batch).unwrap();
    }
    assert_eq!(answers(&live, &blocks), answers(&rebuilt, &blocks));
}

#[test]
fn account_history_is_paged_newest_first_without_repetition() {
    let index = Index::in_memory().unwrap();
    let blocks = chain(60);
    index.apply(&blocks).unwrap();
    let mut expected: Vec<_> = blocks
        .iter()
        .flat_map(|entry| {
            let height = entry.block.header.height;
            entry.block.transactions.iter().enumerate().map(move |(i, tx)| (height, i as u32, tx))
        })
        .filter(|(.., tx)| {
            let to = match &tx.body().payload {
                althing_types::Payload::Transfer(transfer) => Some(transfer.to),
                _ => None,
            };
            tx.sender() == account(1) || to == Some(account(1))
        })
        .map(|(height, position, _)| (height, position))
        .collect();
    expected.reverse();
    let mut pages = Vec::new();
    let mut before = None;
    loop {
        let page = index.account_transactions(account(1), before, 7).unwrap();
        let Some(last) = page.last() else { break };
        before = Some(*last);
        pages.extend(page);
    }
    assert!(expected.len() > 20);
    assert_eq!(pages, expected);
}

#[test]
fn recent_transactions_are_paged_newest_first_across_empty_blocks() {
    let index = Index::in_memory().unwrap();
    let blocks = chain(41);
    index.apply(&blocks).unwrap();
    let mut expected: Vec<_> = blocks
        .iter()
        .flat_map(|entry| {
            let height = entry.block.header.height;
            (0..entry.receipts.len() as u32).map(move |position| (height, position))
        })
        .collect();
    expected.reverse();
    let mut pages = Vec::new();
    let mut before = None;
    loop {
        let page = index.recent_transactions(before, 4).unwrap();
        let Some(last) = page.last() else { break };
        before = Some(*last);
        pages.extend(page);
    }
    assert_eq!(pages, expected);
    assert!(index.recent_transactions(None, 0).unwrap().is_empty());
}

#[test]
fn a_transfer_to_oneself_appears_once() {
    let index = Index::in_memory().unwrap();
    index.apply(&[block(1, vec![transfer(5, 5, 0)])]).unwrap();
    let found = index.account_transactions(account(5), None, 10).unwrap();
    assert_eq!(found, [(Height::new(1), 0)]);
}

#[test]
fn sums_count_failures_by_minute_and_message_type() {
    let index = Index::in_memory().unwrap();
    let transactions = |count: u64| (0..count).map(|i| transfer(i, i + 1, 0)).collect();
    // 59 s and 60 s after the epoch: two different minutes.
    index.apply(&[block(59, transactions(20)), block(60, transactions(5))]).unwrap();
    let stats = index.stats().unwrap();
    assert_eq!((stats.blocks, stats.transactions, stats.failed), (2, 25, 2));
    assert_eq!(stats.kinds[0].name, "transfer");
    let minutes = index.minutes(10).unwrap();
    assert_eq!(minutes.len(), 2);
    assert_eq!((minutes[0].start_ms, minutes[0].transactions), (60_000, 5));
    assert_eq!((minutes[1].start_ms, minutes[1].transactions, minutes[1].failed), (0, 20, 2));
    assert_eq!(minutes[1].gas_used, 20 * 21_000);
}

#[test]
fn a_gap_is_refused_and_nothing_of_the_batch_is_kept() {
    let index = Index::in_memory().unwrap();
    let blocks = chain(10);
    index.apply(&blocks[..3]).unwrap();
    let error = index.apply(&[blocks[3].clone(), blocks[5].clone()]).unwrap_err();
    assert!(matches!(error, IndexError::Gap { expected, found }
        if expected == Height::new(5) && found == Height::new(6)));
    assert_eq!(index.last_height().unwrap(), Some(Height::new(3)));
}

#[test]
fn a_block_of_another_chain_is_refused() {
    let index = Index::in_memory().unwrap();
    index.apply(&chain(5)).unwrap();
    let other = block(3, vec![transfer(8, 9, 1)]);
    assert!(matches!(index.apply(&[other]), Err(IndexError::Diverged(height))
        if height == Height::new(3)));
}

#[test]
fn what_a_block_did_by_itself_is_no_transaction() {
    let index = Index::in_memory().unwrap();
    let mut entry = block(1, vec![transfer(1, 2, 0)]);
    let mut receipts = entry.receipts.as_ref().clone();
    let paid = althing_types::Event::Transferred {
        from: account(5),
        to: account(6),
        amount: althing_types::Amount::new(1),
    };
    receipts.push(althing_types::Receipt::of_block(vec![paid]));
    entry.receipts = Arc::new(receipts);
    index.apply(&[entry]).unwrap();
    let stats = index.stats().unwrap();
    assert_eq!((stats.transactions, index.minutes(1).unwrap()[0].transactions), (1, 1));
    assert_eq!(index.recent_transactions(None, 10).unwrap(), [(Height::new(1), 0)]);
}

#[test]
fn missing_receipts_are_refused() {
    let index = Index::in_memory().unwrap();
    let mut entry = block(1, vec![transfer(1, 2, 0)]);
    entry.receipts = Arc::new(Vec::new());
    assert!(matches!(index.apply(&[entry]), Err(IndexError::Receipts { .. })));
}

#[test]
fn a_reopened_index_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index.db");
    let blocks = chain(20);
    Index::open(&path).unwrap().apply(&blocks[..12]).unwrap();
    let index = Index::open(&path).unwrap();
    assert_eq!(index.last_height().unwrap(), Some(Height::new(12)));
    index.apply(&blocks[8..]).unwrap();
    assert_eq!(index.stats().unwrap().blocks, 20);
    assert!(index.bytes_on_disk() > 0);
}

#[test]
fn another_schema_version_or_a_damaged_file_is_rebuilt_empty() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index.db");
    Index::open(&path).unwrap().apply(&chain(4)).unwrap();
    let raw = rusqlite::Connection::open(&path).unwrap();
    raw.pragma_update(None, "user_version", 9_999).unwrap();
    drop(raw);
    assert_eq!(Index::open(&path).unwrap().last_height().unwrap(), None);

    std::fs::write(&path, b"this is no database, but it is long enough to look at").unwrap();
    let index = Index::open(&path).unwrap();
    assert_eq!(index.last_height().unwrap(), None);
    index.apply(&chain(4)).unwrap();
}

#[test]
fn reads_go_on_while_blocks_are_written_and_see_whole_batches() {
    let folder = tempfile::tempdir().unwrap();
    let index = Arc::new(Index::open(&folder.path().join("index.db")).unwrap());
    let done = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let (index, done) = (Arc::clone(&index), Arc::clone(&done));
            std::thread::spawn(move || {
                let mut reads = 0u64;
                while !done.load(Ordering::Relaxed) {
                    let stats = index.stats().unwrap();
                    // Every batch ends at a multiple of ten.
                    assert_eq!(stats.blocks % 10, 0);
                    index.account_transactions(account(1), None, 20).unwrap();
                    reads += 1;
                }
                reads
            })
        })
        .collect();
    for batch in chain(500).chunks(10) {
        index.apply(batch).unwrap();
    }
    done.store(true, Ordering::Relaxed);
    for reader in readers {
        assert!(reader.join().unwrap() > 0);
    }
    assert_eq!(index.stats().unwrap().blocks, 500);
}
