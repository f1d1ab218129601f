//! The trial file: the only crate that touches HDF5.
