//! Planted results: wrong on purpose, so that those who check results have something to find.
//!
//! A worker is bound to a secret before it knows the seed of a task. The secret and the seed decide
//! whether the result is to be planted, so a worker that cheats cannot choose when to call it a plant,
//! and nobody else can know which results are.
//!
//! Everything here follows from the account's key, the seed and the shape: a worker that lost all its
//! files makes the same secrets and the same wrong entries again.

use althing_compute::Shape;
use althing_types::{Hash, SecretKey, compute::draw::plant_commitment, hash::sha256};

const SECRET: &[u8] = b"althing/worker/plant-secret/1";
const ENTRY: &[u8] = b"althing/worker/plant-entry/1";
/// Of so many neighbouring rows one is made wrong: a third, where a quarter is asked for.
const ROWS: u32 = 3;
/// Secrets that are looked through for the one that a commitment binds to. One is used up by each plant
/// that is revealed, and there is a plant in a hundred results.
const MOST_SECRETS: u32 = 100_000;

/// The secrets of an account.
#[derive(Clone)]
pub struct Secrets {
    master: Hash,
}

impl Secrets {
    /// The secrets of the account with this key. The key cannot be computed from them.
    pub fn new(key: &SecretKey) -> Self {
        Self { master: sha256(&[SECRET, key.expose_seed()]) }
    }

    /// The secret with this number.
    pub fn secret(&self, number: u32) -> Hash {
        sha256(&[SECRET, self.master.as_ref(), &number.to_be_bytes()])
    }

    /// The number of the secret that a commitment binds to, looked for from `from` on; `None` if it is
    /// none of this account's.
    pub fn find(&self, commitment: &Hash, from: u32) -> Option<u32> {
        let is_it = |number: &u32| plant_commitment(&self.secret(*number)) == *commitment;
        // The last one is almost always the one, or the next.
        (from..from.saturating_add(64)).find(is_it).or_else(|| (0..MOST_SECRETS).find(is_it))
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(hidden)")
    }
}

/// Where a planted result is wrong.
#[derive(Clone, Copy, Debug)]
pub struct Plant {
    key: Hash,
    shape: Shape,
}

impl Plant {
    /// The plant of the attempt with this seed.
    pub fn new(secret: &Hash, seed: &Hash, shape: Shape) -> Self {
        Self { key: sha256(&[ENTRY, secret.as_ref(), seed.as_ref()]), shape }
    }

    fn number(&self, product: u32, row: u32) -> u64 {
        let hash = sha256(&[ENTRY, self.key.as_ref(), &product.to_be_bytes(), &row.to_be_bytes()]);
        hash.0.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
    }

    /// The column whose entry is wrong in this row; `None` if the row stays right.
    pub fn column(&self, product: u32, row: u32) -> Option<u32> {
        let group = row / ROWS;
        let chosen =
            group * ROWS + (self.number(product, u32::MAX - group) % u64::from(ROWS)) as u32;
        (row == chosen).then(|| (self.number(product, row) % u64::from(self.shape.n())) as u32)
    }

    /// The first row of the batch that is wrong, with its column.
    pub fn first(&self) -> (u32, u32) {
        let found = (0..self.shape.m()).find_map(|row| Some((row, self.column(0, row)?)));
        // Of the first three rows one is wrong, and there are at least 256.
        found.unwrap_or_default()
    }

    /// Makes a row wrong by one in one entry, within the bound, if it is to be. A difference of one is
    /// the hardest to see: who looks at ranges or at leading digits alone finds nothing.
    pub fn apply(&self, product: u32, row: u32, entries: &mut [i32]) {
        let Some(column) = self.column(product, row) else { return };
        if let Some(entry) = entries.get_mut(column as usize) {
            let step = if *entry >= self.shape.bound() { -1 } else { 1 };
            *entry = entry.wrapping_add(step);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_compute::Kind;
    use althing_types::KeyScheme;

    fn plant(number: u8) -> Plant {
        let shape = Shape::new(Kind::Int8, 256, 512, 256).unwrap();
        Plant::new(&sha256(&[&[number]]), &sha256(&[b"seed"]), shape)
    }

    #[test]
    fn at_least_a_quarter_of_the_rows_is_wrong_by_one() {
        for number in 0..20 {
            let plant = plant(number);
            let mut wrong = 0;
            for row in 0..256 {
                let mut entries = vec![7; 512];
                plant.apply(1, row, &mut entries);
                let changed: Vec<_> = entries.iter().filter(|entry| **entry != 7).collect();
                assert!(changed.is_empty() || changed == [&8]);
                wrong += changed.len();
            }
            assert!(wrong >= 64, "{wrong}");
            assert!(plant.column(0, plant.first().0) == Some(plant.first().1));
        }
        assert_ne!(plant(1).first(), plant(2).first());
    }

    #[test]
    fn entries_stay_within_their_bound() {
        let plant = plant(1);
        let (row, column) = plant.first();
        let bound = Shape::new(Kind::Int8, 256, 512, 256).unwrap().bound();
        let mut entries = vec![bound; 512];
        plant.apply(0, row, &mut entries);
        assert_eq!(entries[column as usize], bound - 1);
    }

    #[test]
    fn secrets_are_found_again_by_their_commitments() {
        let key = |seed| SecretKey::from_seed(KeyScheme::Ed25519, [seed; 32]).unwrap();
        let secrets = Secrets::new(&key(1));
        let commitment = plant_commitment(&secrets.secret(300));
        assert_eq!(secrets.find(&commitment, 0), Some(300));
        assert_eq!(secrets.find(&commitment, 299), Some(300));
        let stranger = plant_commitment(&Secrets::new(&key(2)).secret(0));
        assert_eq!(Secrets { master: secrets.master }.secret(0), secrets.secret(0));
        assert_ne!(plant_commitment(&secrets.secret(0)), stranger);
    }
}
