use althing_types::{
    Address, Amount, AmountError, Due, Epoch, Height, Ppm, Shares, Text, Timestamp,
    ValidatorDetails, ValidatorKey,
    limits::MAX_ENDPOINT_BYTES,
    params::{GovernanceParams, SlashingParams},
    struct_codec,
};
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, RangeCfg, Read, ReadExt as _, Write};
use serde::{Deserialize, Serialize};

/// Most unbonding entries of one account at a time.
pub const MAX_UNBONDING_ENTRIES: usize = 32;
/// Most redelegations into one delegation that are still liable.
pub const MAX_LIABILITIES: usize = 8;
/// Most validators on the list of candidates.
pub(crate) const MAX_CANDIDATES: u64 = 1_000;
/// Most slashes of one validator. Each jail is one, and so is an equivocation; the jail
/// `slashing.ejecting_jail` and an equivocation eject, so no more can happen than that parameter
/// allows: three with the presets.
pub(crate) const MAX_SLASHES: usize = SlashingParams::MAX_JAILS as usize;

/// A validator: its money and its standing. What it says about itself is its [`Profile`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validator {
    /// The account that registered it, owns its own stake and earns its commission.
    pub operator: Address,
    /// Stake that counts and earns, rewards included, in base units.
    pub tokens: Amount,
    /// The shares that own `tokens`.
    pub shares: Shares,
    /// Delegated in this epoch, in base units; joins `tokens` when the epoch ends. Less than
    /// `pending_nominal` if a slash came in between.
    pub pending: Amount,
    /// What delegators gave for `pending`, in base units.
    pub pending_nominal: Amount,
    /// Delegations with something in `pending`.
    pub pending_count: u32,
    /// Delegations, the operator's own included.
    pub delegations: u32,
    /// `tokens` when the epoch began, in base units.
    pub epoch_tokens: Amount,
    /// What left `tokens` in this epoch by its owners' wish, in base units.
    pub left: Amount,
    /// What the operator keeps of its delegators' rewards.
    pub commission: Ppm,
    /// Another commission that was announced, and when it applies.
    pub announced: Option<Announcement>,
    /// When another commission may be announced.
    pub commission_cooldown: Due,
    /// The last epoch that it was chosen for; `None` if it never was.
    pub chosen_until: Option<Epoch>,
    /// In jail, at least until then unless it pays.
    pub jailed_until: Option<Due>,
    /// Its operator wants to leave: it is not chosen any more.
    pub leaving: bool,
    /// Ejected for good: it is never chosen again, and nobody can delegate to it.
    pub ejected: bool,
    /// How many times it was slashed. The list is in its [`Slashes`].
    pub slashes: u32,
}

/// A commission that was announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// The commission.
    pub commission: Ppm,
    /// It applies from the first epoch end at or after this.
    pub due: Due,
}

struct_codec!(Announcement { commission, due });
struct_codec!(Validator {
    operator,
    tokens,
    shares,
    pending,
    pending_nominal,
    pending_count,
    delegations,
    epoch_tokens,
    left,
    commission,
    announced,
    commission_cooldown,
    chosen_until,
    jailed_until,
    leaving,
    ejected,
    slashes,
});

impl Validator {
    /// A validator without stake.
    pub(crate) const fn new(operator: Address, commission: Ppm) -> Self {
        Self {
            operator,
            tokens: Amount::ZERO,
            shares: Shares::ZERO,
            pending: Amount::ZERO,
            pending_nominal: Amount::ZERO,
            pending_count: 0,
            delegations: 0,
            epoch_tokens: Amount::ZERO,
            left: Amount::ZERO,
            commission,
            announced: None,
            commission_cooldown: Due { height: Height::ZERO, time: Timestamp::ZERO },
            chosen_until: None,
            jailed_until: None,
            leaving: false,
            ejected: false,
            slashes: 0,
        }
    }

    /// Whether it may be chosen for a later epoch, its stake aside.
    pub const fn is_eligible(&self) -> bool {
        self.jailed_until.is_none() && !self.leaving && !self.ejected
    }

    /// Whether it is a member of the set of `epoch`, or of a later one that is chosen already.
    pub fn is_active(&self, epoch: Epoch) -> bool {
        self.chosen_until.is_some_and(|until| until >= epoch)
    }
}

/// What a validator says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Name, website, description.
    pub details: ValidatorDetails,
    /// Where its p2p port is reached, `host:port`.
    pub endpoint: Text<MAX_ENDPOINT_BYTES>,
    /// The height at which it registered.
    pub registered: Height,
}

struct_codec!(Profile { details, endpoint, registered });

/// What an account delegates to one validator. An operator's own stake is one of these.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegation {
    /// Shares of the validator's stake, as of the last time the record was touched: a `pending`
    /// part of an earlier epoch has become shares since, which the next touch adds.
    pub shares: Shares,
    /// What was delegated in one epoch, the last that anything was delegated in.
    pub pending: Option<Pending>,
    /// The height at which the delegation began.
    pub created: Height,
    /// Parts that came from other validators, which may still be slashed for what those did.
    pub liabilities: Vec<Liability>,
}

/// Delegated in `epoch`; counts and earns from the next one on.
///
/// Should a slash hit the validator's pending stake within the epoch, what is delegated after it
/// counts as more than was given, at the rate of `pending_nominal` to `pending`, so that only
/// what was there before pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The epoch.
    pub epoch: Epoch,
    /// Base units given, as parts of `pending_nominal`.
    pub amount: Amount,
}

/// A part of a delegation that came from another validator by redelegation. It can neither move on
/// nor unbond until `due`, and pays for slashes of `from` whose cause lies before `began`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Liability {
    /// The validator it came from.
    pub from: ValidatorKey,
    /// When it came.
    pub began: Height,
    /// How many slashes of `from` it has paid for, or came after.
    pub slashes: u32,
    /// When it is free.
    pub due: Due,
    /// The epoch it came in. Until that ends the part is `amount` of the pending amount, after
    /// that `shares`.
    pub epoch: Epoch,
    /// Base units that came.
    pub amount: Amount,
    /// What they became.
    pub shares: Shares,
}

struct_codec!(Pending { epoch, amount });
struct_codec!(Liability { from, began, slashes, due, epoch, amount, shares });

/// The validators an account delegates to, and its unbonding entries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegator {
    /// Ordered by key.
    pub validators: Vec<ValidatorKey>,
    /// Numbers in the unbonding queue, in order.
    pub unbonding: Vec<u64>,
}

/// An entry of the unbonding queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unbonding {
    /// Who is paid.
    pub delegator: Address,
    /// The validator it was taken from.
    pub validator: ValidatorKey,
    /// Base units, before slashes that came later.
    pub amount: Amount,
    /// When it began to unbond: it pays for slashes whose cause lies before.
    pub began: Height,
    /// How many slashes the validator had then.
    pub slashes: u32,
    /// When it is paid.
    pub due: Due,
}

struct_codec!(Unbonding { delegator, validator, amount, began, slashes, due });

/// The unbonding queue: entries are paid in the order of their numbers, `head` next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    /// Number of the next entry to be paid.
    pub head: u64,
    /// Number of the next entry to be made.
    pub tail: u64,
    /// When the entry at `head` is paid; without meaning if there is none.
    pub head_due: Due,
    /// When the last entry made is paid. No later one is paid earlier.
    pub tail_due: Due,
}

struct_codec!(Queue { head, tail, head_due, tail_due });

/// What the pending amounts of one validator and one epoch became: whoever gave `n` of `nominal`
/// got `n * shares / nominal` shares, rounded down. Kept until all of them are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversion {
    /// Base units given by all together.
    pub nominal: Amount,
    /// Shares made for them.
    pub shares: Shares,
    /// Those of the shares that nobody has counted yet. What is left of them by rounding when the
    /// last delegation has counted its own is taken out of the validator's shares.
    pub left: Shares,
    /// Delegations that have not counted theirs yet.
    pub open: u32,
}

struct_codec!(Conversion { nominal, shares, left, open });

impl Conversion {
    /// The shares that whoever gave `amount` got.
    pub(super) fn shares_of(&self, amount: Amount) -> Result<Shares, AmountError> {
        Shares::new(amount.units()).mul_div(self.shares.count(), self.nominal.units())
    }
}

/// A slash of a validator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slash {
    /// When its cause began. Money that left before is not liable.
    pub since: Height,
    /// When it came.
    pub height: Height,
    /// The time of the block in which it came.
    pub time: Timestamp,
    /// The part that was taken.
    pub fraction: Ppm,
}

struct_codec!(Slash { since, height, time, fraction });

/// All slashes of a validator, in order. Kept for ever, because money that left may still be
/// liable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slashes(pub Vec<Slash>);

/// All validators that may be chosen, ordered by key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidates(pub Vec<ValidatorKey>);

/// Sums over all validators.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Stake of all validators, what begins to count later included, in base units.
    pub bonded: Amount,
    /// What the unbonding queue owes before slashes, in base units.
    pub unbonding: Amount,
    /// Members of the set that was chosen last.
    pub active: u32,
    /// Delegations, operators' own included.
    pub delegations: u64,
}

struct_codec!(Totals { bonded, unbonding, active, delegations });

/// Epochs at whose beginning weights of votes were fixed that are in use, ordered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshots(pub Vec<Epoch>);

/// What an account owned of validators when epochs began, noted before it changed for the first
/// time in that epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// Up to this epoch not everything is known: there was more to note than there is room for.
    pub lost: Option<Epoch>,
    /// At most 64, ordered by epoch.
    pub entries: Vec<PastShares>,
}

/// What an account owned of a validator when an epoch began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastShares {
    /// The epoch.
    pub epoch: Epoch,
    /// The validator.
    pub validator: ValidatorKey,
    /// The shares.
    pub shares: Shares,
}

struct_codec!(PastShares { epoch, validator, shares });

/// Most entries of [`Past`].
pub const MAX_PAST: usize = 64;

impl Write for Past {
    fn write(&self, buf: &mut impl BufMut) {
        self.lost.write(buf);
        self.entries.write(buf);
    }
}
impl EncodeSize for Past {
    #[expect(clippy::arithmetic_side_effects, reason = "at most 64 entries")]
    fn encode_size(&self) -> usize {
        self.lost.encode_size() + self.entries.encode_size()
    }
}
impl Read for Past {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        let lost = Option::read(buf)?;
        let entries = Vec::read_cfg(buf, &(RangeCfg::from(0..=MAX_PAST), ()))?;
        Ok(Self { lost, entries })
    }
}

macro_rules! list_codec {
    ($name:ident($max:expr)) => {
        impl Write for $name {
            fn write(&self, buf: &mut impl BufMut) {
                self.0.write(buf);
            }
        }
        impl EncodeSize for $name {
            fn encode_size(&self) -> usize {
                self.0.encode_size()
            }
        }
        impl Read for $name {
            type Cfg = ();
            fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
                Ok(Self(Vec::read_cfg(buf, &(RangeCfg::from(0..=$max), ()))?))
            }
        }
    };
}

list_codec!(Slashes(MAX_SLASHES));
list_codec!(Candidates(1_000));
list_codec!(Snapshots(GovernanceParams::MAX_OPEN as usize));

impl Write for Delegation {
    fn write(&self, buf: &mut impl BufMut) {
        self.shares.write(buf);
        self.pending.write(buf);
        self.created.write(buf);
        self.liabilities.write(buf);
    }
}
impl EncodeSize for Delegation {
    #[expect(clippy::arithmetic_side_effects, reason = "at most 8 liabilities")]
    fn encode_size(&self) -> usize {
        self.shares.encode_size()
            + self.pending.encode_size()
            + self.created.encode_size()
            + self.liabilities.encode_size()
    }
}
impl Read for Delegation {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        Ok(Self {
            shares: Shares::read(buf)?,
            pending: Option::read(buf)?,
            created: Height::read(buf)?,
            liabilities: Vec::read_cfg(buf, &(RangeCfg::from(0..=MAX_LIABILITIES), ()))?,
        })
    }
}

impl Write for Delegator {
    fn write(&self, buf: &mut impl BufMut) {
        self.validators.write(buf);
        self.unbonding.write(buf);
    }
}
impl EncodeSize for Delegator {
    #[expect(clippy::arithmetic_side_effects, reason = "at most 32 keys and 32 numbers")]
    fn encode_size(&self) -> usize {
        self.validators.encode_size() + self.unbonding.encode_size()
    }
}
impl Read for Delegator {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        Ok(Self {
            validators: Vec::read_cfg(buf, &(RangeCfg::from(0..=32), ()))?,
            unbonding: Vec::read_cfg(buf, &(RangeCfg::from(0..=MAX_UNBONDING_ENTRIES), ()))?,
        })
    }
}
