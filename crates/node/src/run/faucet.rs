//! Test money: a fixed amount a request, once in a while for one address and one caller.

use althing_api::backend::Rejection;
use althing_types::{Address, Amount, SecretKey};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Most addresses or callers remembered. When full, the oldest half is forgotten, so a flood of
/// new callers can shorten a cooldown but not grow the memory.
const MEMORY: usize = 100_000;

/// A faucet: who pays, how much, how often.
pub(super) struct Faucet {
    key: SecretKey,
    amount: Amount,
    cooldown: Duration,
    last: Mutex<HashMap<Caller, Instant>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Caller {
    Address(Address),
    Ip(IpAddr),
}

impl Faucet {
    /// A faucet that pays `amount` from the account of `key`, once every `cooldown`.
    pub(super) fn new(key: SecretKey, amount: Amount, cooldown: Duration) -> Self {
        Self { key, amount, cooldown, last: Mutex::default() }
    }

    /// The key that pays.
    pub(super) const fn key(&self) -> &SecretKey {
        &self.key
    }

    /// What one request pays.
    pub(super) const fn amount(&self) -> Amount {
        self.amount
    }

    /// Notes a request, or says how long to wait. Loopback callers share one machine, so only
    /// their address counts.
    ///
    /// # Errors
    /// `faucet_cooldown` with the seconds that are left.
    pub(super) fn allow(
        &self,
        address: Address,
        ip: IpAddr,
        now: Instant,
    ) -> Result<(), Rejection> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let mut callers = vec![Caller::Address(address)];
        if !ip.is_loopback() {
            callers.push(Caller::Ip(ip));
        }
        for caller in &callers {
            let Some(before) = last.get(caller) else { continue };
            let passed = now.saturating_duration_since(*before);
            if passed < self.cooldown {
                let left = (self.cooldown - passed).as_secs().max(1);
                return Err(Rejection {
                    code: "faucet_cooldown".to_owned(),
                    message: format!("this address was served already: try again in {left} s"),
                });
            }
        }
        if last.len() + callers.len() > MEMORY {
            let mut times: Vec<Instant> = last.values().copied().collect();
            times.sort_unstable();
            let middle = times[times.len() / 2];
            last.retain(|_, time| *time > middle);
        }
        for caller in callers {
            last.insert(caller, now);
        }
        Ok(())
    }

    /// Forgets a request that could not be served.
    pub(super) fn forget(&self, address: Address, ip: IpAddr) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.remove(&Caller::Address(address));
        last.remove(&Caller::Ip(ip));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::dev_chain;

    fn faucet() -> Faucet {
        Faucet::new(dev_chain::faucet().unwrap(), Amount::new(1), Duration::from_secs(60))
    }

    #[test]
    fn one_address_is_served_once_in_a_cooldown() {
        let faucet = faucet();
        let now = Instant::now();
        let (address, ip) = (Address::new([1; 20]), IpAddr::from([127, 0, 0, 1]));
        assert_eq!(faucet.allow(address, ip, now), Ok(()));
        let refused = faucet.allow(address, ip, now + Duration::from_secs(59)).unwrap_err();
        assert_eq!(refused.code, "faucet_cooldown");
        assert_eq!(faucet.allow(address, ip, now + Duration::from_secs(60)), Ok(()));
    }

    #[test]
    fn one_remote_caller_is_served_once_whatever_the_address() {
        let faucet = faucet();
        let now = Instant::now();
        let ip = IpAddr::from([192, 0, 2, 1]);
        assert_eq!(faucet.allow(Address::new([1; 20]), ip, now), Ok(()));
        assert!(faucet.allow(Address::new([2; 20]), ip, now).is_err());
        faucet.forget(Address::new([1; 20]), ip);
        assert_eq!(faucet.allow(Address::new([2; 20]), ip, now), Ok(()));
    }
}
