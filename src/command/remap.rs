//! `nasc remap`.

use nasc_compiler::Checked;
use nasc_compiler::arch::Arch;
use nasc_compiler::pass::fix;
use nasc_compiler::remap::{Plan, Seed, Tally, Unfilled};
use serde_json::{Value, json};

use crate::cli::{Format, RemapArgs};
use crate::exit::{Failure, Outcome};
use crate::seed::{Sides, planned, seed};
use crate::{load, print};

/// Says what every tensor of a space or network is filled from, and fills it if there are weights.
pub fn remap(args: &RemapArgs) -> Outcome {
    let (space, compilation) = load::space(&args.space)?;
    let (target, found) = target(space, args, compilation.derived_from)?;
    let sides = Sides {
        found: found.as_ref().map(|(space, arch)| (space, arch)),
        from: args.from.as_deref(),
    };
    let Some(seed) = seed(&target, &sides)? else {
        let message = format!("`{}` names no seed network; `--from` does", target.name);
        return Err(Failure::input(message));
    };
    let plan = planned(&seed, &target, &sides);
    let filled = filled(args, &seed, target, &plan)?;
    if args.space.format == Format::Json {
        let mut shown = json!({
            "plan": plan,
            "stages": plan.stages(),
            "total": plan.total(),
        });
        if let Some(filled) = filled {
            shown["filled"] = filled;
        }
        print::json(&shown);
        return Ok(());
    }
    table(&plan);
    #[cfg(feature = "runtime")]
    if let Some(filled) = filled {
        super::fill::show(&filled);
    }
    Ok(())
}

/// A network, and the space that it was found in.
type Target = (Checked, Option<(Checked, Arch)>);

/// What is filled: all of what was read, or a network of it.
fn target(space: Checked, args: &RemapArgs, derived: Option<(Checked, Arch)>) -> Outcome<Target> {
    let Some(given) = &args.arch else { return Ok((space, derived)) };
    let arch = load::arch(&space, given)?;
    if !space.is_valid(&arch) {
        return Err(Failure::input("the space forbids this network"));
    }
    Ok((fix(&space, &arch), Some((space, arch))))
}

/// What filling came to; nothing in a dry run.
#[cfg(feature = "runtime")]
fn filled(args: &RemapArgs, seed: &Seed, target: Checked, plan: &Plan) -> Outcome<Option<Value>> {
    match &args.seed {
        Some(weights) => super::fill::fill(args, weights, seed, target, plan).map(Some),
        None => Ok(None),
    }
}

/// Without the runtime there are no weights.
#[cfg(not(feature = "runtime"))]
fn filled(args: &RemapArgs, _: &Seed, _: Checked, _: &Plan) -> Outcome<Option<Value>> {
    if args.dry_run {
        return Ok(None);
    }
    Err(Failure::input(
        "this nasc was built without its runtime; `--dry-run` says what it would do",
    ))
}

/// A line for each tensor, then what becomes of each part of the target, and what was not used.
fn table(plan: &Plan) {
    let policy = &plan.policy;
    print::line(&format!(
        "{} from {}: depth {}, width {}, kernel {}, fill {}, slots {}",
        plan.target,
        plan.seed,
        policy.depth.word(),
        policy.width.word(),
        policy.kernel.word(),
        policy.fill.word(),
        policy.slots.word()
    ));
    print::line("");
    let rows: Vec<Vec<String>> = plan
        .tensors
        .iter()
        .map(|planned| {
            let from = match &planned.from {
                Some(taken) => taken.path.to_string(),
                None => format!("({})", planned.unfilled.map_or("nothing", Unfilled::reason)),
            };
            let lengths: Vec<String> = planned.shape.iter().map(ToString::to_string).collect();
            let mut row =
                vec![planned.path.to_string(), lengths.join("x"), from, plan.slices(planned)];
            row.extend(percents(planned.tally));
            row
        })
        .collect();
    print::table(&["tensor", "shape", "from", "slices", "copied", "zero", "fresh"], &rows, 4);
    print::line("");
    let row = |path: &str, tensors: usize, tally: Tally| {
        let mut row = vec![path.to_owned(), tensors.to_string(), print::grouped(tally.all())];
        row.extend(percents(tally));
        row
    };
    let mut rows: Vec<Vec<String>> =
        plan.stages().iter().map(|stage| row(&stage.path, stage.tensors, stage.tally)).collect();
    rows.push(row("in all", plan.tensors.len(), plan.total()));
    print::table(&["part", "tensors", "numbers", "copied", "zero", "fresh"], &rows, 1);
    if !plan.unmapped.is_empty() {
        print::line("");
        print::line(&format!("not used of {}:", plan.seed));
        for path in &plan.unmapped {
            print::line(&format!("  {path}"));
        }
    }
}

/// Shares of numbers that are copied, zero and fresh.
fn percents(tally: Tally) -> [String; 3] {
    [tally.copied, tally.zeroed, tally.fresh].map(|part| match part {
        0 => String::new(),
        part => format!("{:.2} %", 100.0 * part as f64 / tally.all().max(1) as f64),
    })
}
