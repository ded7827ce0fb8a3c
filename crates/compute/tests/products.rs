//! Products of all backends, compared with each other, with plain sums and with known results.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use althing_compute::{
    Backend, Control, Kind, Operands, Portable, SELF_TEST, Shape, recompute, self_test,
};

#[test]
fn the_portable_backend_passes_the_self_test() {
    if std::env::var_os("ALTHING_WRITE_VECTORS").is_some() {
        for case in SELF_TEST {
            let operands = case.operands().unwrap();
            let result = Portable.multiply(&operands, case.product, &Control::default()).unwrap();
            println!("{:?} {:?}: {}", case.shape, case.product, hex::encode(result.sha256()));
        }
        return;
    }
    self_test(&Portable).unwrap();
}

#[test]
fn portable_products_are_plain_sums() {
    for kind in Kind::ALL {
        let shape = Shape::new(kind, 320, 512, 448).unwrap();
        let operands = Operands::from_seed(shape, [9; 32]);
        let result = Portable.multiply(&operands, 5, &Control::default()).unwrap();
        for (row, entries) in (0..).zip(result.rows()) {
            assert_eq!(entries, recompute::row(&operands, 5, row).unwrap());
        }
    }
}
