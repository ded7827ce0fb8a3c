//! The block as consensus sees it: the chain's own block behind an `Arc`, with its digest and its
//! consensus context computed once.

use crate::types::{BlockContext, Digest};
use althing_types::{Header, SyncRange, ValidatorKey, hash};
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, Read, Write};
use commonware_consensus::{
    Block as ConsensusBlock, BoundedBlock, CertifiableBlock, Heightable,
    types::{Epoch, Height, Round, View},
};
use commonware_cryptography::Digestible;
use commonware_storage::mmr::Location;
use commonware_utils::range::NonEmptyRange;
use std::{ops::Deref, sync::Arc};

/// A block with its digest. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Block(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    block: Arc<althing_types::Block>,
    digest: Digest,
    context: BlockContext,
}

impl Block {
    /// Largest encoding, in bytes.
    pub const MAX_SIZE: usize = althing_types::Block::MAX_SIZE;

    /// Wraps a block; `None` if its leader's key is no point of the curve, or if its range of
    /// operations is empty or out of bounds.
    pub fn new(block: althing_types::Block) -> Option<Self> {
        let digest = block.hash();
        let context = context_of(&block.header)?;
        sync_range(&block.header)?;
        Some(Self(Arc::new(Inner { block: Arc::new(block), digest, context })))
    }

    /// The genesis block of the chain whose genesis file has this hash. The state database starts
    /// empty, with `root` and `range`; the allocations are written by block 1.
    ///
    /// # Panics
    /// Never: the genesis header's leader and range are legal constants.
    pub fn genesis(genesis: Digest, root: Digest, range: &NonEmptyRange<Location>) -> Self {
        let range = SyncRange { start: *range.start(), end: *range.end() };
        let header = Header::genesis(genesis, root, range);
        Self::new(althing_types::Block { header, transactions: Vec::new() })
            .expect("the genesis header has a legal leader and range")
    }

    /// The chain's own form.
    pub fn inner(&self) -> &Arc<althing_types::Block> {
        &self.0.block
    }

    /// The digest.
    pub fn hash(&self) -> Digest {
        self.0.digest
    }

    /// Root of the operations and their range: what a copy of this state must match.
    pub fn sync_target(&self) -> (Digest, NonEmptyRange<Location>) {
        let header = &self.0.block.header;
        let range = sync_range(header).expect("the range was checked when the block was made");
        (header.operations_root, range)
    }
}

fn sync_range(header: &Header) -> Option<NonEmptyRange<Location>> {
    let range = header.operations;
    let (start, end) = (Location::new(range.start), Location::new(range.end));
    if !start.is_valid() || !end.is_valid() {
        return None;
    }
    NonEmptyRange::new(start..end).ok()
}

/// The consensus context that a header commits to; `None` if the leader's key is no point.
pub fn context_of(header: &Header) -> Option<BlockContext> {
    Some(BlockContext {
        round: Round::new(Epoch::new(header.epoch.get()), View::new(header.view.get())),
        leader: header.leader.to_public_key()?,
        parent: (View::new(header.parent_view.get()), header.parent),
    })
}

/// The leader of a context in the chain's own form.
pub fn leader_of(context: &BlockContext) -> ValidatorKey {
    ValidatorKey::from_public_key(&context.leader)
}

/// Whether a digest can be a block at all (it is not the marker for nothing).
pub fn is_block(digest: &Digest) -> bool {
    *digest != hash::zero()
}

impl Deref for Block {
    type Target = althing_types::Block;
    fn deref(&self) -> &Self::Target {
        &self.0.block
    }
}

impl PartialEq for Block {
    fn eq(&self, other: &Self) -> bool {
        self.0.digest == other.0.digest
    }
}
impl Eq for Block {}

impl Write for Block {
    fn write(&self, buf: &mut impl BufMut) {
        self.0.block.write(buf);
    }
}
impl EncodeSize for Block {
    fn encode_size(&self) -> usize {
        self.0.block.encode_size()
    }
}
impl Read for Block {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, cfg: &()) -> Result<Self, Error> {
        let block = althing_types::Block::read_cfg(buf, cfg)?;
        Self::new(block).ok_or(Error::Invalid("Block", "leader or range of operations is illegal"))
    }
}
impl Digestible for Block {
    type Digest = Digest;
    fn digest(&self) -> Digest {
        self.0.digest
    }
}
impl Heightable for Block {
    fn height(&self) -> Height {
        Height::new(self.0.block.header.height.get())
    }
}
impl ConsensusBlock for Block {
    fn parent(&self) -> Digest {
        self.0.block.header.parent
    }
}
impl CertifiableBlock for Block {
    type Context = BlockContext;
    fn context(&self) -> BlockContext {
        self.0.context.clone()
    }
}
impl BoundedBlock for Block {
    fn max_encode_size(_: &()) -> usize {
        Self::MAX_SIZE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use commonware_codec::{DecodeExt as _, Encode as _};
    use commonware_utils::non_empty_range;

    fn genesis() -> Block {
        let range = non_empty_range!(Location::new(0), Location::new(1));
        Block::genesis(hash::sha256(&[b"genesis"]), hash::sha256(&[b"root"]), &range)
    }

    #[test]
    fn the_genesis_block_round_trips_and_keeps_its_digest() {
        let block = genesis();
        let decoded = Block::decode(block.encode()).unwrap();
        assert_eq!(decoded, block);
        assert_eq!(decoded.hash(), block.inner().hash());
        assert_eq!(decoded.parent(), hash::sha256(&[b"genesis"]));
        assert_eq!(decoded.height(), Height::zero());
    }

    #[test]
    fn the_context_is_what_the_header_commits_to() {
        let block = genesis();
        let mut header = block.inner().header.clone();
        header.view = althing_types::View::new(9);
        header.parent_view = althing_types::View::new(7);
        let context = context_of(&header).unwrap();
        assert_eq!(context.round.view(), View::new(9));
        assert_eq!(context.parent, (View::new(7), header.parent));
        assert_eq!(leader_of(&context), header.leader);
    }

    #[test]
    fn a_block_with_an_empty_range_of_operations_does_not_decode() {
        let mut block = (**genesis().inner()).clone();
        block.header.operations = SyncRange { start: 3, end: 3 };
        assert!(Block::new(block.clone()).is_none());
        assert!(Block::decode(block.encode()).is_err());
    }

    #[test]
    fn a_block_whose_leader_is_no_point_does_not_decode() {
        let mut block = (**genesis().inner()).clone();
        let bad = (0u8..=255)
            .map(|byte| ValidatorKey::new([byte; 32]))
            .find(|key| key.to_public_key().is_none())
            .unwrap();
        block.header.leader = bad;
        assert!(Block::decode(block.encode()).is_err());
    }
}
