//! Asks a device over Modbus TCP.

use super::models::{BASES, COMMON, COMMON_LENGTH, Device, END, MARKER, Reading, length};
use crate::{Cause, Fault, Place, fault::shown};
use std::{future::Future, net::SocketAddr, time::Duration};
use tokio_modbus::{
    ExceptionCode, Slave,
    client::{Client as _, Context, Reader as _, tcp},
};

/// How long one answer may take unless the caller says otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest list of models.
const MAX_MODELS: usize = 64;

/// A connection to one device. After a fault the connection may hold an answer that came late:
/// drop it and connect again. When to try again is the matter of the caller.
pub struct Connection {
    context: Context,
    timeout: Duration,
}

/// What a request may end with: registers, or an exception of the device.
type Answer = Result<Vec<u16>, ExceptionCode>;

impl Connection {
    /// Connects to unit `unit` (1 for a device of its own) at an address, usually on port 502.
    ///
    /// # Errors
    /// `io`, `timeout`.
    pub async fn open(address: SocketAddr, unit: u8, timeout: Duration) -> Result<Self, Fault> {
        let connect = tcp::connect_slave(address, Slave(unit));
        let context = within(timeout, connect).await.map_err(at(Place::Source))?;
        let context = context
            .map_err(|error| Fault::new(Place::Source, Cause::Io { message: error.to_string() }))?;
        Ok(Self { context, timeout })
    }

    /// Reads every meter (models 201 to 204) and inverter (101 to 103) of the device.
    ///
    /// # Errors
    /// `timeout`, `io`, `modbus_exception`, `modbus_protocol`, `sunspec_not_found`,
    /// `sunspec_models`, `sunspec_scale`, `sunspec_model_missing`.
    pub async fn read(&mut self) -> Result<Vec<Reading>, Fault> {
        let mut place = self.find().await?;
        let mut device = None;
        let mut found = Vec::new();
        for _ in 0..MAX_MODELS {
            let broken =
                |message| Fault::new(Place::Register(place), Cause::SunspecModels { message });
            let head = self.registers(place, 2).await?;
            let (model, size) = (head[0], head[1]);
            if model == END {
                let what = "meter model 201-204 or inverter model 101-103";
                let missing = Cause::SunspecModelMissing { what };
                return if found.is_empty() {
                    Err(at(Place::Register(place))(missing))
                } else {
                    Ok(found)
                };
            }
            let data =
                place.checked_add(2).ok_or_else(|| broken("it runs past the last register"))?;
            let needed = if model == COMMON { Some(COMMON_LENGTH) } else { length(model) };
            if let Some(needed) = needed {
                if size < needed {
                    return Err(broken("a model is shorter than its fields"));
                }
                let registers = self.registers(data, needed).await?;
                if model == COMMON {
                    device = Some(Device::read(&registers).map_err(at(Place::Register(data)))?);
                } else {
                    let device =
                        device.as_ref().ok_or_else(|| broken("it does not begin with model 1"))?;
                    let reading = Reading::read(device, model, &registers);
                    found.push(reading.map_err(at(Place::Register(data)))?);
                }
            }
            place =
                data.checked_add(size).ok_or_else(|| broken("it runs past the last register"))?;
        }
        let message = "it has more than 64 models";
        Err(Fault::new(Place::Register(place), Cause::SunspecModels { message }))
    }

    /// Closes the connection; dropping it does the same without telling the device.
    ///
    /// # Errors
    /// `io`, `timeout`.
    pub async fn close(mut self) -> Result<(), Fault> {
        let closed = within(self.timeout, self.context.disconnect()).await;
        let closed = closed.map_err(at(Place::Source))?;
        closed.map_err(|error| Fault::new(Place::Source, Cause::Io { message: error.to_string() }))
    }

    /// Looks for the marker and gives the register behind it.
    async fn find(&mut self) -> Result<u16, Fault> {
        for base in BASES {
            match self.ask(base, 2).await? {
                Ok(registers) if registers == MARKER => return Ok(base + 2),
                // A device that has nothing there may say so with an exception.
                Ok(_)
                | Err(ExceptionCode::IllegalDataAddress | ExceptionCode::IllegalDataValue) => {}
                Err(exception) => return Err(refused(base, exception)),
            }
        }
        Err(Fault::new(Place::Source, Cause::SunspecNotFound))
    }

    async fn registers(&mut self, address: u16, count: u16) -> Result<Vec<u16>, Fault> {
        let answer = self.ask(address, count).await?;
        answer.map_err(|exception| refused(address, exception))
    }

    async fn ask(&mut self, address: u16, count: u16) -> Result<Answer, Fault> {
        let fault = |cause| Fault::new(Place::Register(address), cause);
        let answer =
            within(self.timeout, self.context.read_holding_registers(address, count)).await;
        let answer = answer.map_err(fault)?.map_err(|error| {
            fault(match error {
                tokio_modbus::Error::Transport(error) => Cause::Io { message: error.to_string() },
                tokio_modbus::Error::Protocol(error) => {
                    Cause::ModbusProtocol { message: shown(&error.to_string()) }
                }
            })
        })?;
        if let Ok(registers) = &answer
            && registers.len() != usize::from(count)
        {
            let message = format!("{} registers instead of {count}", registers.len());
            return Err(fault(Cause::ModbusProtocol { message }));
        }
        Ok(answer)
    }
}

fn refused(address: u16, exception: ExceptionCode) -> Fault {
    let exception = exception.to_string();
    Fault::new(Place::Register(address), Cause::ModbusException { exception })
}

fn at(place: Place) -> impl FnOnce(Cause) -> Fault {
    move |cause| Fault::new(place, cause)
}

async fn within<T>(timeout: Duration, work: impl Future<Output = T>) -> Result<T, Cause> {
    let milliseconds = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
    tokio::time::timeout(timeout, work).await.map_err(|_| Cause::Timeout { milliseconds })
}
