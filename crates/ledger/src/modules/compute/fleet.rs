//! The lists of devices that may work, one for each kind: places `0..count` without a gap, so that
//! a device is drawn by one read.

use super::{
    Device, Worker,
    desk::{Desk, broken},
    device_key, eligible_key, store,
};
use crate::{error::Fault, modules::staking};
use althing_types::{
    Address,
    compute::{DeviceId, DeviceKind, WorkerState},
    limits::MAX_DEVICES,
};

impl Desk<'_> {
    /// How many devices of a kind may work.
    pub(super) const fn fleet(&self, kind: DeviceKind) -> u32 {
        match kind {
            DeviceKind::Cpu => self.totals.cpus,
            DeviceKind::Gpu => self.totals.gpus,
        }
    }

    const fn fleet_mut(&mut self, kind: DeviceKind) -> &mut u32 {
        match kind {
            DeviceKind::Cpu => &mut self.totals.cpus,
            DeviceKind::Gpu => &mut self.totals.gpus,
        }
    }

    /// Puts a device into its list or takes it out, as it and its worker are now. Saves the device.
    pub(super) fn enlist(
        &mut self,
        worker: &Worker,
        id: &DeviceId,
        device: &mut Device,
    ) -> Result<(), Fault> {
        match (self.works(worker, device), device.place) {
            (true, None) => self.append(id, device)?,
            (false, Some(place)) => self.drop_place(id, device, place)?,
            _ => {}
        }
        store::save_device(self.view, id, device)
    }

    fn works(&self, worker: &Worker, device: &Device) -> bool {
        worker.state == WorkerState::Active
            && worker.stake >= self.params().min_stake
            && device.passed
    }

    fn append(&mut self, id: &DeviceId, device: &mut Device) -> Result<(), Fault> {
        let kind = device.inventory.kind;
        let place = self.fleet(kind);
        store::save_eligible(self.view, (kind, place), id)?;
        device.place = Some(place);
        *self.fleet_mut(kind) = place.checked_add(1).ok_or(broken("there are too many devices"))?;
        Ok(())
    }

    /// The last one of the list takes the place.
    fn drop_place(&mut self, id: &DeviceId, device: &mut Device, place: u32) -> Result<(), Fault> {
        let kind = device.inventory.kind;
        let none = broken("a device has a place in a list that is empty");
        let last = self.fleet(kind).checked_sub(1).ok_or(none)?;
        staking::know(self.view, [eligible_key(kind, last), eligible_key(kind, place)])?;
        let moved = store::require_eligible(self.view, kind, last)?;
        if moved != *id {
            staking::know(self.view, [device_key(&moved)])?;
            let mut other = store::require_device(self.view, &moved)?;
            other.place = Some(place);
            store::save_device(self.view, &moved, &other)?;
            store::save_eligible(self.view, (kind, place), &moved)?;
        }
        store::remove_eligible(self.view, kind, last);
        *self.fleet_mut(kind) = last;
        device.place = None;
        Ok(())
    }

    /// Makes sure that all can be read that changes when these devices leave their lists: the last ones
    /// of each list take their places.
    fn know_lists(&self, leaving: &[Device]) -> Result<(), Fault> {
        let (mut places, mut ends) = (Vec::new(), Vec::new());
        for kind in [DeviceKind::Cpu, DeviceKind::Gpu] {
            let of_kind = leaving.iter().filter(|device| device.inventory.kind == kind);
            let own: Vec<u32> = of_kind.filter_map(|device| device.place).collect();
            let count = u32::try_from(own.len()).unwrap_or(u32::MAX);
            let end = self.fleet(kind);
            ends.extend((end.saturating_sub(count)..end).map(|place| (kind, place)));
            places.extend(own.into_iter().map(|place| (kind, place)));
        }
        let listed = places.iter().chain(&ends);
        staking::know(self.view, listed.map(|(kind, place)| eligible_key(*kind, *place)))?;
        let last = ends.iter().map(|(kind, place)| {
            store::require_eligible(self.view, *kind, *place).map(|id| device_key(&id))
        });
        staking::know(self.view, last.collect::<Result<Vec<_>, Fault>>()?)
    }

    /// The same for all devices of a worker.
    pub(super) fn enlist_all(&mut self, address: &Address, worker: &Worker) -> Result<(), Fault> {
        let ids = || devices_of(address, worker);
        staking::know(self.view, ids().map(|id| device_key(&id)))?;
        let mut leaving = Vec::new();
        for id in ids() {
            let device = store::require_device(self.view, &id)?;
            if device.place.is_some() && !self.works(worker, &device) {
                leaving.push(device);
            }
        }
        self.know_lists(&leaving)?;
        for id in ids() {
            let mut device = store::require_device(self.view, &id)?;
            self.enlist(worker, &id, &mut device)?;
        }
        Ok(())
    }
}

/// The devices of a worker, in the order of their numbers.
pub(super) fn devices_of(address: &Address, worker: &Worker) -> impl Iterator<Item = DeviceId> {
    let (address, devices) = (*address, worker.devices);
    (0..MAX_DEVICES)
        .filter(move |device| devices & bit(*device) != 0)
        .map(move |device| DeviceId { worker: address, device })
}

/// The bit of a device in [`Worker::devices`].
pub(super) fn bit(device: u8) -> u32 {
    1u32.checked_shl(device.into()).unwrap_or(0)
}
