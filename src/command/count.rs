//! `nasc count`.

use nasc_compiler::Checked;
use nasc_compiler::analysis::{Allowed, Unanswered, count as all, marginals as exact};
use nasc_compiler::ir::text::limit_text;
use serde_json::{Map, Value, json};

use super::infeasible::{certificate, infeasible};
use crate::cli::{Format, SpaceArgs};
use crate::exit::{Failure, NO_NETWORK, Outcome};
use crate::wait::meanwhile;
use crate::{load, print};

/// How many distinct networks a space has, before its limits and under them, and how likely their
/// options are.
pub fn count(args: &SpaceArgs, marginals: bool, states: usize) -> Outcome {
    let (space, _) = load::space(args)?;
    let space = load::under_limits(space, args)?;
    let total = all(&space).map(|count| count.to_string());
    let allowed =
        meanwhile("counting", args.format, || Allowed::new(&space, &space.limits, states));
    let shares = if marginals {
        let found =
            meanwhile("sharing out", args.format, || shares(&space, allowed.as_ref(), states));
        Some(found?)
    } else {
        None
    };
    let none = allowed.as_ref().is_ok_and(Allowed::is_empty);
    if args.format == Format::Json {
        let mut shown = numbers(&space, total.as_deref(), allowed.as_ref());
        if let Some(shares) = shares {
            shown["marginals"] = shares.iter().map(Share::json).collect::<Map<_, _>>().into();
        }
        if none {
            shown["infeasible"] = certificate(&space);
        }
        print::json(&shown);
        if none {
            let message = Some("no network meets the limits".to_owned());
            return Err(Failure { code: NO_NETWORK, message });
        }
        return Ok(());
    }
    match &total {
        Some(count) => print::line(&format!("{} networks", print::grouped(count))),
        None => print::line("too many networks to count exactly"),
    }
    if !space.limits.is_empty() {
        print::line(&under(&space, total.as_deref(), allowed.as_ref()));
    }
    if none {
        return Err(infeasible(&space, args.format));
    }
    if let Some(shares) = shares {
        print::line("");
        let rows: Vec<Vec<String>> = shares.iter().flat_map(Share::rows).collect();
        print::table(&["decision", "option", "share"], &rows, 2);
    }
    Ok(())
}

/// A line about the networks under the limits.
fn under(space: &Checked, total: Option<&str>, allowed: Result<&Allowed, &Unanswered>) -> String {
    let limits: Vec<String> = space.limits.iter().map(limit_text).collect();
    let limits = limits.join(", ");
    let allowed = match allowed {
        Ok(allowed) => allowed,
        Err(reason) => return format!("not counted under {limits}: {reason}"),
    };
    let [least, most] = allowed.between();
    let part = |count: &dyn ToString| {
        let total = total.and_then(|total| total.parse::<f64>().ok());
        let count = count.to_string().parse::<f64>().ok();
        count.zip(total).map_or(f64::NAN, |(count, total)| 100.0 * count / total)
    };
    let (low, high) = (part(&least), part(&most));
    if least == most {
        format!("{} under {limits} ({low:.2} %)", print::grouped(least))
    } else {
        let (least, most) = (print::grouped(least), print::grouped(most));
        format!("between {least} and {most} under {limits} ({low:.2} to {high:.2} %)")
    }
}

/// The counts for programs.
fn numbers(space: &Checked, total: Option<&str>, allowed: Result<&Allowed, &Unanswered>) -> Value {
    let number = |text: Option<&str>| match text {
        Some(text) => text.parse::<u64>().map_or_else(
            |_| text.parse::<f64>().map_or(Value::Null, |value| json!(value)),
            |value| json!(value),
        ),
        None => Value::Null,
    };
    let limits: Vec<String> = space.limits.iter().map(limit_text).collect();
    let mut shown = json!({
        "count": number(total),
        "count_str": total,
        "limits": limits,
        "count_under_limits": Value::Null,
        "count_under_limits_str": Value::Null,
    });
    if limits.is_empty() {
        return shown;
    }
    match allowed {
        Ok(allowed) => {
            let [least, most] = allowed.between().map(|count| count.to_string());
            if least == most {
                shown["count_under_limits"] = number(Some(&least));
                shown["count_under_limits_str"] = json!(least);
            } else {
                shown["count_at_least_str"] = json!(least);
                shown["count_at_most_str"] = json!(most);
            }
        }
        Err(reason) => shown["uncounted"] = json!(reason.to_string()),
    }
    shown
}

/// How likely a decision and its options are, each at least and at most.
struct Share {
    decision: String,
    /// Not known where the options are between bounds: then a decision that does not exist takes its
    /// first option.
    exists: Option<f64>,
    options: Vec<(String, f64, f64)>,
}

impl Share {
    fn json(&self) -> (String, Value) {
        let option = |(label, low, high): &(String, f64, f64)| {
            let share = if low == high { json!(low) } else { json!([low, high]) };
            (label.clone(), share)
        };
        let options: Map<String, Value> = self.options.iter().map(option).collect();
        (self.decision.clone(), json!({ "exists": self.exists, "options": options }))
    }

    fn rows(&self) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        for (place, (label, low, high)) in self.options.iter().enumerate() {
            let share = if low == high {
                format!("{:.3} %", 100.0 * low)
            } else {
                format!("{:.3} to {:.3} %", 100.0 * low, 100.0 * high)
            };
            let path = if place == 0 { self.decision.clone() } else { String::new() };
            rows.push(vec![path, label.clone(), share]);
        }
        if let Some(exists) = self.exists.filter(|exists| *exists < 1.0) {
            let share = format!("{:.3} %", 100.0 * (1.0 - exists));
            rows.push(vec![String::new(), "(does not exist)".to_owned(), share]);
        }
        rows
    }
}

fn shares(
    space: &Checked,
    allowed: Result<&Allowed, &Unanswered>,
    states: usize,
) -> Result<Vec<Share>, Failure> {
    let failed = |reason: &Unanswered| Failure::input(reason.to_string());
    let allowed = allowed.map_err(failed)?;
    let labelled = |place: usize, shares: Vec<(f64, f64)>| {
        let labels = space.decisions[place].options.iter().map(ToString::to_string);
        labels.zip(shares).map(|(label, (low, high))| (label, low, high)).collect()
    };
    let decisions = space.decisions.iter().enumerate();
    if allowed.count().is_none() {
        let bounds = decisions.zip(allowed.shares()).map(|((place, decision), shares)| Share {
            decision: decision.path.to_string(),
            exists: None,
            options: labelled(place, shares),
        });
        return Ok(bounds.collect());
    }
    let found = exact(space, &space.limits, states).map_err(|reason| failed(&reason))?;
    let known = decisions.zip(found).map(|((place, decision), found)| Share {
        decision: decision.path.to_string(),
        exists: Some(found.exists),
        options: labelled(place, found.options.iter().map(|&share| (share, share)).collect()),
    });
    Ok(known.collect())
}
