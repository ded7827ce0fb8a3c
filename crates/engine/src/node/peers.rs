//! What the handle says about peers and does with them.

use super::{EngineHandle, Rejection, address_of};
use crate::{
    net::{PeerInfo, PeerTable},
    pace,
    types::PublicKey,
};
use althing_types::{Height, Timestamp, ValidatorKey};
use std::time::Duration;

fn rejection(code: &'static str, message: &str) -> Rejection {
    Rejection { code, message: message.to_owned() }
}

impl EngineHandle {
    fn table(&self) -> &PeerTable {
        &self.parts.table
    }

    fn peer_key(&self, key: ValidatorKey) -> Result<PublicKey, Rejection> {
        let key = key.to_public_key();
        let key = key.ok_or_else(|| rejection("bad_peer_key", "this is no public key"))?;
        if key == *self.table().local() {
            return Err(rejection("own_key", "this is the key of this very node"));
        }
        Ok(key)
    }

    /// All peers that the chain names, that were added by hand, or that showed up; ordered by key.
    pub fn peers(&self) -> Vec<PeerInfo> {
        self.table().infos(pace::now(&self.parts.context))
    }

    /// The highest height that this node or a connected peer has.
    pub fn network_height(&self) -> Height {
        let own = self.parts.validator.chain.tip().header.height;
        self.table().network_height().map_or(own, |height| height.max(own))
    }

    /// Shuts a peer out for a time, or until [`Self::unban`]. It survives a restart.
    ///
    /// # Errors
    /// If `key` is no key, or this node's own.
    pub fn ban(&self, key: ValidatorKey, time: Option<Duration>) -> Result<(), Rejection> {
        let key = self.peer_key(key)?;
        let now = pace::now(&self.parts.context).get();
        let until = time.map(|time| {
            let ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
            Timestamp::new(now.saturating_add(ms))
        });
        self.table().ban(&key, "the operator of this node decided so", until);
        Ok(())
    }

    /// Lets a peer in again, within ten seconds.
    ///
    /// # Errors
    /// If it was not shut out.
    pub fn unban(&self, key: ValidatorKey) -> Result<(), Rejection> {
        let lifted = self.table().unban(&self.peer_key(key)?);
        lifted.then_some(()).ok_or_else(|| rejection("not_banned", "this peer is not shut out"))
    }

    /// Connects to a peer at `endpoint` (`host:port`), also when the chain names another place or
    /// does not name the peer. The peer must know this node too. It survives a restart.
    ///
    /// # Errors
    /// If key or endpoint are malformed, or too many peers were added.
    pub fn add_peer(&self, key: ValidatorKey, endpoint: &str) -> Result<(), Rejection> {
        let key = self.peer_key(key)?;
        if address_of(endpoint).is_none() {
            return Err(rejection("bad_endpoint", "an endpoint has the form host:port"));
        }
        let added = self.table().add(&key, endpoint.to_owned());
        let full = || rejection("too_many_peers", "too many peers were added; remove some first");
        added.then_some(()).ok_or_else(full)
    }

    /// Forgets what [`Self::add_peer`] said of a peer.
    ///
    /// # Errors
    /// If it said nothing.
    pub fn remove_peer(&self, key: ValidatorKey) -> Result<(), Rejection> {
        let removed = self.table().remove(&self.peer_key(key)?);
        removed.then_some(()).ok_or_else(|| rejection("not_added", "this peer was not added"))
    }
}
