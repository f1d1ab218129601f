//! The device profiles and scenarios that ship with the product, built into every program.
//!
//! `build.rs` lists the folders, so that a new TOML file needs no change here.

include!(concat!(env!("OUT_DIR"), "/catalogue.rs"));

/// A shipped document: its id (the file's name without `.toml`) and its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shipped {
    /// Id by which a plan names it.
    pub id: &'static str,
    /// The bytes of the file.
    pub bytes: &'static [u8],
}

/// All shipped device profiles, in order of id.
pub fn devices() -> &'static [Shipped] {
    DEVICES
}

/// All shipped scenarios, in order of id.
pub fn scenarios() -> &'static [Shipped] {
    SCENARIOS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Source;
    use crate::{profile::DeviceProfile, scenario::Scenario};

    #[test]
    fn every_shipped_document_resolves_under_its_own_name() {
        for shipped in devices() {
            let source = Source::new(shipped.id, shipped.bytes).unwrap();
            let profile = DeviceProfile::resolve(source).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(profile.id, shipped.id);
        }
        for shipped in scenarios() {
            let source = Source::new(shipped.id, shipped.bytes).unwrap();
            let scenario = Scenario::resolve(source).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(scenario.id, shipped.id);
        }
    }
}
