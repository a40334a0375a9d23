//! `nasc cost`.

use std::collections::BTreeMap;

use nasc_compiler::analysis::{extremes, memory_range};
use nasc_compiler::arch::Arch;
use nasc_compiler::arch::text::compact;
use nasc_compiler::cost::memory::{self, Phase};
use nasc_compiler::cost::{Measure, Table, mac_ranges, param_ranges, per_layer};
use nasc_compiler::emit::summary;
use nasc_compiler::ir::{NodeId, Op};
use nasc_compiler::pass::Checked;
use nasc_compiler::prim::show_shape;
use serde_json::json;

use crate::cli::{Format, SpaceArgs};
use crate::exit::{Failure, Outcome};
use crate::print::grouped;
use crate::{load, measures, print};

/// What one network costs layer by layer, or what all of them do; in total by `rule` too.
pub fn cost(args: &SpaceArgs, arch: Option<&str>, rule: Option<Measure>) -> Outcome {
    let (space, _) = load::space(args)?;
    let space = load::under_limits(space, args)?;
    match arch {
        Some(given) => {
            let arch = load::arch(&space, given)?;
            if !space.is_valid(&arch) {
                return Err(Failure::input("the space forbids this network"));
            }
            one(&space, &arch, rule, args.format)
        }
        None if space.decisions.is_empty() => one(&space, &Arch::default(), rule, args.format),
        None => {
            all(&space, rule, args.format);
            Ok(())
        }
    }
}

fn total(space: &Checked, measure: Measure, arch: &Arch) -> Outcome<u64> {
    let table = Table::new(space, measure, None)
        .map_err(|_| Failure::input(format!("{} do not fit 63 bits", measure.name())))?;
    Ok(table.cost(arch))
}

/// The measures that are always shown, another one, and the latencies by the tables that are there.
fn shown_measures(space: &Checked, rule: Option<Measure>) -> Vec<Measure> {
    let mut shown =
        vec![Measure::Macs, Measure::Params, Measure::ParamsWithoutBn, Measure::WeightBytes];
    shown.extend(rule.filter(|rule| !shown.contains(rule)));
    shown.extend(measures::latencies(space));
    shown
}

fn one(space: &Checked, arch: &Arch, rule: Option<Measure>, format: Format) -> Outcome {
    let rows = per_layer(space, arch);
    let mut totals = shown_measures(space, rule)
        .into_iter()
        .map(|measure| Ok((measures::label(space, measure), total(space, measure, arch)?)))
        .collect::<Outcome<Vec<_>>>()?;
    totals.extend(
        Phase::ALL.map(|phase| (phase.name().to_owned(), memory::peak(space, arch, phase))),
    );
    if format == Format::Json {
        let layers: Vec<_> = rows
            .iter()
            .map(|row| {
                json!({
                    "path": row.path,
                    "operation": row.operation,
                    "shape": row.shape,
                    "params": row.params,
                    "macs": row.macs,
                })
            })
            .collect();
        let mut shown = json!({ "arch": compact(space, arch) });
        for (name, total) in totals {
            shown[name] = json!(total);
        }
        shown["layers"] = json!(layers);
        print::json(&shown);
        return Ok(());
    }
    let mut shown: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let shape: Vec<String> = row.shape.iter().map(ToString::to_string).collect();
            let number = |number: u64| if number == 0 { String::new() } else { grouped(number) };
            let share = format!("{:.1} %", row.share * 100.0);
            vec![
                row.path.to_string(),
                row.operation.to_owned(),
                shape.join("x"),
                number(row.params),
                number(row.macs),
                if row.macs == 0 { String::new() } else { share },
            ]
        })
        .collect();
    shown.push(vec![
        format!("{} operations", rows.len()),
        String::new(),
        String::new(),
        grouped(rows.iter().map(|row| row.params).sum::<u64>()),
        grouped(rows.iter().map(|row| row.macs).sum::<u64>()),
        String::new(),
    ]);
    print::table(&["layer", "operation", "shape", "params", "macs", "share"], &shown, 2);
    print::line("");
    for (name, total) in totals {
        print::line(&format!("{name:17}  {}", amount(&name, total)));
    }
    Ok(())
}

/// A number, and what is bytes in the unit that people read.
fn amount(name: &str, number: u64) -> String {
    if name == Measure::WeightBytes.name() || name.starts_with(Phase::Inference.name()) {
        return format!("{} ({:.2} MiB)", grouped(number), number as f64 / f64::from(1 << 20));
    }
    if name.starts_with("latency") {
        return format!("{} ns ({:.3} ms)", grouped(number), number as f64 / 1e6);
    }
    grouped(number)
}

/// The ends of a range, once if they are one.
fn range_text(name: &str, range: Option<(u64, u64)>) -> String {
    match range {
        Some((min, max)) if min == max => amount(name, min),
        Some((min, max)) => format!("{} to {}", amount(name, min), amount(name, max)),
        None => "unknown".to_owned(),
    }
}

/// Ranges over all networks besides those of the summary.
fn ranges(space: &Checked, rule: Option<Measure>) -> Vec<(String, Option<(u64, u64)>)> {
    let measures = shown_measures(space, rule).into_iter().skip(3);
    let mut ranges: Vec<_> = measures
        .map(|measure| {
            let ends = extremes(space, measure, None);
            (measures::label(space, measure), ends.map(|[(min, _), (max, _)]| (min, max)))
        })
        .collect();
    ranges.extend(Phase::ALL.map(|phase| {
        let ends = memory_range(space, phase);
        (phase.name().to_owned(), ends.map(|[(min, _), (max, _)]| (min, max)))
    }));
    ranges
}

fn all(space: &Checked, rule: Option<Measure>, format: Format) {
    let numbers = summary(space);
    let others = ranges(space, rule);
    let of_macs = mac_ranges(space).into_iter();
    let of_params = param_ranges(space).into_iter();
    let mut layers: BTreeMap<NodeId, [(u64, u64); 2]> = BTreeMap::new();
    for ((id, min, max), place) in
        of_params.map(|range| (range, 0)).chain(of_macs.map(|range| (range, 1)))
    {
        layers.entry(id).or_default()[place] = (min, max);
    }
    if format == Format::Json {
        let layers: Vec<_> = layers
            .iter()
            .map(|(id, [params, macs])| {
                json!({
                    "path": space.node(*id).path,
                    "operation": operation(space, *id),
                    "macs_min": macs.0,
                    "macs_max": macs.1,
                    "params_min": params.0,
                    "params_max": params.1,
                })
            })
            .collect();
        let mut shown = json!({
            "macs": numbers.macs,
            "params": numbers.params,
            "params_without_bn": numbers.params_without_bn,
        });
        for (name, range) in others {
            shown[name] = json!(range.map(|(min, max)| json!({ "min": min, "max": max })));
        }
        shown["layers"] = json!(layers);
        print::json(&shown);
        return;
    }
    let written = |range: (u64, u64)| match range {
        (_, 0) => String::new(),
        (min, max) if min == max => grouped(min),
        (min, max) => format!("{} to {}", grouped(min), grouped(max)),
    };
    let shown: Vec<Vec<String>> = layers
        .iter()
        .filter(|(_, ranges)| ranges.iter().any(|(_, max)| *max > 0))
        .map(|(id, [params, macs])| {
            let node = space.node(*id);
            vec![
                node.path.to_string(),
                operation(space, *id).to_owned(),
                show_shape(space, &node.shape),
                written(*params),
                written(*macs),
            ]
        })
        .collect();
    print::table(&["layer", "operation", "shape", "params", "macs"], &shown, 3);
    print::line("");
    print::line(numbers.to_string().trim_end());
    for (name, range) in others {
        print::line(&format!("{name:17}  {}", range_text(&name, range)));
    }
}

fn operation(space: &Checked, id: NodeId) -> &'static str {
    match &space.node(id).op {
        Op::Prim { kind, .. } => kind.name(),
        Op::Input { .. } | Op::Select { .. } | Op::Output { .. } => "",
    }
}
