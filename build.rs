//! Lets the binaries, tests and benchmarks of this package find libtorch when they start.
//!
//! The arguments come from the build script of `nasc-runtime`, which says why they are needed.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let arguments = std::env::var("DEP_NASC_TORCH_LINK_ARGUMENTS").unwrap_or_default();
    for argument in arguments.split('\t').filter(|argument| !argument.is_empty()) {
        println!("cargo::rustc-link-arg={argument}");
    }
}
