//! What the engine says, as the API says it.

use crate::run::lookup::rejection;
use althing_api::backend::{ChainEvent, Finality, Peer, Rejection};
use althing_engine::{Event, net::PeerInfo, node as engine};
use althing_types::Height;

pub(super) fn translate(event: Event) -> ChainEvent {
    match event {
        Event::Finalized(block) => {
            ChainEvent::Block { block: block.block, hash: block.hash, receipts: block.receipts }
        }
        Event::Pending(transaction) => ChainEvent::Pending { transaction },
        Event::Dropped(dropped) => ChainEvent::Dropped {
            reason: rejection(&dropped.reason),
            transaction: dropped.transaction,
        },
    }
}

pub(super) fn refused(rejection: engine::Rejection) -> Rejection {
    Rejection { code: rejection.code.to_owned(), message: rejection.message }
}

pub(super) fn peer(info: PeerInfo) -> Peer {
    let software = info.software;
    Peer {
        key: info.key.to_string(),
        endpoint: info.endpoint,
        connected: info.connected,
        banned: info.ban.map(|ban| ban.reason).or(info.refusal),
        score: u32::from(info.score),
        latency_ms: info.latency.map(|latency| latency.as_secs_f64() * 1_000.0),
        version: software.map(|software| format!("{} ({})", software.version, software.commit)),
        protocol: info.protocol,
        height: info.height.map(Height::get),
        started_at_ms: info.started_at.map(althing_types::Timestamp::get),
    }
}

pub(super) fn finality(finality: engine::Finality) -> Finality {
    Finality { headers: finality.headers, certificate: finality.certificate }
}
