//! What events say about energy, added up: nothing but them is looked at.

use althing_types::{
    Address, Event,
    energy::{DisputeEnd, DisputeSubject, ReadingOutcome},
};
use std::collections::{BTreeMap, BTreeSet};

/// What events say, added up.
#[derive(Default)]
pub(crate) struct Model {
    pub(crate) pending: u64,
    pub(crate) attested: u64,
    pub(crate) sold: u64,
    pub(crate) retired: u64,
    pub(crate) revoked: u64,
    pub(crate) lapsed: u64,
    /// Batches that are not over; of these, those that are not decided, and those that are attested.
    pub(crate) batches: BTreeSet<u64>,
    pub(crate) undecided: BTreeSet<u64>,
    pub(crate) on_sale: BTreeSet<u64>,
    /// The slot of each offer and order that is not cleared, and who can take it back.
    pub(crate) orders: BTreeMap<u64, (u64, Address)>,
    /// The owner of each certificate, what is left of it, and whether it was used up.
    pub(crate) certificates: BTreeMap<u64, (Address, u64, bool)>,
    pub(crate) disputes: BTreeMap<u64, DisputeSubject>,
}

impl Model {
    /// Adds up an event; which end it is, if it is one.
    pub(crate) fn learn(&mut self, event: &Event) -> Option<&'static str> {
        match event {
            Event::ReadingsSubmitted { batch, wh, .. } => {
                self.pending += wh;
                self.batches.insert(*batch);
                self.undecided.insert(*batch);
                None
            }
            Event::ReadingsDecided { batch, outcome, wh, .. } => {
                self.pending -= wh;
                self.undecided.remove(batch);
                Some(match outcome {
                    ReadingOutcome::Attested => {
                        self.attested += wh;
                        self.on_sale.insert(*batch);
                        "attested"
                    }
                    ReadingOutcome::Refused => "refused",
                    ReadingOutcome::Expired => "expired",
                    ReadingOutcome::Disproved => panic!("a dispute disproves"),
                })
            }
            Event::BatchClosed { batch, .. } => {
                assert!(self.batches.remove(batch));
                self.on_sale.remove(batch);
                None
            }
            Event::EnergyOffered { number, slot, provider: account, .. }
            | Event::EnergyOrdered { number, slot, buyer: account, .. } => {
                self.orders.insert(*number, (*slot, *account));
                None
            }
            Event::EnergyOrderCancelled { number, .. } => {
                assert!(self.orders.remove(number).is_some());
                Some("cancelled")
            }
            Event::SlotCleared { slot, wh, .. } => {
                self.orders.retain(|_, (of, _)| of != slot);
                (*wh > 0).then_some("cleared")
            }
            Event::EnergyPaid { .. } => Some("paid"),
            Event::EnergyLapsed { wh, .. } => {
                self.lapsed += wh;
                Some("lapsed")
            }
            Event::EnergyStakePaid { .. } => Some("stake paid"),
            Event::OracleWeighted { .. } => Some("weighted"),
            Event::MeterRotated { .. } => Some("rotated"),
            Event::MeterRevoked { .. } => Some("key revoked"),
            Event::EnergySettlementChanged { .. } => Some("mode changed"),
            _ => self.learn_sale(event),
        }
    }

    fn learn_sale(&mut self, event: &Event) -> Option<&'static str> {
        match event {
            Event::EnergySold { certificate, buyer, wh, .. } => {
                self.sold += wh;
                self.certificates.insert(*certificate, (*buyer, *wh, false));
                None
            }
            Event::CertificateTransferred { certificate, from, to } => {
                let held = self.certificates.get_mut(certificate).unwrap();
                assert_eq!(held.0, *from);
                held.0 = *to;
                Some("transferred")
            }
            Event::CertificateRetired { certificate, owner, wh } => {
                let held = self.certificates.get_mut(certificate).unwrap();
                assert_eq!(*held, (*owner, *wh, false), "spent twice, or by somebody else");
                held.2 = true;
                self.retired += wh;
                Some("retired")
            }
            Event::CertificateRevoked { certificate, wh, .. } => {
                let (_, left, used) = self.certificates.get_mut(certificate).unwrap();
                *left -= wh;
                self.sold -= wh;
                self.retired -= if *used { *wh } else { 0 };
                Some("revoked")
            }
            Event::EnergyDisputeOpened { dispute, subject, .. } => {
                self.disputes.insert(*dispute, *subject);
                None
            }
            Event::EnergyDisputeEnded { dispute, end, revoked_wh, .. } => {
                let subject = self.disputes.remove(dispute).unwrap();
                self.revoked += revoked_wh;
                let of_reading = matches!(subject, DisputeSubject::Reading { .. });
                Some(match end {
                    DisputeEnd::Upheld if of_reading => "disproved",
                    DisputeEnd::Upheld => "upheld",
                    DisputeEnd::Dismissed => "dismissed",
                    DisputeEnd::Lapsed => "dispute lapsed",
                })
            }
            _ => None,
        }
    }
}
