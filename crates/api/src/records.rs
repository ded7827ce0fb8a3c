//! Records of the state, as handlers read them.

use crate::{
    error::{ApiError, ErrorCode},
    state::App,
};
use althing_ledger::{
    beacon::{Mark, query as beacon},
    governance::{Proposal, Standing, query as governance},
    query,
    treasury::{Disbursement, query as treasury},
};
use althing_state::{StateKey, StateValue};
use althing_types::{Address, Amount, ChainParams, Height};
use commonware_codec::Error;
use std::collections::BTreeMap;

/// Records of one height. Those that do not exist are left out.
pub(crate) struct Records {
    pub(crate) height: Height,
    values: BTreeMap<StateKey, StateValue>,
}

impl App {
    /// Reads records of the newest finalized state.
    pub(crate) async fn read(&self, keys: Vec<StateKey>) -> Result<Records, ApiError> {
        let Some((height, values)) = self.backend.records(keys.clone()).await else {
            let message = "This node cannot read its state now: try again, or ask another one.";
            return Err(ApiError::new(ErrorCode::NotReady, message));
        };
        let found = keys.into_iter().zip(values);
        let values = found.filter_map(|(key, value)| Some((key, value?))).collect();
        Ok(Records { height, values })
    }
}

impl App {
    /// The randomness as of a height; `None` if it is not there yet, or was forgotten.
    pub(crate) async fn randomness(&self, height: Height) -> Result<Option<Mark>, ApiError> {
        let key = beacon::value_key(height);
        let mark = self.read(vec![key]).await?.get(key, beacon::decode_value);
        Ok(mark.filter(|mark| mark.height == height))
    }
}

impl Records {
    pub(crate) fn get<T>(&self, key: StateKey, decode: fn(&[u8]) -> Result<T, Error>) -> Option<T> {
        decode(self.values.get(&key)?).ok()
    }

    /// A proposal and how it stands.
    pub(crate) fn proposal(&self, number: u64) -> Option<(Proposal, Standing)> {
        let proposal = self.get(governance::proposal_key(number), governance::decode_proposal)?;
        let standing = self.get(governance::standing_key(number), governance::decode_standing)?;
        Some((proposal, standing))
    }

    pub(crate) fn disbursement(&self, number: u64) -> Option<Disbursement> {
        self.get(treasury::disbursement_key(number), treasury::decode_disbursement)
    }

    pub(crate) fn params(&self, app: &App) -> ChainParams {
        let params = self.get(query::params_key(), query::decode_params);
        params.unwrap_or_else(|| app.backend.info().genesis.params.clone())
    }

    pub(crate) fn balance(&self, address: Address) -> Amount {
        let account = self.get(query::account_key(address), query::decode_account);
        account.map_or(Amount::ZERO, |account| account.balance)
    }
}

/// The keys of a proposal.
pub(crate) const fn proposal_keys(number: u64) -> [StateKey; 2] {
    [governance::proposal_key(number), governance::standing_key(number)]
}
