//! Quotas per client address.

use crate::config::Quota;
use governor::{
    DefaultKeyedRateLimiter, RateLimiter,
    clock::{Clock as _, DefaultClock},
};
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    num::NonZeroU32,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

/// Addresses above which those that have rested are forgotten.
const SWEEP_ABOVE: usize = 10_000;
/// Checks between two looks at the number of addresses.
const SWEEP_EVERY: usize = 4_096;
/// Answer to a request that is larger than a whole burst.
const BEYOND_BURST: Duration = Duration::from_secs(60);

/// A limiter; one without a quota lets everything pass.
pub(crate) struct Limiter {
    inner: Option<DefaultKeyedRateLimiter<IpAddr>>,
    clock: DefaultClock,
    checks: AtomicUsize,
}

impl Limiter {
    pub(crate) fn new(quota: Quota) -> Self {
        let inner = NonZeroU32::new(quota.per_minute).map(|rate| {
            let burst = NonZeroU32::new(quota.burst).unwrap_or(NonZeroU32::MIN);
            RateLimiter::keyed(governor::Quota::per_minute(rate).allow_burst(burst))
        });
        Self { inner, clock: DefaultClock::default(), checks: AtomicUsize::new(0) }
    }

    /// Takes `count` from the quota of `address`, or says how long to wait. What exceeds the whole
    /// burst has to wait for a minute, in vain; callers bound it before.
    pub(crate) fn check(&self, address: IpAddr, count: usize) -> Result<(), Duration> {
        let Some(limiter) = &self.inner else { return Ok(()) };
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let Some(count) = NonZeroU32::new(count) else { return Ok(()) };
        if self.checks.fetch_add(1, Ordering::Relaxed).is_multiple_of(SWEEP_EVERY)
            && limiter.len() > SWEEP_ABOVE
        {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
        match limiter.check_key_n(&subnet(address), count) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(refused)) => Err(refused.wait_time_from(self.clock.now())),
            Err(_) => Err(BEYOND_BURST),
        }
    }
}

/// One IPv6 customer owns at least a /64, so that is what has a quota.
fn subnet(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => IpAddr::V4(v4),
            None => {
                let [a, b, c, d, ..] = v6.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        },
    }
}

/// The address behind a connection, without the detour of IPv4 in IPv6.
pub(crate) fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// Stands for a client whose address is not known (requests that came through no socket).
pub(crate) const UNKNOWN: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_burst_passes_and_the_next_request_waits() {
        let limiter = Limiter::new(Quota { per_minute: 6, burst: 3 });
        for _ in 0..3 {
            assert_eq!(limiter.check(ip("10.0.0.1"), 1), Ok(()));
        }
        let wait = limiter.check(ip("10.0.0.1"), 1).unwrap_err();
        assert!(wait > Duration::from_secs(5) && wait <= Duration::from_secs(10), "{wait:?}");
    }

    #[test]
    fn addresses_do_not_share_a_quota_but_a_subnet_does() {
        let limiter = Limiter::new(Quota { per_minute: 1, burst: 1 });
        assert!(limiter.check(ip("10.0.0.1"), 1).is_ok());
        assert!(limiter.check(ip("10.0.0.2"), 1).is_ok());
        assert!(limiter.check(ip("2001:db8::1"), 1).is_ok());
        assert!(limiter.check(ip("2001:db8::2"), 1).is_err());
        assert!(limiter.check(ip("2001:db8:0:1::1"), 1).is_ok());
        assert!(limiter.check(ip("::ffff:10.0.0.1"), 1).is_err());
    }

    #[test]
    fn no_quota_lets_everything_pass() {
        let limiter = Limiter::new(Quota { per_minute: 0, burst: 1 });
        for _ in 0..1_000 {
            assert!(limiter.check(ip("10.0.0.1"), 1).is_ok());
        }
    }
}
