//! A space as a page: its numbers, how its networks are distributed, and what each option does.
//!
//! The page is one file that needs no other. The same space gives the same text.

use std::fmt::Write as _;

use super::columns::{CHART, Columns, columns, escaped};
use super::{Summary, grouped, summary};
use crate::analysis::{Histogram, Reach, census, marginals, memory_range, reach};
use crate::cost::Measure;
use crate::cost::memory::Phase;
use crate::ir::Limit;
use crate::pass::Checked;

/// Most nodes of one question.
const NODES: usize = 500_000;
/// Most states of the question what options cost.
const STATES: usize = 200_000;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;\
padding:0 1rem;color:#1b1f24;background:#fff}h1{font-size:1.5rem}h2{font-size:1.1rem;\
margin-top:2rem}table{border-collapse:collapse;width:100%}td,th{text-align:left;\
padding:.2rem .5rem;border-bottom:1px solid #d8dee4;vertical-align:middle}\
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\
code{font-size:.85em;overflow-wrap:anywhere}figure{margin:1rem 0}svg{display:block;width:100%}\
figcaption{color:#57606a;font-size:.9rem}.bar{background:#0b62c4;height:.6rem;min-width:1px}\
.rail{background:#e3e8ee;width:8rem}";

/// The page.
pub fn html(space: &Checked) -> String {
    let numbers = summary(space);
    let mut body = format!("<h1>{}</h1>\n{}", escaped(&space.name), table_of(space, &numbers));
    for chart in charts(space, &numbers) {
        let Some(svg) = chart.svg() else { continue };
        let caption = escaped(&chart.caption());
        let _ = writeln!(body, "<figure>{svg}<figcaption>{caption}</figcaption></figure>");
    }
    body.push_str(&decisions(space));
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{}</title>\
         <style>{STYLE}</style></head><body>\n{body}</body></html>\n",
        escaped(&space.name)
    )
}

/// The charts alone, one below the other; `None` if no distribution is known.
pub fn svg(space: &Checked) -> Option<String> {
    let charts = charts(space, &summary(space));
    let drawn: Vec<String> = charts.iter().filter_map(Columns::group).collect();
    if drawn.is_empty() {
        return None;
    }
    let height = drawn.len() as u32 * Columns::HEIGHT;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {height}\" font-size=\"11\">\
         <style>{CHART}</style>\n",
        Columns::WIDTH
    );
    for (number, group) in drawn.iter().enumerate() {
        let down = number as u32 * Columns::HEIGHT;
        let _ = writeln!(text, "<g transform=\"translate(0 {down})\">{group}</g>");
    }
    text.push_str("</svg>\n");
    Some(text)
}

fn charts(space: &Checked, numbers: &Summary) -> Vec<Columns> {
    let mut measures = vec![
        (Measure::Macs, "multiply-adds".to_owned()),
        (Measure::Params, "parameters".to_owned()),
    ];
    for table in space.tables() {
        if let Some(id) = space.table_named(&table.name) {
            measures.push((Measure::Latency(id), format!("nanoseconds by {}", table.name)));
        }
    }
    let histogram = |measure, limits: &[Limit]| -> Option<Histogram> {
        census(space, measure, None, limits, NODES).ok().map(|census| census.histogram())
    };
    let share = numbers.share_under_limits.filter(|_| !space.limits.is_empty());
    let made = measures.into_iter().filter_map(|(measure, title)| {
        let all = histogram(measure, &[])?;
        let kept = share.and_then(|share| Some((histogram(measure, &space.limits)?, share)));
        let bounds: Vec<u64> = space
            .limits
            .iter()
            .filter(|limit| {
                limit.scope.is_none() && Measure::of(space, &limit.metric) == Some(measure)
            })
            .flat_map(|limit| limit.min.into_iter().chain(limit.max))
            .collect();
        Some(columns(title, &all, kept.as_ref(), bounds))
    });
    made.collect()
}

fn table_of(space: &Checked, numbers: &Summary) -> String {
    let mut rows: Vec<(String, String)> = Vec::new();
    rows.push(("decisions".to_owned(), numbers.decisions.to_string()));
    let unknown = || "not known exactly".to_owned();
    rows.push(("networks".to_owned(), numbers.count.as_ref().map_or_else(unknown, |n| grouped(n))));
    if !numbers.limits.is_empty() {
        rows.push(("limits".to_owned(), numbers.limits.join(", ").replace("limit ", "")));
        let share = numbers.share_under_limits.unwrap_or(0.0) * 100.0;
        let kept = numbers.count_under_limits.as_ref();
        let kept = kept.map_or_else(unknown, |n| format!("{} ({share:.2} %)", grouped(n)));
        rows.push(("within the limits".to_owned(), kept));
    }
    for (name, range) in [("multiply-adds", &numbers.macs), ("parameters", &numbers.params)] {
        let range = range.as_ref().map(|range| (range.min, range.max));
        rows.push((name.to_owned(), range_text(range, "")));
    }
    for (phase, name) in
        Phase::ALL.into_iter().zip(["memory of activations", "memory of a training step"])
    {
        let range = memory_range(space, phase).map(|[(min, _), (max, _)]| (min, max));
        rows.push((name.to_owned(), range_text(range, " bytes")));
    }
    let supernet = grouped(&numbers.supernet_params.to_string());
    rows.push(("parameters of the supernet".to_owned(), supernet));
    let mut text = "<table>\n".to_owned();
    for (name, value) in rows {
        let _ = writeln!(text, "<tr><th>{name}</th><td class=\"n\">{}</td></tr>", escaped(&value));
    }
    text.push_str("</table>\n");
    text
}

fn range_text(range: Option<(u64, u64)>, unit: &str) -> String {
    let text = |number: u64| grouped(&number.to_string());
    match range {
        Some((min, max)) if min == max => format!("{}{unit}", text(min)),
        Some((min, max)) => format!("{} to {}{unit}", text(min), text(max)),
        None => "not known exactly".to_owned(),
    }
}

/// What each option does: how likely it is within the limits, and what its networks cost.
fn decisions(space: &Checked) -> String {
    if space.decisions.is_empty() {
        return String::new();
    }
    let marginals = marginals(space, &space.limits, NODES).unwrap_or_default();
    let reached: Option<Reach> = reach(space, Measure::Macs, None, STATES);
    let mut text = "<h2>Decisions</h2>\n<p>How likely an option is in a uniformly random network \
                    within the limits, and the multiply-adds of the networks that take it \
                    (without limits).</p>\n<table>\n<tr><th>decision</th><th>option</th>\
                    <th class=\"n\">probability</th><th></th><th class=\"n\">multiply-adds</th></tr>\n"
        .to_owned();
    for (id, decision) in space.decision_ids() {
        for (option, label) in decision.options.iter().enumerate() {
            let path = if option == 0 { escaped(&decision.path) } else { String::new() };
            let probability =
                marginals.get(id.index()).and_then(|marginal| marginal.options.get(option));
            let (number, bar) = match probability {
                Some(&p) => (format!("{:.2} %", p * 100.0), bar(p)),
                None => (String::new(), String::new()),
            };
            let range =
                reached.as_ref().and_then(|reach| *reach.options.get(id.index())?.get(option)?);
            let range = range.map_or(String::new(), |range| range_text(Some(range), ""));
            let _ = writeln!(
                text,
                "<tr><td><code>{path}</code></td><td><code>{}</code></td><td class=\"n\">{number}\
                 </td><td>{bar}</td><td class=\"n\">{range}</td></tr>",
                escaped(label)
            );
        }
    }
    text.push_str("</table>\n");
    text
}

fn bar(part: f64) -> String {
    format!(
        "<div class=\"rail\"><div class=\"bar\" style=\"width:{:.1}%\"></div></div>",
        part * 100.0
    )
}
