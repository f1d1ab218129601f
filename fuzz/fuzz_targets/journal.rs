//! Fuzz target: see the module `journal` of the crate `fuzzing`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzzing::journal::run(bytes));
