//! Generated spaces, network by network: what the analyses say of a whole space is what brute force finds.
//!
//! Each space is a file in the language, with a handful of decisions of every kind, few enough to look at every
//! assignment. A network is taken out of its space, and its costs are counted on what is left, layer by layer.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use nasc_compiler::analysis::{
    Allowed, Census, Score, best, census, conflict, count, extremes, marginals, mean, nearest,
    pareto, spread,
};
use nasc_compiler::arch::Arch;
use nasc_compiler::cost::{Measure, Table, per_layer};
use nasc_compiler::ir::text::text;
use nasc_compiler::ir::{Limit, Metric, Origin};
use nasc_compiler::pass::fix;
use nasc_compiler::random::Stream;
use nasc_compiler::{Checked, Options, compile};
use num_bigint::BigUint;

/// How many spaces are generated.
const SPACES: u64 = 200;
/// Most assignments of a space.
const MOST: u64 = 1000;
/// Channels between two parts.
const C: u32 = 8;

/// A space while it is written.
struct Writer {
    stream: Stream,
    body: String,
    /// An upper bound of the assignments so far.
    assignments: u64,
    parts: u32,
    /// Value decisions of the whole body, with their options.
    values: Vec<(String, Vec<u32>)>,
    depth: u32,
}

impl Writer {
    fn below(&mut self, n: u64) -> u64 {
        self.stream.below(n)
    }

    fn line(&mut self, line: &str) {
        let _ = writeln!(self.body, "    {line}");
    }

    /// A number of its own for the next part, if `options` more assignments are not too many.
    fn part(&mut self, options: u64) -> Option<u32> {
        if self.assignments * options > MOST {
            return None;
        }
        self.assignments *= options;
        self.parts += 1;
        Some(self.parts)
    }

    /// A block that keeps `C` channels, with decisions now and then.
    fn inner(&mut self) -> String {
        let plain = ["conv(8)", "conv(8, kernel: 3)", "dwconv(3)", "identity", "relu", "bn"];
        let pick = self.below(8) as usize;
        match pick {
            6 => match self.part(2) {
                Some(n) => format!("conv(8, kernel: choose k{n} in {{1, 3}})"),
                None => "relu".to_owned(),
            },
            7 => match self.part(2) {
                Some(n) => format!("(conv(choose w{n} in {{4, 12}}) -> bn -> conv(8))"),
                None => "identity".to_owned(),
            },
            other => plain[other].to_owned(),
        }
    }

    /// A statement that gives `x` another value of the same shape.
    fn statement(&mut self) {
        match self.below(12) {
            0 | 1 => self.branches(),
            2 => self.width(),
            3 => self.tied(),
            4 => self.depth(),
            5 | 6 => self.condition(),
            7 => self.bypass(),
            8 => self.keep(),
            9 => self.shared(),
            10 => self.zero(),
            _ => self.forbid(),
        }
    }

    fn branches(&mut self) {
        let Some(n) = self.part(3) else { return };
        let (a, b, c) = (self.inner(), self.inner(), self.inner());
        let guard = match self.values.last().cloned() {
            Some((name, options)) if self.depth == 0 => {
                format!("if {name} == {} {{ d: {c} }}", options[0])
            }
            _ => format!("d: {c}"),
        };
        self.line(&format!("x = x -> choose op{n} {{ a: {a}, b: {b}; {guard} }}"));
    }

    fn width(&mut self) {
        let Some(n) = self.part(3) else { return };
        self.line(&format!("let w{n} = choose w{n} in {{2, 4, 8}}"));
        let activation = if self.below(2) == 0 { "relu" } else { "bn(stats: \"own\")" };
        self.line(&format!("x = x -> conv(w{n}) -> {activation} -> conv(8)"));
        if self.depth == 0 {
            self.values.push((format!("w{n}"), vec![2, 4, 8]));
        }
    }

    /// One value in two places; the second may be an old value.
    fn tied(&mut self) {
        let old = self.values.last().cloned().filter(|_| self.depth == 0);
        match old {
            Some((name, _)) => self.line(&format!("x = x -> conv({name} + 4) -> conv(8)")),
            None => {
                let Some(n) = self.part(2) else { return };
                let own = if self.below(2) == 0 { " @own" } else { "" };
                self.line(&format!("let k{n} = choose k{n} in {{1, 3}}{own}"));
                self.line(&format!("x = x -> dwconv(k{n}) -> conv(8, kernel: k{n})"));
                if self.depth == 0 {
                    self.values.push((format!("k{n}"), vec![1, 3]));
                }
            }
        }
    }

    fn depth(&mut self) {
        let Some(n) = self.part(3 * 4) else { return };
        self.line(&format!("let d{n} = choose d{n} in {{0, 1, 2}}"));
        self.line(&format!("for i in 0..d{n} as loop{n} {{"));
        self.line("    x = x -> conv(8, kernel: choose k in {1, 3})");
        self.line("}");
        if self.depth == 0 {
            self.values.push((format!("d{n}"), vec![0, 1, 2]));
        }
    }

    fn condition(&mut self) {
        let Some((name, options)) = self.values.last().cloned().filter(|_| self.depth < 2) else {
            return self.branches();
        };
        let value = options[self.stream.below(options.len() as u64) as usize];
        self.line(&format!("if {name} == {value} {{"));
        self.depth += 1;
        self.statement();
        self.depth -= 1;
        if self.below(2) == 0 {
            self.line("} else {");
            let inner = self.inner();
            self.line(&format!("    x = x -> {inner}"));
        }
        self.line("}");
    }

    fn bypass(&mut self) {
        let Some(n) = self.part(3 * 2) else { return };
        let limit = [4, 8, 12][self.below(3) as usize];
        self.line(&format!("let m{n} = choose m{n} in {{0, 4, 12}}"));
        self.line(&format!(
            "x = bypass(x -> dwconv(choose k{n} in {{1, 3}}) -> conv(m{n}) -> bn, x, limit: {limit}) \
             -> conv(8)"
        ));
        if self.depth == 0 {
            self.values.push((format!("m{n}"), vec![0, 4, 12]));
        }
    }

    fn keep(&mut self) {
        let Some(n) = self.part(3) else { return };
        let (a, b) = (self.inner(), self.inner());
        let count = 1 + self.below(2);
        self.line(&format!(
            "x = keep {count} of e{n} {{ a: x -> {a}, b: x -> {b}, c: x -> conv(8, kernel: 5) }} -> bn"
        ));
    }

    fn shared(&mut self) {
        let Some(n) = self.part(2) else { return };
        self.line(&format!(
            "let t{n} = shared conv(8, kernel: choose k{n} in {{1, 3}}) -> bn @per_use -> relu"
        ));
        self.line(&format!("x = (x -> t{n}) + (x -> relu -> t{n})"));
    }

    fn zero(&mut self) {
        let Some(n) = self.part(2 * 2) else { return };
        self.line(&format!("let z{n} = choose z{n} in {{0, 4}}"));
        self.line(&format!(
            "x = concat(x -> conv(6, kernel: choose k{n} in {{1, 3}}) -> conv(z{n}), x) -> conv(8)"
        ));
        if self.depth == 0 {
            self.values.push((format!("z{n}"), vec![0, 4]));
        }
    }

    fn forbid(&mut self) {
        let [.., (a, of_a), (b, of_b)] = &self.values[..] else { return };
        let (a, of_a, b, of_b) = (a.clone(), of_a.clone(), b.clone(), of_b.clone());
        let at = |stream: &mut Stream, of: &[u32]| of[stream.below(of.len() as u64) as usize];
        let (first, second) = (at(&mut self.stream, &of_a), at(&mut self.stream, &of_b));
        if self.depth == 0 {
            self.line(&format!("forbid {a} == {first} and {b} == {second}"));
        }
    }
}

fn generated(number: u64) -> String {
    let mut writer = Writer {
        stream: Stream::new(7, "spaces", &[number]),
        body: String::new(),
        assignments: 1,
        parts: 0,
        values: Vec::new(),
        depth: 0,
    };
    let statements = 2 + writer.below(6);
    for _ in 0..statements {
        writer.statement();
    }
    let body = writer.body;
    format!(
        "space s() {{\n    input image: [3, 4, 4]\n    let x = image -> conv({C})\n\
         {body}    output y = x -> conv(2)\n}}\n"
    )
}

fn compiled(text: &str) -> Checked {
    let files = BTreeMap::from([("s.nas".to_owned(), text.to_owned())]);
    let compilation = compile(&files, "s.nas", &Options::default()).unwrap();
    let failed = compilation.checked.is_none();
    assert!(!failed, "{text}\n{}", compilation.render());
    compilation.checked.unwrap()
}

/// Every assignment of an option to every decision.
fn assignments(space: &Checked) -> Vec<Arch> {
    let mut all = vec![Arch::default()];
    for (id, decision) in space.decision_ids() {
        let longer = |arch: &Arch| {
            let arch = arch.clone();
            (0..decision.options.len() as u32).map(move |option| {
                let mut arch = arch.clone();
                arch.set(id, option);
                arch
            })
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}

/// Multiply-adds and parameters of a network, counted layer by layer.
fn counted(space: &Checked, arch: &Arch) -> [u64; 2] {
    let network = fix(space, arch);
    assert!(network.decisions.is_empty());
    let rows = per_layer(&network, &Arch::default());
    [rows.iter().map(|row| row.macs).sum(), rows.iter().map(|row| row.params).sum()]
}

const MEASURES: [Measure; 2] = [Measure::Macs, Measure::Params];

#[test]
fn analyses_of_generated_spaces_are_what_brute_force_finds() {
    let mut networks = 0;
    for number in 0..SPACES {
        let source = generated(number);
        let space = compiled(&source);
        let what = format!("space {number}\n{source}");
        let tables = MEASURES.map(|measure| Table::new(&space, measure, None).unwrap());
        let mut distinct: BTreeMap<Arch, [u64; 2]> = BTreeMap::new();
        for arch in assignments(&space) {
            let canonical = space.canonical(&arch);
            assert_eq!(space.is_valid(&arch), space.is_valid(&canonical), "{what}{arch:?}");
            if !space.is_valid(&arch) {
                continue;
            }
            if canonical == arch {
                distinct.insert(arch.clone(), counted(&space, &arch));
            } else {
                let [network, twin] = [&arch, &canonical].map(|arch| text(&fix(&space, arch)));
                assert_eq!(network, twin, "{what}{arch:?}");
            }
            let costs = [0, 1].map(|at| tables[at].cost(&arch));
            assert_eq!(costs, counted(&space, &canonical), "{what}{arch:?}");
        }
        networks += distinct.len();
        assert_eq!(count(&space), Some(BigUint::from(distinct.len())), "{what}");
        best_agrees(&space, &distinct, number, &what);
        together_agree(&space, &distinct, &what);
        for (at, &measure) in MEASURES.iter().enumerate() {
            agrees(&space, measure, distinct.values().map(|costs| costs[at]).collect(), &what);
        }
    }
    assert!(networks > 10_000, "{networks}");
}

/// The exact answers about one measure against all its values.
fn agrees(space: &Checked, measure: Measure, mut values: Vec<u64>, what: &str) {
    values.sort_unstable();
    let (least, most) = (values[0], values[values.len() - 1]);
    let [lowest, highest] = extremes(space, measure, None).unwrap();
    assert_eq!((lowest.0, highest.0), (least, most), "{what}");
    assert_eq!(counted_by(space, measure, &lowest.1), least, "{what}");
    assert_eq!(counted_by(space, measure, &highest.1), most, "{what}");

    let census = Census::take(space, Some(measure), None).unwrap();
    let histogram = census.histogram();
    let mut bins: BTreeMap<u64, u32> = BTreeMap::new();
    for &value in &values {
        *bins.entry(value).or_default() += 1;
    }
    let expected: Vec<(u64, BigUint)> =
        bins.into_iter().map(|(value, count)| (value, count.into())).collect();
    assert_eq!(histogram.bins, expected, "{what}");
    let n = values.len() as f64;
    let mean = values.iter().map(|&value| value as f64).sum::<f64>() / n;
    let variance = values.iter().map(|&value| (value as f64 - mean).powi(2)).sum::<f64>() / n;
    assert!((histogram.mean() - mean).abs() <= 1e-9 * mean, "{what}");
    assert!((histogram.std() - variance.sqrt()).abs() <= 1e-6 * mean, "{what}");
    for percent in [0_usize, 10, 50, 90, 100] {
        let place = (percent * values.len()).div_ceil(100).max(1) - 1;
        let quantile = histogram.quantile(percent as f64 / 100.0);
        assert_eq!(quantile, Some(values[place]), "{what}{percent} %");
    }

    let middle = values[values.len() / 2];
    let inside = values.iter().filter(|&&value| value <= middle).count();
    assert_eq!(census.within(None, Some(middle)), inside.into(), "{what}");
    let mut stream = Stream::new(0, "draws", &[]);
    for _ in 0..5 {
        let arch = census.draw(None, Some(middle), &mut stream).unwrap();
        assert_eq!(space.canonical(&arch), arch, "{what}");
        assert!(space.is_valid(&arch), "{what}");
        assert!(counted_by(space, measure, &arch) <= middle, "{what}");
    }
}

/// The best networks of drawn scores under no, one and two limits against a sorted list of all.
fn best_agrees(space: &Checked, distinct: &BTreeMap<Arch, [u64; 2]>, number: u64, what: &str) {
    let mut stream = Stream::new(3, "scores", &[number]);
    // Quarters, so that sums are exact in any order.
    let scores: Vec<Vec<f64>> = space
        .decisions
        .iter()
        .map(|decision| {
            decision.options.iter().map(|_| stream.below(40) as f64 / 4.0 - 4.0).collect()
        })
        .collect();
    let score = |arch: &Arch| -> f64 {
        let of = |(id, _)| {
            let exists = space.decision_exists(id, arch);
            if exists { scores[id.index()][arch.option(id) as usize] } else { 0.0 }
        };
        space.decision_ids().map(of).sum()
    };
    let place = |at, percent| percentile(distinct, at, percent);
    let (macs, params) = (place(0, 40), place(1, 60));
    let questions = [
        vec![],
        vec![limit(Metric::Macs, None, Some(macs))],
        vec![limit(Metric::Macs, Some(macs), None), limit(Metric::Params, None, Some(params))],
        vec![limit(Metric::Macs, None, Some(0))],
    ];
    for limits in questions {
        let allowed = |costs: &[u64; 2]| {
            limits.iter().all(|limit| {
                let cost = costs[usize::from(limit.metric == Metric::Params)];
                limit.min.is_none_or(|min| cost >= min) && limit.max.is_none_or(|max| cost <= max)
            })
        };
        let inside = || distinct.iter().filter(|(_, costs)| allowed(costs));
        let mut expected: Vec<f64> = inside().map(|(arch, _)| score(arch)).collect();
        expected.sort_unstable_by(|a, b| b.total_cmp(a));
        let options = Score::Options(scores.clone());
        for count in [1, 7] {
            let found = best(space, &options, &limits, count, 1_000_000).unwrap();
            let values: Vec<f64> = found.networks.iter().map(|(score, _)| *score).collect();
            assert_eq!(values, expected[..count.min(expected.len())], "{what}{limits:?}");
            let names: BTreeSet<&Arch> = found.networks.iter().map(|(_, arch)| arch).collect();
            assert_eq!(names.len(), values.len(), "{what}");
            for (value, arch) in &found.networks {
                assert!(allowed(&distinct[arch]), "{what}{arch:?}");
                assert_eq!(*value, score(arch), "{what}{arch:?}");
            }
        }
        let least = Score::Least(Measure::Params, None);
        let found = best(space, &least, &limits, 1, 1_000_000).unwrap();
        let fewest = inside().map(|(_, costs)| costs[1]).min();
        assert_eq!(found.networks.first().map(|(score, _)| -score as u64), fewest, "{what}");
    }
}

fn limit(metric: Metric, min: Option<u64>, max: Option<u64>) -> Limit {
    Limit { metric, scope: None, min, max, origin: Origin::default() }
}

/// The cost that so many percent of the networks do not pass; `at` says which of the two costs.
fn percentile(distinct: &BTreeMap<Arch, [u64; 2]>, at: usize, percent: usize) -> u64 {
    let mut values: Vec<u64> = distinct.values().map(|costs| costs[at]).collect();
    values.sort_unstable();
    values[percent * (values.len() - 1) / 100]
}

const FEWEST_PARAMS: Score = Score::Least(Measure::Params, None);

/// What several limits leave, exactly and between bounds, against the networks that keep them.
fn together_agree(space: &Checked, distinct: &BTreeMap<Arch, [u64; 2]>, what: &str) {
    let at = |at, percent| percentile(distinct, at, percent);
    let questions = [
        vec![],
        vec![limit(Metric::Macs, Some(at(0, 20)), Some(at(0, 80)))],
        vec![
            limit(Metric::Macs, None, Some(at(0, 70))),
            limit(Metric::Params, None, Some(at(1, 60))),
        ],
        vec![
            limit(Metric::Macs, Some(at(0, 30)), None),
            limit(Metric::Params, Some(at(1, 10)), Some(at(1, 70))),
        ],
        vec![limit(Metric::Macs, None, Some(at(0, 0) - 1))],
    ];
    for limits in &questions {
        let what = format!("{what}{limits:?}");
        let keeps = |costs: &[u64; 2]| {
            limits.iter().all(|limit| {
                let cost = costs[usize::from(limit.metric == Metric::Params)];
                limit.min.is_none_or(|min| cost >= min) && limit.max.is_none_or(|max| cost <= max)
            })
        };
        let inside: Vec<(&Arch, [u64; 2])> =
            distinct.iter().filter(|(_, c)| keeps(c)).map(|(arch, c)| (arch, *c)).collect();
        let number = BigUint::from(inside.len());
        let allowed = Allowed::new(space, limits, 1_000_000).unwrap();
        assert_eq!(allowed.count(), Some(number.clone()), "{what}");
        // With room for few nodes, or for too few.
        let rough: Vec<Allowed> = [8, 16, 24]
            .into_iter()
            .filter_map(|nodes| Allowed::new(space, limits, nodes * distinct.len()).ok())
            .collect();
        let mut stream = Stream::new(1, "together", &[]);
        for networks in rough.iter().chain([&allowed]) {
            let [least, most] = networks.between();
            assert!(least <= number && number <= most, "{what}");
            for _ in 0..3 {
                let drawn = networks.draw(&mut stream);
                assert_eq!(drawn.is_some(), !inside.is_empty(), "{what}");
                assert!(drawn.is_none_or(|arch| keeps(&distinct[&arch])), "{what}");
            }
        }
        let found = marginals(space, limits, 1_000_000).unwrap();
        let front = pareto(space, Measure::Macs, None, &FEWEST_PARAMS, limits, 1_000_000).unwrap();
        assert_eq!(front.slack, 0, "{what}");
        let front = front.points;
        let mut all: Vec<[u64; 2]> = inside.iter().map(|(_, costs)| *costs).collect();
        all.sort_unstable();
        let mut expected: Vec<[u64; 2]> = Vec::new();
        for costs in all {
            if expected.last().is_none_or(|last| costs[1] < last[1]) {
                expected.push(costs);
            }
        }
        let points: Vec<[u64; 2]> =
            front.iter().map(|point| [point.cost, -point.score as u64]).collect();
        assert_eq!(points, expected, "{what}");
        assert!(
            front.iter().all(|point| distinct[&point.arch] == [point.cost, -point.score as u64])
        );
        if inside.is_empty() {
            assert!(found.is_empty(), "{what}");
            assert!(conflict(space, limits).unwrap().is_some(), "{what}");
            for near in nearest(space, limits).unwrap() {
                let at = usize::from(limits[near.limit].metric == Metric::Params);
                assert_eq!(distinct[&near.arch][at], near.value, "{what}");
            }
            continue;
        }
        assert_eq!(conflict(space, limits).unwrap(), None, "{what}");
        let total = inside.len() as f64;
        let close = |found: f64, count: usize| (found - count as f64 / total).abs() < 1e-15;
        for ((id, decision), marginal) in space.decision_ids().zip(&found) {
            let with: Vec<u32> = inside
                .iter()
                .filter(|(arch, _)| space.decision_exists(id, arch))
                .map(|(arch, _)| arch.option(id))
                .collect();
            assert!(close(marginal.exists, with.len()), "{what}{}", decision.path);
            for (option, &share) in marginal.options.iter().enumerate() {
                let count = with.iter().filter(|&&taken| taken as usize == option).count();
                assert!(close(share, count), "{what}{} {option}", decision.path);
            }
        }
        for (place, &measure) in MEASURES.iter().enumerate() {
            let values: Vec<u64> = inside.iter().map(|(_, costs)| costs[place]).collect();
            moments_agree(space, measure, limits, &values, &what);
        }
    }
}

/// Mean, deviation and histogram of the networks within limits.
fn moments_agree(space: &Checked, measure: Measure, limits: &[Limit], values: &[u64], what: &str) {
    let n = values.len() as f64;
    let mut bins: BTreeMap<u64, u32> = BTreeMap::new();
    for &value in values {
        *bins.entry(value).or_default() += 1;
    }
    let expected: Vec<(u64, BigUint)> =
        bins.into_iter().map(|(value, count)| (value, count.into())).collect();
    let histogram = census(space, measure, None, limits, 1_000_000).unwrap().histogram();
    assert_eq!(histogram.bins, expected, "{what}");
    let rough = spread(space, measure, None, limits, 1_000_000, 3).unwrap();
    for q in [0.0, 0.2, 0.5, 0.8, 1.0] {
        let (value, [low, high]) = (histogram.quantile(q).unwrap(), rough.quantile(q).unwrap());
        assert!(low <= value && value <= high, "{what}");
        let [least, most] = rough.within(None, Some(value));
        let number = histogram.within(None, Some(value));
        assert!(least <= number && number <= most, "{what}");
    }
    // Sums of integers below 2^53 are exact.
    let average = values.iter().sum::<u64>() as f64 / n;
    let variance = values.iter().map(|&v| (v as f64 - average).powi(2)).sum::<f64>() / n;
    let (found, deviation) = mean(space, measure, None, limits, 1_000_000).unwrap().unwrap();
    assert!((found - average).abs() <= 1e-14 * average, "{what}");
    assert!((deviation - variance.sqrt()).abs() <= 1e-9 * average.max(1.0), "{what}");
    assert_eq!((histogram.mean(), histogram.std()), (found, deviation), "{what}");
}

fn counted_by(space: &Checked, measure: Measure, arch: &Arch) -> u64 {
    counted(space, arch)[usize::from(measure == Measure::Params)]
}
