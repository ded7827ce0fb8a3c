//! Receipts of finalized blocks, on disk by height.
//!
//! One task owns the archive. A write is durable before it is acknowledged, and it is acknowledged
//! before the block's state is applied, so a state on disk always has its receipts.

use crate::{
    storage::{self, Archive, Bounded, Memory},
    types::{Digest, Runtime},
};
use althing_types::{Height, Receipt, limits::MAX_BLOCK_TRANSACTIONS};
use commonware_runtime::{Handle, buffer::paged::CacheRef};
use commonware_storage::archive::{Archive as _, Identifier};
use futures::channel::oneshot;
use std::sync::Arc;
use tokio::sync::mpsc;

/// One for each transaction, and one for the block itself.
pub const MAX_RECEIPTS: usize = MAX_BLOCK_TRANSACTIONS + 1;

type Receipts = Bounded<Receipt, MAX_RECEIPTS>;

enum Message {
    Put { height: Height, digest: Digest, receipts: Receipts, done: oneshot::Sender<Durable> },
    Get { height: Height, reply: oneshot::Sender<Option<Arc<Vec<Receipt>>>> },
}

/// Resolves when a write is durable.
pub type Durable = Handle<()>;

/// Handle of the archive of receipts. Cloning is cheap.
#[derive(Clone)]
pub struct Outcomes(mpsc::Sender<Message>);

impl Outcomes {
    /// Opens the archive and starts its task.
    ///
    /// # Panics
    /// On a storage error, which stops the node.
    pub async fn start<E: Runtime>(
        context: E,
        prefix: &str,
        memory: &Memory,
        cache: CacheRef,
    ) -> (Self, Handle<()>) {
        let config = storage::archive(prefix, "receipts", memory, cache, ());
        let archive = Archive::<E, Receipts>::init(context.child("archive"), config).await;
        let archive = archive.expect("the archive of receipts opens");
        let (sender, receiver) = mpsc::channel(64);
        let task = context.child("owner").spawn(move |_| run(archive, receiver));
        (Self(sender), task)
    }

    /// Accepts the receipts of a finalized block; what is returned resolves when they are durable.
    /// Accepting them again changes nothing.
    ///
    /// # Panics
    /// If the archive's task has stopped, which it does only with the node.
    pub async fn put(
        &self,
        height: Height,
        digest: Digest,
        receipts: Arc<Vec<Receipt>>,
    ) -> Durable {
        let (done, accepted) = oneshot::channel();
        let message = Message::Put { height, digest, receipts: Bounded(receipts), done };
        self.0.send(message).await.expect("the archive of receipts runs");
        accepted.await.expect("the archive of receipts runs")
    }

    /// Whether the archive's task has stopped. It answers nothing from then on.
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    /// The receipts of a finalized block; `None` if there are none for this height, or if the
    /// archive's task [has stopped](Self::is_closed).
    pub async fn get(&self, height: Height) -> Option<Arc<Vec<Receipt>>> {
        let (reply, answer) = oneshot::channel();
        self.0.send(Message::Get { height, reply }).await.ok()?;
        answer.await.ok()?
    }
}

async fn run<E: Runtime>(mut archive: Archive<E, Receipts>, mut inbox: mpsc::Receiver<Message>) {
    while let Some(message) = inbox.recv().await {
        match message {
            Message::Put { height, digest, receipts, done } => {
                let stored = archive.put_start_sync(height.get(), digest, &receipts).await;
                let (next, durable) = stored.expect("the archive of receipts is writable");
                archive = next;
                let _ = done.send(durable);
            }
            Message::Get { height, reply } => {
                let found = archive.get(Identifier::Index(height.get())).await;
                let found = found.expect("the archive of receipts is readable");
                let _ = reply.send(found.map(|receipts| receipts.0));
            }
        }
    }
}
