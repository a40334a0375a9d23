//! A space in a few lines.

use std::collections::BTreeMap;

use num_bigint::BigUint;
use serde::Serialize;

use crate::analysis::{Allowed, count, extremes};
use crate::cost::Measure;
use crate::ir::Role;
use crate::ir::text::limit_text;
use crate::pass::Checked;

/// The smallest and the largest value over all networks before limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Range {
    /// The smallest.
    pub min: u64,
    /// The largest.
    pub max: u64,
}

/// A space in numbers. What was too large to settle exactly is `None`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The name of the space.
    pub name: String,
    /// How many decisions there are.
    pub decisions: usize,
    /// The fewest and the most options of a decision.
    pub options: Option<(usize, usize)>,
    /// How many distinct networks there are before limits, in decimal.
    pub count: Option<String>,
    /// How many keep all limits, in decimal.
    pub count_under_limits: Option<String>,
    /// The part of all networks that keeps the limits, 0 to 1.
    pub share_under_limits: Option<f64>,
    /// Where that would take too long: how many there are at least and at most, in decimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count_between: Option<[String; 2]>,
    /// Why it is not known how many networks keep the limits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uncounted: Option<String>,
    /// Multiply-adds.
    pub macs: Option<Range>,
    /// Trainable scalars.
    pub params: Option<Range>,
    /// Trainable scalars outside normalisations.
    pub params_without_bn: Option<Range>,
    /// Nanoseconds by each attached table.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub latency: BTreeMap<String, Option<Range>>,
    /// Trainable tensors of the supernet.
    pub tensors: usize,
    /// Trainable scalars of the supernet.
    pub supernet_params: u64,
    /// The limits as the language writes them.
    pub limits: Vec<String>,
    /// How the space is to be filled from a seed network, in a line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remap: Option<String>,
}

/// Most nodes of the automaton of the networks that keep the limits.
const NODES: usize = 500_000;

/// The numbers of a space.
pub fn summary(space: &Checked) -> Summary {
    let ranged =
        |measure| extremes(space, measure, None).map(|[(min, _), (max, _)]| Range { min, max });
    let all = count(space);
    let limited = !space.limits.is_empty();
    let allowed = limited.then(|| Allowed::new(space, &space.limits, NODES));
    let (under, between, uncounted) = match &allowed {
        None => (None, None, None),
        Some(Ok(allowed)) => match allowed.count() {
            Some(count) => (Some(count), None, None),
            None => (None, Some(allowed.between().map(|n| n.to_string())), None),
        },
        Some(Err(reason)) => (None, None, Some(reason.to_string())),
    };
    let share = all.as_ref().zip(under.as_ref()).map(|(all, under)| {
        // A share needs no more than the leading digits.
        let shift = all.bits().saturating_sub(63);
        let leading = |n: &BigUint| (n >> shift).iter_u64_digits().next().unwrap_or(0) as f64;
        if *all == BigUint::ZERO { 0.0 } else { leading(under) / leading(all) }
    });
    let lengths = || space.decisions.iter().map(|decision| decision.options.len());
    let trainable = || space.params.iter().filter(|param| param.role.is_counted());
    Summary {
        name: space.name.clone(),
        decisions: space.decisions.len(),
        options: lengths().min().zip(lengths().max()),
        count: all.map(|n| n.to_string()),
        count_under_limits: under.map(|n| n.to_string()),
        share_under_limits: share,
        count_between: between,
        uncounted,
        macs: ranged(Measure::Macs),
        params: ranged(Measure::Params),
        params_without_bn: if space.params.iter().any(|p| p.role == Role::NormWeight) {
            ranged(Measure::ParamsWithoutBn)
        } else {
            None
        },
        latency: space
            .tables()
            .iter()
            .map(|table| {
                let measure = space.table_named(&table.name).map(Measure::Latency);
                (table.name.to_string(), measure.and_then(ranged))
            })
            .collect(),
        tensors: trainable().count(),
        supernet_params: trainable().map(crate::ir::Param::full_size).sum(),
        limits: space.limits.iter().map(limit_text).collect(),
        remap: space.remap.as_ref().map(ToString::to_string),
    }
}

/// Aligned lines, the names first.
impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut line = |name: &str, value: &str| writeln!(f, "{name:<18} {value}");
        line("space", &self.name)?;
        let options = match self.options {
            Some((least, most)) if least == most => format!(", {most} options each"),
            Some((least, most)) => format!(", {least} to {most} options each"),
            None => String::new(),
        };
        line("decisions", &format!("{}{options}", self.decisions))?;
        line("networks", &self.count.as_deref().map_or("too many to count".to_owned(), grouped))?;
        for limit in &self.limits {
            line("", limit)?;
        }
        if let Some(count) = &self.count_under_limits {
            let share = self.share_under_limits.unwrap_or(0.0);
            line("under the limit", &format!("{} ({:.2} %)", grouped(count), share * 100.0))?;
        }
        if let Some([least, most]) = &self.count_between {
            let text = format!("between {} and {}", grouped(least), grouped(most));
            line("under the limit", &text)?;
        }
        if let Some(reason) = &self.uncounted {
            line("under the limit", &format!("not counted: {reason}"))?;
        }
        for (name, range) in [
            ("macs", &self.macs),
            ("params", &self.params),
            ("params_without_bn", &self.params_without_bn),
        ] {
            match range {
                Some(Range { min, max }) => {
                    let (min, max) = (grouped(&min.to_string()), grouped(&max.to_string()));
                    line(name, &if min == max { min } else { format!("{min} to {max}") })?;
                }
                // Without normalisations there is nothing to tell apart.
                None if name == "params_without_bn" => {}
                None => line(name, "not known exactly: the space is too large")?,
            }
        }
        for (name, range) in &self.latency {
            line(
                &format!("latency {name}"),
                &range.map_or("not known exactly: the space is too large".to_owned(), |range| {
                    let ms = |ns: u64| format!("{:.3}", ns as f64 * 1e-6);
                    let (min, max) = (ms(range.min), ms(range.max));
                    if min == max { format!("{min} ms") } else { format!("{min} to {max} ms") }
                }),
            )?;
        }
        if let Some(remap) = &self.remap {
            line("remap", remap)?;
        }
        let params = grouped(&self.supernet_params.to_string());
        line("supernet", &format!("{} tensors, {params} params", self.tensors))
    }
}

/// A decimal number with a comma after every three digits.
pub fn grouped(digits: &str) -> String {
    let mut made = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            made.push(',');
        }
        made.push(digit);
    }
    made
}
