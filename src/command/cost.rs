//! `nasc cost`.

use nasc_compiler::analysis::extremes;
use nasc_compiler::arch::Arch;
use nasc_compiler::arch::text::compact;
use nasc_compiler::cost::{Measure, Table, mac_ranges, per_layer};
use nasc_compiler::emit::summary;
use nasc_compiler::pass::Checked;
use nasc_compiler::prim::show_shape;
use serde_json::json;

use crate::cli::{Format, SpaceArgs};
use crate::exit::{Failure, Outcome};
use crate::print::grouped;
use crate::{load, print};

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

/// The measures that are always shown, and another one.
fn shown_measures(rule: Option<Measure>) -> Vec<Measure> {
    let mut shown = vec![Measure::Macs, Measure::Params, Measure::ParamsWithoutBn];
    shown.extend(rule.filter(|rule| !shown.contains(rule)));
    shown
}

fn one(space: &Checked, arch: &Arch, rule: Option<Measure>, format: Format) -> Outcome {
    let rows = per_layer(space, arch);
    let totals = shown_measures(rule)
        .into_iter()
        .map(|measure| Ok((measure.name(), total(space, measure, arch)?)))
        .collect::<Outcome<Vec<_>>>()?;
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
    let shown: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let shape: Vec<String> = row.shape.iter().map(ToString::to_string).collect();
            vec![
                row.path.to_string(),
                row.operation.to_owned(),
                shape.join("x"),
                grouped(row.params),
                grouped(row.macs),
                format!("{:.1} %", row.share * 100.0),
            ]
        })
        .collect();
    print::table(&["layer", "operation", "shape", "params", "macs", "share"], &shown, 2);
    print::line("");
    for (name, total) in totals {
        print::line(&format!("{name:17}  {}", grouped(total)));
    }
    Ok(())
}

fn all(space: &Checked, rule: Option<Measure>, format: Format) {
    let numbers = summary(space);
    // The summary has the others.
    let other = shown_measures(rule).get(3).copied();
    let range = other.and_then(|measure| extremes(space, measure, None));
    let range = range.map(|[(min, _), (max, _)]| (min, max));
    let ranges = mac_ranges(space);
    if format == Format::Json {
        let layers: Vec<_> = ranges
            .iter()
            .map(|(id, min, max)| {
                json!({ "path": space.node(*id).path, "macs_min": min, "macs_max": max })
            })
            .collect();
        let mut shown = json!({
            "macs": numbers.macs,
            "params": numbers.params,
            "params_without_bn": numbers.params_without_bn,
        });
        if let Some(measure) = other {
            shown[measure.name()] =
                json!(range.map(|(min, max)| json!({ "min": min, "max": max })));
        }
        shown["layers"] = json!(layers);
        print::json(&shown);
        return;
    }
    let shown: Vec<Vec<String>> = ranges
        .iter()
        .filter(|(_, _, max)| *max > 0)
        .map(|(id, min, max)| {
            let node = space.node(*id);
            let range = if min == max {
                grouped(min)
            } else {
                format!("{} to {}", grouped(min), grouped(max))
            };
            vec![node.path.to_string(), show_shape(space, &node.shape), range]
        })
        .collect();
    print::table(&["layer", "shape", "macs where it exists"], &shown, 1);
    print::line("");
    print::line(numbers.to_string().trim_end());
    if let Some(measure) = other {
        let text = range.map_or("unknown".to_owned(), |(min, max)| {
            format!("{} to {}", grouped(min), grouped(max))
        });
        print::line(&format!("{:17}  {text}", measure.name()));
    }
}
