//! Every generic of the consensus stack, fixed once. The rest of the crate is generic over two
//! things only: the runtime `E` and the strategy `S` for work on several cores.

use crate::block::Block;
use althing_state::{StateKey, StateValue};
use commonware_consensus::{
    marshal::{self, core::Mailbox as MarshalMailboxOf, standard::Standard},
    simplex::{self, types::Context},
    types::FixedEpocher,
};
use commonware_cryptography::{Sha256, ed25519, sha256};
use commonware_glue::stateful::db::{DatabaseSet, Shared, current::CurrentStaged};
use commonware_runtime::{Clock, Metrics, Spawner, Storage};
use commonware_storage::{
    index::ordered as ordered_index,
    journal::contiguous::variable as variable_log,
    mmr,
    qmdb::{
        any::{self, value::VariableEncoding},
        current::ordered::variable,
    },
    translator::EightCap,
};
use rand_core::CryptoRng;

/// Digest of blocks, transactions and state nodes.
pub type Digest = sha256::Digest;
/// Consensus and network identity of a validator.
pub type PublicKey = ed25519::PublicKey;
/// Secret key of a validator.
pub type PrivateKey = ed25519::PrivateKey;
/// How votes and certificates are signed.
pub type Scheme = simplex::scheme::ed25519::Scheme;
/// What consensus tells about a block: round, leader, parent.
pub type BlockContext = Context<Digest, PublicKey>;
/// Certificate that a block is final.
pub type Finalization = simplex::types::Finalization<Scheme, Digest>;
/// Anything that consensus reports.
pub type Activity = simplex::types::Activity<Scheme, Digest>;
/// Bytes in one chunk of the bitmap that says which operations are current.
pub const CHUNK: usize = 256;
/// The authenticated state database.
pub type Db<E, S> = variable::Db<mmr::Family, E, StateKey, StateValue, Sha256, EightCap, CHUNK, S>;
/// One logged operation of that database.
pub type Operation = any::ordered::variable::Operation<mmr::Family, StateKey, StateValue>;
/// Handle of the database, shared by readers and the one writer.
pub type Dbs<E, S> = Shared<Db<E, S>>;
/// A fork of the state that a block writes to.
pub type Batch<E, S> = <Dbs<E, S> as DatabaseSet<E>>::Unmerkleized;
/// A fork with keys that have been read and may be written cheaply.
pub type Staged<E, S> = CurrentStaged<
    mmr::Family,
    E,
    variable_log::Journal<E, Operation>,
    ordered_index::Index<EightCap, mmr::Location>,
    Sha256,
    any::ordered::Update<StateKey, VariableEncoding<StateValue>>,
    CHUNK,
    S,
>;
/// A fork with its root.
pub type Merkleized<E, S> = <Dbs<E, S> as DatabaseSet<E>>::Merkleized;
/// Which variant of the block archive is used: whole blocks.
pub type Variant = Standard<Block>;
/// Handle of the block archive.
pub type Marshal = MarshalMailboxOf<Scheme, Variant>;
/// Finalized blocks as the archive reports them.
pub type Update = marshal::Update<Block>;
/// Heights to epochs.
pub type Epochs = FixedEpocher;

/// Everything that the validator needs from a runtime: the real one and the simulated one both
/// have it.
pub trait Runtime: Storage + Clock + Metrics + Spawner + CryptoRng + Sync {}
impl<E> Runtime for E where E: Storage + Clock + Metrics + Spawner + CryptoRng + Sync {}
