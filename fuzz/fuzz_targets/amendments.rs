//! Fuzz target: see the module `amendments` of the crate `fuzzing`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzzing::amendments::run(bytes));
