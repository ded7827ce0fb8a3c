//! Channels, rates and sizes of the network, derived from the types that travel on it. All of them
//! are rules that every node shares.

use crate::{
    block::Block,
    types::{Digest, Scheme, Variant},
};
use althing_types::{Genesis, limits::MAX_VALIDATORS};
use commonware_consensus::{marshal, simplex};
use commonware_p2p::max_message_size;
use commonware_runtime::Quota;
use std::num::NonZeroU32;

/// One kind of traffic between validators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Number on the wire.
    pub id: u64,
    /// Most messages a second from one peer; also the burst that memory is set aside for.
    pub per_second: u32,
}

impl Channel {
    /// The rate as the network layer wants it.
    pub fn quota(&self) -> Quota {
        Quota::per_second(NonZeroU32::new(self.per_second).unwrap_or(NonZeroU32::MIN))
    }
}

/// Votes of consensus.
pub const VOTES: Channel = Channel { id: 0, per_second: 256 };
/// Certificates of consensus.
pub const CERTIFICATES: Channel = Channel { id: 1, per_second: 256 };
/// Requests for missing certificates.
pub const RESOLVER: Channel = Channel { id: 2, per_second: 64 };
/// Requests for missing blocks.
pub const BACKFILL: Channel = Channel { id: 3, per_second: 64 };
/// New blocks.
pub const BLOCKS: Channel = Channel { id: 4, per_second: 64 };
/// Transactions on their way to the next leaders.
pub const TRANSACTIONS: Channel = Channel { id: 5, per_second: 128 };
/// Handshakes and positions of peers.
pub const STATUS: Channel = Channel { id: 6, per_second: 8 };
/// Evidence of consensus faults.
pub const EVIDENCE: Channel = Channel { id: 7, per_second: 16 };

/// All channels, by number.
pub const CHANNELS: [Channel; 8] =
    [VOTES, CERTIFICATES, RESOLVER, BACKFILL, BLOCKS, TRANSACTIONS, STATUS, EVIDENCE];

/// How many of the latest peer sets keep their connections.
pub const TRACKED_PEER_SETS: usize = 3;
/// Peers beyond two full validator sets: candidates and sentries.
pub const SPARE_PEERS: usize = 8;
/// Most peers in one peer set: two full validator sets, and some more. The sets of three epochs are
/// peers at a time; they may hold so many different validators together.
pub const MAX_PEERS: usize = 2 * MAX_VALIDATORS + SPARE_PEERS;

/// Peers that the network sets memory aside for: enough for as many validators as the chain may
/// ever choose, when all of them change.
pub fn peer_capacity(genesis: &Genesis) -> usize {
    let most = genesis.params.staking.validator_ceiling();
    let most = usize::try_from(most).unwrap_or(MAX_VALIDATORS);
    capacity_for(most.max(genesis.validators.len()))
}

fn capacity_for(validators: usize) -> usize {
    (2 * validators + SPARE_PEERS).clamp(32, MAX_PEERS)
}

/// Bytes that the network sets aside for its mailboxes at start: measured at 0.55 KB for each
/// message of burst, peer and tracked set, twice (inbound and outbound).
pub const fn mailbox_memory(peers: usize) -> usize {
    let mut burst = 0;
    let mut index = 0;
    while index < CHANNELS.len() {
        burst += CHANNELS[index].per_second as usize;
        index += 1;
    }
    burst * peers * TRACKED_PEER_SETS * 2 * 550
}

/// Largest payload of any channel, in bytes. A larger one would panic its sender.
pub fn max_payload() -> u32 {
    let validators = MAX_VALIDATORS as u32;
    max_message_size(&[
        simplex::max_payload_size::<Scheme, Digest>(validators),
        marshal::max_payload_size::<Variant, Scheme>(validators, &()),
        MAX_EXTENSION_PAYLOAD,
    ])
}

/// Largest payload on the channels for transactions, status and evidence, in bytes.
pub const MAX_EXTENSION_PAYLOAD: usize = 256 * 1024;

/// Largest encoded block, in bytes.
pub const MAX_BLOCK: usize = Block::MAX_SIZE;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailboxes_of_the_largest_network_stay_within_700_mib() {
        assert!(mailbox_memory(MAX_PEERS) <= 700 << 20, "{}", mailbox_memory(MAX_PEERS));
        assert!(mailbox_memory(capacity_for(4)) <= 120 << 20);
    }

    #[test]
    fn channel_numbers_are_their_positions() {
        for (index, channel) in CHANNELS.iter().enumerate() {
            assert_eq!(channel.id, index as u64);
        }
    }

    #[test]
    fn the_largest_block_fits_a_message() {
        assert!(max_payload() as usize > MAX_BLOCK);
        assert!(max_payload() < 8 << 20);
    }

    #[test]
    fn a_set_that_doubles_fits_the_peer_capacity() {
        for validators in 1..=MAX_VALIDATORS {
            let capacity = capacity_for(validators);
            assert!(capacity >= 2 * validators && capacity <= MAX_PEERS);
        }
    }
}
