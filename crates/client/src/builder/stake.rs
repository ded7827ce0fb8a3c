//! Transactions of stake.

use super::Builder;
use althing_types::{
    Amount, Evidence, Payload, PublicKey, ValidatorKey,
    energy::WH_PER_KWH,
    message::{
        Delegate, Health, Heartbeat, Redelegate, RegisterNode, Registration, Stake, SubmitEvidence,
        Undelegate, Unjail, Unstake, UpdateValidator,
    },
};

impl Builder {
    /// The first stake of a validator, which registers it; see
    /// [`crate::validator::ConsensusKey::possession`].
    pub fn register(
        operator: PublicKey,
        validator: ValidatorKey,
        amount: Amount,
        registration: Registration,
    ) -> Self {
        let registration = Some(registration);
        Self::new(operator, Payload::Stake(Stake { validator, amount, registration }))
    }

    /// More own stake for a validator that is registered.
    pub fn stake(operator: PublicKey, validator: ValidatorKey, amount: Amount) -> Self {
        Self::new(operator, Payload::Stake(Stake { validator, amount, registration: None }))
    }

    /// Own stake back; without an amount all of it, and the validator leaves.
    pub fn unstake(operator: PublicKey, amount: Option<Amount>) -> Self {
        Self::new(operator, Payload::Unstake(Unstake { amount }))
    }

    /// What the validator says about itself, and its commission.
    pub fn update_validator(operator: PublicKey, update: UpdateValidator) -> Self {
        Self::new(operator, Payload::UpdateValidator(update))
    }

    /// A delegation.
    pub fn delegate(delegator: PublicKey, validator: ValidatorKey, amount: Amount) -> Self {
        Self::new(delegator, Payload::Delegate(Delegate { validator, amount }))
    }

    /// A delegation back; without an amount all of it.
    pub fn undelegate(
        delegator: PublicKey,
        validator: ValidatorKey,
        amount: Option<Amount>,
    ) -> Self {
        Self::new(delegator, Payload::Undelegate(Undelegate { validator, amount }))
    }

    /// A delegation to another validator; without an amount all of it.
    pub fn redelegate(
        delegator: PublicKey,
        (from, to): (ValidatorKey, ValidatorKey),
        amount: Option<Amount>,
    ) -> Self {
        Self::new(delegator, Payload::Redelegate(Redelegate { from, to, amount }))
    }

    /// The validator out of jail.
    pub fn unjail(operator: PublicKey) -> Self {
        Self::new(operator, Payload::Unjail(Unjail {}))
    }

    /// Evidence against a validator.
    pub fn submit_evidence(reporter: PublicKey, evidence: Evidence) -> Self {
        Self::new(reporter, Payload::SubmitEvidence(SubmitEvidence { evidence }))
    }

    /// What a node says about itself. `node` is the key of
    /// [`crate::validator::ConsensusKey::account`].
    pub fn register_node(node: PublicKey, message: RegisterNode) -> Self {
        Self::new(node, Payload::RegisterNode(message))
    }

    /// A heartbeat of a node. `node` is the key of
    /// [`crate::validator::ConsensusKey::account`].
    pub fn heartbeat(node: PublicKey, validator: ValidatorKey, health: Health) -> Self {
        Self::new(node, Payload::Heartbeat(Heartbeat { validator, health }))
    }
}

/// What a message takes out of the sender's balance besides its fee.
pub(super) const fn outlay(payload: &Payload) -> Amount {
    match payload {
        Payload::Transfer(message) => message.amount,
        Payload::Stake(message) => message.amount,
        Payload::Delegate(message) => message.amount,
        Payload::RegisterWorker(message) => message.stake,
        Payload::UpdateWorker(message) => match message.add_stake {
            Some(stake) => stake,
            None => Amount::ZERO,
        },
        Payload::CreateTask(message) => super::compute::price_of(message),
        Payload::RegisterProvider(message) => message.stake,
        Payload::UpdateProvider(message) => message.add_stake,
        Payload::RegisterOracle(message) => message.stake,
        Payload::OrderEnergy(message) => at_most(message.wh, message.max_price),
        Payload::BuyEnergy(message) => at_most(message.wh, message.max_price),
        Payload::Unstake(_)
        | Payload::UpdateValidator(_)
        | Payload::Undelegate(_)
        | Payload::Redelegate(_)
        | Payload::Unjail(_)
        | Payload::SubmitEvidence(_)
        | Payload::RegisterNode(_)
        | Payload::Heartbeat(_)
        // The deposit of a proposal is a parameter of the chain.
        | Payload::SubmitProposal(_)
        | Payload::Vote(_)
        | Payload::CancelProposal(_)
        | Payload::SetPreferences(_)
        | Payload::AdvanceDisbursement(_)
        | Payload::AdoptSpec(_)
        | Payload::Override(_)
        | Payload::LeaveWork(_)
        | Payload::WorkerHeartbeat(_)
        | Payload::Attest(_)
        | Payload::RequestBenchmark(_)
        | Payload::TakeWork(_)
        | Payload::CancelTask(_)
        | Payload::CommitResults(_)
        | Payload::VoteResults(_)
        // The bond of a dispute is a parameter of the chain.
        | Payload::ProveWrong(_)
        | Payload::RevealPlant(_)
        | Payload::ClaimRewards(_)
        | Payload::LeaveProvider(_)
        | Payload::RegisterMeter(_)
        | Payload::RotateMeter(_)
        | Payload::RevokeMeter(_)
        | Payload::SubmitReadings(_)
        | Payload::LeaveOracle(_)
        | Payload::AttestReadings(_)
        | Payload::OfferEnergy(_)
        | Payload::CancelEnergyOrder(_)
        | Payload::PostTariff(_)
        | Payload::TransferCertificate(_)
        | Payload::RetireCertificate(_)
        // So is the bond of a dispute of energy.
        | Payload::OpenEnergyDispute(_)
        | Payload::VoteEnergyDispute(_)
        | Payload::GrantEnergyRole(_)
        | Payload::CommitRandomness(_) => Amount::ZERO,
    }
}

/// What so many Wh cost at most, at this price for a kWh, rounded up; as much as there is, if it does
/// not fit.
const fn at_most(wh: u64, price: Amount) -> Amount {
    match price.units().checked_mul(wh as u128) {
        Some(product) => Amount::new(product.div_ceil(WH_PER_KWH)),
        None => Amount::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_types::{Gas, GasPrice, Height, Nonce};
    use althing_types::{KeyScheme, SecretKey, SignedTransaction};

    #[test]
    fn every_message_of_stake_survives_its_encoding() {
        let key = SecretKey::from_seed(KeyScheme::Ed25519, [7; 32]).unwrap();
        let public = key.public_key();
        let consensus = crate::validator::ConsensusKey::from_seed(zeroize::Zeroizing::new([8; 32]));
        let (validator, amount) = (consensus.validator(), Amount::new(9));
        let other = crate::validator_key::public_key(&[9; 32]);
        let chain = "test-1".parse().unwrap();
        let registration = Registration {
            details: althing_types::ValidatorDetails {
                name: "north".parse().unwrap(),
                ..Default::default()
            },
            endpoint: "host:1".parse().unwrap(),
            commission: althing_types::Ppm::new(50_000).unwrap(),
            possession: consensus.possession(chain, key.address()),
        };
        let update = UpdateValidator { name: "south".parse().ok(), ..Default::default() };
        let described = RegisterNode {
            validator,
            endpoint: Default::default(),
            version: "1".parse().unwrap(),
            commit: Default::default(),
            region: Default::default(),
        };
        let all = [
            Builder::register(public.clone(), validator, amount, registration),
            Builder::stake(public.clone(), validator, amount),
            Builder::unstake(public.clone(), None),
            Builder::update_validator(public.clone(), update),
            Builder::delegate(public.clone(), validator, amount),
            Builder::undelegate(public.clone(), validator, Some(amount)),
            Builder::redelegate(public.clone(), (validator, other), None),
            Builder::unjail(public.clone()),
            Builder::register_node(public.clone(), described),
            Builder::heartbeat(public, validator, Health::default()),
        ];
        for builder in all {
            let draft = builder
                .chain_id(Some(chain))
                .nonce(Some(Nonce::ZERO))
                .gas_limit(Some(Gas::new(50_000)))
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
}
