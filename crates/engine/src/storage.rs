//! How everything on disk is laid out. The sizes of sections and blobs are fixed for the life of a
//! data folder: changing one needs a new folder.

use crate::types::Digest;
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, RangeCfg, Read, Write};
use commonware_parallel::Strategy;
use commonware_runtime::buffer::paged::CacheRef;
use commonware_storage::{
    archive::prunable,
    journal::contiguous::variable::Config as LogConfig,
    mmr::full::Config as MmrConfig,
    qmdb::current::VariableConfig,
    translator::{EightCap, TwoCap},
};
use commonware_utils::{NZU16, NZU64, NZUsize};
use std::num::{NonZeroU64, NonZeroUsize};

const PAGE: std::num::NonZeroU16 = NZU16!(4096);
const STATE_ITEMS_PER_BLOB: NonZeroU64 = NZU64!(1 << 18);
const ARCHIVE_ITEMS_PER_SECTION: NonZeroU64 = NZU64!(1024);
const WRITE_BUFFER: NonZeroUsize = NZUsize!(1 << 20);
const REPLAY_BUFFER: NonZeroUsize = NZUsize!(1 << 20);

/// Memory for caches and buffers of one validator.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Pages of 4 KiB cached for the state database.
    pub state_pages: NonZeroUsize,
    /// Pages of 4 KiB cached for archives and consensus journals.
    pub archive_pages: NonZeroUsize,
    /// Bytes of each write buffer.
    pub write_buffer: NonZeroUsize,
}

impl Memory {
    /// For a node on a real machine: 128 MiB of state pages, 16 MiB of archive pages.
    pub const fn node() -> Self {
        Self {
            state_pages: NZUsize!(32 * 1024),
            archive_pages: NZUsize!(4 * 1024),
            write_buffer: WRITE_BUFFER,
        }
    }

    /// For many validators in one simulation.
    pub const fn small() -> Self {
        Self {
            state_pages: NZUsize!(256),
            archive_pages: NZUsize!(64),
            write_buffer: NZUsize!(16 * 1024),
        }
    }

    /// The cache for the state database.
    pub fn state_cache(&self) -> CacheRef {
        CacheRef::new(PAGE, self.state_pages)
    }

    /// The cache for everything else.
    pub fn archive_cache(&self) -> CacheRef {
        CacheRef::new(PAGE, self.archive_pages)
    }
}

/// Configuration of the state database.
pub type StateConfig<S> = VariableConfig<EightCap, ((), ()), S>;

/// The state database under `prefix`.
pub fn state<S: Strategy>(
    prefix: &str,
    memory: &Memory,
    page_cache: CacheRef,
    strategy: S,
) -> StateConfig<S> {
    VariableConfig {
        merkle_config: MmrConfig {
            journal_partition: format!("{prefix}-state-mmr-journal"),
            metadata_partition: format!("{prefix}-state-mmr-metadata"),
            items_per_blob: STATE_ITEMS_PER_BLOB,
            write_buffer: memory.write_buffer,
            replay_buffer: REPLAY_BUFFER,
            strategy,
            page_cache: page_cache.clone(),
        },
        journal_config: LogConfig {
            partition: format!("{prefix}-state-log"),
            items_per_section: STATE_ITEMS_PER_BLOB,
            compression: None,
            codec_config: ((), ()),
            page_cache,
            write_buffer: memory.write_buffer,
            replay_buffer: REPLAY_BUFFER,
        },
        grafted_metadata_partition: format!("{prefix}-state-grafted"),
        translator: EightCap,
        init_cache: Some(NZUsize!(1 << 16)),
        init_buffer: NZUsize!(1 << 20),
        init_concurrency: (),
    }
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
