//! Transactions of governance and of the treasury.

use super::Builder;
use althing_types::{
    Payload, Ppm, PublicKey, ValidatorKey,
    governance::{Ballot, Choice, Preferences},
    message::{
        AdoptSpec, AdvanceDisbursement, CancelProposal, SetPreferences, SubmitProposal, Vote,
    },
};

impl Builder {
    /// A proposal.
    pub fn submit_proposal(proposer: PublicKey, proposal: SubmitProposal) -> Self {
        Self::new(proposer, Payload::SubmitProposal(proposal))
    }

    /// A vote: with the sender's own stake, or that of a validator which the sender operates, or
    /// whose node it is.
    pub fn vote(
        sender: PublicKey,
        proposal: u64,
        ballot: Ballot,
        validator: Option<ValidatorKey>,
    ) -> Self {
        Self::new(sender, Payload::Vote(Vote { proposal, ballot, validator }))
    }

    /// The sender's proposal back.
    pub fn cancel_proposal(proposer: PublicKey, proposal: u64) -> Self {
        Self::new(proposer, Payload::CancelProposal(CancelProposal { proposal }))
    }

    /// What the sender's validator leaves to its node; without preferences, nothing.
    pub fn set_preferences(operator: PublicKey, preferences: Option<Preferences>) -> Self {
        Self::new(operator, Payload::SetPreferences(SetPreferences { preferences }))
    }

    /// The choice of a version of the network's configuration, by the operator of a validator or by
    /// its node.
    pub fn adopt_spec(sender: PublicKey, validator: ValidatorKey, version: u64) -> Self {
        Self::new(sender, Payload::AdoptSpec(AdoptSpec { validator, version }))
    }

    /// The next step of a disbursement, if it is due.
    pub fn advance_disbursement(sender: PublicKey, disbursement: u64) -> Self {
        Self::new(sender, Payload::AdvanceDisbursement(AdvanceDisbursement { disbursement }))
    }
}

/// A ballot as people write it: `yes`, or percentages that add up to 100, such as
/// `yes=60,abstain=40` or `yes=33.4,no=66.6`. `None` if the text is no ballot.
pub fn parse_ballot(text: &str) -> Option<Ballot> {
    if let Ok(choice) = text.trim().parse() {
        return Some(Ballot::all(choice));
    }
    let mut parts = [Ppm::ZERO; 4];
    for part in text.split(',') {
        let (choice, percent) = part.split_once('=')?;
        let choice: Choice = choice.trim().parse().ok()?;
        let place = parts.get_mut(usize::from(choice.byte()))?;
        if *place != Ppm::ZERO {
            return None;
        }
        *place = percentage(percent.trim().trim_end_matches('%').trim_end())?;
    }
    let [yes, no, abstain, veto] = parts;
    Ballot::new(yes, no, abstain, veto).ok()
}

/// `33.4` as parts per million.
fn percentage(text: &str) -> Option<Ppm> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(rest) || rest.len() > 4 {
        return None;
    }
    let rest: u32 = format!("{rest:0<4}").parse().ok()?;
    Ppm::new(whole.parse::<u32>().ok()?.checked_mul(10_000)?.checked_add(rest)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_types::{KeyScheme, SecretKey};

    fn ballot(yes: u32, no: u32, abstain: u32, veto: u32) -> Ballot {
        let [yes, no, abstain, veto] =
            [yes, no, abstain, veto].map(|parts| Ppm::new(parts).unwrap());
        Ballot::new(yes, no, abstain, veto).unwrap()
    }

    #[test]
    fn ballots_are_read_as_people_write_them() {
        for (text, expected) in [
            ("yes", Ballot::all(Choice::Yes)),
            (" veto ", Ballot::all(Choice::Veto)),
            ("yes=60,no=40", ballot(600_000, 400_000, 0, 0)),
            ("yes=33.4%, abstain = 66.6 %", ballot(334_000, 0, 666_000, 0)),
            ("no=99.9999,veto=0.0001", ballot(0, 999_999, 0, 1)),
        ] {
            assert_eq!(parse_ballot(text), Some(expected), "{text}");
        }
        for bad in [
            "",
            "maybe",
            "yes=60",
            "yes=60,no=41",
            "yes=60,yes=40",
            "yes=1e2",
            "yes=.5,no=99.5",
            "yes=-1,no=101",
            "yes=99.99999,no=0.00001",
            "yes=4294967396",
        ] {
            assert_eq!(parse_ballot(bad), None, "{bad}");
        }
    }

    #[test]
    fn every_message_of_governance_is_built() {
        let sender = SecretKey::from_seed(KeyScheme::Ed25519, [7; 32]).unwrap().public_key();
        let payload = |builder: Builder| builder.payload.name();
        let text = include_str!("../../../../examples/governance/treasury_disbursement.json");
        let Payload::SubmitProposal(proposal) = crate::payload::parse(text).unwrap() else {
            panic!("no proposal")
        };
        assert_eq!(payload(Builder::submit_proposal(sender.clone(), proposal)), "submit-proposal");
        let yes = Ballot::all(Choice::Yes);
        assert_eq!(payload(Builder::vote(sender.clone(), 7, yes, None)), "vote");
        assert_eq!(payload(Builder::cancel_proposal(sender.clone(), 7)), "cancel-proposal");
        assert_eq!(payload(Builder::set_preferences(sender.clone(), None)), "set-preferences");
        let validator = ValidatorKey::new([7; 32]);
        assert_eq!(payload(Builder::adopt_spec(sender.clone(), validator, 2)), "adopt-spec");
        assert_eq!(payload(Builder::advance_disbursement(sender, 7)), "advance-disbursement");
    }
}
