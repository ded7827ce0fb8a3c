//! Blocks and headers.
//!
//! The block's digest is the SHA-256 of the encoded header, and the header commits to everything
//! else, so a client can check a header, a certificate and a Merkle proof without the body.

use crate::{
    Epoch, Gas, Hash, Height, SignedTransaction, Timestamp, ValidatorKey, ValidatorSet, View,
    codec,
    hash::{sha256, zero},
    limits::{MAX_BLOCK_BYTES, MAX_BLOCK_TRANSACTIONS, MAX_ENDPOINT_BYTES, MAX_VALIDATORS},
    merkle,
};
use bytes::BufMut;
use commonware_codec::{Buf, Encode as _, EncodeSize, Error, RangeCfg, Read, ReadExt as _, Write};

/// Range of operations of the state database that the block's state covers, `start..end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncRange {
    /// First operation that is still needed.
    pub start: u64,
    /// One past the last operation; more than `start`.
    pub end: u64,
}

/// What a block commits to. Every field is part of the block's digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Position in the chain.
    pub height: Height,
    /// The epoch of consensus that proposed it.
    pub epoch: Epoch,
    /// The view of consensus that proposed it.
    pub view: View,
    /// Who proposed it.
    pub leader: ValidatorKey,
    /// Digest of the block before it.
    pub parent: Hash,
    /// View in which the parent was proposed; 0 for the first block of an epoch.
    pub parent_view: View,
    /// When it was proposed, in milliseconds since the Unix epoch; later than its parent.
    pub timestamp: Timestamp,
    /// Root of the transactions' hashes.
    pub transactions_root: Hash,
    /// Root of the receipts' hashes.
    pub receipts_root: Hash,
    /// Root of verified compute results; the root of an empty list until a result is settled.
    pub results_root: Hash,
    /// What the leader adds to the randomness of the chain: the preimage that its chain of hashes
    /// owes, or 32 zero bytes if it is committed to none. See module `beacon` of the ledger.
    pub reveal: Hash,
    /// Gas used by all transactions.
    pub gas_used: Gas,
    /// Root of the state after this block; account proofs lead here.
    pub state_root: Hash,
    /// Root of the operations of the state database after this block.
    pub operations_root: Hash,
    /// Operations of the state database that this state needs.
    pub operations: SyncRange,
    /// On the last block of an epoch: the validators of the next one.
    pub next_validators: Option<ValidatorSet>,
}

impl Header {
    /// Largest encoding, in bytes.
    pub const MAX_SIZE: usize =
        10 * 8 + 9 * 32 + 1 + 5 + MAX_VALIDATORS * (32 + 5 + MAX_ENDPOINT_BYTES + 19);

    /// SHA-256 of the encoding: the digest of the block.
    pub fn hash(&self) -> Hash {
        sha256(&[&self.encode()])
    }

    /// The header of the genesis block. `genesis_hash` stands as its parent, so chains with
    /// different genesis files share no block; the state is empty, and block 1 writes the genesis
    /// allocations. `operations_root` and `operations` are those of an empty state database.
    pub fn genesis(genesis_hash: Hash, operations_root: Hash, operations: SyncRange) -> Self {
        Self {
            height: Height::ZERO,
            epoch: Epoch::ZERO,
            view: View::ZERO,
            leader: ValidatorKey::new([0; 32]),
            parent: genesis_hash,
            parent_view: View::ZERO,
            timestamp: Timestamp::ZERO,
            transactions_root: merkle::root(&[]),
            receipts_root: merkle::root(&[]),
            results_root: merkle::root(&[]),
            reveal: zero(),
            gas_used: Gas::ZERO,
            state_root: zero(),
            operations_root,
            operations,
            next_validators: None,
        }
    }
}

impl Write for Header {
    fn write(&self, buf: &mut impl BufMut) {
        self.height.write(buf);
        self.epoch.write(buf);
        self.view.write(buf);
        self.leader.write(buf);
        self.parent.write(buf);
        self.parent_view.write(buf);
        self.timestamp.write(buf);
        self.transactions_root.write(buf);
        self.receipts_root.write(buf);
        self.results_root.write(buf);
        self.reveal.write(buf);
        self.gas_used.write(buf);
        self.state_root.write(buf);
        self.operations_root.write(buf);
        codec::write_u64(self.operations.start, buf);
        codec::write_u64(self.operations.end, buf);
        self.next_validators.write(buf);
    }
}

impl EncodeSize for Header {
    fn encode_size(&self) -> usize {
        self.height.encode_size()
            + self.epoch.encode_size()
            + self.view.encode_size()
            + 8 * 32
            + self.parent_view.encode_size()
            + self.timestamp.encode_size()
            + self.gas_used.encode_size()
            + codec::size_u64(self.operations.start)
            + codec::size_u64(self.operations.end)
            + self.next_validators.encode_size()
    }
}

impl Read for Header {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        Ok(Self {
            height: Height::read(buf)?,
            epoch: Epoch::read(buf)?,
            view: View::read(buf)?,
            leader: ValidatorKey::read(buf)?,
            parent: Hash::read(buf)?,
            parent_view: View::read(buf)?,
            timestamp: Timestamp::read(buf)?,
            transactions_root: Hash::read(buf)?,
            receipts_root: Hash::read(buf)?,
            results_root: Hash::read(buf)?,
            reveal: Hash::read(buf)?,
            gas_used: Gas::read(buf)?,
            state_root: Hash::read(buf)?,
            operations_root: Hash::read(buf)?,
            operations: SyncRange { start: codec::read_u64(buf)?, end: codec::read_u64(buf)? },
            next_validators: Option::read(buf)?,
        })
    }
}

/// A header with its transactions. Decoding checks that the header commits to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What the block commits to.
    pub header: Header,
    /// The transactions in order of execution.
    pub transactions: Vec<SignedTransaction>,
}

impl Block {
    /// Largest encoding, in bytes.
    pub const MAX_SIZE: usize = Header::MAX_SIZE + 5 + MAX_BLOCK_BYTES + 3 * MAX_BLOCK_TRANSACTIONS;

    /// Digest of the block (of its header).
    pub fn hash(&self) -> Hash {
        self.header.hash()
    }

    /// Root of the transactions' hashes, which the header must carry.
    pub fn transactions_root(transactions: &[SignedTransaction]) -> Hash {
        let leaves: Vec<Hash> = transactions.iter().map(SignedTransaction::hash).collect();
        merkle::root(&leaves)
    }
}

impl Write for Block {
    fn write(&self, buf: &mut impl BufMut) {
        self.header.write(buf);
        self.transactions.write(buf);
    }
}
impl EncodeSize for Block {
    fn encode_size(&self) -> usize {
        self.header.encode_size() + self.transactions.encode_size()
    }
}
impl Read for Block {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        let header = Header::read(buf)?;
        let transactions = Vec::<SignedTransaction>::read_cfg(
            buf,
            &(RangeCfg::from(0..=MAX_BLOCK_TRANSACTIONS), ()),
        )?;
        let bytes: usize = transactions.iter().map(|tx| tx.bytes().len()).sum();
        if bytes > MAX_BLOCK_BYTES {
            return Err(Error::Invalid("Block", "too many bytes of transactions"));
        }
        if Self::transactions_root(&transactions) != header.transactions_root {
            return Err(Error::Invalid("Block", "the header commits to other transactions"));
        }
        Ok(Self { header, transactions })
    }
}
