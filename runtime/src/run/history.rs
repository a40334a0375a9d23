//! The story of a run as if it had never been interrupted.
//!
//! After a resumption the steps since the last checkpoint are done again and stand in the log twice,
//! with the same losses. A curve wants each once: what is written later replaces what it repeats.

use std::collections::BTreeMap;

use super::event::{Event, Record};

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Step,
    Epoch,
    Sampler,
    Probe,
    Candidate,
    Generation,
}

/// Leaves of each step, epoch, candidate and generation the last record, in the order of `records`;
/// all other events stay.
pub fn settle(records: impl IntoIterator<Item = Record>) -> Vec<Record> {
    let records: Vec<Record> = records.into_iter().collect();
    let mut last = BTreeMap::new();
    for record in &records {
        if let Some(key) = repeatable(&record.event) {
            last.insert(key, record.seq);
        }
    }
    let last: Vec<bool> = records
        .iter()
        .map(|record| match repeatable(&record.event) {
            Some(key) => last.get(&key) == Some(&record.seq),
            None => true,
        })
        .collect();
    let kept = records.into_iter().zip(last).filter(|(_, kept)| *kept);
    kept.map(|(record, _)| record).collect()
}

fn repeatable(event: &Event) -> Option<(Kind, String, u64)> {
    match event {
        Event::Step { stage, step, .. } => Some((Kind::Step, stage.clone(), *step)),
        Event::Epoch { stage, epoch, .. } => Some((Kind::Epoch, stage.clone(), *epoch)),
        Event::Sampler { stage, epoch, .. } => Some((Kind::Sampler, stage.clone(), *epoch)),
        Event::Probe { stage, epoch, .. } => Some((Kind::Probe, stage.clone(), *epoch)),
        Event::Candidate { stage, index, .. } => Some((Kind::Candidate, stage.clone(), *index)),
        Event::Generation { stage, generation, .. } => {
            Some((Kind::Generation, stage.clone(), *generation))
        }
        Event::RunStarted { .. }
        | Event::StageStarted { .. }
        | Event::CheckpointSaved { .. }
        | Event::StageFinished { .. }
        | Event::Warning { .. }
        | Event::Resumed { .. }
        | Event::Interrupted { .. }
        | Event::Failed { .. }
        | Event::RunFinished { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_steps_count_once() {
        let step = |step, loss| Event::Epoch {
            stage: "supernet".into(),
            epoch: step,
            loss,
            accuracy: None,
        };
        let resumed = Event::Resumed { stage: "supernet".into(), step: 1 };
        let events = [step(1, 3.0), step(2, 2.0), step(3, 1.0), resumed.clone(), step(2, 2.0)];
        let records = (0..).zip(events).map(|(seq, event)| Record { seq, at_ms: 0, event });
        let kept: Vec<u64> = settle(records).iter().map(|record| record.seq).collect();
        assert_eq!(kept, [0, 2, 3, 4]);
    }
}
