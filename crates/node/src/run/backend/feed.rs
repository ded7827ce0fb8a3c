//! Events of the engine for those who listen through the API.

use super::convert::translate;
use althing_api::backend::ChainEvent;
use althing_engine::node::EngineHandle;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use tokio::sync::broadcast;

/// Events that a slow reader may be behind before it misses some.
const BACKLOG: usize = 16_384;

/// See the module.
pub(super) struct Feed {
    engine: EngineHandle,
    events: broadcast::Sender<ChainEvent>,
    forwarding: Arc<AtomicBool>,
    runtime: tokio::runtime::Handle,
}

impl Feed {
    /// Of a running engine. Call it inside the runtime of the API.
    pub(super) fn new(engine: EngineHandle) -> Self {
        Self {
            engine,
            events: broadcast::channel(BACKLOG).0,
            forwarding: Arc::default(),
            runtime: tokio::runtime::Handle::current(),
        }
    }

    /// What happens from now on.
    pub(super) fn subscribe(&self) -> broadcast::Receiver<ChainEvent> {
        let receiver = self.events.subscribe();
        self.forward();
        receiver
    }

    /// Passes the engine's events on while anybody listens. Only then does the engine spend time
    /// on events of single transactions.
    fn forward(&self) {
        if self.forwarding.swap(true, Ordering::AcqRel) {
            return;
        }
        let mut source = self.engine.subscribe();
        let (events, forwarding) = (self.events.clone(), self.forwarding.clone());
        self.runtime.spawn(async move {
            loop {
                match source.recv().await {
                    Ok(event) => {
                        let _ = events.send(translate(event));
                    }
                    // The readers notice the gap by the heights and fetch what they missed.
                    Err(broadcast::error::RecvError::Lagged(missed)) => {
                        tracing::debug!(missed, "events were overtaken");
                    }
                    Err(broadcast::error::RecvError::Closed) => return,
                }
                if events.receiver_count() == 0 {
                    forwarding.store(false, Ordering::Release);
                    // Somebody may have come between the count and the store.
                    if events.receiver_count() == 0 || forwarding.swap(true, Ordering::AcqRel) {
                        return;
                    }
                }
            }
        });
    }
}
