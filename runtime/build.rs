//! Compiles the C++ shim and links the crate to libtorch.
//!
//! The run-time search path is the *real* folder of the libraries, not the link `.libtorch/current`: libtorch finds
//! its own neighbours through `$ORIGIN`. Link arguments do not travel through dependencies, so the folder and the
//! arguments are also handed on as metadata (`links = "nasc_torch"`) to the build script of the root package.

use std::env;
use std::path::{Path, PathBuf};
use std::process::exit;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=csrc");
    // Set by torch-sys for its direct dependents; it has compiled against this folder.
    let Some(lib) = env::var_os("DEP_TCH_LIBTORCH_LIB").map(PathBuf::from) else {
        give_up("torch-sys names no libtorch")
    };
    let cpu = lib.join("libtorch_cpu.so");
    let Ok(cpu) = cpu.canonicalize() else { give_up(&format!("there is no {}", cpu.display())) };
    println!("cargo::rerun-if-changed={}", cpu.display());
    let (Some(real), Some(include)) = (cpu.parent(), lib.parent().map(|top| top.join("include")))
    else {
        give_up(&format!("{} does not lie in a libtorch", cpu.display()))
    };

    cc::Build::new()
        .cpp(true)
        .std("c++20")
        .warnings(false)
        .include(&include)
        .include(include.join("torch/csrc/api/include"))
        .file("csrc/shim.cpp")
        .file("csrc/counting.cpp")
        .compile("nasc_torch");

    // What tables of latencies say they were measured with.
    let version =
        lib.parent().and_then(|top| std::fs::read_to_string(top.join("build-version")).ok());
    let version = version.as_deref().map_or("of unknown version", str::trim);
    println!("cargo::rustc-env=NASC_LIBTORCH_VERSION={version}");

    println!("cargo::rustc-link-search=native={}", real.display());
    println!("cargo::rustc-link-lib=torch_cpu");
    println!("cargo::rustc-link-lib=c10");
    let arguments = link_arguments(real);
    for argument in &arguments {
        println!("cargo::rustc-link-arg={argument}");
    }
    println!("cargo::metadata=link_arguments={}", arguments.join("\t"));
}

fn link_arguments(real: &Path) -> Vec<String> {
    let folder = real.display();
    let mut arguments = vec![format!("-Wl,-rpath,{folder}")];
    if real.join("libtorch_cuda.so").exists() {
        // No symbol of libtorch_cuda is named by anyone: without this the linker drops it, and
        // CUDA is silently missing at run time.
        arguments
            .push(format!("-Wl,--no-as-needed,-L{folder},-ltorch_cuda,-lc10_cuda,--as-needed"));
    }
    arguments
}

fn give_up(reason: &str) -> ! {
    println!("cargo::error={reason}: run `python3 bootstrap.py`, which finds or brings libtorch");
    exit(1)
}
