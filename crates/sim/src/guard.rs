//! The runtime of one simulated validator. It is the deterministic runtime, and it knows whose
//! tasks it runs: a panic in any task is the death of that validator, as it is on a real machine.

use commonware_runtime::{
    BlobVersion, Clock, Error, Handle, Metrics, Name, Spawner, Storage, Supervisor, deterministic,
    signal::Signal,
    telemetry::metrics::{Metric, Registered},
};
use commonware_utils::sync::Mutex;
use futures::FutureExt as _;
use governor::clock::{Clock as GovernorClock, ReasonablyRealtime};
use rand_core::{TryCryptoRng, TryRng};
use std::{
    cell::RefCell,
    convert::Infallible,
    future::Future,
    ops::RangeInclusive,
    panic::{AssertUnwindSafe, resume_unwind},
    sync::{Arc, Once},
    time::{Duration, SystemTime},
};

thread_local! {
    /// Panics that were not attributed yet, while this thread simulates.
    static PANICS: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// From here on, panics on this thread are remembered instead of printed, until [`take_panics`].
pub fn watch_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let watched = PANICS.with_borrow_mut(|panics| match panics {
                Some(panics) => {
                    panics.push(info.to_string());
                    true
                }
                None => false,
            });
            if !watched {
                previous(info);
            }
        }));
    });
    PANICS.set(Some(Vec::new()));
}

/// Panics on this thread since [`watch_panics`] that no validator died of.
pub fn take_panics() -> Vec<String> {
    PANICS.take().unwrap_or_default()
}

/// Why a validator died; the first reason stays.
#[derive(Clone, Debug, Default)]
pub struct Death(Arc<Mutex<Option<String>>>);

impl Death {
    /// The reason, if it is dead.
    pub fn reason(&self) -> Option<String> {
        self.0.lock().clone()
    }

    /// Declares it dead.
    pub fn declare(&self, reason: String) {
        self.0.lock().get_or_insert(reason);
    }
}

/// The runtime of one validator.
pub struct Guarded {
    inner: deterministic::Context,
    death: Death,
}

impl Guarded {
    /// A runtime whose tasks belong to the validator with this `death`.
    pub const fn new(inner: deterministic::Context, death: Death) -> Self {
        Self { inner, death }
    }
}

impl Supervisor for Guarded {
    fn name(&self) -> Name {
        self.inner.name()
    }
    fn child(&self, label: &'static str) -> Self {
        Self { inner: self.inner.child(label), death: self.death.clone() }
    }
    fn with_attribute(mut self, key: &'static str, value: impl std::fmt::Display) -> Self {
        self.inner = self.inner.with_attribute(key, value);
        self
    }
}

impl Spawner for Guarded {
    fn shared(mut self, blocking: bool) -> Self {
        self.inner = self.inner.shared(blocking);
        self
    }
    fn dedicated(mut self) -> Self {
        self.inner = self.inner.dedicated();
        self
    }
    fn spawn<F, Fut, T>(self, f: F) -> Handle<T>
    where
        F: FnOnce(Self) -> Fut + Send + 'static,
        Fut: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let Self { inner, death } = self;
        inner.spawn(move |inner| {
            let future = f(Self { inner, death: death.clone() });
            async move {
                match AssertUnwindSafe(future).catch_unwind().await {
                    Ok(value) => value,
                    Err(panic) => {
                        let reason = PANICS.with_borrow_mut(|panics| panics.as_mut()?.pop());
                        death.declare(reason.unwrap_or_else(|| "a panic".to_owned()));
                        resume_unwind(panic)
                    }
                }
            }
        })
    }
    async fn stop(self, value: i32, timeout: Option<Duration>) -> Result<(), Error> {
        self.inner.stop(value, timeout).await
    }
    fn stopped(&self) -> Signal {
        self.inner.stopped()
    }
}

impl Metrics for Guarded {
    fn register<N: Into<String>, H: Into<String>, M: Metric>(
        &self,
        name: N,
        help: H,
        metric: M,
    ) -> Registered<M> {
        self.inner.register(name, help, metric)
    }
    fn encode(&self) -> String {
        self.inner.encode()
    }
}

impl GovernorClock for Guarded {
    type Instant = SystemTime;
    fn now(&self) -> SystemTime {
        self.inner.current()
    }
}
impl ReasonablyRealtime for Guarded {}

impl Clock for Guarded {
    fn current(&self) -> SystemTime {
        self.inner.current()
    }
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send + 'static + use<> {
        self.inner.sleep(duration)
    }
    fn sleep_until(
        &self,
        deadline: SystemTime,
    ) -> impl Future<Output = ()> + Send + 'static + use<> {
        self.inner.sleep_until(deadline)
    }
}

impl TryRng for Guarded {
    type Error = Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.inner.try_next_u32()
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.inner.try_next_u64()
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.inner.try_fill_bytes(bytes)
    }
}
impl TryCryptoRng for Guarded {}

impl Storage for Guarded {
    type Blob = <deterministic::Context as Storage>::Blob;
    async fn open_versioned(
        &self,
        partition: &str,
        name: &[u8],
        versions: RangeInclusive<BlobVersion>,
    ) -> Result<(Self::Blob, u64, BlobVersion), Error> {
        self.inner.open_versioned(partition, name, versions).await
    }
    async fn remove(&self, partition: &str, name: Option<&[u8]>) -> Result<(), Error> {
        self.inner.remove(partition, name).await
    }
    async fn scan(&self, partition: &str) -> Result<Vec<Vec<u8>>, Error> {
        self.inner.scan(partition).await
    }
}
