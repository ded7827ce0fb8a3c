use super::tally::{Heads, StakeCount};
use althing_types::{
    Address, Amount, Due, Epoch, Height, Ppm, Shares, Text, ValidatorKey,
    governance::{Action, Ballot, Criticality, Houses, Kind, Rejection},
    limits::{MAX_PROPOSAL_LINK_BYTES, MAX_PROPOSAL_SUMMARY_BYTES, MAX_PROPOSAL_TITLE_BYTES},
    params::GovernanceParams,
    struct_codec, tagged_enum,
};
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, RangeCfg, Read, Write};
use serde::{Deserialize, Serialize};

/// What was proposed. Never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Who proposed it and paid the deposit.
    pub proposer: Address,
    /// The deposit, in base units.
    pub deposit: Amount,
    /// The height at which it was submitted.
    pub submitted: Height,
    /// A line for people.
    pub title: Text<MAX_PROPOSAL_TITLE_BYTES>,
    /// Why.
    pub summary: Text<MAX_PROPOSAL_SUMMARY_BYTES>,
    /// Where more stands.
    pub link: Text<MAX_PROPOSAL_LINK_BYTES>,
    /// How much depends on it.
    pub criticality: Criticality,
    /// Who decides.
    pub houses: Houses,
    /// What happens if it is accepted.
    pub action: Action,
}

struct_codec!(Proposal {
    proposer,
    deposit,
    submitted,
    title,
    summary,
    link,
    criticality,
    houses,
    action,
});

tagged_enum! {
    /// What is to happen to a proposal, or has happened.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(tag = "type", rename_all = "kebab-case")]
    pub enum Status {
        /// The vote begins with the next epoch.
        0x0001 "waiting" Waiting {},
        /// It is voted on.
        0x0002 "voting" Voting {
            /// The vote ends with the first epoch that ends at or after this.
            closes: Due,
        },
        /// It was accepted and waits.
        0x0003 "queued" Queued {
            /// It is enacted at the end of the first epoch that ends at or after this.
            due: Due,
        },
        /// It has happened.
        0x0004 "enacted" Enacted {
            /// When.
            height: Height,
        },
        /// The vote was against it.
        0x0005 "rejected" Rejected {
            /// When.
            height: Height,
            /// Why.
            reason: Rejection,
        },
        /// It was accepted, but could not happen any more.
        0x0006 "failed" Failed {
            /// When.
            height: Height,
            /// The rule that it breaks: a code of receipts.
            code: u16,
        },
        /// Its proposer took it back.
        0x0007 "cancelled" Cancelled {
            /// When.
            height: Height,
        },
    }
}

/// How a proposal stands: all the numbers that decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// What is to happen to it, or has happened.
    pub status: Status,
    /// How much depends on it.
    pub criticality: Criticality,
    /// Who decides.
    pub houses: Houses,
    /// What it needs, and of how many; from the beginning of the vote on.
    pub terms: Option<Terms>,
    /// The votes of the house of stake, in base units.
    pub stake: StakeCount,
    /// The votes of the house of validators.
    pub validators: Heads,
    /// How many voted; from version 1.1.0 of the protocol on.
    pub turnout: Option<Turnout>,
}

impl Standing {
    /// Of a proposal whose vote has not begun.
    pub(super) fn new(criticality: Criticality, houses: Houses) -> Self {
        let (stake, validators) = (StakeCount::default(), Heads::default());
        let (status, terms, turnout) = (Status::Waiting {}, None, None);
        Self { status, criticality, houses, terms, stake, validators, turnout }
    }
}

// A record of version 1.0.0 ends before the turnout; a later one has it behind the rest.
impl Write for Standing {
    fn write(&self, buf: &mut impl BufMut) {
        self.status.write(buf);
        self.criticality.write(buf);
        self.houses.write(buf);
        self.terms.write(buf);
        self.stake.write(buf);
        self.validators.write(buf);
        if let Some(turnout) = &self.turnout {
            turnout.write(buf);
        }
    }
}
impl EncodeSize for Standing {
    #[expect(clippy::arithmetic_side_effects, reason = "a few hundred bytes")]
    fn encode_size(&self) -> usize {
        self.status.encode_size()
            + self.criticality.encode_size()
            + self.houses.encode_size()
            + self.terms.encode_size()
            + self.stake.encode_size()
            + self.validators.encode_size()
            + self.turnout.as_ref().map_or(0, Turnout::encode_size)
    }
}
impl Read for Standing {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        use commonware_codec::ReadExt as _;
        let (status, criticality) = (Status::read(buf)?, Criticality::read(buf)?);
        let (houses, terms) = (Houses::read(buf)?, Option::<Terms>::read(buf)?);
        let (stake, validators) = (StakeCount::read(buf)?, Heads::read(buf)?);
        let turnout = if buf.has_remaining() { Some(Turnout::read(buf)?) } else { None };
        Ok(Self { status, criticality, houses, terms, stake, validators, turnout })
    }
}

/// How many voted on a proposal. Whoever changes a vote is counted once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turnout {
    /// Who had voted before this height is not counted: it is that of the proposal, or that of the
    /// upgrade if votes were running then.
    pub since: Height,
    /// Accounts that voted with their own stake.
    pub accounts: u32,
    /// Validators that voted.
    pub validators: u32,
}

struct_codec!(Turnout { since, accounts, validators });

impl Turnout {
    /// Nobody yet.
    pub(super) const fn since(since: Height) -> Self {
        Self { since, accounts: 0, validators: 0 }
    }
}

/// What a proposal needs, fixed when its vote begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The epoch at whose beginning all weights were fixed.
    pub snapshot: Epoch,
    /// All stake of the validators that could be chosen then, in base units.
    pub stake: Amount,
    /// Validators that may vote in their house.
    pub validators: u32,
    /// The part of all stake that must take part.
    pub quorum: Ppm,
    /// The part that must be for it: of the stake that said yes or no, and of all validators.
    pub threshold: Ppm,
    /// The part that rejects it as harmful: of the stake that took part, and of all validators.
    pub veto: Ppm,
    /// From the end of the vote to the enactment.
    pub delay: althing_types::Period,
}

struct_codec!(Terms { snapshot, stake, validators, quorum, threshold, veto, delay });

/// Proposals that something will happen to by itself, in the order of their numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agenda {
    /// The number of the next proposal, from 1.
    pub next: u64,
    /// At most 500.
    pub entries: Vec<Entry>,
}

impl Default for Agenda {
    fn default() -> Self {
        Self { next: 1, entries: Vec::new() }
    }
}

/// A proposal that something will happen to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number.
    pub proposal: u64,
    /// Who proposed it.
    pub proposer: Address,
    /// When its vote closes, or when it is enacted; `None` while it waits for its vote to begin.
    pub due: Option<Due>,
    /// The epoch whose weights its vote uses; `None` before and after the vote.
    pub snapshot: Option<Epoch>,
    /// What it is about; from version 1.1.0 of the protocol on.
    pub kind: Option<Kind>,
}

// The kind stands behind all entries, in the record of the agenda.
impl Write for Entry {
    fn write(&self, buf: &mut impl BufMut) {
        self.proposal.write(buf);
        self.proposer.write(buf);
        self.due.write(buf);
        self.snapshot.write(buf);
    }
}
impl EncodeSize for Entry {
    #[expect(clippy::arithmetic_side_effects, reason = "a few dozen bytes")]
    fn encode_size(&self) -> usize {
        self.proposal.encode_size()
            + self.proposer.encode_size()
            + self.due.encode_size()
            + self.snapshot.encode_size()
    }
}
impl Read for Entry {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        use commonware_codec::ReadExt as _;
        let (proposal, proposer) = (u64::read(buf)?, Address::read(buf)?);
        let (due, snapshot) = (Option::<Due>::read(buf)?, Option::<Epoch>::read(buf)?);
        Ok(Self { proposal, proposer, due, snapshot, kind: None })
    }
}

const MAX_OPEN: usize = GovernanceParams::MAX_OPEN as usize;
/// Most validators that were candidates at a time.
const MAX_LISTED: usize = 1_000;

/// What begins the kinds of all entries. A record of version 1.0.0 ends before it.
const KINDS: u8 = 1;

impl Agenda {
    /// The kinds of all entries, if every one is known.
    fn kinds(&self) -> Option<Vec<Kind>> {
        let kinds: Option<Vec<Kind>> = self.entries.iter().map(|entry| entry.kind).collect();
        kinds.filter(|kinds| !kinds.is_empty())
    }
}

impl Write for Agenda {
    fn write(&self, buf: &mut impl BufMut) {
        self.next.write(buf);
        self.entries.write(buf);
        if let Some(kinds) = self.kinds() {
            KINDS.write(buf);
            kinds.iter().for_each(|kind| kind.write(buf));
        }
    }
}
impl EncodeSize for Agenda {
    #[expect(clippy::arithmetic_side_effects, reason = "at most 500 entries")]
    fn encode_size(&self) -> usize {
        let kinds = self.kinds().map_or(0, |kinds| 1 + 2 * kinds.len());
        self.next.encode_size() + self.entries.encode_size() + kinds
    }
}
impl Read for Agenda {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        use commonware_codec::ReadExt as _;
        let next = u64::read(buf)?;
        let mut entries: Vec<Entry> = Vec::read_cfg(buf, &(RangeCfg::from(0..=MAX_OPEN), ()))?;
        if !entries.is_empty() && buf.has_remaining() {
            if u8::read(buf)? != KINDS {
                return Err(Error::Invalid("Agenda", "not the kinds of its entries"));
            }
            for entry in &mut entries {
                entry.kind = Some(Kind::read(buf)?);
            }
        }
        Ok(Self { next, entries })
    }
}

/// Validators that had a weight when an epoch began, ordered by key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Electorate(pub Vec<ValidatorKey>);

impl Write for Electorate {
    fn write(&self, buf: &mut impl BufMut) {
        self.0.write(buf);
    }
}
impl EncodeSize for Electorate {
    fn encode_size(&self) -> usize {
        self.0.encode_size()
    }
}
impl Read for Electorate {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        Ok(Self(Vec::read_cfg(buf, &(RangeCfg::from(0..=MAX_LISTED), ()))?))
    }
}

/// The weight of a validator when an epoch began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Power {
    /// Its stake, in base units.
    pub tokens: Amount,
    /// The shares that owned it.
    pub shares: Shares,
    /// Whether it may vote in the house of validators.
    pub head: bool,
}

struct_codec!(Power { tokens, shares, head });

/// How a validator votes on a proposal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidatorVote {
    /// Its vote, and that of all its stake whose owners do not vote themselves.
    pub ballot: Option<Ballot>,
    /// What of its stake votes itself, in base units.
    pub own: Amount,
    /// Whether its operator voted, and not its node.
    pub by_hand: bool,
}

struct_codec!(ValidatorVote { ballot, own, by_hand });

/// How an account votes on a proposal with its own stake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountVote {
    /// Its vote.
    pub ballot: Ballot,
    /// Its stake with all validators when the weights were fixed, in base units.
    pub weight: Amount,
}

struct_codec!(AccountVote { ballot, weight });
