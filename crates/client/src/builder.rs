//! Builds transactions: what the caller leaves open is asked of a node.

mod compute;
mod governance;
mod stake;

pub use governance::parse_ballot;

use crate::{
    http::{Account, Client, ClientError, Simulation},
    passkey,
};
use althing_types::{
    Address, Amount, Authorization, ChainId, Gas, GasPrice, Height, Nonce, Payload, SecretKey,
    SignedTransaction, Transaction, Transfer,
    keys::{KeyError, PublicKey, signing_bytes},
};
use bytes::Bytes;
use commonware_codec::Encode as _;

/// How many blocks a transaction is good for unless the caller says otherwise.
pub const DEFAULT_VALIDITY: u64 = 1_000;
/// Gas limit of dry runs, which find out what is needed.
const DRY_RUN_GAS: u64 = 10_000_000;
/// Less than any transaction needs.
const LEAST_GAS: u64 = 10_000;
/// Dry runs of a transaction at most, if others of its account are included meanwhile.
const MAX_TRIES: u32 = 5;
const ML_DSA_65_SIGNATURE_BYTES: usize = 3_309;

/// A transaction to be, with the parts that are decided so far.
#[derive(Clone, Debug)]
pub struct Builder {
    public_key: PublicKey,
    passkey: bool,
    payload: Payload,
    memo: String,
    chain_id: Option<ChainId>,
    nonce: Option<Nonce>,
    gas_limit: Option<Gas>,
    gas_price: Option<GasPrice>,
    valid_until: Option<Height>,
}

/// A transaction that is ready to be signed, with what is known about it.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The transaction.
    pub transaction: Transaction,
    /// What a dry run said; `None` if nothing was asked of a node.
    pub simulation: Option<Simulation>,
}

impl Draft {
    /// The fee that is expected: what the dry run was charged, or the most that it can be.
    pub fn expected_fee(&self) -> Amount {
        let used = self.simulation.as_ref().and_then(|run| run.receipt.as_ref());
        match used {
            Some(receipt) => self.transaction.gas_price.cost(Gas::new(receipt.gas_used)),
            None => self.transaction.max_fee(),
        }
    }
}

impl Builder {
    /// A transaction of the account of `public_key`.
    pub fn new(public_key: PublicKey, payload: Payload) -> Self {
        Self {
            public_key,
            passkey: false,
            payload,
            memo: String::new(),
            chain_id: None,
            nonce: None,
            gas_limit: None,
            gas_price: None,
            valid_until: None,
        }
    }

    /// A transfer.
    pub fn transfer(public_key: PublicKey, to: Address, amount: Amount) -> Self {
        Self::new(public_key, Payload::Transfer(Transfer { to, amount }))
    }

    /// Whether it will be signed as a passkey does, which takes more bytes and so more gas.
    #[must_use]
    pub const fn passkey(mut self, passkey: bool) -> Self {
        self.passkey = passkey;
        self
    }

    /// Free text, at most 256 bytes.
    #[must_use]
    pub fn memo(mut self, memo: impl Into<String>) -> Self {
        self.memo = memo.into();
        self
    }

    /// The chain; otherwise the node's.
    #[must_use]
    pub const fn chain_id(mut self, chain_id: Option<ChainId>) -> Self {
        self.chain_id = chain_id;
        self
    }

    /// The nonce; otherwise the next one after those that wait.
    #[must_use]
    pub const fn nonce(mut self, nonce: Option<Nonce>) -> Self {
        self.nonce = nonce;
        self
    }

    /// The gas limit; otherwise what a dry run used and a fifth more.
    #[must_use]
    pub const fn gas_limit(mut self, gas_limit: Option<Gas>) -> Self {
        self.gas_limit = gas_limit;
        self
    }

    /// The gas price; otherwise what the node suggests.
    #[must_use]
    pub const fn gas_price(mut self, gas_price: Option<GasPrice>) -> Self {
        self.gas_price = gas_price;
        self
    }

    /// The last height; otherwise [`DEFAULT_VALIDITY`] blocks from now.
    #[must_use]
    pub const fn valid_until(mut self, valid_until: Option<Height>) -> Self {
        self.valid_until = valid_until;
        self
    }

    /// The transaction without a node, if every part is decided.
    pub fn offline(&self) -> Option<Draft> {
        let transaction = self.with(
            self.chain_id?,
            self.nonce?,
            self.gas_limit?,
            self.gas_price?,
            self.valid_until?,
        );
        Some(Draft { transaction, simulation: None })
    }

    fn with(
        &self,
        chain_id: ChainId,
        nonce: Nonce,
        gas_limit: Gas,
        gas_price: GasPrice,
        valid_until: Height,
    ) -> Transaction {
        Transaction {
            chain_id,
            sender: self.public_key.address(),
            nonce,
            gas_limit,
            gas_price,
            valid_until,
            memo: self.memo.clone(),
            payload: self.payload.clone(),
        }
    }

    /// Asks a node for what is open, and runs the transaction there without keeping anything.
    ///
    /// # Errors
    /// [`ClientError`] if the node cannot be asked. A transaction that would fail is no error: see
    /// [`Draft::simulation`].
    pub async fn prepare(&self, client: &Client) -> Result<Draft, ClientError> {
        let chain_id = match self.chain_id {
            Some(chain_id) => chain_id,
            None => {
                let text = client.version().await?.chain_id;
                text.parse().map_err(|_| ClientError::Malformed(format!("chain id {text:?}")))?
            }
        };
        let gas_price = match self.gas_price {
            Some(price) => price,
            None => client.fees().await?.gas_price.normal,
        };
        let mut tries = 0u32;
        loop {
            let account = client.account(self.public_key.address()).await?;
            let draft = self.tried(client, chain_id, &account, gas_price).await?;
            let overtaken = |run: &Simulation| {
                run.reason.as_ref().is_some_and(|reason| reason.code == "nonce_too_low")
            };
            tries = tries.saturating_add(1);
            // The dry run has the nonce that the account had a moment ago: a transaction of the same
            // account that was included in between is no reason to refuse this one.
            if tries == MAX_TRIES || !draft.simulation.as_ref().is_some_and(overtaken) {
                return Ok(draft);
            }
        }
    }

    /// One dry run on what the account has now.
    async fn tried(
        &self,
        client: &Client,
        chain_id: ChainId,
        account: &Account,
        gas_price: GasPrice,
    ) -> Result<Draft, ClientError> {
        let nonce = self.nonce.unwrap_or(account.pending_nonce);
        let valid_until = self
            .valid_until
            .unwrap_or_else(|| Height::new(account.height.get().saturating_add(DEFAULT_VALIDITY)));
        let gas_limit = match self.gas_limit {
            Some(gas_limit) => gas_limit,
            None => self.affordable(account, gas_price, self.outlay(client).await?),
        };
        let mut transaction = self.with(chain_id, nonce, gas_limit, gas_price, valid_until);
        // The dry run executes on the finalized state, where what waits has not happened yet.
        let mut trial = transaction.clone();
        trial.nonce = account.nonce;
        let simulation = client.simulate(&self.unsigned(trial)?).await?;
        if let (None, Some(receipt)) = (self.gas_limit, &simulation.receipt) {
            let margin = receipt.gas_used / 5;
            transaction.gas_limit = Gas::new(receipt.gas_used.saturating_add(margin));
        }
        Ok(Draft { transaction, simulation: Some(simulation) })
    }

    /// What the message takes out of the sender's balance besides its fee.
    async fn outlay(&self, client: &Client) -> Result<Amount, ClientError> {
        match &self.payload {
            Payload::SubmitProposal(_) => Ok(client.params().await?.governance.deposit),
            Payload::ProveWrong(_) => Ok(client.params().await?.compute.dispute_bond),
            Payload::OpenEnergyDispute(_) => Ok(client.params().await?.energy.dispute_bond),
            payload => Ok(stake::outlay(payload)),
        }
    }

    // The fee reserve (limit times price) comes out of the balance too, so a dry run with a
    // generous limit must not fail for want of money that the real one does not need.
    fn affordable(&self, account: &Account, price: GasPrice, outlay: Amount) -> Gas {
        let rest = account.balance.units().saturating_sub(outlay.units());
        // Locked money can be staked, but pays no fees.
        let rest = rest.min(account.spendable.unwrap_or(account.balance).units());
        let most = rest.checked_div(u128::from(price.get())).unwrap_or(u128::MAX);
        match u64::try_from(most).unwrap_or(u64::MAX) {
            // Whoever cannot pay at all shall hear that, and not that the limit is too low.
            0..LEAST_GAS => Gas::new(DRY_RUN_GAS),
            most => Gas::new(most.min(DRY_RUN_GAS)),
        }
    }

    // A signature of the right size: bytes cost gas, and dry runs do not look at signatures.
    fn unsigned(&self, transaction: Transaction) -> Result<SignedTransaction, KeyError> {
        let malformed = |_| KeyError::PublicKey;
        let key = self.public_key.bytes();
        if self.passkey {
            let public_key = key.as_ref().try_into().map_err(malformed)?;
            let authorization = passkey::unsigned(public_key);
            return Ok(SignedTransaction::new(transaction, authorization));
        }
        let authorization = match self.public_key.scheme() {
            althing_types::KeyScheme::Ed25519 => Authorization::Ed25519 {
                public_key: key.as_ref().try_into().map_err(malformed)?,
                signature: [0; 64],
            },
            althing_types::KeyScheme::Secp256r1 => Authorization::Secp256r1 {
                public_key: key.as_ref().try_into().map_err(malformed)?,
                signature: [0; 64],
            },
            althing_types::KeyScheme::MlDsa65 => Authorization::MlDsa65 {
                public_key: key.clone(),
                signature: Bytes::from(vec![0; ML_DSA_65_SIGNATURE_BYTES]),
            },
        };
        Ok(SignedTransaction::new(transaction, authorization))
    }
}

/// How a transaction is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// A plain signature of the key's scheme.
    Plain,
    /// A WebAuthn assertion, as a passkey makes it; for secp256r1 keys.
    Passkey,
}

/// Signs with the key of the sender.
///
/// # Errors
/// [`KeyError::PublicKey`] if the key is that of another account, [`KeyError::CannotSign`] if it
/// is of a scheme that passkeys do not have.
pub fn sign(
    transaction: Transaction,
    key: &SecretKey,
    method: Method,
) -> Result<SignedTransaction, KeyError> {
    if key.address() != transaction.sender {
        return Err(KeyError::PublicKey);
    }
    match method {
        Method::Plain => transaction.sign(key),
        Method::Passkey => {
            let message = signing_bytes(&transaction.encode());
            Ok(SignedTransaction::new(transaction, passkey::assert(key, &message)?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_types::KeyScheme;

    fn complete(scheme: KeyScheme) -> (Builder, SecretKey) {
        let key = SecretKey::from_seed(scheme, [7; 32]).unwrap();
        let builder = Builder::transfer(key.public_key(), Address::new([1; 20]), Amount::new(5))
            .memo("rent")
            .chain_id("test-1".parse().ok())
            .nonce(Some(Nonce::new(3)))
            .gas_limit(Some(Gas::new(30_000)))
            .gas_price(Some(GasPrice::new(2)))
            .valid_until(Some(Height::new(50)));
        (builder, key)
    }

    #[test]
    fn a_complete_transaction_needs_no_node_and_is_signed_by_its_sender_only() {
        for scheme in KeyScheme::ALL {
            let (builder, key) = complete(scheme);
            let draft = builder.offline().unwrap();
            assert_eq!(draft.expected_fee(), Amount::new(60_000));
            let signed = sign(draft.transaction.clone(), &key, Method::Plain).unwrap();
            assert_eq!(signed.verify_signature(), Ok(()));
            let stranger = SecretKey::from_seed(KeyScheme::Ed25519, [8; 32]).unwrap();
            let refused = sign(draft.transaction, &stranger, Method::Plain).unwrap_err();
            assert_eq!(refused, KeyError::PublicKey);
        }
        let (builder, _) = complete(KeyScheme::Ed25519);
        assert!(builder.nonce(None).offline().is_none());
    }

    #[test]
    fn a_dry_run_has_the_size_of_the_signed_transaction() {
        for scheme in KeyScheme::ALL {
            let (builder, key) = complete(scheme);
            let transaction = builder.offline().unwrap().transaction;
            let unsigned = builder.unsigned(transaction.clone()).unwrap();
            let signed = sign(transaction, &key, Method::Plain).unwrap();
            assert_eq!(unsigned.bytes().len(), signed.bytes().len(), "{scheme}");
        }
    }

    #[test]
    fn a_passkey_signs_transactions_of_its_account_with_an_assertion_of_the_foreseen_size() {
        let (builder, key) = complete(KeyScheme::Secp256r1);
        let builder = builder.passkey(true);
        let transaction = builder.offline().unwrap().transaction;
        let unsigned = builder.unsigned(transaction.clone()).unwrap();
        let signed = sign(transaction, &key, Method::Passkey).unwrap();
        assert!(matches!(signed.authorization(), Authorization::WebAuthn(_)));
        assert_eq!(signed.verify_signature(), Ok(()));
        assert_eq!(unsigned.bytes().len(), signed.bytes().len());
        let (builder, key) = complete(KeyScheme::Ed25519);
        let transaction = builder.offline().unwrap().transaction;
        assert_eq!(sign(transaction, &key, Method::Passkey).unwrap_err(), KeyError::CannotSign);
    }
}
