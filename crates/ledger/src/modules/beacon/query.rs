//! Reading the randomness of the chain.

use super::{Mark, Randomness, mark_key, randomness_key as key};
use crate::records::records;
use althing_types::{Height, ValidatorKey};

records! {
    /// The key of the chains of hashes of a validator.
    randomness_key(validator: ValidatorKey) decode_randomness -> Randomness = key(&validator);
    /// The key of the randomness as of a height. What stands there may be of a height that lies
    /// [`super::RING`] heights before: the record says of which it is.
    value_key(height: Height) decode_value -> Mark = mark_key(height);
}
