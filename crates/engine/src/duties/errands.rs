//! What other parts of a node want its account to send, such as what they found about results of
//! computation: one account has one row of nonces, so its transactions have one sender.

use super::{AT_ONCE, Duties, Now, Sent};
use crate::types::Runtime;
use althing_types::Payload;
use commonware_parallel::Strategy;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};
use tracing::debug;

/// Most messages that wait; one more is refused.
const CAPACITY: usize = 64;

/// Messages that wait to be sent. Cloning shares them.
#[derive(Clone, Debug, Default)]
pub struct Errands(Arc<Mutex<VecDeque<Payload>>>);

/// As many messages wait as can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{CAPACITY} messages of this node wait to be sent: hand in this one later")]
pub struct Busy;

impl Errands {
    /// Hands in a message. It is tried on the newest state before it is sent, and dropped if it would
    /// fail. Nothing tells whether it was sent but the chain itself: hand it in again if it should be
    /// there and is not.
    ///
    /// # Errors
    /// [`Busy`].
    pub fn push(&self, payload: Payload) -> Result<(), Busy> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= CAPACITY {
            return Err(Busy);
        }
        waiting.push_back(payload);
        Ok(())
    }

    fn take(&self) -> Option<Payload> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    fn put_back(&self, payload: Payload) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_front(payload);
    }
}

impl<E: Runtime, S: Strategy> Duties<E, S> {
    /// Sends what waits, as much as goes together. Whether something waits in the pool now.
    pub(super) async fn run_errands(&mut self, now: &Now) -> Option<bool> {
        while self.sent < AT_ONCE {
            let Some(payload) = self.config.errands.take() else { break };
            match self.send(now, payload.clone()).await {
                Some(Sent::Waits) => {}
                Some(Sent::Fails(code)) => {
                    debug!(code, name = payload.name(), "an errand would fail, and is dropped");
                }
                Some(Sent::Later) | None => {
                    self.config.errands.put_back(payload);
                    break;
                }
            }
        }
        Some(self.sent > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_types::message::AdvanceDisbursement;

    #[test]
    fn errands_go_out_in_order_and_are_bounded() {
        let errand =
            |disbursement| Payload::AdvanceDisbursement(AdvanceDisbursement { disbursement });
        let errands = Errands::default();
        for number in 0..CAPACITY as u64 {
            errands.push(errand(number)).expect("there is room");
        }
        assert_eq!(errands.push(errand(99)), Err(Busy));
        let first = errands.take().expect("the first waits");
        assert_eq!(first, errand(0));
        errands.put_back(first.clone());
        assert_eq!(errands.take(), Some(first));
        assert_eq!(errands.take(), Some(errand(1)));
    }
}
