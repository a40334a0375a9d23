//! The commands that need no libtorch, run as a person runs them.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn nasc(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nasc"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn json(arguments: &[&str]) -> Value {
    let output = nasc(arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn vector(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn scratch(name: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    (folder, path)
}

#[test]
fn spos_counts_as_published() {
    let output = nasc(&["count", "spaces/spos.nas"]);
    let shown = text(&output.stdout);
    assert!(shown.starts_with("1,099,511,627,776 networks\n"), "{shown}");
    let counted = json(&["count", "spaces/spos.nas", "--format", "json"]);
    assert_eq!(counted["count"], 1_099_511_627_776_u64);
    assert_eq!(counted["count_str"], "1099511627776");
    let share = counted["count_under_limits"].as_f64().unwrap() / 1_099_511_627_776.0;
    let published = vector("spos_flops_distribution.json")["cdf"]["330000000"].as_f64().unwrap();
    assert!((share - published).abs() < 1e-12, "{share} is not {published}");
}

#[test]
fn every_published_architecture_of_spos_costs_what_it_should() {
    let vectors = vector("spos_architectures.json");
    let mut checked = 0;
    for (name, arch) in vectors["archs"].as_object().unwrap() {
        if arch.get("scale_ids").is_some() {
            continue;
        }
        let list = arch["arch"].to_string();
        let cost = json(&["cost", "spaces/spos.nas", "--arch", &list, "--format", "json"]);
        for key in ["macs", "params", "params_without_bn"] {
            assert_eq!(cost[key], arch[key], "{key} of {name}");
        }
        checked += 1;
    }
    assert_eq!(checked, 11);
}

#[test]
fn spos_ranges_are_those_of_the_whole_space() {
    let vectors = vector("spos_flops_distribution.json");
    let cost = json(&["cost", "spaces/spos.nas", "--format", "json"]);
    assert_eq!(cost["macs"]["min"], vectors["min_macs"]);
    assert_eq!(cost["macs"]["max"], vectors["max_macs"]);
}

#[test]
fn architectures_of_other_programs_go_in_and_out() {
    let (_folder, path) = scratch("found.nas");
    let file = path.to_str().unwrap();
    let list = "[2, 1, 0, 1, 2, 0, 2, 0, 2, 0, 2, 3, 0, 0, 0, 0, 3, 2, 3, 3]";
    let space = ["derive", "spaces/spos.nas", "--arch"];
    let output = nasc(&[&space[..], &[list, "--from", "spos", "-o", file]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let cost = json(&["cost", file, "--format", "json"]);
    assert_eq!(cost["macs"], 322_918_720);
    let output = nasc(&[&space[..], &[file, "--to", "spos"]].concat());
    assert_eq!(text(&output.stdout), format!("{list}\n"));

    let output = nasc(&[&space[..], &[list, "--from", "fna"]].concat());
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.starts_with("error: ") && said.contains("widths"), "{said}");
}

#[test]
fn the_seed_of_the_mobilenet_space_is_mobilenet_v2() {
    let model = &vector("macs_params.json")["models"]["mobilenet_v2"];
    let cost = json(&["cost", "spaces/mobilenet_v2.nas", "--arch", "seed", "--format", "json"]);
    assert_eq!(cost["macs"], model["macs"]);
    assert_eq!(cost["params"], model["params"]);
    // 17,056 channels are normalised; 96 of 112x112 are twice in memory where most is.
    assert_eq!(cost["weight_bytes"], 4 * (3_504_872 + 2 * 17_056));
    assert_eq!(cost["memory"], 4 * 2 * 96 * 112 * 112);
}

#[test]
fn samples_keep_the_limit_and_repeat() {
    let arguments =
        ["sample", "spaces/spos.nas", "-n", "50", "--limit", "macs <= 285M", "--format", "json"];
    let (first, second) = (json(&arguments), json(&arguments));
    assert_eq!(first, second);
    let drawn = first.as_array().unwrap();
    assert_eq!(drawn.len(), 50);
    assert!(drawn.iter().all(|one| one["macs"].as_u64().unwrap() <= 285_000_000));
}

#[test]
fn exit_codes_tell_what_kind_of_thing_went_wrong() {
    let code = |arguments: &[&str]| nasc(arguments).status.code();
    assert_eq!(code(&["check", "spaces/demo.nas"]), Some(0));
    assert_eq!(code(&["count", "spaces/demo.nas", "--set", "classes=many"]), Some(1));
    assert_eq!(code(&["count", "spaces/demo.nas", "--set", "clases=3"]), Some(1));
    assert_eq!(code(&["check"]), Some(2));
    assert_eq!(code(&["check", "spaces/absent.nas"]), Some(3));
    for name in ["spos", "fairnas", "nasbench201", "proxyless", "detnas_300m"] {
        let space = format!("spaces/{name}.nas");
        assert_eq!(code(&["count", &space, "--limit", "macs <= 1M"]), Some(4), "{name}");
    }
    assert_eq!(code(&["sample", "spaces/spos.nas", "--limit", "macs <= 1M"]), Some(4));
}

#[test]
fn a_new_space_is_sound_and_never_overwrites() {
    let (_folder, file) = scratch("mine.nas");
    let file = file.to_str().unwrap();
    assert!(nasc(&["new", file]).status.success());
    let output = nasc(&["check", file]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let again = nasc(&["new", file]);
    assert_eq!(again.status.code(), Some(1));
    assert!(nasc(&["fmt", "--check", file]).status.success());
}

#[test]
fn a_compiled_artifact_is_the_same_space() {
    let (_folder, file) = scratch("demo.ron");
    let file = file.to_str().unwrap();
    assert!(nasc(&["compile", "spaces/demo.nas", "-o", file]).status.success());
    for command in ["count", "cost"] {
        let from_text = json(&[command, "spaces/demo.nas", "--format", "json"]);
        let from_artifact = json(&[command, file, "--format", "json"]);
        assert_eq!(from_text, from_artifact, "{command}");
    }
    let broken = std::fs::read_to_string(file).unwrap().replacen("version: ", "version: 7", 1);
    std::fs::write(file, broken).unwrap();
    assert_eq!(nasc(&["count", file]).status.code(), Some(1));
}

#[test]
fn a_derived_network_costs_what_its_architecture_does() {
    let (_folder, file) = scratch("best.nas");
    let file = file.to_str().unwrap();
    let derived = nasc(&["derive", "spaces/mobilenet_v2.nas", "--arch", "seed", "-o", file]);
    assert!(derived.status.success(), "{}", text(&derived.stderr));
    let cost = json(&["cost", file, "--format", "json"]);
    assert_eq!(cost["macs"], 300_774_272);
    assert_eq!(cost["params"], 3_504_872);
}

/// The `.nas` files of a folder, sorted.
fn spaces_of(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut files: Vec<String> = names
        .filter(|name| Path::new(name).extension().is_some_and(|ending| ending == "nas"))
        .map(|name| format!("{folder}/{name}"))
        .collect();
    files.sort();
    files
}

#[test]
fn the_examples_are_sound() {
    let files = spaces_of("examples");
    assert!(files.len() >= 5);
    for file in files {
        let checked = nasc(&["check", &file]);
        assert!(checked.status.success() && checked.stderr.is_empty(), "{}", text(&checked.stderr));
    }
}

#[test]
fn spaces_and_examples_are_formatted() {
    let files: Vec<String> =
        ["spaces", "spaces/std", "spaces/std/seeds", "examples"].map(spaces_of).concat();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let output = nasc(&[&["fmt", "--check"], &files[..]].concat());
    assert!(output.status.success(), "{}", text(&output.stdout));
}

#[test]
fn graphs_are_drawn_in_every_form() {
    for (form, begins) in [("dot", "digraph"), ("mermaid", "flowchart"), ("ron", "(")] {
        let output = nasc(&["graph", "spaces/demo.nas", "--to", form]);
        assert!(output.status.success());
        let shown = text(&output.stdout);
        assert!(shown.trim_start().starts_with(begins), "{form}: {}", &shown[..80]);
    }
    let output = nasc(&["graph", "spaces/demo.nas"]);
    assert!(text(&output.stdout).contains("s1.1.op.conv.expand"));
}

#[test]
fn the_snapshots_of_the_spaces_are_up_to_date() {
    let spaces = spaces_of("spaces");
    let spaces: Vec<&str> = spaces.iter().map(String::as_str).collect();
    let output = nasc(&[&["snapshot"], &spaces[..]].concat());
    assert!(output.status.success(), "{}", text(&output.stdout));
}

#[test]
fn a_plan_is_printed_without_weights() {
    let output = nasc(&["remap", "spaces/fna_retinanet.nas", "--dry-run"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    let line = |start: &str| {
        let found = shown.lines().find(|line| line.trim_start().starts_with(start));
        found.unwrap_or_else(|| unreachable!("{shown}")).split_whitespace().collect::<Vec<_>>()
    };
    assert_eq!(
        line("body.s2.3.op.k7_e3.depthwise.weight ").join(" "),
        "body.s2.3.op.k7_e3.depthwise.weight 72x1x7x7 stage2.1.mbconv.depthwise.weight [0..72, :, 0..3 to \
         2..5, 0..3 to 2..5] 18.37 % 81.63 %"
    );
    assert_eq!(line("body.s1.stage1 ").join(" "), "body.s1.stage1 10 992 100.00 %");
    assert!(shown.contains("\nnot used of mobilenet_v2:\n  logits.conv.weight\n"), "{shown}");
    // One network of it, as a program reads it.
    let arguments = ["remap", "spaces/fna_retinanet.nas", "--dry-run", "--arch", "seed"];
    let plan = json(&[&arguments[..], &["--format", "json"]].concat());
    let tensors = plan["plan"]["tensors"].as_array().unwrap();
    let filled = tensors.iter().filter(|tensor| !tensor["from"].is_null()).count();
    assert_eq!(filled, 240);
    let total = |part: &str| plan["total"][part].as_u64().unwrap();
    let all = tensors.iter().flat_map(|tensor| tensor["tally"].as_object().unwrap().values());
    let all: u64 = all.map(|part| part.as_u64().unwrap()).sum();
    assert_eq!(total("copied") + total("zeroed") + total("fresh"), all);
    let output = nasc(&["remap", "spaces/spos.nas", "--dry-run"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("names no seed network"));
}

#[test]
fn the_readme_names_every_command() {
    let help = text(&nasc(&["--help"]).stdout);
    let readme =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|command| *command != "help")
        .collect();
    assert!(commands.len() >= 15, "{help}");
    for command in commands {
        assert!(readme.contains(&format!("nasc {command}")), "the README lacks `nasc {command}`");
    }
}

#[test]
fn the_best_network_is_found_and_an_empty_space_explained() {
    let least = json(&["best", "spaces/spos.nas", "--least", "macs", "--format", "json"]);
    assert_eq!(
        (&least["networks"][0]["macs"], &least["exact"]),
        (&270_359_360.into(), &true.into())
    );

    let output = nasc(&["best", "spaces/spos.nas", "--least", "macs", "--limit", "macs <= 1M"]);
    assert_eq!(output.status.code(), Some(4));
    let said = text(&output.stderr);
    assert!(said.contains("`limit macs <= 1M`: the nearest has 270,359,360"), "{said}");

    let (_folder, file) = scratch("scores.json");
    std::fs::write(&file, r#"{"s1.0.op": {"k3": 1, "k5": 0, "k7": 0, "xception": 0}}"#).unwrap();
    let path = file.to_str().unwrap();
    let output = nasc(&["best", "spaces/spos.nas", "--score", path]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("`s1.0.op` has no option `k3`"), "{said}");

    let scores =
        r#"{"s1.0.op": {"shuffle3": 0, "shuffle5": 0.5, "shuffle7": 0.25, "xception": 0}}"#;
    std::fs::write(&file, scores).unwrap();
    let best = json(&["best", "spaces/spos.nas", "--score", path, "-k", "2", "--format", "json"]);
    let networks = best["networks"].as_array().unwrap();
    assert_eq!(networks.len(), 2);
    for network in networks {
        assert_eq!(network["score"], 0.5);
        assert!(network["arch"].as_str().unwrap().starts_with("s1.0.op=shuffle5"));
        assert!(network["macs"].as_u64().unwrap() <= 330_000_000);
    }
}

/// How far the sums of a made-up table can be trusted.
const ADDITIVE: &str = "Some((networks: 50, mape: 1.0, spearman: 1.0, slope: 1.0, offset: 0.0))";

/// A table of made-up latencies for a space: so many nanoseconds for each character of a key.
fn table_of(space: &str, left_out: usize) -> String {
    let keys = json(&["latency", "keys", space, "--format", "json"]);
    let entry = |key: &Value| {
        let ns = key.as_str().unwrap().len() * 1000;
        format!("{key}: (median: {ns}, p10: {ns}, p90: {ns}, n: 1),\n")
    };
    let entries: Vec<String> = keys.as_array().unwrap().iter().skip(left_out).map(entry).collect();
    let entries = entries.concat();
    format!(
        "(version: 1, header: (device: \"none\", threads: 1, batch: 1, dtype: \"f32\", \
         libraries: [], protocol: \"made up\", keys: units), additivity: {ADDITIVE}, \
         entries: {{{entries}}})"
    )
}

const TIMED: &str = "space timed() {
    input image: [3, 32, 32]
    let x = image -> conv(8, kernel: 3) -> bn -> relu
    for i in 0..3 { x = x -> choose op { a: conv(8, kernel: 3) -> bn -> relu\n b: conv(8) } }
    output y = x -> global_pool -> linear(10)
    limit latency(\"phone\") <= 0.25ms
}
";

#[test]
fn a_limit_on_latency_counts_by_the_table_beside_the_space() {
    let (folder, space) = scratch("timed.nas");
    std::fs::write(&space, TIMED).unwrap();
    let space = space.to_str().unwrap();
    let without = nasc(&["count", space]);
    assert!(without.status.success());
    assert!(text(&without.stdout).contains("its table is needed"), "{}", text(&without.stdout));
    assert!(text(&without.stderr).contains("W0910"));
    for command in ["sample", "best"] {
        let refused = match command {
            "best" => nasc(&["best", space, "--least", "macs"]),
            _ => nasc(&[command, space]),
        };
        assert_eq!(refused.status.code(), Some(1));
        let said = text(&refused.stderr);
        assert!(said.contains("needs its table: `latency/phone.ron` beside the space"), "{said}");
    }
    let beside = folder.path().join("latency");
    std::fs::create_dir(&beside).unwrap();
    std::fs::write(beside.join("phone.ron"), table_of(space, 0)).unwrap();
    let counted = json(&["count", space, "--format", "json"]);
    let under = counted["count_under_limits"].as_u64().unwrap();
    assert_eq!(counted["count"], 8);
    assert!(under > 0 && under < 8, "{counted}");
    assert!(nasc(&["count", space]).stderr.is_empty());
    assert!(nasc(&["sample", space]).status.success());
    let shown = text(&nasc(&["show", space]).stdout);
    assert!(shown.contains("latency phone"), "{shown}");
    // Elsewhere, and on a limit of the command line.
    let elsewhere = folder.path().join("other.ron");
    std::fs::write(&elsewhere, table_of(space, 0)).unwrap();
    let given = format!("watch={}", elsewhere.display());
    let limit = "latency(\"watch\") <= 0.25ms";
    let counted = json(&[
        "count",
        space,
        "--no-limits",
        "--limit",
        limit,
        "--table",
        &given,
        "--format",
        "json",
    ]);
    assert_eq!(counted["count_under_limits"], under);
}

#[test]
fn a_table_that_lacks_a_unit_is_refused_by_name() {
    let (folder, space) = scratch("timed.nas");
    std::fs::write(&space, TIMED).unwrap();
    let space = space.to_str().unwrap();
    let table = folder.path().join("table.ron");
    std::fs::write(&table, table_of(space, 1)).unwrap();
    let given = format!("phone={}", table.display());
    let refused = nasc(&["check", space, "--table", &given]);
    assert_eq!(refused.status.code(), Some(1));
    let said = text(&refused.stderr);
    assert!(
        said.contains("lacks 1 entry that networks need:\n  conv;in=3x32x32;to=8x32x32;"),
        "{said}"
    );
    std::fs::write(&table, table_of(space, 0).replace("version: 1", "version: 2")).unwrap();
    let refused = nasc(&["check", space, "--table", &given]);
    assert!(text(&refused.stderr).contains("version 2"), "{}", text(&refused.stderr));
    std::fs::write(&table, table_of(space, 0)).unwrap();
    let fine = nasc(&["check", space, "--table", &given]);
    assert!(fine.status.success() && fine.stderr.is_empty(), "{}", text(&fine.stderr));
    let odd = nasc(&["check", space, "--table", "phone"]);
    assert!(text(&odd.stderr).contains("is not NAME=FILE"));
}

#[test]
fn several_limits_are_counted_together_and_an_empty_space_is_certified() {
    let limits = ["--limit", "macs <= 290M", "--limit", "params <= 3.3M"];
    let arguments = [&["count", "spaces/spos.nas", "--marginals", "--format", "json"], &limits[..]];
    let counted = json(&arguments.concat());
    assert!(counted["count_under_limits"].as_u64().unwrap() < 860_908_886);
    let shares = counted["marginals"]["s1.0.op"]["options"].as_object().unwrap();
    let sum: f64 = shares.values().map(|share| share.as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-12);

    let limits = ["--limit", "macs <= 275M", "--limit", "params <= 3.2M"];
    for command in ["count", "sample"] {
        let output =
            nasc(&[&[command, "spaces/spos.nas", "--format", "json"], &limits[..]].concat());
        assert_eq!(output.status.code(), Some(4), "{command}");
        let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(shown["infeasible"]["conflict"].as_array().unwrap().len(), 2, "{command}");
        let nearest = shown["infeasible"]["nearest"].as_array().unwrap();
        assert_eq!(nearest[0]["nearest"], 280_112_320, "{command}");
        assert_eq!(nearest[1]["nearest"], 3_302_544, "{command}");
    }

    let front = json(&["best", "spaces/spos.nas", "--pareto", "macs,params", "--format", "json"]);
    let front = front.as_array().unwrap();
    assert_eq!(front[0]["macs"], 270_359_360);
    let falls = |pair: &[Value]| {
        pair[0]["macs"].as_u64() < pair[1]["macs"].as_u64()
            && pair[0]["params"].as_u64() > pair[1]["params"].as_u64()
    };
    assert!(front.len() > 5 && front.windows(2).all(falls));

    let drawn = json(&["sample", "spaces/demo.nas", "--prior", "-n", "5", "--format", "json"]);
    assert_eq!(drawn.as_array().unwrap().len(), 5);
}

#[test]
fn latencies_are_shown_wherever_their_tables_are() {
    let (folder, space) = scratch("timed.nas");
    std::fs::write(&space, TIMED).unwrap();
    let space = space.to_str().unwrap();
    let table = folder.path().join("table.ron");
    std::fs::write(&table, table_of(space, 0)).unwrap();
    let given = format!("phone={}", table.display());
    let with = ["--table", given.as_str(), "--format", "json"];
    let ask = |arguments: &[&str]| json(&[arguments, &with[..]].concat());
    let phone = "latency(\"phone\")";

    let all = ask(&["cost", space]);
    let (min, max) = (all[phone]["min"].as_u64().unwrap(), all[phone]["max"].as_u64().unwrap());
    assert!(min < max, "{all}");
    let least = ask(&["best", space, "--no-limits", "--least", phone]);
    let network = &least["networks"][0];
    assert_eq!((network[phone].as_u64(), network["score"].as_f64()), (Some(min), Some(min as f64)));
    let arch = network["arch"].as_str().unwrap();
    assert_eq!(ask(&["cost", space, "--arch", arch])[phone], min);
    let alone = ask(&["best", space, "--no-limits", "--least", "latency"]);
    assert_eq!(alone, least);
    let front = ask(&["best", space, "--no-limits", "--pareto", "latency,macs"]);
    assert_eq!(front[0][phone], min);
    let drawn = ask(&["sample", space, "--no-limits", "-n", "20"]);
    for network in drawn.as_array().unwrap() {
        assert!((min..=max).contains(&network[phone].as_u64().unwrap()), "{network}");
    }
    let shown = text(&nasc(&["sample", space, "--no-limits", "--table", &given]).stdout);
    assert!(shown.contains(" ns (0."), "{shown}");

    let refused = nasc(&["best", space, "--no-limits", "--least", "latency(\"watch\")"]);
    assert_eq!(refused.status.code(), Some(1));
    let said = text(&refused.stderr);
    assert!(said.contains("`latency(\"watch\")` needs its table: `--table watch=FILE`"), "{said}");
    let unknown = nasc(&["best", space, "--least", "speed"]);
    assert_eq!(unknown.status.code(), Some(2));
}

#[test]
fn a_table_whose_sums_nobody_checked_is_remarked_on() {
    let (folder, space) = scratch("timed.nas");
    std::fs::write(&space, TIMED).unwrap();
    let space = space.to_str().unwrap();
    let table = folder.path().join("table.ron");
    std::fs::write(&table, table_of(space, 0).replace(ADDITIVE, "None")).unwrap();
    let given = format!("phone={}", table.display());
    let remarked = nasc(&["count", space, "--table", &given]);
    assert!(remarked.status.success());
    let said = text(&remarked.stderr);
    assert!(said.contains("does not say how far its sums can be trusted"), "{said}");
}

#[test]
fn a_report_of_a_space_is_a_page_or_a_chart() {
    let (folder, chart) = scratch("spos.svg");
    let written = nasc(&["report", "space", "spaces/spos.nas", "-o", chart.to_str().unwrap()]);
    assert!(written.status.success(), "{}", text(&written.stderr));
    let svg = std::fs::read_to_string(&chart).unwrap();
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"), "{svg}");
    let page = folder.path().join("demo.html");
    let written = nasc(&["report", "space", "spaces/demo.nas", "-o", page.to_str().unwrap()]);
    assert!(written.status.success(), "{}", text(&written.stderr));
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(html.contains("<svg") && html.contains("demo"), "a page with charts");
    let odd = folder.path().join("demo.txt");
    let refused = nasc(&["report", "space", "spaces/demo.nas", "-o", odd.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(!odd.exists());
}
