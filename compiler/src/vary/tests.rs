//! The diagrams against plain tables with one entry per assignment.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;

use num_bigint::BigUint;

use super::{Binary, DecisionId, Diagrams, FALSE, Leaf, StoredDiagrams, TRUE, Unary, Vary};
use crate::random::Stream;

/// What a value is in one network, without the names of faults.
#[derive(Clone, Debug, PartialEq)]
enum Plain {
    Int(i64),
    Bool(bool),
    Fault,
    Absent,
}

/// A value both ways: as a diagram, and as a table over all assignments.
#[derive(Clone)]
struct Twin {
    vary: Vary,
    table: Vec<Plain>,
}

/// A small space: the options of every decision, and every assignment of them.
struct Small {
    arities: Vec<u32>,
    all: Vec<Vec<u32>>,
}

impl Small {
    fn drawn(stream: &mut Stream) -> Self {
        let arities: Vec<u32> = (0..=stream.below(4)).map(|_| 1 + stream.below(4) as u32).collect();
        let mut all = vec![Vec::new()];
        for &arity in &arities {
            all = all
                .iter()
                .flat_map(|head: &Vec<u32>| {
                    (0..arity).map(move |option| [head.as_slice(), &[option]].concat())
                })
                .collect();
        }
        Self { arities, all }
    }

    fn diagrams(&self) -> Diagrams {
        let mut diagrams = Diagrams::default();
        for &arity in &self.arities {
            diagrams.add_decision(arity);
        }
        diagrams
    }

    fn table(&self, diagrams: &Diagrams, vary: Vary) -> Vec<Plain> {
        let plain = |leaf: &Leaf| match leaf {
            Leaf::Int(value) => Plain::Int(*value),
            Leaf::Bool(value) => Plain::Bool(*value),
            Leaf::Fault(_) => Plain::Fault,
            Leaf::Absent => Plain::Absent,
            Leaf::Float(_) | Leaf::Str(_) => unreachable!("the tests draw none"),
        };
        self.all.iter().map(|a| plain(diagrams.eval(vary, |d| a[d.index()]))).collect()
    }

    /// An integer or truth value of its own for every assignment, made option by option.
    fn vary_of(&self, diagrams: &mut Diagrams, table: &[Plain]) -> Vary {
        self.below(diagrams, 0, table)
    }

    fn below(&self, diagrams: &mut Diagrams, level: usize, table: &[Plain]) -> Vary {
        match self.arities.get(level) {
            None => match table[0] {
                Plain::Int(value) => diagrams.int(value),
                Plain::Bool(value) => diagrams.boolean(value),
                Plain::Absent => diagrams.leaf(Leaf::Absent),
                Plain::Fault => diagrams.fault("drawn"),
            },
            Some(&arity) => {
                let width = table.len() / arity as usize;
                let values: Vec<Vary> =
                    table.chunks(width).map(|part| self.below(diagrams, level + 1, part)).collect();
                diagrams.choose(DecisionId(level as u32), &values)
            }
        }
    }
}

/// Floored division, by the definition: the largest `q` with `q * b <= a` (for positive `b`).
fn floored(a: i64, b: i64) -> (i64, i64) {
    let (a, b) = if b < 0 { (-i128::from(a), -i128::from(b)) } else { (a.into(), b.into()) };
    let mut quotient = a / b;
    while quotient * b > a {
        quotient -= 1;
    }
    let rest = a - quotient * b;
    (quotient as i64, rest as i64)
}

fn expected(op: Binary, a: &Plain, b: &Plain) -> Plain {
    use Plain::{Bool, Fault, Int};
    match (op, a, b) {
        (Binary::And, Bool(false), _) => Bool(false),
        (Binary::Or, Bool(true), _) => Bool(true),
        (Binary::And | Binary::Or, Bool(_), other) => other.clone(),
        (_, Fault | Plain::Absent, _) => a.clone(),
        (_, _, Fault | Plain::Absent) => b.clone(),
        (_, Int(a), Int(b)) => match op {
            Binary::Add => Int(a + b),
            Binary::Subtract => Int(a - b),
            Binary::Multiply => Int(a * b),
            Binary::Divide if *b != 0 && a % b == 0 => Int(a / b),
            Binary::Div if *b != 0 => Int(floored(*a, *b).0),
            Binary::Mod if *b > 0 => Int(floored(*a, *b).1),
            Binary::Mod if *b < 0 => Int(-floored(*a, *b).1),
            Binary::Min => Int(*a.min(b)),
            Binary::Max => Int(*a.max(b)),
            Binary::Equal => Bool(a == b),
            Binary::Less => Bool(a < b),
            _ => Fault,
        },
        (Binary::Equal, Bool(a), Bool(b)) => Bool(a == b),
        _ => Fault,
    }
}

const ON_INTS: [Binary; 10] = [
    Binary::Add,
    Binary::Subtract,
    Binary::Multiply,
    Binary::Divide,
    Binary::Div,
    Binary::Mod,
    Binary::Min,
    Binary::Max,
    Binary::Equal,
    Binary::Less,
];

fn drawn_ints(small: &Small, diagrams: &mut Diagrams, stream: &mut Stream) -> Twin {
    let table: Vec<Plain> =
        small.all.iter().map(|_| Plain::Int(stream.below(9) as i64 - 4)).collect();
    Twin { vary: small.vary_of(diagrams, &table), table }
}

fn drawn_bools(small: &Small, diagrams: &mut Diagrams, stream: &mut Stream) -> Twin {
    let table: Vec<Plain> = small.all.iter().map(|_| Plain::Bool(stream.chance(0.5))).collect();
    Twin { vary: small.vary_of(diagrams, &table), table }
}

fn is_true(plain: &Plain) -> bool {
    *plain == Plain::Bool(true)
}

#[test]
fn operations_are_pointwise() {
    let mut stream = Stream::new(0, "pointwise", &[]);
    for _ in 0..60 {
        let small = Small::drawn(&mut stream);
        let mut diagrams = small.diagrams();
        let mut ints: Vec<Twin> =
            (0..3).map(|_| drawn_ints(&small, &mut diagrams, &mut stream)).collect();
        let mut bools: Vec<Twin> =
            (0..3).map(|_| drawn_bools(&small, &mut diagrams, &mut stream)).collect();
        for _ in 0..25 {
            let pick = |twins: &[Twin], stream: &mut Stream| stream.choose(twins).unwrap().clone();
            let (a, b) = (pick(&ints, &mut stream), pick(&ints, &mut stream));
            let (c, d) = (pick(&bools, &mut stream), pick(&bools, &mut stream));
            let op = *stream.choose(&ON_INTS).unwrap();
            let made = diagrams.binary(op, a.vary, b.vary);
            let table: Vec<Plain> =
                a.table.iter().zip(&b.table).map(|(a, b)| expected(op, a, b)).collect();
            assert_eq!(small.table(&diagrams, made), table, "{op:?}");
            let of_bools = matches!(op, Binary::Equal | Binary::Less);
            // Products of products leave 64 bits, where the two sides would differ.
            let tame = table.iter().all(|p| !matches!(p, Plain::Int(v) if v.abs() > 1 << 20));
            if of_bools {
                bools.push(Twin { vary: made, table });
            } else if tame {
                ints.push(Twin { vary: made, table });
            }
            let op = *stream.choose(&[Binary::And, Binary::Or]).unwrap();
            let made = diagrams.binary(op, c.vary, d.vary);
            let table: Vec<Plain> =
                c.table.iter().zip(&d.table).map(|(c, d)| expected(op, c, d)).collect();
            assert_eq!(small.table(&diagrams, made), table, "{op:?}");
            bools.push(Twin { vary: made, table });
            let made = diagrams.ite(c.vary, a.vary, b.vary);
            let table: Vec<Plain> = (0..small.all.len())
                .map(|i| match c.table[i] {
                    Plain::Bool(true) => a.table[i].clone(),
                    Plain::Bool(false) => b.table[i].clone(),
                    ref other => other.clone(),
                })
                .collect();
            assert_eq!(small.table(&diagrams, made), table, "ite");
            ints.push(Twin { vary: made, table });
        }
    }
}

#[test]
fn equal_functions_are_equal_handles() {
    let mut stream = Stream::new(0, "canonicity", &[]);
    for _ in 0..60 {
        let small = Small::drawn(&mut stream);
        let mut diagrams = small.diagrams();
        let mut twins: Vec<Twin> =
            (0..4).map(|_| drawn_bools(&small, &mut diagrams, &mut stream)).collect();
        for _ in 0..40 {
            let a = stream.choose(&twins).unwrap().vary;
            let b = stream.choose(&twins).unwrap().vary;
            let made = match stream.below(4) {
                0 => diagrams.and(a, b),
                1 => diagrams.or(a, b),
                2 => diagrams.not(a),
                _ => diagrams.differ(a, b),
            };
            twins.push(Twin { vary: made, table: small.table(&diagrams, made) });
        }
        for a in &twins {
            assert_eq!(small.vary_of(&mut diagrams, &a.table), a.vary);
            for b in &twins {
                assert_eq!(a.vary == b.vary, a.table == b.table);
            }
        }
    }
}

#[test]
fn counts_supports_and_leaves_are_those_of_the_table() {
    let mut stream = Stream::new(0, "count", &[]);
    for _ in 0..200 {
        let small = Small::drawn(&mut stream);
        let mut diagrams = small.diagrams();
        let truth = drawn_bools(&small, &mut diagrams, &mut stream);
        let count = truth.table.iter().filter(|p| is_true(p)).count();
        assert_eq!(diagrams.count(truth.vary), BigUint::from(count));
        let value = drawn_ints(&small, &mut diagrams, &mut stream);
        let distinct: BTreeSet<i64> = value
            .table
            .iter()
            .map(|p| if let Plain::Int(v) = p { *v } else { unreachable!("integers were drawn") })
            .collect();
        let leaves: BTreeSet<i64> =
            diagrams.leaves(value.vary).iter().filter_map(Leaf::as_int).collect();
        assert_eq!(leaves, distinct);
        let ends = distinct.first().copied().zip(distinct.last().copied());
        assert_eq!(diagrams.int_range(value.vary), ends);
        for level in 0..small.arities.len() {
            let matters = pairs(&small, level).any(|(a, b)| {
                small.all[a][..level] == small.all[b][..level] && value.table[a] != value.table[b]
            });
            let decision = DecisionId(level as u32);
            assert_eq!(diagrams.support(value.vary).contains(&decision), matters);
            // Looked at where, given the earlier decisions, some later ones make it matter.
            let reads = diagrams.reads(value.vary, decision);
            for (place, plain) in small.table(&diagrams, reads).iter().enumerate() {
                let here = &small.all[place][..level];
                let looks = pairs(&small, level).any(|(a, b)| {
                    small.all[a][..level] == *here && value.table[a] != value.table[b]
                });
                assert_eq!(is_true(plain), looks);
            }
        }
    }
}

/// Places of assignments that differ in the decision of that level alone.
fn pairs(small: &Small, level: usize) -> impl Iterator<Item = (usize, usize)> {
    let all = &small.all;
    (0..all.len()).flat_map(move |a| {
        (0..all.len()).filter_map(move |b| {
            let alone = (0..all[a].len()).all(|l| l == level || all[a][l] == all[b][l]);
            alone.then_some((a, b))
        })
    })
}

#[test]
fn a_witness_proves_its_condition_and_needs_every_step() {
    let mut stream = Stream::new(0, "witness", &[]);
    for _ in 0..300 {
        let small = Small::drawn(&mut stream);
        let mut diagrams = small.diagrams();
        let truth = drawn_bools(&small, &mut diagrams, &mut stream);
        let proves = |steps: &[(DecisionId, u32)]| {
            let inside = |a: &Vec<u32>| steps.iter().all(|(d, o)| a[d.index()] == *o);
            small.all.iter().zip(&truth.table).all(|(a, p)| !inside(a) || is_true(p))
        };
        match diagrams.witness(truth.vary) {
            None => assert!(!truth.table.iter().any(is_true)),
            Some(steps) => {
                assert!(proves(&steps));
                for step in 0..steps.len() {
                    let mut fewer = steps.clone();
                    fewer.remove(step);
                    assert!(!proves(&fewer), "{steps:?} has a superfluous step");
                }
            }
        }
    }
}

#[test]
fn a_witness_is_a_shortest_path() {
    let mut diagrams = Diagrams::default();
    let [a, b, c] = [3, 2, 2].map(|arity| diagrams.add_decision(arity));
    let (a2, b1, c1) = (diagrams.is(a, 2), diagrams.is(b, 1), diagrams.is(c, 1));
    let both = diagrams.and(b1, c1);
    let either = diagrams.or(a2, both);
    assert_eq!(diagrams.witness(either), Some(vec![(a, 2)]));
    assert_eq!(diagrams.witness(both), Some(vec![(b, 1), (c, 1)]));
    assert_eq!(diagrams.witness(TRUE), Some(Vec::new()));
    assert_eq!(diagrams.witness(FALSE), None);
}

#[test]
fn select_takes_the_operand_of_that_number_and_fails_beyond() {
    let mut stream = Stream::new(0, "select", &[]);
    for _ in 0..100 {
        let small = Small::drawn(&mut stream);
        let mut diagrams = small.diagrams();
        let on = drawn_ints(&small, &mut diagrams, &mut stream);
        let operands: Vec<Twin> =
            (0..3).map(|_| drawn_ints(&small, &mut diagrams, &mut stream)).collect();
        let handles: Vec<Vary> = operands.iter().map(|twin| twin.vary).collect();
        let made = diagrams.select(on.vary, &handles);
        let table: Vec<Plain> = (0..small.all.len())
            .map(|i| match on.table[i] {
                Plain::Int(n @ 0..3) => operands[n as usize].table[i].clone(),
                _ => Plain::Fault,
            })
            .collect();
        assert_eq!(small.table(&diagrams, made), table);
    }
}

#[test]
fn equal_operations_that_fail_have_equal_handles() {
    let mut diagrams = Diagrams::default();
    let d = diagrams.add_decision(3);
    let on = diagrams.index_of(d);
    let one = diagrams.int(1);
    let both = [one, one];
    let first = diagrams.select(on, &both);
    let size = diagrams.nodes.len();
    assert_eq!(diagrams.select(on, &both), first);
    assert_eq!(diagrams.nodes.len(), size);
}

#[test]
fn a_choice_may_depend_on_earlier_decisions() {
    let mut stream = Stream::new(0, "choose", &[]);
    for _ in 0..100 {
        let small = Small::drawn(&mut stream);
        let mut diagrams = small.diagrams();
        let level = stream.below(small.arities.len() as u64) as usize;
        let values: Vec<Twin> = (0..small.arities[level])
            .map(|_| drawn_ints(&small, &mut diagrams, &mut stream))
            .collect();
        let handles: Vec<Vary> = values.iter().map(|twin| twin.vary).collect();
        let made = diagrams.choose(DecisionId(level as u32), &handles);
        let expected: Vec<Plain> = small
            .all
            .iter()
            .enumerate()
            .map(|(i, a)| values[a[level] as usize].table[i].clone())
            .collect();
        assert_eq!(small.table(&diagrams, made), expected);
        let doubled = diagrams.map(made, &mut |this, leaf| match leaf {
            Leaf::Int(value) => this.int(value * 2),
            _ => unreachable!("integers were drawn"),
        });
        let twice = diagrams.binary(Binary::Add, made, made);
        assert_eq!(doubled, twice);
    }
}

#[test]
fn faults_spread_unless_nobody_looks() {
    let mut diagrams = Diagrams::default();
    let d = diagrams.add_decision(2);
    let (zero, seven) = (diagrams.int(0), diagrams.int(7));
    let one = diagrams.int(1);
    let divisor = diagrams.choose(d, &[zero, one]);
    let quotient = diagrams.binary(Binary::Divide, seven, divisor);
    let fails = |diagrams: &mut Diagrams, value: Vary| diagrams.unary(Unary::IsFault, value);
    let first = diagrams.is(d, 0);
    assert_eq!(fails(&mut diagrams, quotient), first);
    let sum = diagrams.binary(Binary::Add, quotient, one);
    assert_eq!(fails(&mut diagrams, sum), first);
    let Some(&Leaf::Fault(id)) = diagrams.leaves(sum).iter().find(|l| l.as_int().is_none()) else {
        unreachable!("the sum fails somewhere")
    };
    assert_eq!(diagrams.fault_message(id), "7 is divided by zero");
    let is_one = diagrams.binary(Binary::Equal, quotient, one);
    assert_eq!(fails(&mut diagrams, is_one), first);
    let second = diagrams.not(first);
    assert_eq!(diagrams.and(second, is_one), FALSE, "the failure is not looked at, and 7 is not 1");
    // A failed condition fails even where both sides agree.
    let chosen = diagrams.ite(is_one, one, one);
    assert_eq!(fails(&mut diagrams, chosen), first);
    let absent = diagrams.where_(second, quotient);
    assert_eq!(fails(&mut diagrams, absent), FALSE);
    assert!(!diagrams.is_sound(absent) && diagrams.is_sound(divisor));
}

#[test]
fn integer_arithmetic_has_the_edges_of_the_language() {
    let mut diagrams = Diagrams::default();
    let mut result = |op, a: i64, b: i64| {
        let (a, b) = (diagrams.int(a), diagrams.int(b));
        let made = diagrams.binary(op, a, b);
        diagrams.constant_int(made)
    };
    assert_eq!(result(Binary::Div, 7, 2), Some(3));
    assert_eq!(result(Binary::Div, -7, 2), Some(-4));
    assert_eq!(result(Binary::Div, 7, -2), Some(-4));
    assert_eq!(result(Binary::Div, -7, -2), Some(3));
    assert_eq!(result(Binary::Mod, -7, 2), Some(1));
    assert_eq!(result(Binary::Mod, 7, -2), Some(-1));
    assert_eq!(result(Binary::Mod, -7, -2), Some(-1));
    assert_eq!(result(Binary::Mod, i64::MIN, -1), Some(0));
    assert_eq!(result(Binary::Div, i64::MIN, -1), None);
    assert_eq!(result(Binary::Divide, 6, 4), None);
    assert_eq!(result(Binary::Divide, -6, 3), Some(-2));
    assert_eq!(result(Binary::Power, 2, 62), Some(1 << 62));
    assert_eq!(result(Binary::Power, 2, 63), None);
    assert_eq!(result(Binary::Power, 2, -1), None);
    assert_eq!(result(Binary::Add, i64::MAX, 1), None);
    assert_eq!(result(Binary::Multiply, 1 << 32, 1 << 31), None);
}

#[test]
fn rounding_is_the_languages() {
    let mut diagrams = Diagrams::default();
    let mut result = |op, value: f64| {
        let value = diagrams.float(value);
        let made = diagrams.unary(op, value);
        diagrams.constant_int(made)
    };
    assert_eq!(result(Unary::Floor, -1.5), Some(-2));
    assert_eq!(result(Unary::Ceil, -1.5), Some(-1));
    assert_eq!(result(Unary::Trunc, -1.5), Some(-1));
    assert_eq!(result(Unary::Round, 2.5), Some(3));
    assert_eq!(result(Unary::Round, -2.5), Some(-3));
    assert_eq!(result(Unary::Floor, 1e19), None);
}

#[test]
fn stored_diagrams_come_back_equal() {
    let mut stream = Stream::new(0, "stored", &[]);
    for _ in 0..40 {
        let small = Small::drawn(&mut stream);
        let mut diagrams = small.diagrams();
        let mut twins = Vec::new();
        for _ in 0..4 {
            let a = drawn_ints(&small, &mut diagrams, &mut stream).vary;
            let b = drawn_ints(&small, &mut diagrams, &mut stream).vary;
            twins.push(diagrams.binary(Binary::Divide, a, b));
        }
        let text = ron::to_string(&StoredDiagrams::from(&diagrams)).unwrap();
        let stored: StoredDiagrams = ron::from_str(&text).unwrap();
        let mut back = Diagrams::try_from(stored).unwrap();
        for &twin in &twins {
            assert!(back.holds(twin));
            assert_eq!(small.table(&back, twin), small.table(&diagrams, twin));
        }
        // What is made afterwards has the same handles.
        let (a, b) = (diagrams.int(77), back.int(77));
        let sums =
            [diagrams.binary(Binary::Add, twins[0], a), back.binary(Binary::Add, twins[0], b)];
        assert_eq!(small.table(&diagrams, sums[0]), small.table(&back, sums[1]));
    }
}

#[test]
fn malformed_stored_diagrams_are_refused() {
    let refused = |text: &str| {
        let stored: StoredDiagrams = ron::from_str(text).unwrap();
        Diagrams::try_from(stored).unwrap_err()
    };
    let head = "faults:[],nodes:[Leaf(Bool(false)),Leaf(Bool(true)),";
    for (what, nodes) in [
        ("a later child", format!("(arities:[2],{head}Test((0),[(0),(9)])])")),
        ("too few children", format!("(arities:[2],{head}Test((0),[(0)])])")),
        ("a decision out of range", format!("(arities:[2],{head}Test((1),[(0),(1)])])")),
        ("no children", format!("(arities:[0],{head}Test((0),[])])")),
        ("equal children", format!("(arities:[2],{head}Test((0),[(1),(1)])])")),
        ("a copy", format!("(arities:[2],{head}Leaf(Bool(true))])")),
        ("an unknown fault", format!("(arities:[2],{head}Leaf(Fault((3)))])")),
        ("a second zero", format!("(arities:[2],{head}Leaf(Float((9223372036854775808)))])")),
        (
            "decisions out of order",
            format!("(arities:[2,2],{head}Test((0),[(0),(1)]),Test((1),[(0),(2)])])"),
        ),
    ] {
        assert!(refused(&nodes).contains("node 2") || refused(&nodes).contains("node 3"), "{what}");
    }
    refused("(arities:[],faults:[],nodes:[Leaf(Bool(true))])");
}
