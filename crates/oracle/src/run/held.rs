//! What holds the daemon back, and when it gives up. It does so only if it is to end by itself.

use super::{Daemon, OracleError};
use althing_types::Address;
use std::time::{Duration, Instant};

/// For how long a daemon that is to end by itself waits for what may pass.
pub const GIVE_UP_AFTER: Duration = Duration::from_secs(600);

/// Rules that refuse the same again until somebody mends what they name.
const FOR_GOOD: [&str; 5] = [
    "scope_missing",
    "insufficient_funds",
    "unknown_provider",
    "provider_not_active",
    "unknown_oracle",
];

/// Why nothing can be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    /// Why, and how to mend it.
    pub(super) words: String,
    /// Whether it may pass while nobody does anything about it here.
    pub(super) passes: bool,
}

impl Held {
    pub(super) const fn for_good(words: String) -> Self {
        Self { words, passes: false }
    }

    /// The chain refused a transaction with this code.
    pub(super) fn refusal(code: &str, words: String) -> Self {
        Self { words, passes: !FOR_GOOD.contains(&code) }
    }
}

impl Daemon {
    /// Looks whether the oracle that is reported for is one.
    pub(super) async fn look_at_oracle(&mut self, oracle: Address) -> Result<(), OracleError> {
        let held = match self.chain.oracle(oracle).await? {
            None => Some(Held::for_good(format!(
                "the account {oracle} is no oracle: register it, or name the oracle that it reports for"
            ))),
            Some(found) if found.leaving => Some(Held::for_good(format!(
                "the oracle {oracle} leaves: once its stake is paid it can be registered again"
            ))),
            Some(found) if !found.admitted => Some(Held {
                words: format!(
                    "the oracle {oracle} has no weight: wait for governance to admit it"
                ),
                passes: true,
            }),
            Some(_) => None,
        };
        if let Some(held) = &held {
            self.trouble(held.words.clone());
        }
        self.attest.held = held;
        Ok(())
    }

    /// What holds readings back.
    pub(super) fn feed_held(&self) -> Option<&Held> {
        self.feed.held.as_ref().or(self.feed.patience.held.as_ref())
    }

    /// What holds reports back.
    pub(super) fn attest_held(&self) -> Option<&Held> {
        self.attest.held.as_ref().or(self.attest.patience.held.as_ref())
    }

    /// Fails once something has held a daemon back for too long that is to end by itself.
    pub(super) fn give_up(&mut self) -> Result<(), OracleError> {
        let away = self.trouble.as_ref().filter(|_| !self.connected);
        let held = self.feed_held().or(self.attest_held()).map(|held| &held.words).or(away);
        let Some(words) = held.filter(|_| self.backfill_only).cloned() else {
            self.held_since = None;
            return Ok(());
        };
        let since = *self.held_since.get_or_insert_with(Instant::now);
        let (waited, most) = (since.elapsed(), self.give_up_after);
        if waited < most { Ok(()) } else { Err(OracleError::GaveUp { words, after: most }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_has_to_mend_does_not_pass() {
        for (code, passes) in [("scope_missing", false), ("too_many_pending", true)] {
            assert_eq!(Held::refusal(code, String::new()).passes, passes, "{code}");
        }
    }
}
