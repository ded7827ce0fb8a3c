//! Reads in rounds. What misses keys is undone and done again once they are there, so each round costs
//! a read of the database and the work so far: what many steps miss is asked for in one round.

use crate::error::{Failure, Fault};
use althing_state::{Missing, StateKey};

/// What steps miss that are taken one after the other.
///
/// Once one of them has missed something, all that they do is undone: from there on it does not matter
/// what a step finds, only what else it asks for. The attempt that misses nothing decides.
#[derive(Debug, Default)]
pub(crate) struct Missed(Vec<StateKey>);

impl Missed {
    /// Takes note of what a step did; `None` if something is missing by now.
    ///
    /// # Errors
    /// What the step failed with, if nothing was missing.
    pub(crate) fn step<T, E: Miss>(&mut self, outcome: Result<T, E>) -> Result<Option<T>, E> {
        match outcome.map_err(Miss::missing) {
            Ok(done) => Ok(Some(done)),
            Err(Ok(Missing(keys))) => {
                self.0.extend(keys);
                Ok(None)
            }
            Err(Err(_)) if !self.0.is_empty() => Ok(None),
            Err(Err(error)) => Err(error),
        }
    }

    /// All steps are taken.
    ///
    /// # Errors
    /// [`Fault::Missing`] with all that they missed.
    pub(crate) fn end(mut self) -> Result<(), Fault> {
        if self.0.is_empty() {
            return Ok(());
        }
        self.0.sort_unstable();
        self.0.dedup();
        Err(Missing(self.0).into())
    }
}

/// An error that may say that keys are missing.
pub(crate) trait Miss: Sized {
    /// Which; or itself, if it says something else.
    fn missing(self) -> Result<Missing, Self>;
}

impl Miss for Fault {
    fn missing(self) -> Result<Missing, Self> {
        match self {
            Self::Missing(missing) => Ok(missing),
            Self::Corrupt { .. } => Err(self),
        }
    }
}

impl Miss for Failure {
    fn missing(self) -> Result<Missing, Self> {
        match self {
            Self::Fault(fault) => fault.missing().map_err(Self::Fault),
            Self::Rule(_) => Err(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes;

    fn key(n: u8) -> StateKey {
        StateKey::fixed(1, &[n])
    }

    fn misses(keys: &[u8]) -> Result<(), Failure> {
        Err(Fault::Missing(Missing(keys.iter().copied().map(key).collect())).into())
    }

    const RULE: Failure = Failure::Rule(codes::WRONG_NODE);

    #[test]
    fn what_all_steps_miss_is_asked_for_at_once() {
        let mut missed = Missed::default();
        for keys in [&[3, 1][..], &[1, 2]] {
            assert_eq!(missed.step(misses(keys)), Ok(None));
        }
        assert_eq!(missed.step::<_, Failure>(Ok(5)), Ok(Some(5)));
        assert_eq!(missed.end(), Err(Missing([1, 2, 3].map(key).to_vec()).into()));
    }

    #[test]
    fn a_step_fails_at_once_unless_one_before_it_missed_something() {
        let mut missed = Missed::default();
        assert_eq!(missed.step::<(), _>(Err(RULE)), Err(RULE));
        missed.step(misses(&[1])).unwrap();
        assert_eq!(missed.step::<(), _>(Err(RULE)), Ok(None));
        assert_eq!(missed.end(), Err(Missing(vec![key(1)]).into()));
        assert_eq!(Missed::default().end(), Ok(()));
    }
}
