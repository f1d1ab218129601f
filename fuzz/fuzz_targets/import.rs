//! Fuzz target: see the module `import` of the crate `fuzzing`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzzing::import::run(bytes));
