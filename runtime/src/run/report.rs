//! The report of a run: one HTML page without scripts, made from the event log and `summary.json`.
//!
//! It can be written at any time; what has not happened yet is not in it. Deliberately absent: any
//! figure that is not in those two files.

mod chart;
mod page;

use std::path::PathBuf;

use super::atomic::{self, WriteError};
use super::event::{Event, Record};
use super::folder::Paths;
use super::history::settle;
use super::journal::JournalError;
use super::log::Reader;

/// Why a report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The event log cannot be read.
    #[error(transparent)]
    Log(#[from] JournalError),
    /// The summary is there and cannot be read.
    #[error("`{}` cannot be read: {reason}", path.display())]
    Summary {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The page cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Writes `report.html` of a run, finished or not.
///
/// # Errors
/// The log or the summary cannot be read, or the page not be written.
pub fn write(paths: &Paths) -> Result<(), ReportError> {
    let records: Vec<Record> = Reader::open(&paths.root)?.collect::<Result<_, _>>()?;
    let summary = if paths.summary().is_file() {
        let wrong = |reason: String| ReportError::Summary { path: paths.summary(), reason };
        let text = std::fs::read_to_string(paths.summary()).map_err(|e| wrong(e.to_string()))?;
        Some(serde_json::from_str(&text).map_err(|e| wrong(e.to_string()))?)
    } else {
        None
    };
    let page = page::html(&settle(records), summary.as_ref());
    Ok(atomic::write(&paths.report(), page.as_bytes())?)
}

/// The training stages of a log in order, each with its `(step, loss)`.
fn losses(records: &[Record]) -> Vec<(String, Vec<(f64, f64)>)> {
    let mut stages: Vec<(String, Vec<(f64, f64)>)> = Vec::new();
    for record in records {
        let Event::Step { stage, step, loss, .. } = &record.event else { continue };
        if !loss.is_finite() {
            continue;
        }
        let point = (*step as f64, *loss);
        match stages.iter_mut().find(|(name, _)| name == stage) {
            Some((_, points)) => points.push(point),
            None => stages.push((stage.clone(), vec![point])),
        }
    }
    stages
}

/// The looks at a probe in order: after how many epochs, and how well its order agreed with the one before and with
/// what the networks reach alone.
fn orders(records: &[Record]) -> Vec<(String, Vec<(f64, f64)>)> {
    let mut series: Vec<(String, Vec<(f64, f64)>)> = Vec::new();
    for record in records {
        let Event::Probe { stage, epoch, stability, alone, .. } = &record.event else { continue };
        for (what, tau) in [("with the look before", stability), ("with training alone", alone)] {
            let Some(tau) = tau else { continue };
            let (name, point) = (format!("{stage}, {what}"), (*epoch as f64, *tau));
            match series.iter_mut().find(|(known, _)| *known == name) {
                Some((_, points)) => points.push(point),
                None => series.push((name, vec![point])),
            }
        }
    }
    series
}

/// The searches of a log in order, each with its `(MACs, accuracy)`.
fn candidates(records: &[Record]) -> Vec<(String, Vec<(f64, f64)>)> {
    let mut stages: Vec<(String, Vec<(f64, f64)>)> = Vec::new();
    for record in records {
        let Event::Candidate { stage, macs, accuracy, .. } = &record.event else { continue };
        let point = (*macs as f64 / 1e6, accuracy * 100.0);
        match stages.iter_mut().find(|(name, _)| name == stage) {
            Some((_, points)) => points.push(point),
            None => stages.push((stage.clone(), vec![point])),
        }
    }
    stages
}
