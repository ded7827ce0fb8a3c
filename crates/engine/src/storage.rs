//! How everything on disk is laid out. The sizes of sections and blobs are fixed for the life of a
//! data folder: changing one needs a new folder.

use crate::types::Digest;
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, RangeCfg, Read, Write};
use commonware_parallel::Strategy;
use commonware_runtime::{Storage, buffer::paged::CacheRef};
use commonware_storage::{
    archive::prunable,
    journal::contiguous::variable::Config as LogConfig,
    mmr::full::Config as MmrConfig,
    qmdb::current::VariableConfig,
    translator::{EightCap, TwoCap},
};
use commonware_utils::{NZU16, NZU64, NZUsize};
use std::num::{NonZeroU16, NonZeroU64, NonZeroUsize};

/// Bytes that the storage adds to each page.
const CHECKSUM: u16 = 12;
/// Bytes of a page without its checksum: with it, a page is one block of a disk, and reading it
/// touches no other.
const PAGE: NonZeroU16 = NZU16!(4096 - CHECKSUM);
/// A proof reads nodes of the tree that lie far from each other, 32 bytes of each page: small pages
/// keep more of them in the same memory.
const TREE_PAGE: NonZeroU16 = NZU16!(512 - CHECKSUM);
const STATE_ITEMS_PER_BLOB: NonZeroU64 = NZU64!(1 << 18);
const ARCHIVE_ITEMS_PER_SECTION: NonZeroU64 = NZU64!(1024);
/// About 80 bytes each, given back when the state is open.
const MAX_REPLAYED: usize = 1 << 22;
const WRITE_BUFFER: NonZeroUsize = NZUsize!(1 << 20);
const REPLAY_BUFFER: NonZeroUsize = NZUsize!(1 << 20);

/// Bytes that a node gives to the cache of its state, unless told otherwise.
pub const STATE_CACHE: usize = 448 << 20;

/// Blocks need no page of the tree, only proofs do.
const TREE_SHARE: usize = 32;

/// Memory for caches and buffers of one validator.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Bytes that cache the state, one of 32 its tree. All are taken at start.
    pub state_cache: usize,
    /// Pages of 4 KiB cached for archives and consensus journals.
    pub archive_pages: NonZeroUsize,
    /// Bytes of each write buffer.
    pub write_buffer: NonZeroUsize,
}

impl Memory {
    /// For a node on a real machine.
    pub const fn node() -> Self {
        Self {
            state_cache: STATE_CACHE,
            archive_pages: NZUsize!(4 * 1024),
            write_buffer: WRITE_BUFFER,
        }
    }

    /// Caches for the records and for the tree of the state.
    fn state_caches(&self) -> (CacheRef, CacheRef) {
        let bytes = self.state_cache;
        let cache = |page: NonZeroU16, bytes: usize| {
            let pages = bytes / usize::from(page.get() + CHECKSUM);
            CacheRef::new(page, NonZeroUsize::new(pages).unwrap_or(NonZeroUsize::MIN))
        };
        (cache(PAGE, bytes - bytes / TREE_SHARE), cache(TREE_PAGE, bytes / TREE_SHARE))
    }

    /// The cache for everything else.
    pub fn archive_cache(&self) -> CacheRef {
        CacheRef::new(PAGE, self.archive_pages)
    }
}

/// Configuration of the state database.
pub type StateConfig<S> = VariableConfig<EightCap, ((), ()), S>;

/// The state database under `prefix`.
///
/// # Errors
/// If the folder of its log cannot be listed.
pub async fn state<E: Storage, S: Strategy>(
    disk: &E,
    prefix: &str,
    memory: &Memory,
    strategy: S,
) -> Result<StateConfig<S>, commonware_runtime::Error> {
    let log = format!("{prefix}-state-log");
    let blobs = match disk.scan(&format!("{log}_data")).await {
        Ok(blobs) => blobs.len(),
        Err(commonware_runtime::Error::PartitionMissing(_)) => 0,
        Err(error) => return Err(error),
    };
    let (records, tree) = memory.state_caches();
    Ok(VariableConfig {
        merkle_config: MmrConfig {
            journal_partition: format!("{prefix}-state-mmr-journal"),
            metadata_partition: format!("{prefix}-state-mmr-metadata"),
            items_per_blob: STATE_ITEMS_PER_BLOB,
            write_buffer: memory.write_buffer,
            replay_buffer: REPLAY_BUFFER,
            strategy,
            page_cache: tree,
        },
        journal_config: LogConfig {
            partition: log,
            items_per_section: STATE_ITEMS_PER_BLOB,
            compression: None,
            codec_config: ((), ()),
            page_cache: records,
            write_buffer: memory.write_buffer,
            replay_buffer: REPLAY_BUFFER,
        },
        grafted_metadata_partition: format!("{prefix}-state-grafted"),
        translator: EightCap,
        init_cache: Some(replayed(blobs)),
        init_buffer: NZUsize!(1 << 20),
        init_concurrency: (),
    })
}

/// How many operations of a log with so many blobs to keep in memory while it is replayed at start:
/// all of them, if they are not too many. An operation that is not kept must be read again from the
/// disk, alone, when a later one replaces it.
fn replayed(blobs: usize) -> NonZeroUsize {
    let per_blob = usize::try_from(STATE_ITEMS_PER_BLOB.get()).unwrap_or(usize::MAX);
    let operations = blobs.saturating_mul(per_blob).clamp(1 << 10, MAX_REPLAYED);
    NonZeroUsize::new(operations).unwrap_or(NonZeroUsize::MIN)
}

/// An archive of values by height.
pub fn archive<C>(
    prefix: &str,
    name: &str,
    memory: &Memory,
    page_cache: CacheRef,
    codec_config: C,
) -> prunable::Config<TwoCap, C> {
    prunable::Config {
        translator: TwoCap,
        metadata_partition: format!("{prefix}-{name}-metadata"),
        key_partition: format!("{prefix}-{name}-key"),
        key_page_cache: page_cache,
        value_partition: format!("{prefix}-{name}-value"),
        compression: None,
        codec_config,
        items_per_section: ARCHIVE_ITEMS_PER_SECTION,
        key_write_buffer: NZUsize!(16 * 1024),
        value_write_buffer: memory.write_buffer,
        replay_buffer: NZUsize!(64 * 1024),
    }
}

/// A list with a bounded length, as a value of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounded<T, const MAX: usize>(pub std::sync::Arc<Vec<T>>);

impl<T: Write, const MAX: usize> Write for Bounded<T, MAX> {
    fn write(&self, buf: &mut impl BufMut) {
        self.0.write(buf);
    }
}
impl<T: EncodeSize, const MAX: usize> EncodeSize for Bounded<T, MAX> {
    fn encode_size(&self) -> usize {
        self.0.encode_size()
    }
}
impl<T: Read<Cfg = ()>, const MAX: usize> Read for Bounded<T, MAX> {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        let items = Vec::<T>::read_cfg(buf, &(RangeCfg::from(0..=MAX), ()))?;
        Ok(Self(std::sync::Arc::new(items)))
    }
}

/// An archive keyed by digest.
pub type Archive<E, V> = prunable::Archive<TwoCap, E, Digest, V>;
