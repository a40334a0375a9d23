//! Auto-DeepLab's lattice: the best wiring by log-probabilities against a dynamic program of its own.

use std::collections::BTreeMap;

use nasc_compiler::analysis::{Score, best};
use nasc_compiler::random::Stream;

use super::support::{compiled, written};

/// Log-probabilities of an option, by its row of the lattice and what it reads.
type Chances = BTreeMap<(usize, usize, i32), f64>;

/// Log-probabilities of so many options, drawn.
fn logarithms(stream: &mut Stream, options: usize) -> Vec<f64> {
    let weights: Vec<f64> = (0..options).map(|_| stream.range(0.05, 1.0)).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| (weight / sum).ln()).collect()
}

/// What the option of that name adds to the row.
fn step(option: &str) -> i32 {
    match option {
        "down" => -1,
        "same" => 0,
        _ => 1,
    }
}

const LAYERS: usize = 12;

/// A lattice in which a node reads nothing but what its `path` says: its networks are its paths.
const PATHS: &str = "space s() {
    input image: [3, 64, 64]
    let rows = [image -> conv(4)]
    for l in 0..12 as layer {
        let before = rows
        rows = for s in 0..min(4, l + 2) as row {
            choose path {
                if s > 0 { down: before[s - 1] -> conv(4, stride: 2) }
                if s < len(before) { same: before[s] -> conv(4) }
                if s + 1 < len(before) { up: before[s + 1] -> resize(scale: 2) -> conv(4) }
            }
        }
    }
    output mask = choose end {
        for s in 0..4 { \"stride{2 ** s}\": rows[s] -> global_pool }
    }
}
";

#[test]
fn the_best_path_through_a_lattice_is_that_of_viterbi() {
    let space = written(PATHS);
    for seed in 0..3 {
        let mut stream = Stream::new(seed, "viterbi", &[]);
        let mut chances: Chances = BTreeMap::new();
        let mut ends = Vec::new();
        let mut scores = Vec::new();
        for (_, decision) in space.decision_ids() {
            let made = logarithms(&mut stream, decision.options.len());
            if decision.path.ends_with("end") {
                ends.clone_from(&made);
            } else {
                let [layer, row] = place(&decision.path);
                for (option, &score) in decision.options.iter().zip(&made) {
                    chances.insert((layer, row, step(option)), score);
                }
            }
            scores.push(made);
        }
        // Forward: the best way to each row.
        let mut rows = vec![0.0];
        for layer in 0..LAYERS {
            rows = (0..4.min(layer + 2))
                .map(|row| {
                    let from = |step: i32| {
                        let chance = chances.get(&(layer, row, step))?;
                        Some(rows[usize::try_from(row as i32 + step).unwrap()] + chance)
                    };
                    (-1..=1).filter_map(from).fold(f64::NEG_INFINITY, f64::max)
                })
                .collect();
        }
        let viterbi =
            rows.iter().zip(&ends).map(|(row, end)| row + end).fold(f64::NEG_INFINITY, f64::max);
        let found = best(&space, &Score::Options(scores), &[], 1, 1_000_000).unwrap();
        assert_eq!(found.bound, None);
        let score = found.networks[0].0;
        assert!((score - viterbi).abs() < 1e-12 * viterbi.abs(), "{score} {viterbi}");
    }
}

/// The layer and the row of a decision of the lattice.
fn place(path: &str) -> [usize; 2] {
    let numbers: Vec<usize> = path.split('.').filter_map(|part| part.parse().ok()).collect();
    [numbers[0], numbers[1]]
}

/// The published space: a cell also reads its row two layers before, so nodes beside the path exist and
/// count.
#[test]
fn the_best_wiring_of_autodeeplab_is_found() {
    let space = compiled("autodeeplab.nas");
    let mut stream = Stream::new(7, "autodeeplab", &[]);
    let mut chances: Chances = BTreeMap::new();
    let (mut ends, mut edges, mut scores) = (Vec::new(), 0.0, Vec::new());
    for (_, decision) in space.decision_ids() {
        let made = logarithms(&mut stream, decision.options.len());
        if decision.path.ends_with("end") {
            ends.clone_from(&made);
        } else if decision.path.starts_with("layer") {
            let [layer, row] = place(&decision.path);
            for (option, &score) in decision.options.iter().zip(&made) {
                chances.insert((layer, row, step(option)), score);
            }
        } else {
            edges += made.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        }
        scores.push(made);
    }
    let mut known = BTreeMap::new();
    let wiring = (0..4)
        .map(|row| ends[row] + wired(LAYERS, 1 << row, 0, &chances, &mut known))
        .fold(f64::NEG_INFINITY, f64::max);
    let found = best(&space, &Score::Options(scores), &[], 1, 1_000_000).unwrap();
    assert_eq!(found.bound, None);
    let score = found.networks[0].0;
    let expected = wiring + edges;
    assert!((score - expected).abs() < 1e-12 * expected.abs(), "{score} {expected}");
}

/// The best score of what is needed: `rows` of the layer before `layer`, and `older` ones of the one
/// before that.
fn wired(
    layer: usize,
    rows: u8,
    older: u8,
    chances: &Chances,
    known: &mut BTreeMap<(usize, u8, u8), f64>,
) -> f64 {
    let Some(layer) = layer.checked_sub(1) else { return 0.0 };
    if let Some(&known) = known.get(&(layer, rows, older)) {
        return known;
    }
    // The layers before have as many rows as there are.
    let nearest = |row: usize, layer: usize| row.min(3.min(layer));
    let needed: Vec<usize> = (0..4).filter(|row| rows >> row & 1 == 1).collect();
    // The node two layers before, which the stem stands in for at the start.
    let beside = needed.iter().fold(0, |set, &row| match layer.checked_sub(1) {
        Some(before) => set | 1_u8 << nearest(row, before),
        None => set,
    });
    // Every choice of what the rows read.
    let mut ways: Vec<(f64, u8)> = vec![(0.0, older)];
    for &row in &needed {
        ways = ways
            .iter()
            .flat_map(|&(score, read)| {
                (-1..=1_i32).filter_map(move |step| {
                    let chance = chances.get(&(layer, row, step))?;
                    let from = usize::try_from(row as i32 + step).unwrap();
                    Some((score + chance, read | 1 << from))
                })
            })
            .collect();
    }
    let best = ways
        .into_iter()
        .map(|(score, read)| score + wired(layer, read, beside, chances, known))
        .fold(f64::NEG_INFINITY, f64::max);
    known.insert((layer, rows, older), best);
    best
}
