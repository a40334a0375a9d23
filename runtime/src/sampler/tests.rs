//! What the samplers' steps are, pass by pass.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::supernet::tests::toy;

#[test]
fn the_page_of_samplers_has_all_of_them_and_their_numbers() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/samplers.md");
    let page = std::fs::read_to_string(path).unwrap();
    for Entry { name, parameters, .. } in SAMPLERS {
        assert!(page.contains(&format!("`{name}`")), "{name}");
        for Parameter { name: option, default, about } in *parameters {
            let line = format!("| `{name}` | `{option}` | {default} | {about} |");
            assert!(page.contains(&line), "{line}");
        }
    }
    let lines = page.lines().filter(|line| line.matches(" | ").count() == 3);
    let numbers = lines.filter(|line| line.starts_with("| `")).count();
    let wanted: usize = SAMPLERS.iter().map(|entry| entry.parameters.len()).sum();
    assert!(numbers >= wanted, "{numbers} of {wanted}");
}

#[test]
fn numbers_that_a_sampler_does_not_have_are_refused() {
    let make = |name: &str, option: &str| {
        let given = BTreeMap::from([(option.to_owned(), 1.0)]);
        named(name).unwrap().make(&toy::space(), 0, &[], &given).err().unwrap().to_string()
    };
    let error = make("parsec", "sample");
    assert!(error.contains("`parsec` has no option `sample`; it has `samples`"), "{error}");
    assert!(make("uniform", "lr").contains("it has none"));
}

/// The toy's largest network, and its smallest.
const MOST: [u16; 4] = [1, 1, 2, 2];
const LEAST: [u16; 4] = [2, 2, 0, 0];

fn made(name: &str, options: &[(&str, f64)]) -> Box<dyn Sampler> {
    let options = options.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
    named(name).unwrap().make(&toy::space(), 5, &[], &options).unwrap()
}

/// Step `number` of a hundred, ten an epoch, on `images` images.
fn step(number: u64, images: usize) -> Step {
    Step { number, total: 100, per_epoch: 10, images }
}

/// The passes of a step, if all have this loss.
pub(super) fn passes(sampler: &mut dyn Sampler, step: Step) -> Vec<Pass> {
    let mut done: Vec<Done> = Vec::new();
    while let Some(pass) = sampler.next_pass(&step, &done).unwrap() {
        done.push(Done { pass, loss: 1.0, gates: Vec::new(), length: 0.0, rate: 0.1 });
    }
    done.into_iter().map(|done| done.pass).collect()
}

/// The options of a pass that takes one of each decision.
pub(super) fn path(pass: &Pass) -> Vec<u16> {
    dsnas::options_of(&pass.gates)
}

/// Lets one option of every decision lead by far.
fn settle_on(sampler: &mut dyn Sampler, options: [u16; 4]) {
    let rows = &mut sampler.distribution_mut().unwrap().logits.rows;
    for (row, option) in rows.iter_mut().zip(options) {
        row.fill(0.0);
        row[option as usize] = 8.0;
    }
}

#[test]
fn largest_and_smallest_networks_have_their_share_of_the_images() {
    for (kernels, free) in [(0.0, &[2][..]), (1.0, &[2, 3])] {
        let options = [("full", 0.5), ("least", 0.25), ("kernels", kernels)];
        let mut sampler = made("ordered_dropout", &options);
        let images = 20_000;
        let [pass] = &*passes(&mut *sampler, step(1, images)) else { unreachable!() };
        let Gates::Mixture(told) = &pass.gates else { unreachable!() };
        for (decision, told) in told.iter().enumerate() {
            assert_eq!(matches!(told, Told::PerImage(_)), free.contains(&decision), "{told:?}");
        }
        let taken = |decision: usize, image: usize| match &told[decision] {
            Told::PerImage(options) => options[image],
            _ => unreachable!(),
        };
        let share = |network: [u16; 4]| {
            let is = |image: &usize| free.iter().all(|&d| taken(d, *image) == network[d]);
            (0..images).filter(is).count() as f64 / images as f64
        };
        // A quarter draws by chance, each of three options alike.
        let by_chance = 0.25 / 3f64.powi(free.len() as i32);
        let six_deviations = 6.0 * (0.25 / images as f64).sqrt();
        assert!((share(MOST) - 0.5 - by_chance).abs() < six_deviations);
        assert!((share(LEAST) - 0.25 - by_chance).abs() < six_deviations);
    }
}

#[test]
fn a_sandwich_has_both_ends_and_learns_from_the_largest() {
    let mut sampler = made("sandwich", &[("random", 3.0)]);
    let passes = passes(&mut *sampler, step(1, 4));
    assert_eq!(passes.len(), 5);
    assert_eq!((path(&passes[0]), passes[0].target), (MOST.to_vec(), Target::Labels));
    assert_eq!(path(&passes[4]), LEAST);
    for pass in &passes[1..] {
        assert!(matches!(pass.target, Target::Distilled { from: 0, labels: 0.0, .. }), "{pass:?}");
    }
}

/// Kernels are free from the beginning, widths get smaller in the last two parts; more networks a step each time.
#[test]
fn what_shrinks_follows_the_published_parts() {
    let lengths = [("kernel", 20.0), ("depth_first", 20.0), ("depth", 20.0)];
    let lengths = [&lengths[..], &[("width_first", 20.0), ("width", 20.0)]].concat();
    let mut sampler = made("progressive", &lengths);
    for (part, networks) in [1, 2, 2, 4, 4].into_iter().enumerate() {
        let mut seen = [[false; 3]; 4];
        for number in 20 * part as u64 + 1..=20 * part as u64 + 20 {
            let passes = passes(&mut *sampler, step(number, 4));
            assert_eq!((passes.len(), path(&passes[0])), (networks + 1, MOST.to_vec()));
            assert_eq!(passes[0].learns, Learns::Nothing);
            for pass in &passes[1..] {
                assert!(matches!(
                    pass.target,
                    Target::Distilled { from: 0, labels: 1.0, soft: 1.0 }
                ));
                path(pass).iter().zip(&mut seen).for_each(|(o, seen)| seen[*o as usize] = true);
            }
        }
        assert_eq!(seen[3], [true; 3], "kernels in part {part}");
        let widths = [[false, false, true], [false, true, true], [true; 3]];
        assert_eq!(seen[2], widths[part.saturating_sub(2)], "widths in part {part}");
    }
}

/// In every stage the weakest options go, until one is left.
#[test]
fn options_are_pruned_stage_by_stage() {
    let mut sampler = made("danas", &[("stages", 3.0)]);
    settle_on(&mut *sampler, MOST);
    for (number, left) in [(2, 3), (34, 3), (36, 2), (66, 2), (68, 1), (100, 1)] {
        let passes = passes(&mut *sampler, step(number, 4));
        let [_, mixture] = &*passes else { unreachable!() };
        let Gates::Mixture(told) = &mixture.gates else { unreachable!() };
        for (told, best) in told.iter().zip(MOST) {
            match told {
                Told::Weighted(options, _) => {
                    assert!(options.len() == left && options.contains(&best), "{number}");
                }
                other => assert_eq!((other, left), (&Told::One(best), 1), "{number}"),
            }
        }
        assert!(mixture.learns == Learns::Gates && mixture.images == DataStream::ARCH);
    }
}

/// What leads by enough when an epoch begins is taken ever after, and learns no more.
#[test]
fn decisions_that_settled_stay() {
    let mut sampler = made("dsnas", &[("settle", 0.3), ("lr", 0.1)]);
    settle_on(&mut *sampler, LEAST);
    sampler.distribution_mut().unwrap().logits.rows[0] = vec![0.1, 0.0, 0.0];
    let first = passes(&mut *sampler, step(11, 4));
    // Whatever its logits become: it is fixed.
    sampler.distribution_mut().unwrap().logits.rows[1] = vec![9.0, 0.0, 0.0];
    let mut others = std::collections::BTreeSet::new();
    for number in 12..40 {
        let step = Step { per_epoch: 1000, ..step(number, 4) };
        let [pass] = &*passes(&mut *sampler, step) else { unreachable!() };
        assert_eq!(path(pass)[1..], LEAST[1..]);
        others.insert(path(pass)[0]);
    }
    assert!(others.len() > 1, "the first decision is still open");
    let before = sampler.distribution().unwrap().logits.rows.clone();
    let pass = first.into_iter().next().unwrap();
    let gates = vec![Some(vec![1.0]); 4];
    let done = [Done { pass, loss: 1.0, gates, length: 0.0, rate: 0.1 }];
    sampler.learn(&step(12, 4), &done).unwrap();
    let after = &sampler.distribution().unwrap().logits.rows;
    assert!(before[0] != after[0] && before[1..] == after[1..]);
}

/// Weights learn alone on even paths first; then paths follow the logits, which learn from all options in turn.
#[test]
fn fna_warms_up_and_then_alternates() {
    let mut sampler = made("fna", &[("warm_up", 0.5), ("steps", 1.0)]);
    settle_on(&mut *sampler, MOST);
    let mut even = std::collections::BTreeSet::new();
    for number in 1..=50 {
        let [pass] = &*passes(&mut *sampler, step(number, 4)) else { unreachable!() };
        assert_eq!(pass.learns, Learns::Weights);
        even.insert(path(pass));
    }
    assert!(even.len() > 20, "{even:?}");
    for number in 51..=100 {
        let [pass] = &*passes(&mut *sampler, step(number, 4)) else { unreachable!() };
        if number % 2 == 0 {
            assert!(matches!(&pass.gates, Gates::Path(_)) && pass.learns == Learns::Weights);
        } else {
            assert!(matches!(&pass.gates, Gates::Mixture(_)) && pass.learns == Learns::Gates);
        }
    }
}

/// Two options of every decision, of all that there are, every fifth step.
#[test]
fn proxyless_learns_from_two_paths() {
    let mut sampler = made("proxyless", &[("among", 2.0), ("every", 5.0), ("warm_up", 0.2)]);
    for number in 1..=100 {
        let passes = passes(&mut *sampler, step(number, 4));
        let learns = number > 20 && number % 5 == 0;
        assert_eq!(passes.len(), 1 + usize::from(learns), "{number}");
        let Some(Pass { gates: Gates::Mixture(told), .. }) = passes.get(1) else { continue };
        for told in told {
            assert!(matches!(told, Told::Weighted(options, _) if options.len() == 2), "{told:?}");
        }
    }
}

/// As many networks as the entropy asks for, each on images of both kinds; rows of a layer are joined half way.
#[test]
fn fp_nas_draws_by_entropy() {
    let mut sampler = made("fp_nas", &[("factor", 4.0), ("least", 2.0), ("joint", 0.5)]);
    let entropy = 4.0 * 3f64.ln();
    let count = |sampler: &mut dyn Sampler, number: u64| {
        let passes = passes(sampler, step(number, 4));
        let (weights, gates): (Vec<&Pass>, _) = passes.iter().partition(|p| p.learns.weights());
        let gates: Vec<&Pass> = gates;
        assert!(gates.iter().all(|pass| pass.images == DataStream::ARCH));
        assert!(weights.iter().map(|p| path(p)).eq(gates.iter().map(|p| path(p))));
        weights.len()
    };
    assert_eq!(count(&mut *sampler, 1), (4.0 * entropy).round() as usize);
    let mut state = sampler.state();
    for (row, taken) in MOST.into_iter().enumerate() {
        let row = state.get_mut(&format!("logits.{row}")).unwrap();
        row[taken as usize] = 20.0;
    }
    sampler.restore(state).unwrap();
    assert_eq!(count(&mut *sampler, 2), 2);
    // Width and kernel are one row of nine then.
    count(&mut *sampler, 51);
    let state = sampler.state();
    let rows = (0..4).filter_map(|row| Some(state.get(&format!("logits.{row}"))?.len()));
    assert_eq!(rows.collect::<Vec<_>>(), [3, 3, 9]);
}

/// Six standard deviations of a binomial count.
#[test]
fn networks_within_the_limits_are_drawn_alike() {
    let space = toy::space();
    let macs = nasc_compiler::cost::Table::new(&space, nasc_compiler::cost::Measure::Macs, None);
    let macs = macs.unwrap();
    let all: Vec<Arch> = (0..81_u16)
        .map(|n| space.canonical(&Arch(vec![n / 27, n / 9 % 3, n / 3 % 3, n % 3])))
        .collect();
    let mut costs: Vec<u64> = all.iter().map(|arch| macs.cost(arch)).collect();
    costs.sort_unstable();
    let max = costs[30];
    let within = all.iter().filter(|arch| macs.cost(arch) <= max);
    let within: std::collections::BTreeSet<Vec<u16>> = within.map(|arch| arch.0.clone()).collect();
    let limit = Limit {
        metric: nasc_compiler::ir::Metric::Macs,
        scope: None,
        min: None,
        max: Some(max),
        origin: nasc_compiler::ir::Origin::default(),
    };
    let entry = named("uniform_limited").unwrap();
    let mut sampler = entry.make(&space, 5, &[limit], &BTreeMap::new()).unwrap();
    let mut counts: BTreeMap<Vec<u16>, f64> = BTreeMap::new();
    let draws = 20_000;
    for number in 1..=draws {
        let [pass] = &*passes(&mut *sampler, step(number, 4)) else { unreachable!() };
        *counts.entry(path(pass)).or_default() += 1.0;
    }
    assert!(counts.keys().eq(&within), "{} of {}", counts.len(), within.len());
    let mean = draws as f64 / within.len() as f64;
    for (network, count) in counts {
        assert!((count - mean).abs() < 6.0 * mean.sqrt(), "{network:?}: {count} of {mean}");
    }
}
