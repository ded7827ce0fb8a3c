//! What the operator of a worker decides.

use crate::serve::ServeConfig;
use althing_types::{Amount, GasPrice, compute::Shape};
use serde::{Deserialize, Serialize};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    num::NonZeroUsize,
    path::PathBuf,
};

/// The configuration of a worker. Everything has a default but `endpoint`, which nobody else can know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Folder of the journal and of results.
    pub data_dir: PathBuf,
    /// The node that is asked.
    pub node: String,
    /// Where others reach the server of rows, for example `http://203.0.113.7:9300`. If it is empty and
    /// `allow_private` is set, the address where it listens.
    pub endpoint: String,
    /// Where that server listens.
    pub listen: SocketAddr,
    /// What is staked, if that is more than the network asks for, in base units.
    pub stake: Amount,
    /// Threads of the processor; 0 for all.
    pub threads: usize,
    /// Memory that one product may take, in MiB.
    pub memory_mib: u64,
    /// Disk that rows of results may take, in MiB. What does not fit is computed again when somebody
    /// asks for it.
    pub results_mib: u64,
    /// Which devices are offered.
    pub devices: Offer,
    /// Whether work of the network is taken, besides tasks that are paid.
    pub network_work: bool,
    /// Of these shapes alone; of all that fit if there are none.
    pub shapes: Vec<Shape>,
    /// How long a batch should take, in seconds.
    pub batch_seconds: u64,
    /// Tasks of a device that are computed or wait for it.
    pub queue: u32,
    /// Above this gas price nothing is sent that can wait, in base units.
    pub max_gas_price: Option<GasPrice>,
    /// Whether the worker claims what it earned of the miners' pool.
    pub claim: bool,
    /// Whether addresses of this machine and of private networks may be used: for development.
    pub allow_private: bool,
    /// Limits of the server of rows.
    pub serve: ServeConfig,
}

/// Which devices a worker offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Offer {
    /// The processor. It is always offered where there is nothing else.
    pub cpu: bool,
    /// Graphics processors by the numbers that their driver gives them; all if absent.
    pub gpus: Option<Vec<u32>>,
}

impl Default for Offer {
    fn default() -> Self {
        Self { cpu: true, gpus: None }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("worker"),
            node: "http://127.0.0.1:8080".to_owned(),
            endpoint: String::new(),
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 9_300),
            stake: Amount::ZERO,
            threads: 0,
            memory_mib: 2_048,
            results_mib: 8_192,
            devices: Offer::default(),
            network_work: true,
            shapes: Vec::new(),
            batch_seconds: 10,
            queue: 1,
            max_gas_price: None,
            claim: true,
            allow_private: false,
            serve: ServeConfig::default(),
        }
    }
}

impl Config {
    /// Threads of the processor.
    pub fn threads(&self) -> NonZeroUsize {
        let all = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        NonZeroUsize::new(self.threads).unwrap_or_else(all)
    }

    /// Memory that one product may take, in bytes.
    pub const fn memory_bytes(&self) -> u64 {
        self.memory_mib.saturating_mul(1 << 20)
    }

    /// Disk that rows of results may take, in bytes.
    pub const fn results_bytes(&self) -> u64 {
        self.results_mib.saturating_mul(1 << 20)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_has_its_default_and_what_is_unknown_is_refused() {
        let config: Config =
            serde_json::from_str(r#"{"endpoint": "http://8.8.8.8", "serve": {"streams": 2}}"#)
                .unwrap();
        assert_eq!(config.endpoint, "http://8.8.8.8");
        assert_eq!(config.serve.streams, 2);
        assert_eq!(config.memory_bytes(), 2 << 30);
        assert_eq!(config.serve.connections, ServeConfig::default().connections);
        assert!(serde_json::from_str::<Config>(r#"{"endpiont": ""}"#).is_err());
        let text = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<Config>(&text).unwrap(), config);
    }
}
