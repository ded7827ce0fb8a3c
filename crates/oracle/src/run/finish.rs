//! When there is nothing more to do.

use super::{Daemon, Held, Job, OracleError};
use crate::chain::Tip;

impl Daemon {
    /// Whether every file was read to its end and everything is decided. Never, unless that is asked for.
    ///
    /// # Errors
    /// [`OracleError::Held`] if there is something left, and it cannot be sent until somebody mends what
    /// holds it back.
    pub(super) async fn is_finished(&mut self, tip: Tip) -> Result<bool, OracleError> {
        if !self.backfill_only || !self.files.iter().all(|files| files.at_end()) {
            return Ok(false);
        }
        if !self.sendings.is_empty() || !self.store.batches()?.is_empty() {
            return Ok(false);
        }
        let blocked = |line: &super::Line| line.blocked.is_some();
        let waits = self.lines.iter().any(|line| line.waiting > 0 && !blocked(line));
        if waits {
            return left(self.feed_held());
        }
        if self.settings.attest.is_none() {
            return Ok(true);
        }
        let owes = self.attest.waiting() > 0 || !self.store.duties()?.is_empty();
        let done = !owes && self.all_came(tip).await?;
        // Who never reported has not checked what came: an account that is no oracle ends with that.
        let reported = self.store.tally("attest", "reports") > 0;
        let held = if done && reported { None } else { self.attest_held() };
        left(held).map(|_| done)
    }

    /// Whether the chain has readings up to the end of the own data of every meter that is checked.
    async fn all_came(&mut self, tip: Tip) -> Result<bool, OracleError> {
        for place in 0..self.lines.len() {
            let line = &self.lines[place];
            let known = line.head.as_ref().is_some_and(|head| head.height > tip.height);
            if line.job != Job::Attest || known {
                continue;
            }
            let (meter, last_end) = (line.meter, line.state.last_end());
            if last_end == 0 {
                continue;
            }
            let found = self.chain.meter(meter).await?;
            if found.is_none_or(|found| found.last_end < last_end) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Something is left: it is waited for, unless what holds it back does not pass.
fn left(held: Option<&Held>) -> Result<bool, OracleError> {
    match held.filter(|held| !held.passes) {
        Some(held) => Err(OracleError::Held(held.words.clone())),
        None => Ok(false),
    }
}
