//! What holds on every machine, and what holds where a device is.

use super::*;
use crate::selftest::{self, Plan};

/// On a machine without a device: a sentence, no panic. With one: its results are the processor's.
#[test]
fn a_device_computes_exactly_or_says_why_it_cannot() {
    match CudaDevice::open(0) {
        Ok(mut device) => {
            let objections: Vec<String> = selftest::compare(&mut device, &Plan::quick())
                .iter()
                .filter_map(selftest::Comparison::objection)
                .collect();
            assert!(objections.is_empty(), "{objections:?}");
        }
        Err(error) => {
            let sentence = error.to_string();
            assert!(sentence.contains(": "), "an error says how to mend it: {sentence}");
            let unexpected = matches!(error, CudaError::Unexpected(_) | CudaError::Compile(_));
            assert!(!unexpected, "{sentence}");
        }
    }
}

#[test]
fn the_order_of_checks_names_the_driver_first() {
    if let Err(CudaError::NoLibrary { library, mend }) = libraries() {
        let toolkit = mend.contains("toolkit");
        assert_eq!(toolkit, !library.contains("driver"), "{library}: {mend}");
    }
    assert_eq!(libraries().is_err(), matches!(device_count(), Err(CudaError::NoLibrary { .. })));
}

#[test]
fn a_panic_of_a_library_is_an_error() {
    let result = raw::guarded(|| -> () { panic!("Missing symbol cuFuture") });
    assert_eq!(result, Err(CudaError::Unexpected("Missing symbol cuFuture".to_owned())));
}

#[test]
fn wrong_operands_stay_what_they_are_as_errors_of_a_product() {
    let wrong = ProductError::BadOperand { operand: 'A', length: 1, expected: 2 };
    assert_eq!(ProductError::from(CudaError::Operands(wrong.clone())), wrong);
    let refused = CudaError::Refused("C[0][0]".to_owned());
    assert_eq!(ProductError::from(refused.clone()), ProductError::Device(refused.to_string()));
}
