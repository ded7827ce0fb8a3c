//! The traffic between validators that is not consensus: transactions on their way to the coming
//! leaders, handshakes and positions, evidence of faults. Written over the traits of runtime and
//! network, so that the simulator runs it as well.

pub mod admit;
mod book;
pub mod evidence;
pub mod forward;
pub mod greeting;
pub mod hello;
pub mod leaders;
pub mod metrics;
pub mod peers;
mod receive;
#[cfg(test)]
mod tests;
pub mod wire;

pub use peers::{Ban, Offence, PeerInfo, PeerTable, Software};

use crate::{chain::Chain, types::PublicKey};
use admit::Admit;
use althing_types::Timestamp;
use commonware_p2p::{Receiver, Sender};
use commonware_runtime::{Clock, Handle, Spawner};
use forward::Forwarder;
use leaders::{Position, Schedule};
use receive::Intake;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// The time of a runtime's clock.
pub(crate) fn stamp(clock: &impl Clock) -> Timestamp {
    crate::pace::now(clock)
}

/// The transactions' part: what it works with.
pub struct Transactions<A> {
    /// The chain and its pool.
    pub chain: Arc<Chain>,
    /// Who proposes when.
    pub schedule: Schedule,
    /// Where consensus stands.
    pub positions: watch::Receiver<Position>,
    /// The peers.
    pub table: PeerTable,
    /// How transactions of peers enter the pool.
    pub admit: A,
}

impl<A: Admit> Transactions<A> {
    /// Starts to forward transactions and to take those of peers. The tasks that must not end.
    pub fn start<E, X, R>(self, context: &E, (sender, receiver): (X, R)) -> Vec<Handle<()>>
    where
        E: Clock + Spawner,
        X: Sender<PublicKey = PublicKey>,
        R: Receiver<PublicKey = PublicKey>,
    {
        let (wanted, requests) = mpsc::channel(256);
        let intake = Intake {
            context: context.child("intake"),
            pool: self.chain.pool().clone(),
            chain: self.chain.clone(),
            table: self.table.clone(),
            sender: sender.clone(),
            wanted,
            admit: self.admit,
        };
        let forwarder = Forwarder::new(
            context.child("forward"),
            self.chain,
            self.schedule,
            self.positions,
            sender,
            self.table,
            requests,
        );
        let mut tasks = intake.start(receiver);
        tasks.push(forwarder.start());
        tasks
    }
}
