//! Who may ask for how much, and how a refusal looks.

use super::ServeConfig;
use crate::{results::ResultError, wire::Refusal};
use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};
use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

/// Addresses above which those that have rested are forgotten.
const SWEEP_ABOVE: usize = 10_000;
const SWEEP_EVERY: usize = 1_024;

/// Why a request is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum ServeError {
    /// Words that cannot be read.
    #[error("{0}")]
    BadRequest(String),
    /// Not committed, over, or never there.
    #[error("{0}")]
    NotFound(String),
    /// Too much from one address.
    #[error("this address asks for too much: wait {} seconds", .0.as_secs().max(1))]
    TooMany(Duration),
    /// Too much from all.
    #[error("too many requests are being answered: try again in a moment")]
    Busy,
    /// The worker cannot show what it should.
    #[error("{0}")]
    Broken(String),
    /// It takes too long.
    #[error("the answer was not ready in time: ask for fewer rows")]
    Slow,
}

impl From<ResultError> for ServeError {
    fn from(error: ResultError) -> Self {
        match error {
            ResultError::Unknown(_) | ResultError::Row { .. } => Self::NotFound(error.to_string()),
            ResultError::Lost(_) | ResultError::Operand(_) | ResultError::File(_) => {
                Self::Broken(error.to_string())
            }
        }
    }
}

impl IntoResponse for ServeError {
    fn into_response(self) -> Response {
        let (status, code) = match &self {
            Self::BadRequest(_) => (StatusCode::BAD_REQUEST, "bad_request"),
            Self::NotFound(_) => (StatusCode::NOT_FOUND, "not_found"),
            Self::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "rate_limited"),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            Self::Broken(_) => (StatusCode::INTERNAL_SERVER_ERROR, "result_lost"),
            Self::Slow => (StatusCode::SERVICE_UNAVAILABLE, "timeout"),
        };
        let refusal = Refusal { code: code.to_owned(), message: self.to_string() };
        let mut response = (status, Json(refusal)).into_response();
        if let Self::TooMany(wait) = self {
            let seconds = wait.as_secs().max(1).into();
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}

/// The quota of each address.
pub(super) struct Limiter {
    inner: Option<DefaultKeyedRateLimiter<IpAddr>>,
    burst: u32,
    checks: AtomicUsize,
}

impl Limiter {
    pub(super) fn new(config: &ServeConfig) -> Self {
        let burst = NonZeroU32::new(config.burst).unwrap_or(NonZeroU32::MIN);
        let inner = NonZeroU32::new(config.rows_per_minute)
            .map(|rate| RateLimiter::keyed(Quota::per_minute(rate).allow_burst(burst)));
        Self { inner, burst: burst.get(), checks: AtomicUsize::new(0) }
    }

    /// Takes `count` from the quota of an address. More than a whole burst counts as one.
    pub(super) fn check(&self, address: IpAddr, count: usize) -> Result<(), ServeError> {
        let Some(limiter) = &self.inner else { return Ok(()) };
        let count = u32::try_from(count).unwrap_or(u32::MAX).clamp(1, self.burst);
        let count = NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
        if self.checks.fetch_add(1, Ordering::Relaxed).is_multiple_of(SWEEP_EVERY)
            && limiter.len() > SWEEP_ABOVE
        {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
        match limiter.check_key_n(&customer(address), count) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(refused)) => {
                Err(ServeError::TooMany(refused.wait_time_from(DefaultClock::default().now())))
            }
            Err(_) => Err(ServeError::TooMany(Duration::from_secs(60))),
        }
    }
}

/// One IPv6 customer owns at least a /64, so that is what has a quota.
fn customer(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_quota_each_and_a_subnet_has_one() {
        let config = ServeConfig { rows_per_minute: 60, burst: 10, ..ServeConfig::default() };
        let limiter = Limiter::new(&config);
        let ip = |text: &str| text.parse().unwrap();
        assert!(limiter.check(ip("10.0.0.1"), 10).is_ok());
        assert!(matches!(limiter.check(ip("10.0.0.1"), 5), Err(ServeError::TooMany(_))));
        assert!(limiter.check(ip("10.0.0.2"), 5_000).is_ok());
        assert!(limiter.check(ip("2001:db8::1"), 10).is_ok());
        assert!(limiter.check(ip("2001:db8::2"), 1).is_err());
        let open = Limiter::new(&ServeConfig { rows_per_minute: 0, ..config });
        assert!((0..1_000).all(|_| open.check(ip("10.0.0.1"), 1_000).is_ok()));
    }

    #[test]
    fn refusals_say_what_to_do() {
        let response = ServeError::TooMany(Duration::from_secs(7)).into_response();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[header::RETRY_AFTER], "7");
    }
}
