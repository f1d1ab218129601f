//! Fuzz target: see the module `trial_file` of the crate `fuzzing`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzzing::trial_file::run(bytes));
