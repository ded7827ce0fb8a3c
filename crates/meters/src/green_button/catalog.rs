//! The first reading of a feed: which values belong to which meter, and what they are.

use super::{
    codes::{self, Flow, Kind},
    xml::{Step, Walker},
};
use crate::{
    Cause, Fault,
    channels::{Channel, Channels},
    energy::EnergyUnit,
    fault::shown,
    record::{Meter, Quality, Refusal},
};
use std::{collections::BTreeMap, io::BufRead};

/// The most entries of each kind that are kept.
const MAX_RESOURCES: usize = 200_000;

/// The longest link.
const MAX_LINK: usize = 512;

/// What the values of a block are.
#[derive(Debug, Clone)]
pub(super) struct Stream {
    pub(super) channel: Channel,
    /// How its values are read, or why they are left out.
    pub(super) reading: Result<Reading, Refusal>,
}

/// How values are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    pub(super) kind: Kind,
    pub(super) flow: Flow,
    pub(super) unit: EnergyUnit,
    pub(super) power_of_ten: i32,
    pub(super) seconds: Option<u32>,
    pub(super) quality: Quality,
}

/// What the first reading found.
pub(super) struct Catalog {
    /// Every meter reading of the feed, each once.
    pub(super) streams: Vec<Stream>,
    /// For each entry with blocks, in order: the number of its stream, or what is missing.
    pub(super) blocks: Vec<Result<usize, Cause>>,
    pub(super) channels: Channels,
    /// Where and why the first reading ended early. The second meets it too, unless a link is
    /// missing because of it.
    pub(super) fault: Option<Fault>,
}

/// The entry that is being read.
#[derive(Default)]
struct Entry {
    this: String,
    up: String,
    related: Vec<String>,
    resource: String,
    numbers: ReadingType,
    service: Option<u32>,
}

#[derive(Default, Clone)]
struct ReadingType {
    accumulation: Option<u32>,
    commodity: Option<u32>,
    flow: Option<u32>,
    seconds: Option<u32>,
    power_of_ten: i32,
    unit: Option<u32>,
    quality: Option<Quality>,
}

/// What has been collected, by the links of entries.
#[derive(Default)]
struct Collected {
    types: BTreeMap<String, ReadingType>,
    readings: BTreeMap<String, (String, Vec<String>)>,
    services: BTreeMap<String, Option<u32>>,
    blocks: Vec<String>,
}

impl Catalog {
    /// Reads the feed to its end or to its first fault.
    pub(super) fn read<R: BufRead>(mut walker: Walker<R>) -> Self {
        let mut collected = Collected::default();
        let fault = collected.walk(&mut walker).err();
        let mut catalog =
            Self { streams: vec![], blocks: vec![], channels: Channels::default(), fault };
        let mut known = BTreeMap::new();
        for link in &collected.blocks {
            let found = match known.get(link) {
                Some(found) => Result::clone(found),
                None => {
                    let found = catalog.stream(link, &collected);
                    known.insert(link.clone(), found.clone());
                    found
                }
            };
            catalog.blocks.push(found);
        }
        catalog
    }

    /// Resolves the links of one meter reading.
    fn stream(&mut self, link: &str, collected: &Collected) -> Result<usize, Cause> {
        let (point, related) =
            collected.readings.get(link).ok_or(Cause::EspiLink { what: "meter reading" })?;
        let mut types = related.iter().filter_map(|link| collected.types.get(link));
        let (found, second) = (types.next(), types.next());
        let found = found.filter(|_| second.is_none());
        let found = found.ok_or(Cause::EspiLink { what: "single reading type" })?;
        let service = collected.services.get(point).copied().flatten();
        let reading = codes::service(service)
            .and_then(|()| codes::commodity(found.commodity))
            .and_then(|()| found.reading());
        let unit = match (&reading, found.unit) {
            (Ok(reading), _) => reading.unit.name().to_owned(),
            (Err(_), Some(code)) => format!("uom {code}"),
            (Err(_), None) => String::new(),
        };
        let channel = link.rsplit('/').next().unwrap_or_default().to_owned();
        let channel =
            self.channels.open(Meter { id: point.clone(), channel, unit, serial: None })?;
        self.streams.push(Stream { channel, reading });
        Ok(self.streams.len() - 1)
    }
}

impl ReadingType {
    fn reading(&self) -> Result<Reading, Refusal> {
        Ok(Reading {
            unit: codes::unit(self.unit)?,
            kind: codes::kind(self.accumulation)?,
            flow: codes::flow(self.flow)?,
            power_of_ten: self.power_of_ten,
            seconds: self.seconds.filter(|seconds| *seconds > 0),
            quality: self.quality.unwrap_or(Quality::Actual),
        })
    }
}

impl Collected {
    fn walk<R: BufRead>(&mut self, walker: &mut Walker<R>) -> Result<(), Fault> {
        let mut entry = Entry::default();
        loop {
            let step = match walker.step() {
                Ok(step) => step,
                Err(fault) => {
                    // The values before the fault belong to the meter of this entry. A type that is
                    // not complete, though, would give them a wrong unit.
                    if entry.resource == "IntervalBlock" {
                        let _ = self.keep(entry);
                    }
                    return Err(fault);
                }
            };
            match step {
                Step::Open if walker.is_entry() => entry = Entry::default(),
                Step::Open => {
                    // An entry with blocks is counted as one by the second reading.
                    if let Some(resource) = walker.resource()
                        && entry.resource != "IntervalBlock"
                    {
                        entry.resource = shown(resource);
                    }
                }
                Step::Link(rel, href) if walker.is_in_entry() => {
                    entry.link(&rel, href).map_err(|cause| walker.fault(cause))?;
                }
                Step::Link(..) => {}
                Step::Close if walker.is_entry() => {
                    let entry = std::mem::take(&mut entry);
                    self.keep(entry).map_err(|cause| walker.fault(cause))?;
                }
                Step::Close => entry.leaf(walker).map_err(|cause| walker.fault(cause))?,
                Step::End => return Ok(()),
            }
        }
    }

    fn keep(&mut self, entry: Entry) -> Result<(), Cause> {
        let full = |size: usize| size >= MAX_RESOURCES;
        let too_many = Err(Cause::EspiTooManyResources { limit: MAX_RESOURCES });
        match entry.resource.as_str() {
            "ReadingType" if full(self.types.len()) => return too_many,
            "ReadingType" => {
                self.types.insert(entry.this, entry.numbers);
            }
            "MeterReading" if full(self.readings.len()) => return too_many,
            "MeterReading" => {
                let point = entry.parent("/MeterReading");
                self.readings.insert(entry.this, (point, entry.related));
            }
            "UsagePoint" if full(self.services.len()) => return too_many,
            "UsagePoint" => {
                self.services.insert(entry.this, entry.service);
            }
            "IntervalBlock" if full(self.blocks.len()) => return too_many,
            "IntervalBlock" => self.blocks.push(entry.parent("/IntervalBlock")),
            _ => {}
        }
        Ok(())
    }
}

impl Entry {
    fn link(&mut self, rel: &str, href: String) -> Result<(), Cause> {
        if href.len() > MAX_LINK {
            return Err(Cause::TextTooLong { field: "a link", limit: MAX_LINK });
        }
        if self.related.len() == 64 {
            return Err(Cause::EspiTooManyResources { limit: 64 });
        }
        let href = href.trim_end_matches('/').to_owned();
        match rel {
            "self" => self.this = href,
            "up" => self.up = href,
            "related" => self.related.push(href),
            _ => {}
        }
        Ok(())
    }

    /// The link of the resource that this one belongs to. The link `up` leads to the collection,
    /// whose name is `collection`; where it is absent, the link to the resource itself begins alike.
    fn parent(&self, collection: &str) -> String {
        let up = self.up.strip_suffix(collection);
        let this = || self.this.rsplit_once(collection).map(|(before, _)| before);
        up.or_else(this).unwrap_or_default().to_owned()
    }

    /// Takes the text of an element that has none below it.
    fn leaf<R: BufRead>(&mut self, walker: &Walker<R>) -> Result<(), Cause> {
        if walker.resource_is(&["UsagePoint", "ServiceCategory", "kind"]) {
            self.service = Some(number("ServiceCategory/kind", walker.text())?);
        }
        let of_type = |name| walker.resource_is(&["ReadingType", name]);
        let numbers = &mut self.numbers;
        let targets: [(&'static str, &mut Option<u32>); 5] = [
            ("accumulationBehaviour", &mut numbers.accumulation),
            ("commodity", &mut numbers.commodity),
            ("flowDirection", &mut numbers.flow),
            ("intervalLength", &mut numbers.seconds),
            ("uom", &mut numbers.unit),
        ];
        for (name, target) in targets {
            if of_type(name) {
                *target = Some(number(name, walker.text())?);
                return Ok(());
            }
        }
        if of_type("powerOfTenMultiplier") {
            let element = "powerOfTenMultiplier";
            let power = walker.text().parse().ok().filter(|power| (-12..=12).contains(power));
            numbers.power_of_ten =
                power.ok_or_else(|| Cause::EspiCode { element, text: shown(walker.text()) })?;
        }
        if of_type("defaultQuality") {
            let element = "defaultQuality";
            let quality = codes::quality(number(element, walker.text())?);
            let quality =
                quality.ok_or_else(|| Cause::EspiCode { element, text: shown(walker.text()) })?;
            numbers.quality = Some(quality);
        }
        Ok(())
    }
}

/// A number without a sign.
pub(super) fn number(element: &'static str, text: &str) -> Result<u32, Cause> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = plain.then(|| text.parse().ok()).flatten();
    number.ok_or_else(|| Cause::EspiCode { element, text: shown(text) })
}
