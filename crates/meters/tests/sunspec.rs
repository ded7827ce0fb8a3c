//! A SunSpec device over a real socket.

use althing_meters::{
    Direction, Fault, Follower, Place, RawCounter,
    sunspec::{
        Connection, Device, Reading,
        simulator::{Image, Manner, Model, Simulator},
    },
};
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(200);
const LONG: Duration = Duration::from_secs(10);

fn device() -> Device {
    Device {
        manufacturer: "Test Works".into(),
        model: "M-203".into(),
        version: "1.2".into(),
        serial: "SN-0042".into(),
    }
}

fn meter(exported: u32, imported: u32, scale: i16) -> Model {
    Model::Meter { number: 203, exported, imported, scale, watts: -1_500 }
}

fn image(models: Vec<Model>) -> Image {
    Image { device: Some(device()), base: 40_000, models, ended: true }
}

async fn read(simulator: &Simulator, timeout: Duration) -> Result<Vec<Reading>, Fault> {
    Connection::open(simulator.address(), 1, timeout).await?.read().await
}

async fn fault(image: Image) -> (&'static str, Place) {
    let simulator = Simulator::start(&image).await.expect("a port");
    let fault = read(&simulator, LONG).await.expect_err("refused");
    (fault.code(), fault.place)
}

#[tokio::test]
async fn a_meter_is_found_at_every_base_and_read() {
    for base in [0, 40_000, 50_000] {
        let image = Image { base, ..image(vec![meter(123_456, 70_000, 0)]) };
        let simulator = Simulator::start(&image).await.expect("a port");
        let mut connection =
            Connection::open(simulator.address(), 1, LONG).await.expect("connected");
        let found = connection.read().await.expect("read");
        let want = Reading {
            device: device(),
            model: 203,
            exported: RawCounter { raw: 123_456, scale: 0 },
            imported: Some(RawCounter { raw: 70_000, scale: 0 }),
            milliwatts: Some(-1_500_000),
        };
        assert_eq!(found, [want]);
        connection.close().await.expect("closed");
    }
}

#[tokio::test]
async fn every_model_behind_others_is_read() {
    let inverter = Model::Inverter { number: 103, produced: 9, scale: 3, watts: 0 };
    let other = Model::Other { number: 120, length: 26 };
    let simulator =
        Simulator::start(&image(vec![inverter, other, meter(1, 2, -2)])).await.expect("a port");
    let found = read(&simulator, LONG).await.expect("read");
    let numbers: Vec<u16> = found.iter().map(|reading| reading.model).collect();
    assert_eq!(numbers, [103, 203]);
    assert_eq!(found[0].exported.milliwatt_hours(0), Ok(9_000_000));
    assert_eq!(found[0].imported, None);
    assert_eq!(found[1].exported.milliwatt_hours(0), Ok(10));
}

#[tokio::test]
async fn a_counter_is_followed_over_its_wrap_around_and_not_over_a_reset() {
    let simulator =
        Simulator::start(&image(vec![meter(u32::MAX - 99, 0, 0)])).await.expect("a port");
    let mut connection = Connection::open(simulator.address(), 1, LONG).await.expect("connected");
    let first = connection.read().await.expect("read")[0].exported;
    let mut follower = Follower::start(1_000, first, Direction::Export).expect("started");
    simulator.show(&image(vec![meter(150, 0, 0)]));
    let second = connection.read().await.expect("read")[0].exported;
    let interval = follower.advance(1_900, second, 5_000).expect("wrapped");
    assert_eq!(interval.milliwatt_hours, 250_000);
    simulator.show(&image(vec![meter(3, 0, 0)]));
    let third = connection.read().await.expect("read")[0].exported;
    assert_eq!(follower.advance(2_800, third, 5_000).expect_err("reset").code(), "counter_reset");
}

#[tokio::test]
async fn a_silent_device_times_out_and_a_new_connection_reads_again() {
    let simulator = Simulator::start(&image(vec![meter(1, 2, 0)])).await.expect("a port");
    simulator.behave(Manner::Silent);
    let fault = read(&simulator, SHORT).await.expect_err("silent");
    assert_eq!((fault.code(), fault.place), ("timeout", Place::Register(40_000)));
    simulator.behave(Manner::Good);
    assert_eq!(read(&simulator, LONG).await.expect("read").len(), 1);
}

#[tokio::test]
async fn wrong_answers_are_named_with_their_register() {
    let simulator = Simulator::start(&image(vec![meter(1, 2, 0)])).await.expect("a port");
    simulator.behave(Manner::Short);
    let short = read(&simulator, LONG).await.expect_err("short");
    assert_eq!((short.code(), short.place), ("modbus_protocol", Place::Register(40_000)));
    simulator.behave(Manner::Busy);
    assert_eq!(read(&simulator, LONG).await.expect_err("busy").code(), "modbus_exception");
}

#[tokio::test]
async fn broken_lists_of_models_are_refused() {
    assert_eq!(fault(Image { base: 100, ..image(vec![]) }).await.0, "sunspec_not_found");
    assert_eq!(fault(image(vec![])).await.0, "sunspec_model_missing");
    let none = Image { device: None, ..image(vec![meter(1, 1, 0)]) };
    assert_eq!(fault(none).await, ("sunspec_models", Place::Register(40_002)));
    let open = Image { ended: false, ..image(vec![meter(1, 1, 0)]) };
    assert_eq!(fault(open).await.0, "modbus_exception");
    let short = image(vec![Model::Other { number: 203, length: 20 }]);
    assert_eq!(fault(short).await, ("sunspec_models", Place::Register(40_070)));
    let endless = vec![Model::Other { number: 120, length: 1 }; 70];
    assert_eq!(fault(image(endless)).await.0, "sunspec_models");
    assert_eq!(fault(image(vec![meter(1, 1, 11)])).await.0, "sunspec_scale");
    let far = image(vec![Model::Other { number: 120, length: 26_000 }]);
    assert_eq!(fault(far).await.0, "sunspec_models");
}

#[tokio::test]
async fn nobody_at_the_address_is_an_io_fault() {
    let simulator = Simulator::start(&image(vec![])).await.expect("a port");
    let address = simulator.address();
    drop(simulator);
    // The listener closes when its task is dropped, which takes a moment.
    for _ in 0..100 {
        match Connection::open(address, 1, LONG).await {
            Err(fault) => {
                assert_eq!(fault.code(), "io");
                return;
            }
            Ok(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    panic!("the listener is still open");
}
