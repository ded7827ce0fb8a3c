//! How transactions of peers enter the pool: the same checks that those of clients pass.

use crate::{
    chain::Chain,
    pace,
    pool::{Admission, SharedPool},
    types::{Dbs, Runtime},
};
use althing_ledger::{Ledger, check, query};
use althing_mempool::{Account, Origin, Rejection};
use althing_types::{Address, Height, SignedTransaction};
use commonware_parallel::{Sequential, Strategy};
use std::{collections::HashMap, future::Future, sync::Arc};

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

/// Admits transactions of peers; one verdict each, in order.
pub trait Admit: Clone + Send + Sync + 'static {
    /// Checks and admits them.
    fn admit(
        &self,
        transactions: Vec<SignedTransaction>,
    ) -> impl Future<Output = Vec<Verdict>> + Send;
}

/// Admits to the pool of a validator.
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

    /// Checks form and signatures together, off the async threads.
    async fn examine(
        &self,
        transactions: Vec<SignedTransaction>,
    ) -> (Vec<SignedTransaction>, Vec<Verdict>) {
        let (ledger, pool) = (self.ledger.clone(), self.pool.clone());
        let tip = self.chain.tip().header.height;
        let next = tip.next().unwrap_or(tip);
        let work = self.context.child("signatures").shared(true).spawn(move |_| async move {
            let genesis = ledger.genesis();
            let known = pool.verifier().verify_all(&transactions, &Sequential);
            let verdict = |(transaction, good): (&SignedTransaction, bool)| {
                if !good {
                    return Verdict::Forged;
                }
                match check::stateless(transaction, &genesis.params, genesis.chain_id, next) {
                    Ok(()) => Verdict::Admitted,
                    Err(_) => Verdict::Refused,
                }
            };
            let verdicts = transactions.iter().zip(known).map(verdict).collect();
            (transactions, verdicts)
        });
        work.await.unwrap_or_default()
    }

    /// The accounts of senders that the pool does not know, and the height they were read at.
    async fn strangers(
        &self,
        transactions: &[SignedTransaction],
    ) -> Option<HashMap<Address, (Account, Height)>> {
        let strangers = self.pool.strangers(transactions);
        if strangers.is_empty() {
            return Some(HashMap::new());
        }
        let keys: Vec<_> = strangers.iter().map(|address| query::account_key(*address)).collect();
        let references: Vec<_> = keys.iter().collect();
        let database = self.database.read().await;
        let values = database.get_many(&references).await.ok()?;
        let root = database.root();
        drop(database);
        let height = self.chain.with_root(&root);
        let height = height.map_or_else(|| self.chain.tip().header.height, |header| header.height);
        let accounts = values.into_iter().map(|value| {
            let account = value.and_then(|value| query::decode_account(&value).ok());
            let account = account.unwrap_or_default();
            (Account { nonce: account.nonce, balance: account.balance }, height)
        });
        Some(strangers.into_iter().zip(accounts).collect())
    }

    /// Inserts, notes the verdicts, and returns what must be tried again.
    async fn insert(
        &self,
        open: Vec<(usize, SignedTransaction)>,
        verdicts: &mut [Verdict],
    ) -> Option<Vec<(usize, SignedTransaction)>> {
        let (places, transactions): (Vec<usize>, Vec<SignedTransaction>) = open.into_iter().unzip();
        let accounts = self.strangers(&transactions).await?;
        let with_accounts = transactions.into_iter().map(|transaction| {
            let account = accounts.get(&transaction.sender()).copied();
            (transaction, account)
        });
        let now = pace::now(&*self.context);
        let admissions = self.pool.insert(with_accounts.collect(), Origin::Peer, now);
        let mut again = Vec::new();
        for (place, admission) in places.into_iter().zip(admissions) {
            match admission {
                Admission::Decided(answer) => verdicts[place] = verdict_of(answer.map(drop)),
                Admission::Stranger(transaction) => again.push((place, transaction)),
            }
        }
        Some(again)
    }
}

const fn verdict_of(answer: Result<(), Rejection>) -> Verdict {
    match answer {
        Ok(()) => Verdict::Admitted,
        Err(Rejection::AlreadyPending | Rejection::AlreadyIncluded { .. }) => Verdict::Known,
        Err(_) => Verdict::Refused,
    }
}

impl<E: Runtime, S: Strategy> Admit for Admitter<E, S> {
    async fn admit(&self, transactions: Vec<SignedTransaction>) -> Vec<Verdict> {
        let (transactions, mut verdicts) = self.examine(transactions).await;
        let all = transactions.into_iter().enumerate();
        let mut open: Vec<_> =
            all.filter(|(index, _)| verdicts[*index] == Verdict::Admitted).collect();
        // A block that is finalized between look-up and insertion may make the pool forget a
        // sender; then the look-up is repeated.
        while !open.is_empty() {
            let places: Vec<usize> = open.iter().map(|(place, _)| *place).collect();
            open = match self.insert(open, &mut verdicts).await {
                Some(again) => again,
                None => {
                    places.into_iter().for_each(|place| verdicts[place] = Verdict::Refused);
                    break;
                }
            };
        }
        verdicts
    }
}
