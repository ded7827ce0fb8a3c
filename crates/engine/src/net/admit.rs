//! What the transactions of peers are worth: whether an honest peer may have sent them.

use crate::{
    admit::{Admitter, Answer, Refusal},
    types::Runtime,
};
use althing_mempool::{Origin, Rejection};
use althing_types::SignedTransaction;
use commonware_parallel::Strategy;
use std::future::Future;

/// What became of a transaction of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It waits in the pool now.
    Admitted,
    /// It was here.
    Known,
    /// An honest peer may have sent it, but it does not fit what is known here.
    Refused,
    /// No honest peer sends it: its signature is wrong.
    Forged,
}

impl From<Answer> for Verdict {
    fn from(answer: Answer) -> Self {
        match answer {
            Ok(()) => Self::Admitted,
            Err(Refusal::BadSignature) => Self::Forged,
            Err(Refusal::Pool(Rejection::AlreadyPending | Rejection::AlreadyIncluded { .. })) => {
                Self::Known
            }
            Err(_) => Self::Refused,
        }
    }
}

/// Admits transactions of peers; one verdict each, in order.
pub trait Admit: Clone + Send + Sync + 'static {
    /// Checks and admits them.
    fn admit(
        &self,
        transactions: Vec<SignedTransaction>,
    ) -> impl Future<Output = Vec<Verdict>> + Send;
}

impl<E: Runtime, S: Strategy> Admit for Admitter<E, S> {
    async fn admit(&self, transactions: Vec<SignedTransaction>) -> Vec<Verdict> {
        let answers = Self::admit(self, transactions, Origin::Peer).await;
        answers.into_iter().map(Verdict::from).collect()
    }
}
