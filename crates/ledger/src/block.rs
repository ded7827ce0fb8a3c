//! One block: begin, transactions, end.

use crate::{
    ApplyError, BeginError, FinishError, Invalid,
    ending::{Ended, Ending},
    error::Fault,
    execute::{self, Environment, Keys},
    genesis,
    migrations::Moment,
    modules::{
        accounts, bank, beacon, compute, energy, params,
        performance::{self, Turn},
        staking::{self, BlockMoment},
        treasury, upgrade,
    },
    results,
    versions::Releases,
};
use althing_state::{Missing, StateKey, View, Write};
use althing_types::{
    Address, Amount, ChainParams, Epoch, Event, Gas, Genesis, GenesisError, Hash, Header, Height,
    Receipt, SignedTransaction, Timestamp, ValidatorKey, ValidatorSet, Version,
    limits::MAX_BLOCK_TRANSACTIONS,
};
use std::sync::{Arc, OnceLock};

/// The state machine of one chain. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Ledger(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    genesis: Arc<Genesis>,
    genesis_hash: Hash,
    protocol: bank::ProtocolAccounts,
    releases: Releases,
    load_addresses: OnceLock<Vec<Address>>,
}

/// What a block says about itself before its transactions run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockContext {
    /// Its height, from 1.
    pub height: Height,
    /// The epoch that its height belongs to.
    pub epoch: Epoch,
    /// When it was proposed.
    pub timestamp: Timestamp,
    /// Who proposed it.
    pub proposer: ValidatorKey,
    /// The view of consensus in which it was proposed.
    pub view: althing_types::View,
    /// The view in which its parent was proposed; 0 for the first block of an epoch.
    pub parent_view: althing_types::View,
    /// Digest of the block before it.
    pub parent: Hash,
    /// What its proposer reveals of the randomness that it is committed to, or zeros.
    pub reveal: Hash,
}

impl BlockContext {
    /// What a header says.
    pub const fn of(header: &Header) -> Self {
        Self {
            height: header.height,
            epoch: header.epoch,
            timestamp: header.timestamp,
            proposer: header.leader,
            view: header.view,
            parent_view: header.parent_view,
            parent: header.parent,
            reveal: header.reveal,
        }
    }

    fn randomness(&self) -> beacon::Place {
        let Self { height, epoch, proposer, parent, reveal, .. } = *self;
        beacon::Place { height, epoch, proposer, parent, reveal }
    }
}

/// What a block did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The outcome of each included transaction, in order; after them one of the block itself, if
    /// something happened that belongs to no transaction.
    pub receipts: Vec<Receipt>,
    /// Root over the results of computation that it accepted.
    pub results_root: Hash,
    /// Gas used by all of them.
    pub gas_used: Gas,
    /// On the last block of an epoch: the validators of the next one.
    pub next_validators: Option<ValidatorSet>,
    /// On the last block of an epoch: the validators of the one after the next, chosen just now.
    pub following_validators: Option<ValidatorSet>,
    /// Changes of the state, ordered by key, each key once.
    pub writes: Vec<Write>,
}

impl Ledger {
    /// The ledger of the chain with this genesis.
    ///
    /// # Errors
    /// [`GenesisError`] if the genesis breaks a rule.
    pub fn new(genesis: Arc<Genesis>) -> Result<Self, GenesisError> {
        Self::with_releases(genesis, Releases::default())
    }

    /// The same, as older software knows it: no version later than `newest`.
    ///
    /// # Errors
    /// [`GenesisError`] if the genesis breaks a rule.
    pub fn with_newest(genesis: Arc<Genesis>, newest: Version) -> Result<Self, GenesisError> {
        Self::with_releases(genesis, Releases::default().until(newest))
    }

    /// The same, with these versions of the protocol.
    ///
    /// # Errors
    /// [`GenesisError`] if the genesis breaks a rule.
    pub fn with_releases(genesis: Arc<Genesis>, releases: Releases) -> Result<Self, GenesisError> {
        genesis.as_ref().clone().normalized()?;
        let protocol = bank::ProtocolAccounts::new();
        let (genesis_hash, load_addresses) = (genesis.hash(), OnceLock::new());
        Ok(Self(Arc::new(Inner { genesis, genesis_hash, protocol, releases, load_addresses })))
    }

    /// The versions of the protocol that it knows.
    pub fn releases(&self) -> &Releases {
        &self.0.releases
    }

    /// The genesis of the chain.
    pub fn genesis(&self) -> &Arc<Genesis> {
        &self.0.genesis
    }

    /// Derives the accounts for load tests, which block 1 needs: about 15 microseconds each. Call
    /// it before consensus starts on a chain that has many of them; otherwise block 1 does it.
    pub fn prepare_genesis(&self) {
        self.load_addresses();
    }

    /// Keys that the beginning and the end of the block surely touch.
    pub fn block_keys(&self, context: &BlockContext) -> Vec<StateKey> {
        let Inner { genesis, protocol, .. } = &*self.0;
        let mut keys = vec![
            params::PARAMS,
            upgrade::PROTOCOL,
            bank::SUPPLY,
            bank::INCOME,
            staking::QUEUE,
            treasury::TREASURY,
            compute::COMPUTE,
            compute::AGENDA,
            energy::ENERGY,
            energy::AGENDA,
            staking::validator_key(&context.proposer),
            performance::performance_key(&context.proposer),
            accounts::key(&protocol.treasury),
            accounts::key(&protocol.stakers),
        ];
        keys.extend(beacon::missing(&context.randomness()));
        if context.height == Height::new(1) {
            let first = genesis.validators.iter();
            keys.extend(first.map(|entry| performance::performance_key(&entry.key)));
        }
        keys
    }

    /// Adds the keys that the transaction surely touches.
    pub fn transaction_keys(&self, transaction: &SignedTransaction, out: &mut Vec<StateKey>) {
        out.push(accounts::key(&transaction.sender()));
        self.other_keys(transaction, out);
    }

    /// Adds the keys that the transaction surely touches, its sender's account aside.
    pub fn other_keys(&self, transaction: &SignedTransaction, out: &mut Vec<StateKey>) {
        crate::dispatch::keys(&transaction.body().payload, &transaction.sender(), out);
    }

    /// Adds the keys that [`Self::simulate`] surely reads.
    pub fn simulation_keys(&self, transaction: &SignedTransaction, out: &mut Vec<StateKey>) {
        out.extend([params::PARAMS, upgrade::PROTOCOL]);
        self.transaction_keys(transaction, out);
    }

    /// Begins a block on a view of its parent's state. At height 1 the genesis state is written.
    ///
    /// # Errors
    /// [`BeginError`] with the view. On [`BeginError::Missing`], add the keys and call again.
    #[allow(clippy::result_large_err, reason = "the view goes back to the driver, which fetches")]
    pub fn begin(
        &self,
        context: BlockContext,
        mut view: View,
    ) -> Result<BlockExecution<'_>, (View, BeginError)> {
        match self.prepare(&context, &mut view) {
            Ok((params, upgrade::Begun { version, events })) => Ok(BlockExecution {
                ledger: self,
                context,
                view,
                params,
                version,
                began: events,
                receipts: Vec::new(),
                gas_used: 0,
                bytes: 0,
                fees: Amount::ZERO,
            }),
            Err(error) => {
                view.rollback();
                Err((view, error))
            }
        }
    }

    /// What the transaction would do if it entered a block of this `height` and `timestamp`. The signature and
    /// the key are ignored; the view is left as it was.
    ///
    /// # Errors
    /// [`ApplyError`], as [`BlockExecution::apply`] would say.
    pub fn simulate(
        &self,
        height: Height,
        timestamp: Timestamp,
        transaction: &SignedTransaction,
        view: &View,
    ) -> Result<Receipt, ApplyError> {
        let params = params::load(view).map_err(|fault| fault.at::<ApplyError>(height))?;
        let version = upgrade::version(view).map_err(|fault| fault.at::<ApplyError>(height))?;
        let mut scratch = view.clone();
        let epoch = height.epoch(self.0.genesis.params.epoch_length);
        let environment = self.environment((height, epoch), timestamp, (&params, version));
        execute::transaction(&mut scratch, &environment, transaction, Keys::Ignored)
    }

    fn environment<'a>(
        &'a self,
        (height, epoch): (Height, Epoch),
        time: Timestamp,
        (params, version): (&'a ChainParams, Version),
    ) -> Environment<'a> {
        let Inner { genesis, genesis_hash, protocol, .. } = &*self.0;
        let validator_ceiling = genesis.params.staking.validator_ceiling();
        let (chain_id, genesis) = (genesis.chain_id, *genesis_hash);
        Environment {
            chain_id,
            genesis,
            height,
            epoch,
            time,
            version,
            params,
            protocol,
            validator_ceiling,
        }
    }

    fn load_addresses(&self) -> &[Address] {
        self.0.load_addresses.get_or_init(|| genesis::load_addresses(&self.0.genesis))
    }

    fn is_epoch_end(&self, height: Height) -> bool {
        height.is_epoch_end(self.0.genesis.params.epoch_length)
    }

    /// Checks the context, applies genesis, loads what the block needs, and makes sure that
    /// nothing can be missing at its end.
    fn prepare(
        &self,
        context: &BlockContext,
        view: &mut View,
    ) -> Result<(ChainParams, upgrade::Begun), BeginError> {
        let BlockContext { height, epoch, timestamp, proposer, .. } = *context;
        let at = |fault: Fault| fault.at::<BeginError>(height);
        if height == Height::ZERO {
            return Err(BeginError::HeightZero);
        }
        let expected = height.epoch(self.0.genesis.params.epoch_length);
        if epoch != expected {
            return Err(BeginError::WrongEpoch { expected, found: epoch });
        }
        let keys = self.block_keys(context);
        let missing: Vec<StateKey> = keys.into_iter().filter(|key| !view.knows(key)).collect();
        if !missing.is_empty() {
            return Err(Missing(missing).into());
        }
        if height == Height::new(1) {
            let Inner { genesis, protocol, .. } = &*self.0;
            let load = self.load_addresses();
            genesis::apply(view, genesis, protocol, load, timestamp).map_err(at)?;
        }
        let begun = self.upgrade(context, view)?;
        let params = params::load(view).map_err(at)?;
        if view.get(&staking::validator_key(&proposer))?.is_none() {
            return Err(BeginError::UnknownProposer(proposer));
        }
        beacon::begin(view, &context.randomness()).map_err(|bad| match bad {
            beacon::BadReveal::Fault(fault) => at(fault),
            beacon::BadReveal::Wrong => BeginError::WrongReveal(proposer),
            beacon::BadReveal::Unasked => BeginError::UnaskedReveal(proposer),
        })?;
        let rules = (&params, begun.version);
        let missing = self.ending(context, rules).missing(view).map_err(at)?;
        if !missing.is_empty() {
            return Err(Missing(missing).into());
        }
        view.commit();
        Ok((params, begun))
    }

    /// Takes the step of an upgrade that is due. No plan is as old as genesis, so what genesis wrote is
    /// never rolled back.
    fn upgrade(
        &self,
        context: &BlockContext,
        view: &mut View,
    ) -> Result<upgrade::Begun, BeginError> {
        let BlockContext { height, epoch, timestamp: time, .. } = *context;
        let epoch_length = self.0.genesis.params.epoch_length;
        let place = upgrade::Place { moment: Moment { height, time }, epoch, epoch_length };
        let releases = &self.0.releases;
        upgrade::begin(view, &place, releases).map_err(|stop| match stop {
            upgrade::Stop::Fault(fault) => fault.at::<BeginError>(height),
            upgrade::Stop::Unknown(version) => {
                BeginError::UpgradeNeeded { version, height, newest: releases.newest() }
            }
        })
    }

    fn ending<'a>(
        &'a self,
        context: &BlockContext,
        (params, version): (&'a ChainParams, Version),
    ) -> Ending<'a> {
        let BlockContext { height, epoch, timestamp, proposer, view, parent_view, .. } = *context;
        let protocol = &self.0.protocol;
        let validator_ceiling = self.0.genesis.params.staking.validator_ceiling();
        Ending {
            moment: BlockMoment {
                height,
                epoch,
                time: timestamp,
                version,
                params,
                protocol,
                validator_ceiling,
            },
            turn: Turn { proposer, view, parent_view },
            genesis_time: self.0.genesis.genesis_time,
            is_epoch_end: self.is_epoch_end(height),
        }
    }
}

/// A block between its beginning and its end.
#[derive(Debug)]
pub struct BlockExecution<'a> {
    ledger: &'a Ledger,
    context: BlockContext,
    view: View,
    params: ChainParams,
    version: Version,
    /// What happened before its transactions.
    began: Vec<Event>,
    receipts: Vec<Receipt>,
    gas_used: u64,
    bytes: u64,
    fees: Amount,
}

impl BlockExecution<'_> {
    /// The view: the driver adds missing keys here.
    pub fn view_mut(&mut self) -> &mut View {
        &mut self.view
    }

    /// The parameters that the block runs with.
    pub fn params(&self) -> &ChainParams {
        &self.params
    }

    /// The version of the rules that the block runs with.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Whether the block has room for the transaction: its gas limit, its bytes, and its place.
    pub fn fits(&self, transaction: &SignedTransaction) -> bool {
        let gas = self.gas_used.checked_add(transaction.body().gas_limit.get());
        let bytes = self.bytes.checked_add(length(transaction));
        gas.is_some_and(|gas| gas <= self.params.block_gas_limit.get())
            && bytes.is_some_and(|bytes| bytes <= self.params.max_block_bytes)
            && self.receipts.len() < MAX_BLOCK_TRANSACTIONS
    }

    /// Includes one transaction, whose signature was verified before. Also when it fails inside:
    /// then its receipt has a code, and its fee and nonce stay.
    ///
    /// # Errors
    /// [`ApplyError`]; nothing has changed then.
    pub fn apply(&mut self, transaction: &SignedTransaction) -> Result<(), ApplyError> {
        if !self.fits(transaction) {
            return Err(Invalid::BlockFull.into());
        }
        let BlockContext { height, epoch, timestamp, .. } = self.context;
        let environment =
            self.ledger.environment((height, epoch), timestamp, (&self.params, self.version));
        let receipt =
            execute::transaction(&mut self.view, &environment, transaction, Keys::Checked)?;
        // None of these can overflow: `fits` bounds gas and bytes, the supply bounds fees.
        self.gas_used = self.gas_used.saturating_add(receipt.gas_used.get());
        self.bytes = self.bytes.saturating_add(length(transaction));
        self.fees = self.fees.checked_add(receipt.fee).map_err(|_| {
            let what = "the fees of a block are more than the supply can be";
            Fault::Corrupt { key: bank::SUPPLY, what }.at::<ApplyError>(height)
        })?;
        self.receipts.push(receipt);
        Ok(())
    }

    /// Ends the block: settles the fees, counts turns, pays what has unbonded, and turns the epoch
    /// on its last block.
    ///
    /// # Errors
    /// [`FinishError`].
    pub fn finish(mut self) -> Result<Outcome, FinishError> {
        let height = self.context.height;
        let Ended { events, sets } = self.end().map_err(|fault| fault.at::<FinishError>(height))?;
        self.view.commit();
        self.began.extend(events);
        if !self.began.is_empty() {
            self.receipts.push(Receipt::of_block(self.began));
        }
        let (next_validators, following_validators) = sets.unzip();
        Ok(Outcome {
            results_root: results::root(&self.receipts),
            receipts: self.receipts,
            gas_used: Gas::new(self.gas_used),
            next_validators,
            following_validators,
            writes: self.view.into_writes(),
        })
    }

    /// Asks again for everything at once that transactions made necessary, before it starts.
    fn end(&mut self) -> Result<Ended, Fault> {
        let ending = self.ledger.ending(&self.context, (&self.params, self.version));
        let missing = ending.missing(&self.view)?;
        if !missing.is_empty() {
            return Err(Missing(missing).into());
        }
        ending.run(&mut self.view, self.fees)
    }
}

fn length(transaction: &SignedTransaction) -> u64 {
    u64::try_from(transaction.bytes().len()).unwrap_or(u64::MAX)
}
