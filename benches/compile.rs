//! How long a space takes to compile, and one of its networks to cost: medians, against the budgets.
//!
//! `cargo bench --bench compile --no-default-features`

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark may panic, and prints")]

mod timing;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use nasc_compiler::cost::{Measure, Table};
use nasc_compiler::ir::DecisionId;
use nasc_compiler::random::Stream;
use nasc_compiler::sample::{Limits, uniform};
use nasc_compiler::{Checked, Options, compile};

use crate::timing::{median, ratio};

/// Networks that each timing goes over.
const NETWORKS: usize = 1000;

fn main() {
    let mut files = files();
    for name in names() {
        let time = median(15, || {
            black_box(checked(&files, &name));
        });
        ratio(&format!("compile {name}"), time, budget(&name));
    }
    files.insert("elastic.nas".to_owned(), elastic(200));
    let time = median(15, || {
        black_box(checked(&files, "elastic"));
    });
    ratio("compile 200 elastic layers", time, Duration::from_millis(300));
    let space = checked(&files, "spos");
    let table = Table::new(&space, Measure::Macs, None).unwrap();
    let stream = |index: usize| Stream::new(0, "bench", &[index as u64]);
    let archs: Vec<_> = (0..NETWORKS).map(|i| uniform(&space, &mut stream(i)).unwrap()).collect();
    let time = median(31, || {
        for arch in &archs {
            black_box(table.cost(black_box(arch)));
        }
    });
    ratio("cost of a network", time / NETWORKS as u32, Duration::from_micros(1));
    let time = median(31, || {
        for (index, arch) in archs.iter().enumerate() {
            let decision = DecisionId((index % 20) as u32);
            black_box(table.change(black_box(arch), decision, (index % 4) as u32));
        }
    });
    ratio("cost of a mutation", time / NETWORKS as u32, Duration::from_nanos(200));
    let mut tail = space.limits.clone();
    tail[0].max = Some(290_000_000);
    let limits = Limits::new(&space, &tail).unwrap();
    let time = median(31, || {
        for index in 0..NETWORKS {
            black_box(limits.draw(&space, &mut stream(index)));
        }
    });
    ratio("uniform sample at the 0.08 % tail", time / NETWORKS as u32, Duration::from_micros(20));
}

/// The published spaces.
fn names() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("spaces");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "nas"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// How long a space may take.
fn budget(name: &str) -> Duration {
    Duration::from_millis(match name {
        "spos" | "mobilenet_v2" | "demo" => 20,
        "ofa_mobilenet_v3" => 100,
        _ => 300,
    })
}

/// A space of inverted residuals in stages of ten, elastic in depth, width, kernel and expansion.
fn elastic(layers: usize) -> String {
    let stages = layers / 10;
    format!(
        "import \"std/mobilenet\" {{ mbconv }}

block stage(x, out: int) {{
    let depth = choose depth in {{6, 8, 10}}
    for i in 0..depth {{
        let kernel = choose kernel in {{3, 5, 7}}
        let expand = choose expand in {{3, 4, 6}}
        x = x -> mbconv(out, kernel: kernel, expand: expand)
    }}
    x
}}

space elastic() {{
    input image: [3, 32, 32]
    let x = image -> conv(16, kernel: 3) -> bn -> relu
    for s in 0..{stages} as stage {{
        let width = choose width in {{16, 24}}
        x = x -> stage(width)
    }}
    output logits = x -> global_pool -> flatten -> linear(10)
    limit macs <= 100G
}}
"
    )
}

/// Every published space by its file: some import others.
fn files() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("spaces");
    let text = |name: String| {
        let path = folder.join(format!("{name}.nas"));
        (format!("{name}.nas"), std::fs::read_to_string(path).unwrap())
    };
    names().into_iter().map(text).collect()
}

fn checked(files: &BTreeMap<String, String>, name: &str) -> Checked {
    compile(files, &format!("{name}.nas"), &Options::default()).unwrap().checked.unwrap()
}
