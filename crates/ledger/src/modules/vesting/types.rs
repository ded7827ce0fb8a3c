use althing_types::{Amount, Timestamp, genesis::Vesting, struct_codec};
use serde::{Deserialize, Serialize};

/// What locks a part of an account's balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VestingRecord {
    /// What was locked at the start, in base units.
    pub total: Amount,
    /// How it is set free.
    pub line: Vesting,
    /// Locked money that is staked or unbonds, in base units: it is not in the balance.
    pub staked: Amount,
}

struct_codec!(VestingRecord { total, line, staked });

impl VestingRecord {
    /// What of the balance is locked at `time`, in base units.
    pub fn locked(&self, time: Timestamp) -> Amount {
        self.line.locked(self.total, time).checked_sub(self.staked).unwrap_or(Amount::ZERO)
    }

    /// What of `balance` may be spent at `time`, in base units.
    pub fn spendable(&self, balance: Amount, time: Timestamp) -> Amount {
        balance.checked_sub(self.locked(time)).unwrap_or(Amount::ZERO)
    }

    /// After `amount` of `balance` was staked: free money goes first.
    pub(super) fn stake(mut self, balance: Amount, amount: Amount, time: Timestamp) -> Self {
        let locked = amount.checked_sub(self.spendable(balance, time)).unwrap_or(Amount::ZERO);
        self.staked = self.staked.checked_add(locked).unwrap_or(Amount::MAX);
        self
    }

    /// After `amount` came back from stake: locked money comes first.
    pub(super) fn unstake(mut self, amount: Amount) -> Self {
        self.staked = self.staked.checked_sub(amount).unwrap_or(Amount::ZERO);
        self
    }
}
