//! What happens to a network, and what must come of it.

use super::{LinkSpec, StorageSpec};
use althing_types::energy::SettlementMode;

/// Something that happens to the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Only validators on the same side reach each other.
    Partition(Vec<u8>),
    /// Every link becomes this.
    Link(LinkSpec),
    /// A validator stops at once; what was not synced is lost.
    Crash(usize),
    /// A crashed validator starts again from its disk.
    Restart(usize),
    /// Storage begins to fail, everywhere. A validator whose storage fails dies and is restarted.
    Storage(StorageSpec),
    /// Storage works again.
    StorageWorks,
    /// The operator of a validator stakes for it, and registers it with that.
    Stake(usize),
    /// The operator of a validator takes everything out: it leaves.
    Unstake(usize),
    /// The operator of the first validator delegates so many tokens to the second.
    Delegate(usize, usize, u64),
    /// The operator of the first validator takes what it delegates to the second.
    Undelegate(usize, usize),
    /// The operator of a validator asks for its release from jail.
    Unjail(usize),
    /// The operator of a validator leaves all votes to its node that it may leave to it.
    Prefer(usize),
    /// An operator proposes to raise a parameter of the network by one.
    Propose {
        /// The operator.
        by: usize,
        /// Which parameter, as an index.
        parameter: usize,
    },
    /// An operator proposes another configuration of the network.
    ProposeSpec {
        /// The operator.
        by: usize,
        /// The part of the validators that runs it first, in percent; 0 if all do at once.
        first_percent: u32,
    },
    /// From now on, those who run a configuration of the network first stop for good.
    Sabotage,
    /// The operator of the first node adds the second as a peer by hand.
    AddPeer(usize, usize),
    /// A node stops for good.
    Retire(usize),
    /// A worker is to take one more batch of the network's work.
    TakeWork(usize),
    /// The customer orders a batch, which whoever is drawn computes for money.
    OrderTask,
    /// An oracle reports nothing from now on.
    OracleDown(usize),
    /// It reports again, also about what came meanwhile.
    OracleUp(usize),
    /// The buyer disputes the next sale, for no good reason.
    DisputeSale,
    /// An operator proposes that energy is sold in this way.
    SettleBy(SettlementMode),
    /// All validators lose power together; of what was not synced, any part may survive.
    PowerLoss {
        /// Bytes of writes that were not synced and survive, in percent.
        kept_percent: u64,
    },
}

/// Where a validator must be in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// It is a validator of the last epoch.
    Member(usize),
    /// It is none.
    Gone(usize),
    /// It proposed a block that became final.
    Proposed(usize),
    /// It was jailed and slashed once.
    Jailed(usize),
    /// It was never jailed or slashed.
    Free(usize),
    /// It missed no turn.
    Reliable(usize),
    /// It missed two turns at most.
    Undisturbed(usize),
    /// It was slashed for contradicting itself, once, and its reporter was paid.
    Reported(usize),
    /// So many proposals were enacted, and none was rejected or failed.
    Enacted(usize),
    /// In every vote, more than so many percent of the validators took part that might.
    Participation(u64),
    /// So many configurations of the network were rolled back.
    RolledBack(usize),
    /// Every configuration that was decided ran on every node that was to run it, within so many
    /// milliseconds.
    Propagated(u64),
    /// This version of the configuration is in force in the end.
    Runs(u64),
    /// Blocks were never further apart than so many milliseconds.
    NoPause(u64),
    /// All that this worker computed was accepted and paid, and it claimed its parts of the miners'
    /// pool.
    Earned(usize),
    /// Each wrong result of this worker was proven wrong and cost it stake; none was paid.
    Exposed(usize),
    /// None of the results that this worker withheld was accepted.
    Withheld(usize),
    /// So many orders of the customer were computed and paid at least; all are over.
    Served(usize),
    /// Each true reading was attested and each false one refused, and so many of either came.
    Attested(usize),
    /// Oracles overruled this one.
    Overruled(usize),
    /// Energy was sold and paid for in both ways, and certificates were used up.
    Traded,
    /// So many disputes were dismissed, and none ended in another way.
    Dismissed(usize),
}
