//! What the operator decides: `oracle.toml`.

use crate::source::SourceFormat;
use althing_meters::{Direction, NemOptions, Quality, csv::CsvConfig, validate};
use althing_types::{Address, Hash, hash, limits::MAX_READINGS};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    net::SocketAddr,
    path::{Path, PathBuf},
};

/// A configuration with everything in it, which `althing oracle init` writes.
pub const EXAMPLE: &str = include_str!("example.toml");

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// It cannot be read.
    #[error("{}: {error}; `althing oracle init` writes an example", path.display())]
    File {
        /// Where it was looked for.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// It is not TOML, or has a setting that there is not.
    #[error("the configuration: {0}")]
    Text(#[from] toml::de::Error),
    /// Settings that contradict each other.
    #[error("the configuration: {0}")]
    Wrong(String),
}

/// The whole configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Nodes that are asked, the first one first; the next one when it does not answer.
    #[serde(default = "default_nodes")]
    pub nodes: Vec<String>,
    /// Folder of the queue. Of one process.
    #[serde(default = "default_folder")]
    pub data_dir: PathBuf,
    /// How much at once, and how long.
    #[serde(default)]
    pub limits: Limits,
    /// Where data come from.
    #[serde(default, rename = "source")]
    pub sources: Vec<Source>,
    /// What is sent, if anything.
    #[serde(default)]
    pub feed: Option<Feed>,
    /// What is checked, if anything.
    #[serde(default)]
    pub attest: Option<Attest>,
}

fn default_nodes() -> Vec<String> {
    vec!["http://127.0.0.1:8080".to_owned()]
}

fn default_folder() -> PathBuf {
    PathBuf::from("oracle")
}

/// How much at once, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Transactions that are on their way at a time, 1 to 64. Each is about other meters.
    pub in_flight: usize,
    /// Readings of a transaction, 1 to 64.
    pub batch: usize,
    /// Longest interval that is split into readings, in seconds. What is longer says too little about
    /// when the energy was made, and is refused.
    pub split_longest_s: u32,
    /// Blocks before a batch expires within which an oracle waits for its own data no longer.
    pub margin_blocks: u64,
    /// How long data of attested meters are kept behind the newest, in days; 0 for ever.
    pub keep_days: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            in_flight: 16,
            batch: MAX_READINGS,
            split_longest_s: 86_400,
            margin_blocks: 60,
            keep_days: 0,
        }
    }
}

/// A source of data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its name, by which meters refer to it.
    pub name: String,
    /// Its format.
    #[serde(default)]
    pub format: SourceFormat,
    /// A file, or a folder all of whose files are read in the order of their names.
    #[serde(default)]
    pub path: Option<PathBuf>,
    /// A device, `address:port`; the port is usually 502.
    #[serde(default)]
    pub address: Option<SocketAddr>,
    /// The unit of the device, 1 for a device of its own.
    #[serde(default = "one")]
    pub unit_id: u8,
    /// From one look at a file, or one reading of a device, to the next, in seconds. Devices are read at
    /// its multiples, so that all who read one do it at the same second.
    #[serde(default = "default_poll")]
    pub poll_s: u64,
    /// Which qualities count.
    #[serde(default = "default_qualities")]
    pub qualities: Vec<Quality>,
    /// What becomes of spikes.
    #[serde(default)]
    pub spikes: Spikes,
    /// Most that can go through its meters, in watts: more is a finding, and for a device a reset.
    #[serde(default)]
    pub capacity_w: Option<u64>,
    /// How NEM files are read.
    #[serde(default)]
    pub nem: NemOptions,
    /// What the columns of CSV mean.
    #[serde(default)]
    pub csv: Option<CsvConfig>,
}

const fn one() -> u8 {
    1
}

const fn default_poll() -> u64 {
    900
}

fn default_qualities() -> Vec<Quality> {
    vec![Quality::Actual, Quality::Substituted]
}

impl Source {
    /// A file or a folder as a source of its own, named after it: any format, every quality.
    pub fn of_file(path: &Path) -> Self {
        let name = path.file_name().unwrap_or(path.as_os_str());
        Self {
            name: name.to_string_lossy().into_owned(),
            format: SourceFormat::Auto,
            path: Some(path.to_owned()),
            address: None,
            unit_id: one(),
            poll_s: default_poll(),
            qualities: Quality::ALL.to_vec(),
            spikes: Spikes::Send,
            capacity_w: None,
            nem: NemOptions::default(),
            csv: None,
        }
    }

    /// What counts as wrong.
    pub fn check_limits(&self) -> validate::Limits {
        validate::Limits { capacity_watts: self.capacity_w, ..validate::Limits::default() }
    }
}

/// What becomes of spikes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spikes {
    /// They count, with a warning.
    #[default]
    Send,
    /// They do not count.
    Hold,
}

/// What is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feed {
    /// The provider; the account that signs unless said otherwise. Another one must have granted that
    /// account the scope `submit_reading`.
    #[serde(default)]
    pub provider: Option<Address>,
    /// Its meters.
    #[serde(default, rename = "meter")]
    pub meters: Vec<FeedMeter>,
}

/// Which channel of a source a meter is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// The name of the source.
    pub source: String,
    /// The metering point, as the source writes it.
    pub id: String,
    /// The channel or register, as the source writes it.
    pub channel: String,
    /// Which way the energy goes that the meter counts.
    pub direction: Direction,
    /// The serial number of the device, where the point has several.
    pub serial: Option<String>,
    /// Whether what counts are counters of the source, and not its intervals.
    pub counter: bool,
    /// Whether the channel is net, so that an interval of the other direction is one of 0 Wh.
    pub net: bool,
}

/// A meter with its channel in one table: what is flattened could have fields that nobody knows.
macro_rules! meters {
    ($(
        $(#[$meta:meta])*
        $name:ident { $( $(#[$fmeta:meta])* $field:ident: $ty:ty, )* }
    )*) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// Its name here.
            pub name: String,
            $( $(#[$fmeta])* pub $field: $ty, )*
            /// The name of the source.
            pub source: String,
            /// The metering point, as the source writes it.
            pub id: String,
            /// The channel or register, as the source writes it.
            pub channel: String,
            /// Which way the energy goes that the meter counts.
            #[serde(default = "export")]
            pub direction: Direction,
            /// The serial number of the device, where the point has several.
            #[serde(default)]
            pub serial: Option<String>,
            /// Whether what counts are counters of the source, and not its intervals.
            #[serde(default)]
            pub counter: bool,
            /// Whether the channel is net, so that an interval of the other direction is one of 0 Wh.
            #[serde(default)]
            pub net: bool,
        }

        impl $name {
            /// Its channel.
            pub fn channel(&self) -> Channel {
                Channel {
                    source: self.source.clone(),
                    id: self.id.clone(),
                    channel: self.channel.clone(),
                    direction: self.direction,
                    serial: self.serial.clone(),
                    counter: self.counter,
                    net: self.net,
                }
            }
        }
    )* };
}

meters! {
    /// A meter that is sent for.
    FeedMeter {
        /// The file with its key.
        key: PathBuf,
        /// Its id on the chain; that which follows from the key unless said otherwise. After a change
        /// of the key it must be said.
        #[serde(default, with = "hash::serde_hex_option")]
        meter: Option<Hash>,
    }

    /// A meter that is checked.
    AttestMeter {
        /// Its id on the chain.
        #[serde(with = "hash::serde_hex")]
        meter: Hash,
    }
}

const fn export() -> Direction {
    Direction::Export
}

/// What is checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attest {
    /// The oracle; the account that signs unless said otherwise. Another one must have granted that
    /// account the scope `submit_reading`.
    #[serde(default)]
    pub oracle: Option<Address>,
    /// By how much a reading may differ from the own data, in millionths of these.
    #[serde(default)]
    pub tolerance_ppm: u64,
    /// By how many Wh it may differ besides: 1 if copies of the data begin at different times and have
    /// fractions of a Wh.
    #[serde(default)]
    pub tolerance_wh: u64,
    /// Meters of which there are own data.
    #[serde(default, rename = "meter")]
    pub meters: Vec<AttestMeter>,
}

impl Settings {
    /// Reads a configuration. Relative paths in it are relative to its folder.
    ///
    /// # Errors
    /// [`SettingsError`] naming the setting.
    pub fn load(path: &Path) -> Result<Self, SettingsError> {
        let read = std::fs::read_to_string(path);
        let text = read.map_err(|error| SettingsError::File { path: path.to_owned(), error })?;
        let mut settings = Self::parse(&text)?;
        let folder = path.parent().unwrap_or_else(|| Path::new("."));
        let absolute = |path: &mut PathBuf| *path = folder.join(&path);
        absolute(&mut settings.data_dir);
        settings.sources.iter_mut().filter_map(|source| source.path.as_mut()).for_each(absolute);
        let meters = settings.feed.iter_mut().flat_map(|feed| &mut feed.meters);
        meters.for_each(|meter| absolute(&mut meter.key));
        Ok(settings)
    }

    /// Reads a configuration from its text.
    ///
    /// # Errors
    /// [`SettingsError`] naming the setting.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        let settings: Self = toml::from_str(text)?;
        settings.check().map_err(SettingsError::Wrong)?;
        Ok(settings)
    }

    /// All channels that are sent or checked, with their names.
    pub fn channels(&self) -> impl Iterator<Item = (&str, Channel)> {
        let feed = self.feed.iter().flat_map(|feed| &feed.meters);
        let attest = self.attest.iter().flat_map(|attest| &attest.meters);
        feed.map(|meter| (meter.name.as_str(), meter.channel()))
            .chain(attest.map(|meter| (meter.name.as_str(), meter.channel())))
    }

    fn check(&self) -> Result<(), String> {
        if self.nodes.is_empty() {
            return Err("nodes is empty: name at least one".to_owned());
        }
        if self.feed.is_none() && self.attest.is_none() {
            return Err("there is neither [feed] nor [attest]: nothing to do".to_owned());
        }
        let Limits { in_flight, batch, .. } = self.limits;
        if !(1..=64).contains(&in_flight) || !(1..=MAX_READINGS).contains(&batch) {
            return Err("limits.in_flight and limits.batch must be 1 to 64".to_owned());
        }
        let mut names = BTreeSet::new();
        for source in &self.sources {
            if !names.insert(source.name.as_str()) {
                return Err(format!("two sources have the name {:?}", source.name));
            }
            source.check().map_err(|words| format!("source {:?}: {words}", source.name))?;
        }
        let feed = self.feed.iter().flat_map(|feed| &feed.meters).map(|meter| &meter.name);
        once(feed, "feed.meter")?;
        let attest = self.attest.iter().flat_map(|attest| &attest.meters);
        once(attest.clone().map(|meter| &meter.name), "attest.meter")?;
        once(attest.map(|meter| &meter.meter), "attest.meter, by its id,")?;
        for (name, channel) in self.channels() {
            if !names.contains(channel.source.as_str()) {
                let source = &channel.source;
                return Err(format!("meter {name:?}: there is no source {source:?}"));
            }
        }
        Ok(())
    }
}

fn once<T: Ord + std::fmt::Debug>(all: impl Iterator<Item = T>, what: &str) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for one in all {
        if let Some(twice) = seen.replace(one) {
            return Err(format!("{what} {twice:?} stands twice"));
        }
    }
    Ok(())
}

impl Source {
    fn check(&self) -> Result<(), String> {
        let say = |words: &str| Err(words.to_owned());
        if self.poll_s == 0 {
            return say("poll_s must be at least 1");
        }
        if self.format == SourceFormat::Sunspec {
            return match (self.address, &self.path, self.capacity_w) {
                (None, ..) => say("a device needs an address"),
                (_, Some(_), _) => say("a device has no path"),
                (.., None) => {
                    say("a device needs capacity_w, which tells a reset from a wrap-around")
                }
                _ => Ok(()),
            };
        }
        match (&self.path, self.address, self.format, &self.csv) {
            (None, ..) => say("a file needs a path"),
            (_, Some(_), ..) => say("a file has no address"),
            (_, _, SourceFormat::Csv, None) => say("csv needs [source.csv]"),
            (.., Some(csv)) => csv.check().map_err(|words| format!("csv: {words}")),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_a_configuration_with_both_jobs_and_every_kind_of_source() {
        let settings = Settings::parse(EXAMPLE).unwrap();
        assert!(settings.feed.is_some() && settings.attest.is_some());
        let formats: BTreeSet<_> = settings.sources.iter().map(|source| source.format).collect();
        assert!(formats.contains(&SourceFormat::Csv) && formats.contains(&SourceFormat::Sunspec));
        let text = toml::to_string(&settings).unwrap();
        assert_eq!(Settings::parse(&text).unwrap(), settings);
    }

    fn wrong(text: &str) -> String {
        Settings::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn what_contradicts_itself_is_refused_with_the_setting() {
        assert!(wrong("").contains("neither [feed] nor [attest]"));
        assert!(wrong("[feed]\nproviderr = 1").contains("providerr"));
        let source = "[feed]\n[[source]]\nname = \"a\"\n";
        assert!(wrong(source).contains("a file needs a path"));
        let device = format!("{source}format = \"sunspec\"\naddress = \"127.0.0.1:502\"\n");
        assert!(wrong(&device).contains("capacity_w"));
        let file = format!("{source}path = \"x\"\n");
        assert!(Settings::parse(&file).is_ok());
        assert!(wrong(&format!("{file}[[source]]\nname = \"a\"\npath = \"y\"")).contains("two"));
        let meter = "[[feed.meter]]\nname = \"m\"\nkey = \"k\"\nsource = \"b\"\nid = \"i\"\nchannel = \"c\"\n";
        assert!(wrong(&format!("{file}{meter}")).contains("no source \"b\""));
        let good = meter.replace("\"b\"", "\"a\"");
        assert!(Settings::parse(&format!("{file}{good}")).is_ok());
        assert!(wrong(&format!("{file}{good}{good}")).contains("stands twice"));
        assert!(wrong(&format!("{file}{good}chanel = \"c\"\n")).contains("chanel"));
        assert!(wrong("nodes = []\n[feed]\n").contains("nodes"));
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("oracle.toml");
        std::fs::write(&path, EXAMPLE).unwrap();
        let settings = Settings::load(&path).unwrap();
        assert!(settings.data_dir.starts_with(folder.path()));
        let missing = Settings::load(&folder.path().join("no.toml")).unwrap_err();
        assert!(missing.to_string().contains("althing oracle init"), "{missing}");
    }
}
