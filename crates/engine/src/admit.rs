//! How transactions enter the pool, those of clients and those of peers: form and signatures are
//! checked together, off the async threads; then the accounts of senders that the pool does not
//! know are read; then the pool decides.
//!
//! What a transaction will touch is read along with its sender. Its block then finds the pages of
//! the state in memory, however many accounts there are.

use crate::{
    chain::Chain,
    pace,
    pool::{Admission, SharedPool},
    reads,
    types::{Dbs, Runtime},
};
use althing_ledger::{Invalid, Ledger, check, query};
use althing_mempool::{Account, Origin, Rejection};
use althing_state::StateKey;
use althing_types::{Address, Height, SignedTransaction};
use commonware_parallel::{Sequential, Strategy};
use std::{collections::HashMap, sync::Arc};

/// Why a transaction did not enter the pool.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No honest peer sends such a transaction.
    #[error("the signature does not match the transaction and the public key; sign it again")]
    BadSignature,
    /// It breaks a rule that needs no state.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The pool does not take it.
    #[error(transparent)]
    Pool(#[from] Rejection),
    /// The engine ends.
    #[error("this node is stopping; send the transaction to another one")]
    Stopped,
}

impl Refusal {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BadSignature => "bad_signature",
            Self::Invalid(invalid) => invalid.code(),
            Self::Pool(rejection) => rejection.code(),
            Self::Stopped => "engine_stopped",
        }
    }
}

/// What became of a transaction.
pub type Answer = Result<(), Refusal>;

/// A transaction with its place in the order of answers.
type Placed = (usize, SignedTransaction);

/// Admits to the pool of a validator. Cloning is cheap.
pub struct Admitter<E: Runtime, S: Strategy> {
    context: Arc<E>,
    ledger: Ledger,
    pool: Arc<SharedPool>,
    chain: Arc<Chain>,
    database: Dbs<E, S>,
}

impl<E: Runtime, S: Strategy> Clone for Admitter<E, S> {
    fn clone(&self) -> Self {
        Self {
            context: self.context.clone(),
            ledger: self.ledger.clone(),
            pool: self.pool.clone(),
            chain: self.chain.clone(),
            database: self.database.clone(),
        }
    }
}

impl<E: Runtime, S: Strategy> Admitter<E, S> {
    /// Admits to the pool of `chain`, with accounts from `database`.
    pub fn new(context: E, ledger: Ledger, chain: Arc<Chain>, database: Dbs<E, S>) -> Self {
        let pool = chain.pool().clone();
        Self { context: Arc::new(context), ledger, pool, chain, database }
    }

    /// Checks and admits `transactions`; one answer each, in order.
    pub async fn admit(&self, transactions: Vec<SignedTransaction>, origin: Origin) -> Vec<Answer> {
        let count = transactions.len();
        let Some((transactions, mut answers)) = self.examine(transactions).await else {
            return vec![Err(Refusal::Stopped); count];
        };
        let all = transactions.into_iter().enumerate();
        let mut open: Vec<Placed> = all.filter(|(index, _)| answers[*index].is_ok()).collect();
        // A block that is finalized between look-up and insertion may make the pool forget a
        // sender; then the look-up is repeated.
        while !open.is_empty() {
            open = match self.insert(open, origin, &mut answers).await {
                Some(again) => again,
                None => return vec![Err(Refusal::Stopped); count],
            };
        }
        answers
    }

    /// Checks what needs no state, and all signatures together, off the async threads.
    async fn examine(
        &self,
        transactions: Vec<SignedTransaction>,
    ) -> Option<(Vec<SignedTransaction>, Vec<Answer>)> {
        let (ledger, pool) = (self.ledger.clone(), self.pool.clone());
        let tip = self.chain.tip().header.height;
        let next = tip.next().unwrap_or(tip);
        let params = self.chain.params();
        let work = self.context.child("signatures").shared(true).spawn(move |_| async move {
            let chain_id = ledger.genesis().chain_id;
            let known = pool.verifier().verify_all(&transactions, &Sequential);
            let answers = transactions.iter().zip(known).map(|(transaction, good)| {
                check::stateless(transaction, &params, chain_id, next)?;
                if good { Ok(()) } else { Err(Refusal::BadSignature) }
            });
            let answers = answers.collect();
            (transactions, answers)
        });
        work.await.ok()
    }

    /// Inserts, notes the answers, and returns what must be tried again. `None` if the engine
    /// stops.
    async fn insert(
        &self,
        open: Vec<Placed>,
        origin: Origin,
        answers: &mut [Answer],
    ) -> Option<Vec<Placed>> {
        let (places, transactions): (Vec<usize>, Vec<SignedTransaction>) = open.into_iter().unzip();
        let accounts = self.look_up(&transactions).await?;
        let with_accounts = transactions.into_iter().map(|transaction| {
            let account = accounts.get(&transaction.sender()).copied();
            (transaction, account)
        });
        let now = pace::now(&*self.context);
        let admissions = self.pool.insert(with_accounts.collect(), origin, now);
        let mut again = Vec::new();
        for (place, admission) in places.into_iter().zip(admissions) {
            match admission {
                Admission::Decided(answer) => {
                    answers[place] = answer.map(drop).map_err(Refusal::from);
                }
                Admission::Stranger(transaction) => again.push((place, transaction)),
            }
        }
        Some(again)
    }

    /// The accounts of senders that the pool does not know, with the height they were read at.
    /// Everything else that the transactions touch is read too, into the caches.
    async fn look_up(
        &self,
        transactions: &[SignedTransaction],
    ) -> Option<HashMap<Address, (Account, Height)>> {
        let strangers = self.pool.strangers(transactions);
        let mut keys: Vec<StateKey> =
            strangers.iter().map(|address| query::account_key(*address)).collect();
        for transaction in transactions {
            self.ledger.other_keys(transaction, &mut keys);
        }
        let (height, values) = reads::newest(&self.database, &self.chain, &keys).await?;
        let accounts = values.into_iter().map(|value| {
            let account = value.and_then(|value| query::decode_account(&value).ok());
            let account = account.unwrap_or_default();
            (Account { nonce: account.nonce, balance: account.balance }, height)
        });
        Some(strangers.into_iter().zip(accounts).collect())
    }
}
