pub(crate) mod tx;
