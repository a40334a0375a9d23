//! The page around the charts.

use std::fmt::Write as _;

use serde_json::Value;

use super::chart::{Style, chart};
use super::{candidates, losses, orders};
use crate::run::event::{Event, Record};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;\
padding:0 1rem;color:#1b1f24;background:#fff}h1{font-size:1.5rem}h2{font-size:1.1rem;\
margin-top:2rem}table{border-collapse:collapse;width:100%}td,th{text-align:left;\
padding:.25rem .5rem;border-bottom:1px solid #d8dee4;vertical-align:top}td.n{text-align:right;\
font-variant-numeric:tabular-nums}code{font-size:.85em;overflow-wrap:anywhere}\
svg text{font-size:11px;fill:#57606a}svg .grid{stroke:#e3e8ee}polyline{fill:none;stroke-width:1.5}\
figure{margin:1rem 0}figcaption{color:#57606a;font-size:.9rem}\
polyline.s0{stroke:#0b62c4}polyline.s1{stroke:#b3541e}polyline.s2{stroke:#2a7d46}\
circle.s0{fill:#0b62c4;opacity:.5}circle.s1{fill:#b3541e;opacity:.5}\
.k0{color:#0b62c4}.k1{color:#b3541e}.k2{color:#2a7d46}\
@media(prefers-color-scheme:dark){body{background:#14171c;color:#e6e9ee}\
td,th{border-color:#30363d}svg .grid{stroke:#2a2f37}svg text,figcaption{fill:#9aa4b0;color:#9aa4b0}}";

/// The whole page.
pub(super) fn html(records: &[Record], summary: Option<&Value>) -> String {
    let mut body = String::new();
    let mut title = "run".to_owned();
    for record in records {
        if let Event::RunStarted { version, space, space_hash, seed, threads, device, .. } =
            &record.event
        {
            title = escaped(space);
            let short = space_hash.get(..12).unwrap_or(space_hash);
            let _ = writeln!(
                body,
                "<p>nasc {}, seed {seed}, {threads} threads, device {}, space hash \
                 <code>{short}</code></p>",
                escaped(version),
                escaped(device)
            );
        }
    }
    match summary {
        Some(summary) => body.push_str(&results(summary)),
        None => body.push_str("<p>The run is not finished.</p>\n"),
    }
    body.push_str(&stages(records));
    let trained = losses(records);
    if !trained.is_empty() {
        body.push_str("<h2>Training</h2>\n");
        body.push_str(&chart(&trained, Style::Line, ["steps", "loss"]));
    }
    let probed = orders(records);
    if !probed.is_empty() {
        body.push_str("<h2>Order of the probe</h2>\n");
        body.push_str(&chart(&probed, Style::Line, ["epochs", "Kendall's tau"]));
    }
    let searched = candidates(records);
    if !searched.is_empty() {
        body.push_str("<h2>Search</h2>\n");
        let axes = ["million multiply-adds", "accuracy on held-out images, %"];
        body.push_str(&chart(&searched, Style::Dots, axes));
    }
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <style>{STYLE}</style></head>\n<body>\n<h1>{title}</h1>\n{body}</body></html>\n"
    )
}

fn results(summary: &Value) -> String {
    let percent = |value: &Value| {
        value.as_f64().map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", share * 100.0))
    };
    let whole = |value: &Value| {
        value
            .as_u64()
            .map_or_else(|| "-".to_owned(), |n| nasc_compiler::emit::grouped(&n.to_string()))
    };
    let mut rows = String::new();
    let mut row = |name: &str, entry: &Value, test: String| {
        if entry.is_null() {
            return;
        }
        let _ = writeln!(
            rows,
            "<tr><td>{name}<br><code>{}</code></td><td class=\"n\">{}</td><td class=\"n\">{}</td>\
             <td class=\"n\">{}</td><td class=\"n\">{test}</td></tr>",
            escaped(entry["arch"].as_str().unwrap_or("")),
            whole(&entry["macs"]),
            whole(&entry["params"]),
            percent(&entry["accuracy"]),
        );
    };
    row("found", &summary["found"], percent(&summary["test_accuracy"]));
    row("random search", &summary["baseline"], "-".to_owned());
    format!(
        "<h2>Result</h2>\n<table><tr><th>network</th><th>macs</th><th>params</th>\
         <th>with the supernet's weights</th><th>retrained, test</th></tr>\n{rows}</table>\n\
         <p>{} networks evaluated; the random ones that the search began with have a mean accuracy \
         of {}.</p>\n",
        whole(&summary["evaluated"]),
        percent(&summary["supernet_accuracy"]),
    )
}

fn stages(records: &[Record]) -> String {
    let mut rows = String::new();
    for record in records {
        let _ = match &record.event {
            Event::StageFinished { stage, seconds, accuracy } => {
                let accuracy = accuracy.map_or_else(String::new, |a| format!("{:.1} %", a * 100.0));
                writeln!(
                    rows,
                    "<tr><td>{}</td><td class=\"n\">{seconds:.1} s</td><td class=\"n\">{accuracy}\
                     </td></tr>",
                    escaped(stage)
                )
            }
            Event::Warning { message } => {
                writeln!(rows, "<tr><td colspan=\"3\">warning: {}</td></tr>", escaped(message))
            }
            Event::Failed { reason, .. } => {
                writeln!(rows, "<tr><td colspan=\"3\">failed: {}</td></tr>", escaped(reason))
            }
            _ => Ok(()),
        };
    }
    if rows.is_empty() { rows } else { format!("<h2>Stages</h2>\n<table>{rows}</table>\n") }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
