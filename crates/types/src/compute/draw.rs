//! What is drawn out of randomness: seeds of matrices, challenges, committees, samples, plants. The
//! chain, workers, those who check them, and auditors use these functions alone.
//!
//! Every hash begins with words of its own, so none can stand for another.

use super::{Committee, DeviceId};
use crate::{Hash, Signature64, ValidatorSet, hash::sha256, limits::MAX_COMMITTEE};

const SEED: &[u8] = b"althing/compute/seed/1";
const CHALLENGE: &[u8] = b"althing/compute/challenge/1";
const COMMITTEE: &[u8] = b"althing/compute/committee/1";
const SAMPLES: &[u8] = b"althing/compute/samples/1";
const PLANT: &[u8] = b"althing/compute/plant/1";
const LOTTERY: &[u8] = b"althing/compute/lottery/1";
const TRANSCRIPT: &[u8] = b"althing/compute/transcript/1";
const DEVICE: &[u8] = b"althing/compute/device/1";
const SPOT: &[u8] = b"althing/compute/spot/1";

/// An attempt at a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The number of the task.
    pub task: u64,
    /// How many devices had it, this one included.
    pub attempt: u32,
    /// Which device.
    pub device: DeviceId,
}

/// The seed of the matrices of an attempt; `beacon` is the randomness of its seed height. Nobody can
/// know it before, and no two attempts, tasks, devices or chains share one.
pub fn operand_seed(genesis: &Hash, attempt: &Attempt, beacon: &Hash) -> Hash {
    sha256(&[
        SEED,
        genesis.as_ref(),
        &attempt.task.to_be_bytes(),
        &attempt.attempt.to_be_bytes(),
        attempt.device.worker.as_bytes(),
        &[attempt.device.device],
        beacon.as_ref(),
    ])
}

/// The challenge to the result of an attempt; `beacon` is later than the commitment. The second
/// committee has another one.
pub fn challenge(task: u64, attempt: u32, round: u8, beacon: &Hash) -> Hash {
    let (task, attempt) = (task.to_be_bytes(), attempt.to_be_bytes());
    sha256(&[CHALLENGE, &task, &attempt, &[round], beacon.as_ref()])
}

/// Who answers a challenge: `size` members of the set, all if there are fewer, each equally likely.
pub fn committee(set: &ValidatorSet, challenge: &Hash, size: u64) -> Committee {
    let mut keys: Vec<_> = set.entries().iter().map(|entry| entry.key).collect();
    let size = usize::try_from(size).unwrap_or(MAX_COMMITTEE).min(MAX_COMMITTEE).min(keys.len());
    for place in 0..size {
        let left = (keys.len() - place) as u64;
        let hash = sha256(&[COMMITTEE, challenge.as_ref(), &(place as u64).to_be_bytes()]);
        // 2^64 values over at most 100 places: no place is likelier by more than 2^-57.
        let chosen = place + (number(&hash) % left) as usize;
        keys.swap(place, chosen);
    }
    keys.truncate(size);
    keys.sort_unstable();
    Committee::new(keys).unwrap_or_default()
}

/// Out of which a member's own samples follow: nobody else can know it before it votes.
pub fn member_seed(challenge: &Hash, signature: &Signature64) -> Hash {
    sha256(&[SAMPLES, challenge.as_ref(), signature.as_bytes()])
}

/// What binds a worker to a secret.
pub fn plant_commitment(secret: &Hash) -> Hash {
    sha256(&[PLANT, secret.as_ref()])
}

/// Whether the result of the attempt with this seed is to be planted; `rate` is in parts per million.
pub fn is_planted(secret: &Hash, seed: &Hash, rate: u32) -> bool {
    number(&sha256(&[LOTTERY, secret.as_ref(), seed.as_ref()])) % 1_000_000 < u64::from(rate)
}

/// What a member vouches for: the values that its samples gave, in the order of rows, those of all
/// before its own.
pub fn transcript(task: u64, values: &[u64]) -> Hash {
    let values: Vec<u8> = values.iter().flat_map(|value| value.to_be_bytes()).collect();
    sha256(&[TRANSCRIPT, &task.to_be_bytes(), &values])
}

/// The place of the candidate with this number in a list of `length` devices, and its chance against
/// the weight of that device, below a million. `None` if the list is empty.
pub fn candidate(
    task: u64,
    attempt: u32,
    beacon: &Hash,
    number: u8,
    length: u32,
) -> Option<(u32, u32)> {
    let (task, attempt) = (task.to_be_bytes(), attempt.to_be_bytes());
    let hash = sha256(&[DEVICE, &task, &attempt, &[number], beacon.as_ref()]);
    let place = self::number(&hash).checked_rem(u64::from(length))?;
    let chance = second_number(&hash) % 1_000_000;
    Some((u32::try_from(place).ok()?, u32::try_from(chance).ok()?))
}

/// Whether a device must be measured once it took this task; `rate` is in parts per million.
pub fn is_spot_check(task: u64, attempt: u32, beacon: &Hash, rate: u32) -> bool {
    let (task, attempt) = (task.to_be_bytes(), attempt.to_be_bytes());
    number(&sha256(&[SPOT, &task, &attempt, beacon.as_ref()])) % 1_000_000 < u64::from(rate)
}

/// The first 8 bytes of a hash.
fn number(hash: &Hash) -> u64 {
    hash.0.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

/// The last 8 bytes of a hash.
fn second_number(hash: &Hash) -> u64 {
    hash.0.last_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Address, Amount, ValidatorEntry, ValidatorKey};
    use commonware_cryptography::{Signer as _, ed25519};
    use std::collections::BTreeSet;

    fn hash(number: u64) -> Hash {
        sha256(&[&number.to_be_bytes()])
    }

    fn set(members: u8) -> ValidatorSet {
        let entry = |seed: u8| ValidatorEntry {
            key: ValidatorKey::from_public_key(
                &ed25519::PrivateKey::from_seed(seed.into()).public_key(),
            ),
            endpoint: "one.example:4000".to_owned(),
            stake: Amount::new(1),
        };
        ValidatorSet::new((1..=members).map(entry).collect()).unwrap()
    }

    #[test]
    fn seeds_differ_with_everything_that_they_are_made_of() {
        let device = DeviceId { worker: Address::new([1; 20]), device: 0 };
        let one = Attempt { task: 1, attempt: 1, device };
        let other = DeviceId { worker: Address::new([2; 20]), ..device };
        let attempts = [
            one,
            Attempt { task: 2, ..one },
            Attempt { attempt: 2, ..one },
            Attempt { device: other, ..one },
            Attempt { device: DeviceId { device: 1, ..device }, ..one },
        ];
        let mut seeds: BTreeSet<Hash> =
            attempts.iter().map(|attempt| operand_seed(&hash(0), attempt, &hash(1))).collect();
        seeds.insert(operand_seed(&hash(9), &one, &hash(1)));
        seeds.insert(operand_seed(&hash(0), &one, &hash(2)));
        assert_eq!(seeds.len(), 7);
    }

    #[test]
    fn a_committee_has_different_members_each_equally_often() {
        let set = set(10);
        let mut counts = [0u32; 10];
        let place = |key: &ValidatorKey| set.position(key).unwrap();
        for number in 0..4_000 {
            let members = committee(&set, &hash(number), 4);
            assert_eq!(members.len(), 4);
            assert!(members.is_sorted_by(|one, next| one < next));
            for member in members.iter() {
                counts[place(member)] += 1;
            }
        }
        // 1,600 expected, deviation 31: six deviations.
        assert!(counts.iter().all(|count| count.abs_diff(1_600) < 186), "{counts:?}");
        assert_eq!(committee(&set, &hash(0), 32).len(), 10);
    }

    #[test]
    fn lotteries_win_as_often_as_their_rate_says() {
        let won = (0..100_000).filter(|seed| is_planted(&hash(7), &hash(*seed), 10_000)).count();
        // 1,000 expected, deviation 31.
        assert!(won.abs_diff(1_000) < 190, "{won}");
        assert!(!is_planted(&hash(7), &hash(1), 0));
        let spots = (0..100_000).filter(|task| is_spot_check(*task, 1, &hash(3), 50_000)).count();
        assert!(spots.abs_diff(5_000) < 420, "{spots}");
    }

    #[test]
    fn candidates_are_places_of_the_list() {
        let places: BTreeSet<u32> = (0..200u8)
            .filter_map(|number| candidate(1, 1, &hash(5), number, 16))
            .map(|(place, chance)| {
                assert!(chance < 1_000_000);
                place
            })
            .collect();
        assert_eq!(places, (0..16).collect());
        assert_eq!(candidate(1, 1, &hash(5), 0, 0), None);
    }
}
