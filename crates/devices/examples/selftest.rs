//! Tests this machine in one line:
//!
//! ```text
//! cargo run --release -p althing-devices --example selftest             # tables
//! cargo run --release -p althing-devices --example selftest -- --json   # for programs
//! cargo run --release -p althing-devices --example selftest -- --quick  # no speeds, seconds
//! ```
//!
//! Ends with status 1 if a device was refused.

use althing_devices::{
    selftest::{Plan, SelfTest, Tested, selftest},
    system_probe,
    whitelist::Whitelist,
};
use std::{path::Path, process::ExitCode};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(unknown) = arguments.iter().find(|word| *word != "--json" && *word != "--quick") {
        eprintln!("unknown argument {unknown}: use --json, --quick or nothing");
        return ExitCode::from(2);
    }
    let given = |word: &str| arguments.iter().any(|argument| argument == word);
    let whitelist = match Whitelist::built_in() {
        Ok(whitelist) => whitelist,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    let plan = if given("--quick") { Plan::quick() } else { Plan::full() };
    let report = selftest(system_probe().as_ref(), Path::new("/"), &whitelist, &plan);
    if given("--json") {
        match serde_json::to_string_pretty(&report) {
            Ok(json) => println!("{json}"),
            Err(error) => eprintln!("{error}"),
        }
    } else {
        show(&report);
    }
    if report.passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn show(report: &SelfTest) {
    println!("Devices");
    for device in &report.inventory.devices {
        let gibibytes = device.memory_bytes >> 30;
        let cores = device.cores.map_or_else(String::new, |cores| format!(", {cores} cores"));
        println!("  {:?} {}: {}, {gibibytes} GiB{cores}", device.kind, device.index, device.model);
        let driver = device.driver_version.as_ref();
        if let (Some(driver), Some(pci)) = (driver, device.pci) {
            println!("    driver {driver}, PCI {} at {}", pci.identifiers(), pci.address);
        }
        if !device.features.is_empty() {
            let features: Vec<&str> = device.features.iter().map(|text| text.as_str()).collect();
            println!("    extensions {}", features.join(" "));
        }
    }
    for note in report.inventory.note.iter().chain(&report.cuda) {
        println!("  {note}");
    }
    report.tested.iter().for_each(show_tested);
    for preview in &report.previews {
        let Ok(judged) = &preview.report else {
            continue;
        };
        let verdict = if judged.is_eligible() { "may work" } else { "may not work" };
        println!(
            "\n{} on mainnet: {} of 100 points, {verdict}",
            preview.evidence.device.model, judged.score
        );
        for level in &judged.levels {
            println!("  {:<10} {:>3} of {}", level.name, level.points, level.maximum);
        }
        for sentence in judged.sentences() {
            println!("  - {sentence}");
        }
    }
}

fn show_tested(device: &Tested) {
    println!("\n{}", device.name);
    if !device.comparisons.is_empty() {
        let same = device.comparisons.iter().filter(|comparison| comparison.is_identical()).count();
        println!(
            "  {same} of {} comparisons with the processor are identical",
            device.comparisons.len()
        );
    }
    for objection in &device.objections {
        println!("  REFUSED {objection}");
    }
    for speed in &device.speeds {
        let (whole, rest) = (speed.milli_tflops / 1_000, speed.milli_tflops % 1_000);
        let micros = speed.benchmark.duration_micros;
        println!(
            "  {} {}: {whole}.{rest:03} TFLOPS ({micros} µs)",
            speed.benchmark.precision, speed.shape
        );
    }
}
