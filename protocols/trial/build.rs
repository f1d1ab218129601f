//! Lists `protocols/devices` and `protocols/scenarios` as tables of included bytes.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() {
    let manifest = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let out = env::var("OUT_DIR").expect("cargo sets it");
    let mut code = String::new();
    for (table, folder) in [("DEVICES", "devices"), ("SCENARIOS", "scenarios")] {
        let folder = Path::new(&manifest).join("..").join(folder);
        println!("cargo::rerun-if-changed={}", folder.display());
        let mut files: Vec<_> = fs::read_dir(&folder)
            .expect("the folder belongs to the repository")
            .map(|entry| entry.expect("readable").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
            .collect();
        files.sort();
        writeln!(code, "static {table}: &[Shipped] = &[").expect("memory");
        for file in files {
            let id = file.file_stem().and_then(|stem| stem.to_str()).expect("an ASCII name");
            let path = file.canonicalize().expect("exists");
            writeln!(code, "    Shipped {{ id: {id:?}, bytes: include_bytes!({path:?}) }},")
                .expect("memory");
        }
        code.push_str("];\n");
    }
    fs::write(Path::new(&out).join("catalogue.rs"), code).expect("OUT_DIR can be written");
}
