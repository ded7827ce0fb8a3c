//! Bundles of a small chain of our own keys, then every byte of them changed.

use super::*;
use althing_types::{
    ChainParams, Epoch, Gas, GasPrice, GenesisValidator, KeyScheme, Payload, SecretKey, SyncRange,
    Timestamp, Transaction, Transfer, ValidatorKey, ValidatorSet, View, consensus_namespace,
};
use commonware_consensus::{
    simplex::{
        scheme::ed25519::Scheme,
        types::{Finalization, Finalize, Proposal},
    },
    types::{Epoch as ConsensusEpoch, Round, View as ConsensusView},
};
use commonware_cryptography::{Signer as _, ed25519};
use commonware_parallel::Sequential;
use commonware_runtime::{Runner as _, buffer::paged::CacheRef, deterministic};
use commonware_storage::{
    journal::contiguous::variable::Config as LogConfig,
    mmr::full::Config as MmrConfig,
    qmdb::{
        current::{VariableConfig, ordered::variable},
        floor::Proportional,
    },
    translator::EightCap,
};
use commonware_utils::{NZU16, NZU64, NZUsize, non_empty};

const EPOCH_LENGTH: u64 = 10;

struct Chain {
    genesis: Genesis,
    keys: Vec<ed25519::PrivateKey>,
}

impl Chain {
    fn new(validators: u64) -> Self {
        let mut keys: Vec<_> = (0..validators).map(ed25519::PrivateKey::from_seed).collect();
        keys.sort_by_key(|key| key.public_key());
        let entry = |(index, key): (usize, &ed25519::PrivateKey)| GenesisValidator {
            name: format!("v{index}").parse().unwrap(),
            website: Default::default(),
            description: Default::default(),
            key: ValidatorKey::from_public_key(&key.public_key()),
            endpoint: format!("127.0.0.1:{}", 1000 + index),
            account: Address::new([index as u8; 20]),
            stake: Amount::from_tokens(1_000).unwrap(),
            commission: Default::default(),
        };
        let mut params = ChainParams::devnet();
        params.epoch_length = EPOCH_LENGTH;
        params.staking.max_validators = 100;
        params.staking.max_candidates = 100;
        let genesis = Genesis {
            chain_id: "test-1".parse().unwrap(),
            genesis_time: Timestamp::new(1),
            address_prefix: "cpc".into(),
            symbol: "CPC".into(),
            params,
            validators: keys.iter().enumerate().map(entry).collect(),
            allocations: vec![],
            reserve: Amount::ZERO,
            network: None,
            safety: None,
            load_accounts: None,
        };
        Self { genesis: genesis.normalized().unwrap(), keys }
    }

    fn set(&self) -> ValidatorSet {
        self.genesis.validator_set().unwrap()
    }

    fn header(&self, height: u64, parent: Hash) -> Header {
        let height = Height::new(height);
        Header {
            height,
            epoch: height.epoch(EPOCH_LENGTH),
            view: View::new(height.get() + 3),
            leader: self.genesis.validators[0].key,
            parent,
            parent_view: View::new(2),
            timestamp: Timestamp::new(1_000 + height.get()),
            transactions_root: merkle::root(&[]),
            receipts_root: merkle::root(&[]),
            results_root: merkle::root(&[]),
            reveal: hash(b"reveal"),
            gas_used: Gas::new(0),
            state_root: hash(b"state"),
            operations_root: hash(b"operations"),
            operations: SyncRange { start: 3, end: 9 },
            next_validators: height.is_epoch_end(EPOCH_LENGTH).then(|| self.set()),
        }
    }

    fn certificate(&self, header: &Header, signers: usize) -> String {
        self.certificate_of(header.epoch, header.hash(), signers)
    }

    fn certificate_of(&self, epoch: Epoch, payload: Hash, signers: usize) -> String {
        let namespace = consensus_namespace(&self.genesis.hash());
        let round = Round::new(ConsensusEpoch::new(epoch.get()), ConsensusView::new(7));
        let proposal = Proposal::new(round, ConsensusView::new(6), payload);
        let verifier = verifier(&self.genesis.hash(), &self.set());
        let keys = commonware_cryptography::certificate::Scheme::participants(&verifier);
        let votes: Vec<_> = self.keys[..signers]
            .iter()
            .map(|key| Scheme::signer(&namespace, keys.clone(), key.clone()).unwrap())
            .map(|scheme| Finalize::sign(&scheme, proposal.clone()).unwrap())
            .collect();
        let finalization =
            Finalization::from_finalizes(&verifier, non_empty![@votes.iter()], &Sequential);
        hex::encode(finalization.unwrap().encode())
    }

    fn finality(&self, headers: &[Header]) -> FinalityBundle {
        let quorum = self.set().quorum();
        FinalityBundle {
            headers: headers.iter().map(|header| hex::encode(header.encode())).collect(),
            certificate: self.certificate(headers.last().unwrap(), quorum),
        }
    }

    /// The last blocks of the epochs before `epoch`.
    fn epochs(&self, epoch: u64) -> Vec<FinalityBundle> {
        let ends = (1..=epoch).map(|next| next * EPOCH_LENGTH - 1);
        ends.map(|height| self.finality(&[self.header(height, hash(b"before"))])).collect()
    }

    fn transaction(&self) -> SignedTransaction {
        let key = SecretKey::from_seed(KeyScheme::Ed25519, [7; 32]).unwrap();
        let body = Transaction {
            chain_id: self.genesis.chain_id,
            sender: key.address(),
            nonce: Nonce::new(3),
            gas_limit: Gas::new(30_000),
            gas_price: GasPrice::new(5),
            valid_until: Height::new(99),
            memo: "memo".into(),
            payload: Payload::Transfer(Transfer {
                to: Address::new([9; 20]),
                amount: Amount::new(1_000),
            }),
        };
        body.sign(&key).unwrap()
    }

    fn transaction_bundle(&self, height: u64) -> TransactionBundle {
        let transaction = self.transaction();
        let receipt = Receipt {
            transaction: transaction.hash(),
            code: althing_types::Code::OK,
            gas_used: Gas::new(21_000),
            fee: Amount::new(105_000),
            events: vec![],
        };
        let leaves = [hash(b"0"), transaction.hash(), hash(b"2")];
        let receipts = [hash(b"r0"), receipt.hash(), hash(b"r2")];
        let mut first = self.header(height, hash(b"parent"));
        first.transactions_root = merkle::root(&leaves);
        first.receipts_root = merkle::root(&receipts);
        let second = self.header(height + 1, first.hash());
        let third = self.header(height + 2, second.hash());
        TransactionBundle {
            genesis_hash: hex::encode(self.genesis.hash()),
            hash: hex::encode(transaction.hash()),
            height,
            index: 1,
            transaction: hex::encode(transaction.bytes()),
            receipt: hex::encode(receipt.encode()),
            transaction_proof: hex::encode(merkle::prove(&leaves, 1).unwrap().to_bytes()),
            receipt_proof: hex::encode(merkle::prove(&receipts, 1).unwrap().to_bytes()),
            finality: self.finality(&[first, second, third]),
            epochs: self.epochs(height / EPOCH_LENGTH),
        }
    }

    fn account_bundle(&self, height: u64, address: Address, state: &State) -> AccountBundle {
        let mut header = self.header(height, hash(b"parent"));
        header.state_root = state.root;
        AccountBundle {
            genesis_hash: hex::encode(self.genesis.hash()),
            address: address.to_string(),
            height,
            value: state.value.as_ref().map(hex::encode),
            proof: hex::encode(&state.proof),
            finality: self.finality(&[header]),
            epochs: self.epochs(height / EPOCH_LENGTH),
        }
    }
}

fn hash(text: &[u8]) -> Hash {
    althing_types::hash::sha256(&[text])
}

struct State {
    root: Hash,
    value: Option<Vec<u8>>,
    proof: Vec<u8>,
}

type Db = variable::Db<
    mmr::Family,
    deterministic::Context,
    StateKey,
    StateValue,
    Sha256,
    EightCap,
    STATE_CHUNK,
    Sequential,
>;

fn config(cache: CacheRef) -> VariableConfig<EightCap, ((), ()), Sequential> {
    VariableConfig {
        merkle_config: MmrConfig {
            journal_partition: "mmr-journal".into(),
            metadata_partition: "mmr-meta".into(),
            items_per_blob: NZU64!(64),
            write_buffer: NZUsize!(1024),
            replay_buffer: NZUsize!(1024),
            strategy: Sequential,
            page_cache: cache.clone(),
        },
        journal_config: LogConfig {
            partition: "log".into(),
            items_per_section: NZU64!(64),
            compression: None,
            codec_config: ((), ()),
            page_cache: cache,
            write_buffer: NZUsize!(1024),
            replay_buffer: NZUsize!(1024),
        },
        grafted_metadata_partition: "grafted".into(),
        translator: EightCap,
        init_cache: Some(NZUsize!(64)),
        init_buffer: NZUsize!(1024),
        init_concurrency: (),
    }
}

/// A state of `accounts` accounts, and what it says of `address`.
fn state(accounts: u8, address: Address) -> State {
    deterministic::Runner::default().start(|context| async move {
        let cache = CacheRef::new(NZU16!(1024), NZUsize!(16));
        let db = Db::init(context, config(cache), None).await.unwrap();
        let mut batch = db.new_batch();
        for index in 0..accounts {
            let value = account::encode(Nonce::new(u64::from(index)), Amount::new(500));
            let value = StateValue::new(value.into()).unwrap();
            batch = batch.write(account::key(Address::new([index; 20])), Some(value));
        }
        let merkleized = batch.merkleize(&db, None, &mut Proportional).await.unwrap();
        let db = db.apply_batch(merkleized).await.unwrap();
        let db = db.commit().await.unwrap();
        let key = account::key(address);
        let value = db.get(&key).await.unwrap().map(|value| value.to_vec());
        let proof = match value {
            Some(_) => db.key_value_proof(key).await.unwrap().encode().to_vec(),
            None => db.exclusion_proof(&key).await.unwrap().encode().to_vec(),
        };
        State { root: db.root(), value, proof }
    })
}

#[test]
fn a_transaction_is_proven_across_epochs_and_descendants() {
    for validators in [1, 4] {
        let chain = Chain::new(validators);
        let bundle = Bundle::Transaction(chain.transaction_bundle(25));
        let verified = verify(&chain.genesis, &bundle.to_json()).unwrap();
        let Verified::Transaction { transaction, receipt, index, at } = verified else {
            panic!("it is a transaction");
        };
        assert_eq!(transaction, chain.transaction());
        assert!(receipt.code.is_ok());
        assert_eq!((index, at.height.get()), (1, 25));
        assert_eq!(at.signers, chain.set().quorum());
    }
}

#[test]
fn an_account_is_proven_to_exist_or_not() {
    let chain = Chain::new(4);
    for (address, expected) in [
        (Address::new([5; 20]), Some((Nonce::new(5), Amount::new(500)))),
        (Address::new([77; 20]), None),
    ] {
        let state = state(40, address);
        let bundle = Bundle::Account(chain.account_bundle(12, address, &state));
        let verified = verify(&chain.genesis, &bundle.to_json()).unwrap();
        let Verified::Account { address: proven, account, at } = verified else {
            panic!("it is an account");
        };
        assert_eq!((proven, account), (address, expected));
        assert_eq!(at.height, Height::new(12));
    }
}

#[test]
fn every_changed_byte_makes_a_proof_false() {
    let chain = Chain::new(1);
    let here = Address::new([5; 20]);
    let nowhere = Address::new([77; 20]);
    for bundle in [
        Bundle::Transaction(chain.transaction_bundle(11)),
        Bundle::Account(chain.account_bundle(11, here, &state(20, here))),
        Bundle::Account(chain.account_bundle(11, nowhere, &state(20, nowhere))),
    ] {
        let good = bundle.to_json().into_bytes();
        verify(&chain.genesis, std::str::from_utf8(&good).unwrap()).unwrap();
        for index in 0..good.len() {
            for mask in [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x03, 0x0f, 0x55] {
                let mut bad = good.clone();
                bad[index] ^= mask;
                let Ok(text) = String::from_utf8(bad) else { continue };
                let result = verify(&chain.genesis, &text);
                assert!(result.is_err(), "byte {index} of {} xor {mask:#x}: {text}", good.len());
            }
        }
    }
}

#[test]
fn too_few_signatures_are_not_enough() {
    let chain = Chain::new(4);
    let mut bundle = chain.transaction_bundle(5);
    let last = Header::decode(hex::decode(bundle.finality.headers.last().unwrap()).unwrap());
    let last = last.unwrap();
    // A certificate of two cannot be assembled, so one of three loses a signature.
    let whole = hex::decode(chain.certificate(&last, 3)).unwrap();
    let verifier = verifier(&chain.genesis.hash(), &chain.set());
    let config =
        commonware_cryptography::certificate::Verifier::certificate_codec_config(&verifier);
    let mut finalization =
        Finalization::<Scheme, sha256::Digest>::decode_cfg(whole, &config).unwrap();
    finalization.certificate.signatures.pop();
    let two = commonware_cryptography::certificate::Signers::new(
        4,
        [0, 1].map(commonware_utils::Participant::new),
    );
    finalization.certificate.signers = two.unwrap();
    bundle.finality.certificate = hex::encode(finalization.encode());
    let failure = verify_transaction(&chain.genesis, &bundle).unwrap_err();
    assert_eq!(failure.step, Step::Certificate);
}

#[test]
fn strangers_signatures_do_not_count() {
    let chain = Chain::new(4);
    let mut strangers = Chain::new(9);
    strangers.keys = strangers.keys.split_off(5);
    strangers.genesis = Chain::new(9).genesis;
    let strangers_genesis = strangers.genesis.clone();
    let bundle = chain.transaction_bundle(5);
    let failure = verify_transaction(&strangers_genesis, &bundle).unwrap_err();
    assert_eq!(failure.step, Step::Genesis);
    let mut pretending = bundle.clone();
    pretending.genesis_hash = hex::encode(strangers_genesis.hash());
    let failure = verify_transaction(&strangers_genesis, &pretending).unwrap_err();
    assert_eq!(failure.step, Step::Certificate);
}

#[test]
fn a_missing_spare_or_foreign_epoch_is_refused() {
    let chain = Chain::new(1);
    let good = chain.transaction_bundle(25);
    verify_transaction(&chain.genesis, &good).unwrap();

    let mut missing = good.clone();
    missing.epochs.remove(0);
    let failure = verify_transaction(&chain.genesis, &missing).unwrap_err();
    assert_eq!(failure.step, Step::ValidatorSets);

    let mut spare = good.clone();
    spare.epochs = chain.epochs(3);
    let failure = verify_transaction(&chain.genesis, &spare).unwrap_err();
    assert_eq!(failure.step, Step::Certificate);

    let mut not_the_end = good;
    not_the_end.epochs[1] = chain.finality(&[chain.header(18, hash(b"before"))]);
    let failure = verify_transaction(&chain.genesis, &not_the_end).unwrap_err();
    assert_eq!(failure.step, Step::ValidatorSets);
}

#[test]
fn a_certificate_of_another_block_or_epoch_is_refused() {
    let chain = Chain::new(1);
    let mut bundle = chain.transaction_bundle(5);
    bundle.finality.certificate = chain.certificate_of(Epoch::ZERO, hash(b"other"), 1);
    let failure = verify_transaction(&chain.genesis, &bundle).unwrap_err();
    assert_eq!(failure.step, Step::Certificate);

    let mut bundle = chain.transaction_bundle(5);
    let headers = &bundle.finality.headers;
    let last = hex::decode(headers.last().unwrap()).unwrap();
    let last = Header::decode(last).unwrap();
    bundle.finality.certificate = chain.certificate_of(Epoch::new(1), last.hash(), 1);
    let failure = verify_transaction(&chain.genesis, &bundle).unwrap_err();
    assert_eq!(failure.step, Step::Certificate);
}

#[test]
fn the_wrong_transaction_receipt_height_or_account_is_refused() {
    let chain = Chain::new(1);
    let good = chain.transaction_bundle(5);
    let refused = |change: fn(&mut TransactionBundle)| {
        let mut bundle = good.clone();
        change(&mut bundle);
        verify_transaction(&chain.genesis, &bundle).unwrap_err().step
    };
    assert_eq!(refused(|bundle| bundle.height = 6), Step::Headers);
    assert_eq!(refused(|bundle| bundle.index = 0), Step::Transaction);
    assert_eq!(
        refused(|bundle| bundle.receipt_proof = bundle.transaction_proof.clone()),
        Step::Receipt
    );
    assert_eq!(refused(|bundle| bundle.finality.headers.clear()), Step::Headers);

    let (here, other) = (Address::new([5; 20]), Address::new([6; 20]));
    let mut bundle = chain.account_bundle(5, here, &state(20, here));
    bundle.address = other.to_string();
    let failure = verify_account(&chain.genesis, &bundle).unwrap_err();
    assert_eq!(failure.step, Step::State);
    let absent = state(4, other);
    let mut bundle = chain.account_bundle(5, other, &absent);
    bundle.address = Address::new([1; 20]).to_string();
    let failure = verify_account(&chain.genesis, &bundle).unwrap_err();
    assert_eq!(failure.step, Step::State);
}

#[test]
fn noise_is_refused_without_a_panic() {
    let chain = Chain::new(1);
    for text in ["", "{}", "[]", "null", "{\"kind\":\"account\"}", "{\"kind\":7}"] {
        assert_eq!(verify(&chain.genesis, text).unwrap_err().step, Step::Format, "{text}");
    }
    for len in 0..200 {
        let noise = vec![0xa7; len];
        assert!(!state_holds(&account::key(Address::new([1; 20])), None, &noise, &hash(b"")));
        assert!(!state_holds(&account::key(Address::new([1; 20])), Some(&[]), &noise, &hash(b"")));
    }
}
