//! `nasc cost`.

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

/// What one network costs layer by layer, or what all of them do.
pub fn cost(args: &SpaceArgs, arch: Option<&str>) -> Outcome {
    let (space, _) = load::space(args)?;
    let space = load::under_limits(space, args)?;
    match arch {
        Some(given) => {
            let arch = load::arch(&space, given)?;
            if !space.is_valid(&arch) {
                return Err(Failure::input("the space forbids this network"));
            }
            one(&space, &arch, args.format)
        }
        None if space.decisions.is_empty() => one(&space, &Arch::default(), args.format),
        None => {
            all(&space, args.format);
            Ok(())
        }
    }
}

fn total(space: &Checked, measure: Measure, arch: &Arch) -> Outcome<u64> {
    let table = Table::new(space, measure, None)
        .map_err(|_| Failure::input(format!("{} do not fit 63 bits", measure.name())))?;
    Ok(table.cost(arch))
}

fn one(space: &Checked, arch: &Arch, format: Format) -> Outcome {
    let rows = per_layer(space, arch);
    let macs = total(space, Measure::Macs, arch)?;
    let params = total(space, Measure::Params, arch)?;
    let bare = total(space, Measure::ParamsWithoutBn, arch)?;
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
        print::json(&json!({
            "arch": compact(space, arch),
            "macs": macs,
            "params": params,
            "params_without_bn": bare,
            "layers": layers,
        }));
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
    print::line(&format!("macs               {}", grouped(macs)));
    print::line(&format!("params             {}", grouped(params)));
    print::line(&format!("params_without_bn  {}", grouped(bare)));
    Ok(())
}

fn all(space: &Checked, format: Format) {
    let numbers = summary(space);
    let ranges = mac_ranges(space);
    if format == Format::Json {
        let layers: Vec<_> = ranges
            .iter()
            .map(|(id, min, max)| {
                json!({ "path": space.node(*id).path, "macs_min": min, "macs_max": max })
            })
            .collect();
        print::json(&json!({
            "macs": numbers.macs,
            "params": numbers.params,
            "params_without_bn": numbers.params_without_bn,
            "layers": layers,
        }));
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
}
