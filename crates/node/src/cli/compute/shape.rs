//! Shapes and names as people write them.

use althing_types::compute::{ProductKind, Shape};
use serde_json::Value;
use std::{fmt::Display, str::FromStr};

/// Reads `int8:1024x1024x1024`: the kind of entries, then rows of A, columns of B, columns of A.
/// One side stands for a square: `int8:1024`.
///
/// # Errors
/// A sentence that says what is wrong.
pub(crate) fn parse_shape(text: &str) -> Result<Shape, String> {
    let form = || "expected KIND:MxNxK, for example int8:1024x1024x1024".to_owned();
    let (kind, sides) = text.split_once(':').ok_or_else(form)?;
    let kind: ProductKind = kind.parse().map_err(|error| format!("{error}"))?;
    let sides: Vec<u32> =
        sides.split('x').map(str::parse).collect::<Result<_, _>>().map_err(|_| form())?;
    let shape = match *sides.as_slice() {
        [side] => Shape::square(kind, side),
        [m, n, k] => Shape { kind, m, n, k },
        _ => return Err(form()),
    };
    if !shape.is_legal() {
        return Err(format!(
            "sides are from {} to {}; rows and the inner side are multiples of {}, columns of {}",
            Shape::MIN_SIDE,
            Shape::MAX_SIDE,
            Shape::BLOCK,
            Shape::TILE
        ));
    }
    Ok(shape)
}

/// Reads one of the names of the chain.
///
/// # Errors
/// Which names there are.
pub(crate) fn parse_state<T: FromStr>(text: &str) -> Result<T, String>
where
    T::Err: Display,
{
    text.parse().map_err(|error: T::Err| error.to_string())
}

/// `int8:1024x1024x1024`
pub(super) fn shape_text(shape: &Shape) -> String {
    format!("{}:{}x{}x{}", shape.kind, shape.m, shape.n, shape.k)
}

/// The same of the JSON form.
pub(super) fn shape_of(value: &Value) -> String {
    let read = value.get("shape").cloned().map(serde_json::from_value::<Shape>);
    read.and_then(Result::ok).map_or_else(|| "-".to_owned(), |shape| shape_text(&shape))
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_types::compute::TaskState;

    #[test]
    fn shapes_are_read_as_they_are_written() {
        let shape = parse_shape("int8:1024x512x256").unwrap();
        assert_eq!(shape, Shape { kind: ProductKind::Int8, m: 1_024, n: 512, k: 256 });
        assert_eq!(shape_text(&shape), "int8:1024x512x256");
        assert_eq!(parse_shape("fp16:512").unwrap(), Shape::square(ProductKind::Fp16, 512));
        for wrong in
            ["", "int8", "int8:", "int9:256", "int8:256x256", "int8:300", "int8:-256", "fp16:32768"]
        {
            assert!(parse_shape(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_name_that_is_none_is_answered_with_those_that_are() {
        assert_eq!(parse_state("settled"), Ok(TaskState::Settled));
        assert!(parse_state::<TaskState>("lost").unwrap_err().contains("settled"));
    }
}
