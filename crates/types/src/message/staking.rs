//! Messages of module `staking`.

use crate::{
    Address, Amount, ChainId, Ppm, Text, ValidatorKey,
    limits::{
        MAX_ENDPOINT_BYTES, MAX_VALIDATOR_DESCRIPTION_BYTES, MAX_VALIDATOR_NAME_BYTES,
        MAX_VALIDATOR_WEBSITE_BYTES,
    },
    struct_codec,
    validator::{Signature64, sign, verify},
};
use commonware_codec::Encode as _;
use commonware_cryptography::ed25519;
use serde::{Deserialize, Serialize};

/// What a validator says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidatorDetails {
    /// A name for people, 1 to 70 bytes.
    pub name: Text<MAX_VALIDATOR_NAME_BYTES>,
    /// A web address, or empty; at most 140 bytes.
    #[serde(default)]
    pub website: Text<MAX_VALIDATOR_WEBSITE_BYTES>,
    /// A few sentences, or empty; at most 280 bytes.
    #[serde(default)]
    pub description: Text<MAX_VALIDATOR_DESCRIPTION_BYTES>,
}

struct_codec!(ValidatorDetails { name, website, description });

/// Registers a validator, or adds to the own stake of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stake {
    /// The consensus key of the validator.
    pub validator: ValidatorKey,
    /// How much the sender stakes, in base units.
    pub amount: Amount,
    /// What the first stake of a validator brings; later ones bring nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<Registration>,
}

/// What a validator registers with. The sender becomes its operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// What it says about itself.
    pub details: ValidatorDetails,
    /// Where its p2p port is reached, `host:port`.
    pub endpoint: Text<MAX_ENDPOINT_BYTES>,
    /// What it keeps of its delegators' rewards.
    pub commission: Ppm,
    /// Proof that the sender holds the consensus key: see [`Possession`].
    pub possession: Signature64,
}

struct_codec!(Registration { details, endpoint, commission, possession });
struct_codec!(Stake { validator, amount, registration });

/// What the consensus key of a new validator signs: that `operator` may register it on `chain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Possession {
    /// The chain.
    pub chain: ChainId,
    /// The account that registers the validator.
    pub operator: Address,
}

impl Possession {
    const NAMESPACE: &'static [u8] = b"althing/possession";

    fn message(&self) -> Vec<u8> {
        let mut message = self.chain.encode().to_vec();
        message.extend_from_slice(self.operator.as_bytes());
        message
    }

    /// Signs with the consensus key.
    pub fn sign(&self, key: &ed25519::PrivateKey) -> Signature64 {
        sign(key, Self::NAMESPACE, &self.message())
    }

    /// Whether the consensus key `validator` signed this.
    pub fn verify(&self, validator: &ValidatorKey, signature: &Signature64) -> bool {
        verify(validator, Self::NAMESPACE, &self.message(), signature)
    }
}

/// Takes own stake out of the sender's validator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unstake {
    /// How much, in base units. Without it everything, and the validator leaves: it is not chosen
    /// any more, and its own stake begins to unbond once it is out of the active set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
}

struct_codec!(Unstake { amount });

/// Changes what the sender's validator says about itself, and its commission. What is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateValidator {
    /// A name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text<MAX_VALIDATOR_NAME_BYTES>>,
    /// A web address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub website: Option<Text<MAX_VALIDATOR_WEBSITE_BYTES>>,
    /// A few sentences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text<MAX_VALIDATOR_DESCRIPTION_BYTES>>,
    /// Where the p2p port is reached, from the next chosen set on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Text<MAX_ENDPOINT_BYTES>>,
    /// The commission that is announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commission: Option<Ppm>,
}

struct_codec!(UpdateValidator { name, website, description, endpoint, commission });

/// Delegates to a validator. The delegation earns from the next epoch on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegate {
    /// The validator.
    pub validator: ValidatorKey,
    /// How much, in base units.
    pub amount: Amount,
}

struct_codec!(Delegate { validator, amount });

/// Takes a delegation back. It is paid after the unbonding period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undelegate {
    /// The validator.
    pub validator: ValidatorKey,
    /// How much, in base units, rewards included; without it everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
}

struct_codec!(Undelegate { validator, amount });

/// Moves a delegation to another validator without unbonding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redelegate {
    /// The validator that loses it.
    pub from: ValidatorKey,
    /// The validator that gains it.
    pub to: ValidatorKey,
    /// How much, in base units, rewards included; without it everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
}

struct_codec!(Redelegate { from, to, amount });

#[cfg(test)]
mod tests {
    use super::*;
    use commonware_cryptography::Signer as _;

    #[test]
    fn possession_is_of_one_chain_and_one_operator() {
        let key = ed25519::PrivateKey::from_seed(3);
        let validator = ValidatorKey::from_public_key(&key.public_key());
        let chain: ChainId = "cpc-test-1".parse().unwrap();
        let claim = Possession { chain, operator: Address::new([1; 20]) };
        let signature = claim.sign(&key);
        assert!(claim.verify(&validator, &signature));
        let other = Possession { operator: Address::new([2; 20]), ..claim };
        assert!(!other.verify(&validator, &signature));
        let chain = "cpc-test-2".parse().unwrap();
        assert!(!Possession { chain, ..claim }.verify(&validator, &signature));
    }
}
