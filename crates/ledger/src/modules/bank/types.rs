use althing_types::{Address, Amount, struct_codec};
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, Read, ReadExt as _, Write};
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// How much money there is and where it came from. What exists is `genesis + minted - burned`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supply {
    /// What existed at the start, in base units.
    pub genesis: Amount,
    /// All that was created since.
    pub minted: Amount,
    /// All that was destroyed since.
    pub burned: Amount,
}

impl Supply {
    /// What exists; `None` if the record contradicts itself.
    pub fn total(&self) -> Option<Amount> {
        self.genesis.checked_add(self.minted).ok()?.checked_sub(self.burned).ok()
    }
}

impl Write for Supply {
    fn write(&self, buf: &mut impl BufMut) {
        self.genesis.write(buf);
        self.minted.write(buf);
        self.burned.write(buf);
    }
}

impl EncodeSize for Supply {
    #[expect(clippy::arithmetic_side_effects, reason = "at most 3 * 19 bytes")]
    fn encode_size(&self) -> usize {
        self.genesis.encode_size() + self.minted.encode_size() + self.burned.encode_size()
    }
}

impl Read for Supply {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        Ok(Self {
            genesis: Amount::read(buf)?,
            minted: Amount::read(buf)?,
            burned: Amount::read(buf)?,
        })
    }
}

/// What the treasury has earned in the running epoch, by where it came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Income {
    /// Its part of the fees, in base units.
    pub fees: Amount,
    /// Its part of slashes and penalties, in base units.
    pub penalties: Amount,
    /// Deposits of proposals that did not go back, in base units.
    pub deposits: Amount,
}

struct_codec!(Income { fees, penalties, deposits });

/// The accounts that no key controls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProtocolAccounts {
    /// The treasury's share of fees.
    pub(crate) treasury: Address,
    /// Fees and emission of the running epoch, until it ends.
    pub(crate) stakers: Address,
    /// The money of all validators and delegators, what unbonds included.
    pub(crate) stake: Address,
    /// The miners' part of emission.
    pub(crate) miners: Address,
    /// What a schedule without new money releases from.
    pub(crate) reserve: Address,
    /// Deposits of proposals that are not decided.
    pub(crate) governance: Address,
    /// What disbursements that are executed have not paid yet.
    pub(crate) disbursements: Address,
    /// Stakes of workers, prices of tasks, and what miners have not claimed.
    pub(crate) compute: Address,
    /// Stakes of providers and oracles of energy, orders, sales that are not paid, and bonds.
    pub(crate) energy: Address,
}

/// The account `stake`, for keys of messages, which are listed without a block.
pub(crate) fn stake_account() -> &'static Address {
    static STAKE: LazyLock<Address> = LazyLock::new(|| Address::of_module("stake"));
    &STAKE
}

/// The account `governance`, for keys of messages.
pub(crate) fn governance_account() -> &'static Address {
    static GOVERNANCE: LazyLock<Address> = LazyLock::new(|| Address::of_module("governance"));
    &GOVERNANCE
}

/// The account `compute`, for keys of messages.
pub(crate) fn compute_account() -> &'static Address {
    static COMPUTE: LazyLock<Address> = LazyLock::new(|| Address::of_module("compute"));
    &COMPUTE
}

/// The account `energy`, for keys of messages.
pub(crate) fn energy_account() -> &'static Address {
    static ENERGY: LazyLock<Address> = LazyLock::new(|| Address::of_module("energy"));
    &ENERGY
}

/// The account that proposes for the chain. It owns nothing.
pub(crate) fn safety_account() -> &'static Address {
    static SAFETY: LazyLock<Address> = LazyLock::new(|| Address::of_module("safety"));
    &SAFETY
}

impl ProtocolAccounts {
    pub(crate) fn new() -> Self {
        Self {
            treasury: Address::of_module("treasury"),
            stakers: Address::of_module("stakers"),
            stake: Address::of_module("stake"),
            miners: Address::of_module("miners"),
            reserve: Address::of_module("reserve"),
            governance: Address::of_module("governance"),
            disbursements: Address::of_module("disbursements"),
            compute: Address::of_module("compute"),
            energy: Address::of_module("energy"),
        }
    }

    /// Whether transfers to this account are refused.
    pub(crate) fn is_closed(&self, address: &Address) -> bool {
        let closed = [
            self.stake,
            self.stakers,
            self.miners,
            self.reserve,
            self.governance,
            self.disbursements,
            self.compute,
            self.energy,
        ];
        closed.contains(address)
    }
}
