//! Certificates, headers, and the validator sets that carry trust from epoch to epoch.

use super::{Failure, FinalityBundle, Position, Step, bytes_of};
use althing_types::{Genesis, Hash, Header, ValidatorSet, consensus_namespace};
use commonware_codec::{Decode as _, DecodeExt as _, Encode as _};
use commonware_consensus::{
    Epochable as _,
    simplex::{scheme::ed25519::Scheme, types::Finalization},
};
use commonware_cryptography::{ed25519::PublicKey, sha256};
use commonware_parallel::Sequential;
use commonware_utils::{TryCollect as _, ordered::Set};

/// What verifies certificates of a validator set.
pub fn verifier(genesis_hash: &Hash, set: &ValidatorSet) -> Scheme {
    let keys: Set<PublicKey> = set
        .entries()
        .iter()
        .filter_map(|entry| entry.key.to_public_key())
        .try_collect()
        .expect("a validator set has distinct keys");
    Scheme::verifier(&consensus_namespace(genesis_hash), keys)
}

/// A header that a certificate makes final.
#[derive(Clone, Debug)]
pub struct Certified {
    /// The header.
    pub header: Header,
    /// How many validators signed.
    pub signers: usize,
    /// How many validators there were.
    pub validators: usize,
}

impl Certified {
    /// Which block it is.
    pub fn position(&self) -> Position {
        Position {
            height: self.header.height,
            hash: self.header.hash(),
            timestamp: self.header.timestamp,
            signers: self.signers,
            validators: self.validators,
        }
    }
}

/// The validator sets of the first epochs of a chain, each proven by the one before.
#[derive(Clone, Debug)]
pub struct Sets {
    genesis_hash: Hash,
    epoch_length: u64,
    sets: Vec<ValidatorSet>,
}

impl Sets {
    /// The set of epoch 0.
    ///
    /// # Errors
    /// [`Failure`] of [`Step::Genesis`] if the genesis names no validators.
    pub fn new(genesis: &Genesis) -> Result<Self, Failure> {
        let set = genesis
            .validator_set()
            .map_err(|error| Failure::new(Step::Genesis, error.to_string()))?;
        Ok(Self {
            genesis_hash: genesis.hash(),
            epoch_length: genesis.params.epoch_length,
            sets: vec![set],
        })
    }

    /// The sets that follow from a genesis by the last blocks of the first epochs.
    ///
    /// # Errors
    /// [`Failure`] naming the first epoch that does not hold.
    pub fn follow(
        genesis: &Genesis,
        genesis_hash: &str,
        epochs: &[FinalityBundle],
    ) -> Result<Self, Failure> {
        let mut sets = Self::new(genesis)?;
        if hex::encode(sets.genesis_hash) != genesis_hash {
            let ours = hex::encode(sets.genesis_hash);
            let reason =
                format!("it is about another chain than the genesis file, whose hash is {ours}");
            return Err(Failure::new(Step::Genesis, reason));
        }
        for bundle in epochs {
            sets.advance(bundle)?;
        }
        Ok(sets)
    }

    /// Learns the set of the next epoch from the last block of the newest known one.
    ///
    /// # Errors
    /// [`Failure`] if the block is not certified or not the last of that epoch.
    pub fn advance(&mut self, bundle: &FinalityBundle) -> Result<(), Failure> {
        let epoch = self.sets.len() as u64 - 1;
        let failure = |reason: String| Failure::new(Step::ValidatorSets, reason);
        let certified = self.certified(bundle).map_err(|inner| {
            failure(format!("epoch {epoch}: {} ({})", inner.reason, inner.step))
        })?;
        let header = certified.header;
        if header.epoch.get() != epoch || !header.height.is_epoch_end(self.epoch_length) {
            return Err(failure(format!("block {} does not end epoch {epoch}", header.height)));
        }
        let next = header.next_validators.ok_or_else(|| {
            failure(format!("the last block of epoch {epoch} names no validators"))
        })?;
        self.sets.push(next);
        Ok(())
    }

    /// The newest epoch whose validators are known.
    pub fn newest(&self) -> u64 {
        self.sets.len() as u64 - 1
    }

    /// Checks that the first header is certified, itself or through its descendants, by the
    /// validators of the newest known epoch.
    ///
    /// # Errors
    /// [`Failure`] naming the step that does not hold.
    pub fn certified(&self, bundle: &FinalityBundle) -> Result<Certified, Failure> {
        let headers = self.chain(bundle)?;
        let (Some(first), Some(last)) = (headers.first(), headers.last()) else {
            return Err(Failure::new(Step::Headers, "there is no header"));
        };
        let failure = |reason: String| Failure::new(Step::Certificate, reason);
        // Only the newest set counts: then each epoch of the bundle is needed, and none is spare.
        let epoch = self.newest();
        if last.epoch.get() != epoch {
            return Err(failure(format!(
                "the certified block is of epoch {}, but the bundle leads to epoch {epoch}",
                last.epoch
            )));
        }
        let set = &self.sets[self.sets.len() - 1];
        let bytes = bytes_of(&bundle.certificate, "certificate")?;
        let finalization =
            Finalization::<Scheme, sha256::Digest>::decode_cfg(bytes.clone(), &set.entries().len())
                .map_err(|_| failure("the certificate is malformed".to_owned()))?;
        if finalization.encode() != bytes {
            return Err(failure("the certificate is not in its one form".to_owned()));
        }
        if finalization.proposal.payload != last.hash() {
            return Err(failure(format!("the certificate is not that of block {}", last.height)));
        }
        if finalization.epoch().get() != epoch {
            return Err(failure(format!("the certificate is not of epoch {epoch}")));
        }
        let scheme = verifier(&self.genesis_hash, set);
        if !finalization.verify(&mut rand::rng(), &scheme, &Sequential) {
            return Err(failure(format!(
                "it does not carry good signatures of {} of the {} validators of epoch {epoch}",
                set.quorum(),
                set.entries().len()
            )));
        }
        Ok(Certified {
            header: first.clone(),
            signers: finalization.certificate.signers.count(),
            validators: set.entries().len(),
        })
    }

    fn chain(&self, bundle: &FinalityBundle) -> Result<Vec<Header>, Failure> {
        let mut headers: Vec<Header> = Vec::with_capacity(bundle.headers.len());
        for text in &bundle.headers {
            let bytes = bytes_of(text, "header")?;
            let header = Header::decode(bytes.clone())
                .map_err(|_| Failure::new(Step::Headers, "a header is malformed"))?;
            if header.encode() != bytes {
                return Err(Failure::new(Step::Headers, "a header is not in its one form"));
            }
            if header.epoch != header.height.epoch(self.epoch_length) {
                let reason = format!("block {} cannot be of epoch {}", header.height, header.epoch);
                return Err(Failure::new(Step::Headers, reason));
            }
            if let Some(parent) = headers.last()
                && (header.parent != parent.hash() || parent.height.next() != Some(header.height))
            {
                let reason = format!("block {} is not the child of the one before", header.height);
                return Err(Failure::new(Step::Headers, reason));
            }
            headers.push(header);
        }
        Ok(headers)
    }
}
