//! Fuzz target: see the module `wire` of the crate `fuzzing`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzzing::wire::run(bytes));
