//! Transactions of workers, of those who order work, and of those who check it.

use super::Builder;
use althing_types::{
    Address, Amount, Hash, Payload, PublicKey, ValidatorKey,
    compute::Shape,
    limits::{MAX_COMMITMENTS, MAX_ENDPOINT_BYTES, MAX_EVIDENCE_BYTES, MAX_RESULT_VOTES},
    message::{
        Attest, CancelTask, ClaimRewards, CommitResults, Commitment, CreateTask, LeaveWork,
        Opening, ProveWrong, RegisterWorker, RequestBenchmark, ResultVote, RevealPlant, TakeWork,
        UpdateWorker, VoteResults, WorkerHeartbeat,
    },
};
use althing_types::{Blob, List, Text, limits::MAX_NODE_TEXT_BYTES};

impl Builder {
    /// The account as a worker. `plant` is the commitment to the secret of its plants; see
    /// [`althing_types::compute::draw::plant_commitment`].
    pub fn register_worker(
        worker: PublicKey,
        endpoint: Text<MAX_ENDPOINT_BYTES>,
        stake: Amount,
        plant: Hash,
    ) -> Self {
        Self::new(worker, Payload::RegisterWorker(RegisterWorker { endpoint, stake, plant }))
    }

    /// What the worker says about itself, and its stake.
    pub fn update_worker(worker: PublicKey, update: UpdateWorker) -> Self {
        Self::new(worker, Payload::UpdateWorker(update))
    }

    /// The worker leaves; its stake unbonds.
    pub fn leave_work(worker: PublicKey) -> Self {
        Self::new(worker, Payload::LeaveWork(LeaveWork {}))
    }

    /// A heartbeat of the worker.
    pub fn worker_heartbeat(worker: PublicKey, version: Text<MAX_NODE_TEXT_BYTES>) -> Self {
        Self::new(worker, Payload::WorkerHeartbeat(WorkerHeartbeat { version }))
    }

    /// A device of the worker, with what can be proven about it.
    pub fn attest(worker: PublicKey, device: u8, evidence: Blob<MAX_EVIDENCE_BYTES>) -> Self {
        Self::new(worker, Payload::Attest(Attest { device, evidence }))
    }

    /// A task that measures a device of the worker.
    pub fn request_benchmark(worker: PublicKey, device: u8) -> Self {
        Self::new(worker, Payload::RequestBenchmark(RequestBenchmark { device }))
    }

    /// Work of the network for a device of the worker.
    pub fn take_work(worker: PublicKey, device: u8, shape: Shape, count: u32) -> Self {
        Self::new(worker, Payload::TakeWork(TakeWork { device, shape, count }))
    }

    /// An order of a batch of products. Its price times its count is taken at once.
    pub fn create_task(requester: PublicKey, task: CreateTask) -> Self {
        Self::new(requester, Payload::CreateTask(task))
    }

    /// A task back that nobody works on.
    pub fn cancel_task(requester: PublicKey, task: u64) -> Self {
        Self::new(requester, Payload::CancelTask(CancelTask { task }))
    }

    /// What the worker is bound to, for 1 to 16 tasks.
    pub fn commit_results(worker: PublicKey, results: List<Commitment, MAX_COMMITMENTS>) -> Self {
        Self::new(worker, Payload::CommitResults(CommitResults { results }))
    }

    /// What a member of committees found, about 1 to 64 tasks. `node` is the key of
    /// [`crate::validator::ConsensusKey::account`].
    pub fn vote_results(
        node: PublicKey,
        validator: ValidatorKey,
        votes: List<ResultVote, MAX_RESULT_VOTES>,
    ) -> Self {
        Self::new(node, Payload::VoteResults(VoteResults { validator, votes }))
    }

    /// Proof that a result is wrong. If it is right, the bond of the parameter
    /// `compute.dispute_bond` is lost.
    pub fn prove_wrong(sender: PublicKey, task: u64, opening: Opening) -> Self {
        Self::new(sender, Payload::ProveWrong(ProveWrong { task, opening }))
    }

    /// Proof that a wrong result was planted, with the commitment to the next secret.
    pub fn reveal_plant(worker: PublicKey, reveal: RevealPlant) -> Self {
        Self::new(worker, Payload::RevealPlant(reveal))
    }

    /// The worker's parts of the miners' pool; anybody may send it.
    pub fn claim_rewards(sender: PublicKey, worker: Address) -> Self {
        Self::new(sender, Payload::ClaimRewards(ClaimRewards { worker }))
    }
}

/// What an order takes at once; as much as there is, if it does not fit.
pub(super) const fn price_of(task: &CreateTask) -> Amount {
    Amount::new(task.price.units().saturating_mul(task.count as u128))
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_types::{
        Gas, GasPrice, Height, KeyScheme, Nonce, SecretKey, Signature64, SignedTransaction,
        compute::{Operands, ProductKind, Verdict},
        hash::sha256,
        message::{Line, Lines},
    };

    fn hash(text: &str) -> Hash {
        sha256(&[text.as_bytes()])
    }

    fn opening() -> Opening {
        let line = || Line {
            entries: Blob::new(vec![1; 256]).unwrap(),
            path: Blob::new(vec![2; 64]).unwrap(),
        };
        Opening {
            column: 7,
            tile: Blob::new(vec![3; 100]).unwrap(),
            lines: Some(Lines { a: line(), b: line() }),
        }
    }

    fn order(price: u128) -> CreateTask {
        CreateTask {
            shape: Shape::square(ProductKind::Int8, 1_024),
            count: 4,
            price: Amount::new(price),
            operands: Operands::Seed {},
            source: Text::default(),
        }
    }

    fn all(key: &PublicKey) -> Vec<Builder> {
        let key = || key.clone();
        let validator = crate::validator_key::public_key(&[9; 32]);
        let vote = ResultVote {
            task: 3,
            verdict: Verdict::Valid,
            seed: Signature64::new([4; 64]),
            transcript: hash("transcript"),
        };
        let commitment = Commitment { task: 3, root: hash("root"), digest: Some(hash("bytes")) };
        let reveal =
            RevealPlant { task: 3, secret: hash("now"), next: hash("next"), opening: opening() };
        let update = UpdateWorker { add_stake: Some(Amount::new(8)), ..UpdateWorker::default() };
        let text = || "1.2.3".parse().unwrap();
        vec![
            Builder::register_worker(
                key(),
                "http://w:1".parse().unwrap(),
                Amount::new(9),
                hash("s"),
            ),
            Builder::update_worker(key(), update),
            Builder::leave_work(key()),
            Builder::worker_heartbeat(key(), text()),
            Builder::attest(key(), 1, Blob::new(b"{}".to_vec()).unwrap()),
            Builder::request_benchmark(key(), 1),
            Builder::take_work(key(), 1, Shape::square(ProductKind::Fp16, 512), 8),
            Builder::create_task(key(), order(5)),
            Builder::cancel_task(key(), 3),
            Builder::commit_results(key(), List::new(vec![commitment]).unwrap()),
            Builder::vote_results(key(), validator, List::new(vec![vote]).unwrap()),
            Builder::prove_wrong(key(), 3, opening()),
            Builder::reveal_plant(key(), reveal),
            Builder::claim_rewards(key(), key().address()),
        ]
    }

    #[test]
    fn every_message_of_compute_survives_its_encoding() {
        let key = SecretKey::from_seed(KeyScheme::Ed25519, [7; 32]).unwrap();
        for builder in all(&key.public_key()) {
            let draft = builder
                .chain_id("test-1".parse().ok())
                .nonce(Some(Nonce::ZERO))
                .gas_limit(Some(Gas::new(90_000)))
                .gas_price(Some(GasPrice::new(1)))
                .valid_until(Some(Height::new(9)))
                .offline()
                .unwrap();
            let signed = super::super::sign(draft.transaction, &key, super::super::Method::Plain);
            let signed = signed.unwrap();
            let read = SignedTransaction::from_bytes(signed.bytes().clone()).unwrap();
            assert_eq!(read, signed);
            assert_eq!(read.verify_signature(), Ok(()));
        }
    }

    #[test]
    fn every_example_is_a_message_of_the_chain_as_it_stands() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/compute");
        let mut names = Vec::new();
        for file in std::fs::read_dir(folder).unwrap() {
            let payload = crate::payload::read(&file.unwrap().path()).unwrap();
            if let Payload::CreateTask(task) = &payload {
                assert!(task.shape.is_legal() && price_of(task) > task.price);
            }
            names.push(payload.name());
        }
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "claim-rewards",
                "commit-results",
                "create-task",
                "create-task",
                "register-worker",
                "take-work",
                "update-worker",
            ]
        );
    }

    #[test]
    fn what_a_message_takes_besides_its_fee_is_known() {
        let key = SecretKey::from_seed(KeyScheme::Ed25519, [7; 32]).unwrap().public_key();
        let outlays: Vec<u128> = all(&key)
            .iter()
            .map(|builder| super::super::stake::outlay(&builder.payload).units())
            .collect();
        assert_eq!(outlays, [9, 8, 0, 0, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0]);
        assert_eq!(price_of(&order(u128::MAX)), Amount::new(u128::MAX));
    }
}
