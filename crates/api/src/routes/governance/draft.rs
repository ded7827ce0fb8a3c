use crate::{backend::Simulation, state::App};
use althing_ledger::query;
use althing_types::{
    Address, Amount, Authorization, Gas, GasPrice, Height, Payload, SignedTransaction, Transaction,
};

/// The most gas of a dry run.
const DRY_RUN_GAS: u64 = 10_000_000;
/// Less than any message needs.
const LEAST_GAS: u64 = 10_000;
/// Blocks for which a transaction is good, if the chain allows so many.
const VALIDITY: u64 = 1_000;

/// A transaction that somebody wants.
pub(in crate::routes) struct Wanted {
    pub(in crate::routes) sender: Address,
    pub(in crate::routes) payload: Payload,
    /// The lowest of the chain if left out.
    pub(in crate::routes) gas_price: Option<GasPrice>,
}

/// The transaction, ready to be signed, and what it would do now.
pub(in crate::routes) async fn draft(app: &App, wanted: Wanted) -> (Transaction, Simulation) {
    let Wanted { sender, payload, gas_price } = wanted;
    let params = match app.read(vec![query::params_key()]).await {
        Ok(records) => records.params(app),
        Err(_) => app.backend.params().await,
    };
    let account = app.backend.account(sender).await;
    let price = gas_price.unwrap_or(params.min_gas_price);
    let outlay = match &payload {
        Payload::SubmitProposal(_) => params.governance.deposit,
        _ => Amount::ZERO,
    };
    // The fee reserve comes out of the balance too: who can pay for the real one shall not fail
    // here for want of money.
    let rest = account.balance.units().saturating_sub(outlay.units());
    let affordable = rest.checked_div(u128::from(price.get())).unwrap_or(u128::MAX);
    let most = DRY_RUN_GAS.min(params.block_gas_limit.get());
    let gas = match u64::try_from(affordable).unwrap_or(u64::MAX) {
        // Who cannot pay at all shall hear that.
        0..LEAST_GAS => most,
        gas => gas.min(most),
    };
    let validity = VALIDITY.min(params.max_validity_blocks);
    let trial = Transaction {
        chain_id: app.backend.info().genesis.chain_id,
        sender,
        nonce: account.nonce,
        gas_limit: Gas::new(gas),
        gas_price: price,
        valid_until: Height::new(account.height.get().saturating_add(validity)),
        memo: String::new(),
        payload,
    };
    let unsigned = Authorization::Ed25519 { public_key: [0; 32], signature: [0; 64] };
    let signed = SignedTransaction::new(trial.clone(), unsigned);
    let simulation = app.backend.simulate(signed).await;
    let mut transaction = Transaction { nonce: account.pending_nonce, ..trial };
    if let Ok(receipt) = &simulation.outcome {
        let used = receipt.gas_used.get();
        transaction.gas_limit = Gas::new(used.saturating_add(used / 5));
    }
    (transaction, simulation)
}
