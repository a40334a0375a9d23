//! What a person sees while a run goes on: a bar per stage where there is a terminal, a line per epoch
//! or generation elsewhere. Both are readers of the event log.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use nasc_runtime::run::event::Event;
use nasc_runtime::run::log::Log;

use crate::cli::Format;
use crate::print;

/// Shows the events of a log from now on; nothing for programs.
pub fn follow(log: &Log, format: Format) {
    if format == Format::Json {
        return;
    }
    if std::io::stderr().is_terminal() {
        let mut bar: Option<ProgressBar> = None;
        log.subscribe(move |record| on_terminal(&mut bar, &record.event));
    } else {
        log.subscribe(|record| plain(&record.event));
    }
}

fn on_terminal(bar: &mut Option<ProgressBar>, event: &Event) {
    match event {
        Event::StageStarted { stage, total } => {
            let fresh = ProgressBar::new(*total);
            let template =
                "{prefix:>10} [{bar:30}] {pos}/{len}  {elapsed} of about {duration}  {msg}";
            if let Ok(style) = ProgressStyle::with_template(template) {
                fresh.set_style(style.progress_chars("=> "));
            }
            fresh.set_prefix(stage.clone());
            fresh.enable_steady_tick(Duration::from_millis(200));
            *bar = Some(fresh);
        }
        Event::Step { step, loss, .. } => {
            if let Some(bar) = bar {
                bar.set_position(*step);
                bar.set_message(format!("loss {loss:.3}"));
            }
        }
        Event::Resumed { step, .. } => {
            if let Some(bar) = bar {
                bar.set_position(*step);
                bar.reset_eta();
            }
        }
        Event::Candidate { index, .. } => {
            if let Some(bar) = bar {
                bar.set_position(*index);
            }
        }
        Event::Generation { best_accuracy, .. } => {
            if let Some(bar) = bar {
                bar.set_message(format!("best {:.1} %", best_accuracy * 100.0));
            }
        }
        Event::StageFinished { stage, seconds, accuracy } => {
            if let Some(bar) = bar.take() {
                bar.finish_and_clear();
            }
            print::error_line(&finished(stage, *seconds, *accuracy));
        }
        Event::Warning { message } => {
            let text = format!("warning: {message}");
            match bar {
                Some(bar) => bar.println(text),
                None => print::error_line(&text),
            }
        }
        Event::RunStarted { .. }
        | Event::Epoch { .. }
        | Event::Sampler { .. }
        | Event::Probe { .. }
        | Event::CheckpointSaved { .. }
        | Event::Interrupted { .. }
        | Event::RunFinished { .. }
        | Event::Failed { .. } => {}
    }
}

fn plain(event: &Event) {
    let text = match event {
        Event::StageStarted { stage, total } => format!("{stage}: {total} to do"),
        Event::Epoch { stage, epoch, loss, accuracy } => match accuracy {
            Some(accuracy) => {
                format!("{stage}: epoch {epoch}, loss {loss:.3}, {:.1} %", accuracy * 100.0)
            }
            None => format!("{stage}: epoch {epoch}, loss {loss:.3}"),
        },
        Event::Sampler { stage, entropy: Some(entropy), most_entropy, .. } => {
            format!("{stage}: entropy {entropy:.2} of {:.2} nats", most_entropy.unwrap_or(*entropy))
        }
        Event::Probe { stage, accuracies, stability, alone, .. } => {
            let tau = |tau: &Option<f64>| tau.map_or("-".to_owned(), |tau| format!("{tau:.2}"));
            format!(
                "{stage}: order of {} networks, tau {} to the look before, {} to training alone",
                accuracies.len(),
                tau(stability),
                tau(alone)
            )
        }
        Event::Generation { stage, generation, best_accuracy, evaluated, .. } => format!(
            "{stage}: generation {generation}, {evaluated} networks, best {:.1} %",
            best_accuracy * 100.0
        ),
        Event::StageFinished { stage, seconds, accuracy } => finished(stage, *seconds, *accuracy),
        Event::Warning { message } => format!("warning: {message}"),
        Event::Resumed { stage, step } => format!("{stage}: goes on after step {step}"),
        Event::Interrupted { stage, step } => format!("{stage}: stopped after step {step}"),
        Event::RunStarted { .. }
        | Event::Step { .. }
        | Event::Sampler { .. }
        | Event::CheckpointSaved { .. }
        | Event::Candidate { .. }
        | Event::RunFinished { .. }
        | Event::Failed { .. } => return,
    };
    print::error_line(&text);
}

fn finished(stage: &str, seconds: f64, accuracy: Option<f64>) -> String {
    match accuracy {
        Some(accuracy) => format!("{stage}: done in {seconds:.1} s, {:.1} %", accuracy * 100.0),
        None => format!("{stage}: done in {seconds:.1} s"),
    }
}
