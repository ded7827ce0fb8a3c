//! Sends transactions, each once.
//!
//! A transaction is written to the journal before it is sent. Until it is included, or can be included
//! no more, its bytes are the only ones that are sent: a node that lost it gets the same bytes again,
//! and a second with the same nonce cannot be included.

use super::{RunError, Worker};
use crate::{
    chain::{ChainError, Outcome, Tip},
    content,
    journal::{Entry, Sending},
    machine::{Message, Observation, Purpose},
};
use althing_types::{
    Hash, Height, Payload, SignedTransaction, compute::draw::plant_commitment, message::RevealPlant,
};

/// Blocks in which a transaction can be included.
const VALIDITY: u64 = 40;

/// The name of a purpose in the journal.
fn name(purpose: Purpose) -> String {
    match purpose {
        Purpose::Register => "register".to_owned(),
        Purpose::Update => "update".to_owned(),
        Purpose::Commit => "commit".to_owned(),
        Purpose::Reveal => "reveal".to_owned(),
        Purpose::Attest(device) => format!("attest {device}"),
        Purpose::Benchmark(device) => format!("benchmark {device}"),
        Purpose::Heartbeat => "heartbeat".to_owned(),
        Purpose::Take(device) => format!("take {device}"),
        Purpose::Claim => "claim".to_owned(),
    }
}

/// The purpose with this name.
fn purpose(name: &str) -> Option<Purpose> {
    let (word, device) = match name.split_once(' ') {
        Some((word, device)) => (word, Some(device.parse().ok()?)),
        None => (name, None),
    };
    Some(match (word, device) {
        ("register", None) => Purpose::Register,
        ("update", None) => Purpose::Update,
        ("commit", None) => Purpose::Commit,
        ("reveal", None) => Purpose::Reveal,
        ("heartbeat", None) => Purpose::Heartbeat,
        ("claim", None) => Purpose::Claim,
        ("attest", Some(device)) => Purpose::Attest(device),
        ("benchmark", Some(device)) => Purpose::Benchmark(device),
        ("take", Some(device)) => Purpose::Take(device),
        _ => return None,
    })
}

impl Worker {
    /// What was on its way when the program ended is on its way.
    pub(super) fn resume_sending(&mut self) {
        let purpose = self.sending().and_then(|sending| purpose(&sending.purpose));
        if let Some(purpose) = purpose {
            self.machine.resume_sending(purpose);
        }
    }

    fn sending(&self) -> Option<&Sending> {
        self.journal.memory().sending.as_ref()
    }

    /// Signs and sends a message. What is refused at once was never sent.
    pub(super) async fn send(&mut self, message: Message) -> Result<Vec<Observation>, RunError> {
        let what = name(message.purpose());
        self.live.send_modify(|live| live.sending = Some(what.clone()));
        let signed = match self.sign(&message).await {
            Ok(signed) => signed,
            Err(reason) => {
                self.trouble(format!("{what} was not sent: {reason}"));
                return Ok(self.not_sent());
            }
        };
        let sending = Sending {
            purpose: what.clone(),
            hash: signed.hash(),
            valid_until: signed.body().valid_until,
            bytes: hex::encode(signed.bytes()),
        };
        let hash = sending.hash;
        self.journal.write(Entry::Sending { sending })?;
        match self.chain.submit(&signed).await {
            Ok(()) => Ok(Vec::new()),
            // Nobody else has it: it can never be included.
            Err(ChainError::Refused { message, .. }) => {
                self.trouble(format!("{what} was refused: {message}"));
                self.journal.write(Entry::Sent { hash })?;
                Ok(self.not_sent())
            }
            // It may have arrived. What became of it is asked after the next block.
            Err(error) => {
                self.trouble(error.to_string());
                Ok(Vec::new())
            }
        }
    }

    fn not_sent(&self) -> Vec<Observation> {
        self.live.send_modify(|live| live.sending = None);
        vec![Observation::Sent(None)]
    }

    async fn sign(&self, message: &Message) -> Result<SignedTransaction, String> {
        let payload = match message {
            Message::Payload(_, payload) => match payload.as_ref() {
                Payload::Attest(attest) => Payload::Attest(self.with_report(attest).await),
                other => other.clone(),
            },
            Message::Reveal { key, secret, next } => self.reveal(*key, *secret, *next).await?,
        };
        let height = self.machine.observed().map_or(Height::ZERO, |observed| observed.tip.height);
        let valid_until = Height::new(height.get().saturating_add(VALIDITY));
        let prepared = self.chain.prepare(&self.key.public_key(), &payload, valid_until).await;
        let transaction = prepared.map_err(|error| error.to_string())?;
        transaction.sign(&self.key).map_err(|error| error.to_string())
    }

    /// The proof that a result was planted: a wrong entry of it.
    async fn reveal(
        &self,
        key: crate::job::JobKey,
        secret: u32,
        next: u32,
    ) -> Result<Payload, String> {
        let results = std::sync::Arc::clone(&self.results);
        let open = move || -> Result<_, String> {
            let stored = results.stored(key).map_err(|error| error.to_string())?;
            let plant = stored.plant.ok_or("the result is not planted")?;
            let (row, column) = plant.first();
            let tile = results.tile(key, 0, row, column).map_err(|error| error.to_string())?;
            content::opening(&tile, column, None).ok_or_else(|| "the proof is too large".into())
        };
        let opening =
            tokio::task::spawn_blocking(open).await.map_err(|error| error.to_string())??;
        Ok(Payload::RevealPlant(RevealPlant {
            task: key.task,
            secret: self.secrets.secret(secret),
            next: plant_commitment(&self.secrets.secret(next)),
            opening,
        }))
    }

    /// Asks what became of the transaction that is on its way.
    pub(super) async fn ask_outcome(&mut self, tip: Tip) -> Result<Vec<Observation>, RunError> {
        let Some(sending) = self.sending().cloned() else { return Ok(Vec::new()) };
        let outcome = match self.chain.outcome(&sending.hash).await {
            Ok(outcome) => outcome,
            Err(error) => {
                self.trouble(error.to_string());
                return Ok(Vec::new());
            }
        };
        match outcome {
            Outcome::Done { .. } => self.settled(sending.hash, outcome),
            Outcome::Failed { ref message, .. } => {
                self.trouble(format!("{} failed: {message}", sending.purpose));
                self.settled(sending.hash, outcome)
            }
            Outcome::Waiting => Ok(Vec::new()),
            Outcome::Unknown | Outcome::Dropped { .. } => {
                // A block at that height may be known already whose index is not written.
                let margin = sending.valid_until.get().saturating_add(2);
                if tip.height.get() > margin {
                    return self.settled(sending.hash, outcome);
                }
                if let Some(transaction) = sending.transaction()
                    && let Err(error) = self.chain.submit(&transaction).await
                {
                    tracing::info!(%error, "{} was not taken again", sending.purpose);
                }
                Ok(Vec::new())
            }
        }
    }

    fn settled(&mut self, hash: Hash, outcome: Outcome) -> Result<Vec<Observation>, RunError> {
        self.journal.write(Entry::Sent { hash })?;
        self.live.send_modify(|live| live.sending = None);
        self.forget_slow();
        Ok(vec![Observation::Sent(Some(outcome))])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_are_read_as_they_were_written() {
        for each in [
            Purpose::Register,
            Purpose::Update,
            Purpose::Commit,
            Purpose::Reveal,
            Purpose::Attest(3),
            Purpose::Benchmark(15),
            Purpose::Heartbeat,
            Purpose::Take(0),
            Purpose::Claim,
        ] {
            assert_eq!(purpose(&name(each)), Some(each));
        }
        for bad in ["", "take", "take x", "commit 1", "dance"] {
            assert_eq!(purpose(bad), None);
        }
    }
}
