//! Names the engine by its sources, so that an executor of another build is refused instead of adding other sums.

use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let mut files = Vec::new();
    for source in ["../src", "src"] {
        println!("cargo:rerun-if-changed={source}");
        sources(Path::new(source), &mut files);
    }
    files.sort();
    // FNV-1a, 64 bits: the same with every compiler; this is no defence against anybody.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for file in files {
        for byte in fs::read(&file).expect("a source file can be read") {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    println!("cargo:rustc-env=COTERMINOUS_ENGINE={hash:016x}");
}

fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the sources are there") {
        let path = entry.expect("the sources can be listed").path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
