//! The prover on the processor.
#![cfg(feature = "parallel")]
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use althing_compute::{
    BENCHMARK_RESULT, Backend as _, BackendError, Control, Cpu, CpuConfig, Kind, Operands,
    Portable, Shape, benchmark_operands, memory_needed, self_test,
};
use std::{
    num::NonZeroUsize,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

fn cpu(threads: usize) -> Cpu {
    let threads = NonZeroUsize::new(threads).unwrap();
    Cpu::new(CpuConfig { threads, memory_bytes: 4 << 30 }).unwrap()
}

#[test]
fn the_processor_passes_the_self_test_with_every_kind_of_instructions() {
    self_test(&cpu(2)).unwrap();
    self_test(&cpu(1).without_byte_instructions()).unwrap();
}

#[test]
fn the_processor_computes_the_benchmark() {
    let operands = benchmark_operands();
    let result = cpu(2).multiply(&operands, 0, &Control::default()).unwrap();
    assert_eq!(hex::encode(result.sha256()), hex::encode(BENCHMARK_RESULT));
}

#[test]
fn results_do_not_depend_on_threads_or_instructions() {
    for kind in Kind::ALL {
        let shape = Shape::new(kind, 1_088, 768, 960).unwrap();
        let operands = Operands::from_seed(shape, [3; 32]);
        let expected = Portable.multiply(&operands, 2, &Control::default()).unwrap();
        for threads in 1..=3 {
            for cpu in [cpu(threads), cpu(threads).without_byte_instructions()] {
                let result = cpu.multiply(&operands, 2, &Control::default()).unwrap();
                assert!(result == expected, "{} differs", cpu.name());
            }
        }
    }
}

#[test]
fn progress_is_reported_and_a_product_can_be_cancelled() {
    let operands = Operands::from_seed(Shape::new(Kind::Int8, 1_600, 256, 256).unwrap(), [3; 32]);
    let (cancelled, seen) = (AtomicBool::new(false), Mutex::new(Vec::new()));
    let report = |rows| {
        seen.lock().unwrap().push(rows);
        cancelled.store(rows >= 1_024, Ordering::Relaxed);
    };
    let watched = Control { progress: Some(&report), cancelled: None };
    cpu(2).multiply(&operands, 0, &watched).unwrap();
    assert_eq!(*seen.lock().unwrap(), [512, 1_024, 1_536, 1_600]);
    seen.lock().unwrap().clear();
    cancelled.store(false, Ordering::Relaxed);
    let stopped = Control { progress: Some(&report), cancelled: Some(&cancelled) };
    let error = cpu(2).multiply(&operands, 0, &stopped).unwrap_err();
    assert_eq!(error, BackendError::Cancelled);
    assert_eq!(*seen.lock().unwrap(), [512, 1_024]);
}

#[test]
fn a_product_that_needs_too_much_memory_is_refused_before_it_starts() {
    let shape = Shape::square(Kind::Int8, 16_384).unwrap();
    let threads = NonZeroUsize::MIN;
    let cpu = Cpu::new(CpuConfig { threads, memory_bytes: 1 << 30 }).unwrap();
    let operands = Operands::from_seed(shape, [3; 32]);
    let error = cpu.multiply(&operands, 0, &Control::default()).unwrap_err();
    let needed = memory_needed(shape);
    assert_eq!(error, BackendError::Memory { needed, limit: 1 << 30 });
    assert!(needed > shape.result_bytes());
}
