//! Lists `protocols/devices` and `protocols/scenarios` as tables of included bytes.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> Result<(), Box<dyn Error>> {
    let manifest = env::var("CARGO_MANIFEST_DIR")?;
    let out = env::var("OUT_DIR")?;
    let mut code = String::new();
    for (table, folder) in [("DEVICES", "devices"), ("SCENARIOS", "scenarios")] {
        let folder = Path::new(&manifest).join("..").join(folder);
        println!("cargo::rerun-if-changed={}", folder.display());
        let entries: Vec<PathBuf> =
            fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
        let is_toml = |path: &PathBuf| path.extension().is_some_and(|end| end == "toml");
        let mut files: Vec<PathBuf> = entries.into_iter().filter(is_toml).collect();
        files.sort();
        writeln!(code, "static {table}: &[Shipped] = &[")?;
        for file in files {
            let id = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            let path = file.canonicalize()?;
            writeln!(code, "    Shipped {{ id: {id:?}, bytes: include_bytes!({path:?}) }},")?;
        }
        code.push_str("];\n");
    }
    fs::write(Path::new(&out).join("catalogue.rs"), code)?;
    Ok(())
}
