//! What can be sent, and what the faucet sends.

use super::NodeBackend;
use crate::run::{faucet::Faucet, process};
use althing_api::backend::{Backend as _, Rejection};
use althing_types::{Address, Gas, Hash, Height, Payload, Transaction, Transfer};

/// Gas limit of a payment of the faucet, which may create its recipient.
const FAUCET_GAS: Gas = Gas::new(60_000);
/// Blocks for which a payment of the faucet stays valid.
const FAUCET_VALIDITY: u64 = 1_000;

impl NodeBackend {
    /// Pays an account out of the faucet.
    pub(super) async fn pay(&self, faucet: &Faucet, address: Address) -> Result<Hash, Rejection> {
        let _turn = self.paying.lock().await;
        let from = faucet.key().address();
        let params = self.params().await;
        let account = self.account(from).await;
        let transaction = Transaction {
            chain_id: self.info.genesis.chain_id,
            sender: from,
            nonce: account.pending_nonce,
            gas_limit: FAUCET_GAS,
            gas_price: params.min_gas_price,
            valid_until: Height::new(
                account
                    .height
                    .get()
                    .saturating_add(FAUCET_VALIDITY.min(params.max_validity_blocks)),
            ),
            memo: "faucet".to_owned(),
            payload: Payload::Transfer(Transfer { to: address, amount: faucet.amount() }),
        };
        let signed = transaction.sign(faucet.key()).map_err(|error| Rejection {
            code: "faucet_broken".to_owned(),
            message: format!("the faucet cannot sign: {error}"),
        })?;
        let hash = signed.hash();
        match self.submit(vec![signed]).await.pop() {
            Some(Ok(())) | None => Ok(hash),
            Some(Err(rejection)) if rejection.code == "insufficient_funds" => Err(Rejection {
                code: "faucet_empty".to_owned(),
                message: "the faucet has no money left; ask the operator to fill it".to_owned(),
            }),
            Some(Err(rejection)) => Err(rejection),
        }
    }

    /// Why nothing can be sent yet: accounts are there from the first block on.
    pub(super) fn not_started(&self) -> Option<Rejection> {
        let begins = self.info.genesis.genesis_time.get();
        (self.engine.status().tip.height == Height::ZERO).then(|| {
            let left = begins.checked_sub(process::now_ms()).filter(|left| *left > 0);
            let message = match left {
                Some(left) => format!(
                    "this chain begins at its genesis time, in {} s: send the transaction then",
                    left.div_ceil(1_000)
                ),
                None => "this chain has no block yet: it waits for a quorum of its validators; \
                         try again soon"
                    .to_owned(),
            };
            Rejection { code: "chain_not_started".to_owned(), message }
        })
    }
}
