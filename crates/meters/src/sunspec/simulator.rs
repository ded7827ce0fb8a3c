//! A SunSpec device in memory, for tests and drills. It can be silent, refuse, or answer too little.

use super::models::{COMMON, Device, END, MARKER};
use std::{
    future::{Ready, ready},
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_modbus::{
    ExceptionCode, Request, Response, SlaveRequest,
    server::{
        Service,
        tcp::{Server, accept_tcp_connection},
    },
};

/// A model after the common one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// A meter, 201 to 204.
    Meter {
        /// The number of the model.
        number: u16,
        /// Its counters, in `10^scale` Wh.
        exported: u32,
        /// The same for what came in.
        imported: u32,
        /// The power of ten.
        scale: i16,
        /// Power in watts.
        watts: i16,
    },
    /// An inverter, 101 to 103.
    Inverter {
        /// The number of the model.
        number: u16,
        /// All it made, in `10^scale` Wh.
        produced: u32,
        /// The power of ten.
        scale: i16,
        /// Power in watts.
        watts: i16,
    },
    /// A model that is passed over.
    Other {
        /// The number of the model.
        number: u16,
        /// Registers in it.
        length: u16,
    },
}

/// What the device is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Its names; nothing leaves the common model out.
    pub device: Option<Device>,
    /// Where the marker stands: 0, 40,000 or 50,000 for a device that can be found.
    pub base: u16,
    /// Its models in order.
    pub models: Vec<Model>,
    /// Whether the list of models is ended as it should be.
    pub ended: bool,
}

/// How the device answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Manner {
    /// As it should.
    #[default]
    Good,
    /// Not at all.
    Silent,
    /// With "server device busy".
    Busy,
    /// With one register too few.
    Short,
}

struct State {
    base: usize,
    registers: Vec<u16>,
    manner: Manner,
}

/// A device that runs until it is dropped.
pub struct Simulator {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: JoinHandle<io::Result<()>>,
}

impl Simulator {
    /// Starts a device on a free port of this machine.
    ///
    /// # Errors
    /// When no port can be opened.
    pub async fn start(image: &Image) -> io::Result<Self> {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (base, registers) = (image.base.into(), image.registers());
        let state = Arc::new(Mutex::new(State { base, registers, manner: Manner::Good }));
        let shared = state.clone();
        let task = tokio::spawn(async move {
            let connected = |stream, from| {
                let device = Answering(shared.clone());
                ready(accept_tcp_connection(stream, from, move |_| Ok(Some(device.clone()))))
            };
            Server::new(listener).serve(&connected, |_| {}).await
        });
        Ok(Self { address, state, task })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes what it shows.
    pub fn show(&self, image: &Image) {
        let mut state = lock(&self.state);
        (state.base, state.registers) = (image.base.into(), image.registers());
    }

    /// Changes how it answers.
    pub fn behave(&self, manner: Manner) {
        lock(&self.state).manner = manner;
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Clone)]
struct Answering(Arc<Mutex<State>>);

impl Service for Answering {
    type Request = SlaveRequest<'static>;
    type Response = Option<Response>;
    type Exception = ExceptionCode;
    type Future = Ready<Result<Self::Response, Self::Exception>>;

    fn call(&self, request: Self::Request) -> Self::Future {
        let state = lock(&self.0);
        ready(match (state.manner, request.request) {
            (Manner::Silent, _) => Ok(None),
            (Manner::Busy, _) => Err(ExceptionCode::ServerDeviceBusy),
            (manner, Request::ReadHoldingRegisters(address, count)) => {
                let less = usize::from(manner == Manner::Short);
                let from = usize::from(address).checked_sub(state.base);
                let range =
                    from.and_then(|from| state.registers.get(from..from + usize::from(count)));
                range
                    .map(|range| Some(Response::ReadHoldingRegisters(range[less..].to_vec())))
                    .ok_or(ExceptionCode::IllegalDataAddress)
            }
            _ => Err(ExceptionCode::IllegalFunction),
        })
    }
}

impl Image {
    fn registers(&self) -> Vec<u16> {
        let mut out = MARKER.to_vec();
        if let Some(device) = &self.device {
            out.extend([COMMON, 66]);
            let texts = [
                (device.manufacturer.as_str(), 16),
                (device.model.as_str(), 16),
                ("", 8),
                (device.version.as_str(), 8),
                (device.serial.as_str(), 16),
            ];
            for (text, length) in texts {
                push_text(&mut out, text, length);
            }
            out.extend([1, 0x8000]);
        }
        for model in &self.models {
            model.push(&mut out);
        }
        if self.ended {
            out.extend([END, 0]);
        }
        out
    }
}

impl Model {
    fn push(self, out: &mut Vec<u16>) {
        let (number, length) = match self {
            Self::Meter { number, .. } => (number, 105),
            Self::Inverter { number, .. } => (number, 50),
            Self::Other { number, length } => (number, length),
        };
        out.extend([number, length]);
        let at = out.len();
        out.resize(at + usize::from(length), 0);
        let registers = &mut out[at..];
        let mut put = |at: usize, value: u32| {
            let [a, b, c, d] = value.to_be_bytes();
            registers[at] = u16::from_be_bytes([a, b]);
            registers[at + 1] = u16::from_be_bytes([c, d]);
        };
        match self {
            Self::Meter { exported, imported, scale, watts, .. } => {
                put(36, exported);
                put(44, imported);
                (registers[52], registers[16]) = (raw(scale), raw(watts));
            }
            Self::Inverter { produced, scale, watts, .. } => {
                put(22, produced);
                (registers[24], registers[12]) = (raw(scale), raw(watts));
            }
            Self::Other { .. } => {}
        }
    }
}

fn raw(value: i16) -> u16 {
    u16::from_be_bytes(value.to_be_bytes())
}

fn push_text(out: &mut Vec<u16>, text: &str, length: usize) {
    let mut bytes = text.bytes().chain(std::iter::repeat(0));
    for _ in 0..length {
        let pair = [bytes.next().unwrap_or(0), bytes.next().unwrap_or(0)];
        out.push(u16::from_be_bytes(pair));
    }
}
