//! Fuzz target: see the module `documents` of the crate `fuzzing`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzzing::documents::run(bytes));
