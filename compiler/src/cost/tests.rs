//! Costs against the fixed networks, whose tensors say what they cost.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::{Measure, Table, factors, mac_ranges, param_ranges, per_layer};
use crate::arch::Arch;
use crate::ir::{DecisionKind, Kind, Op, Role};
use crate::pass::{Checked, fix};
use crate::random::Stream;
use crate::sketch::{Sketch, assignments, chain, drawn};
use crate::vary::DecisionId;

/// Every weight is used once per position of its node's result.
fn macs_of_network(network: &Checked) -> u64 {
    let size = |values: &[crate::vary::Vary]| -> u64 {
        values.iter().map(|&v| network.diagrams.constant_int(v).unwrap() as u64).product()
    };
    network
        .nodes()
        .filter(|(_, node)| matches!(node.op, Op::Prim { kind: Kind::Conv | Kind::Linear, .. }))
        .map(|(_, node)| {
            let weight = network.param(node.params[0]);
            assert!(matches!(weight.role, Role::ConvWeight | Role::LinearWeight));
            weight.full_size() * size(node.shape.space())
        })
        .sum()
}

fn params_of_network(network: &Checked, with_bn: bool) -> u64 {
    network
        .params
        .iter()
        .filter(|p| !p.role.is_buffer() && (with_bn || !p.role.is_norm()))
        .map(crate::ir::Param::full_size)
        .sum()
}

#[test]
fn the_table_is_the_sum_over_the_fixed_network() {
    let mut stream = Stream::new(0, "costs", &[]);
    for _ in 0..25 {
        let space = drawn(&mut stream);
        let tables = [Measure::Macs, Measure::Params, Measure::ParamsWithoutBn]
            .map(|measure| Table::new(&space, measure, None).unwrap());
        for arch in assignments(&space) {
            let network = fix(&space, &arch);
            assert_eq!(tables[0].cost(&arch), macs_of_network(&network));
            assert_eq!(tables[1].cost(&arch), params_of_network(&network, true));
            assert_eq!(tables[2].cost(&arch), params_of_network(&network, false));
            assert_eq!(tables[0].cost(&space.canonical(&arch)), tables[0].cost(&arch));
            let fixed = Table::new(&network, Measure::Macs, None).unwrap();
            assert_eq!(fixed.cost(&Arch::default()), tables[0].cost(&arch));
        }
    }
}

#[test]
fn a_change_is_the_difference_of_two_costs() {
    let mut stream = Stream::new(0, "changes", &[]);
    for _ in 0..10 {
        let space = drawn(&mut stream);
        let table = Table::new(&space, Measure::Macs, None).unwrap();
        for arch in assignments(&space).iter().step_by(7) {
            for (id, decision) in space.decision_ids() {
                for option in 0..decision.options.len() as u32 {
                    let mut after = arch.clone();
                    after.set(id, option);
                    let difference = table.cost(&after) as i64 - table.cost(arch) as i64;
                    assert_eq!(table.change(arch, id, option), difference);
                }
            }
        }
    }
}

#[test]
fn rows_add_up() {
    let mut stream = Stream::new(0, "rows", &[]);
    let space = drawn(&mut stream);
    let macs = Table::new(&space, Measure::Macs, None).unwrap();
    let params = Table::new(&space, Measure::Params, None).unwrap();
    for arch in assignments(&space).iter().step_by(11) {
        let rows = per_layer(&space, arch);
        assert_eq!(rows.iter().map(|row| row.macs).sum::<u64>(), macs.cost(arch));
        assert_eq!(rows.iter().map(|row| row.params).sum::<u64>(), params.cost(arch));
        assert!((rows.iter().map(|row| row.share).sum::<f64>() - 1.0).abs() < 1e-12);
    }
}

#[test]
fn ranges_are_reached() {
    let mut stream = Stream::new(0, "ranges", &[]);
    for _ in 0..5 {
        let space = drawn(&mut stream);
        let all = assignments(&space);
        let rows: Vec<_> = all.iter().flat_map(|arch| per_layer(&space, arch)).collect();
        let macs = mac_ranges(&space).into_iter().map(|range| (range, true));
        let params = param_ranges(&space).into_iter().map(|range| (range, false));
        for ((id, least, most), is_macs) in macs.chain(params) {
            let path = &space.node(id).path;
            let costs: Vec<u64> = rows
                .iter()
                .filter(|row| row.path == *path)
                .map(|row| if is_macs { row.macs } else { row.params })
                .collect();
            assert_eq!(costs.iter().min(), Some(&least), "{path}");
            assert_eq!(costs.iter().max(), Some(&most), "{path}");
        }
    }
}

/// Two places of a convolution with four filters and a bias, and ten answers with one.
#[test]
fn a_bias_is_an_addition_for_every_element() {
    let text = "space s() {
        input image: [3, 4, 2]
        let w = choose width in {4, 6}
        let x = image -> conv(w, kernel: 2, stride: 2, pad: 0, bias: true) -> conv(5)
        output y = x -> global_pool -> linear(10)
    }";
    let files = std::collections::BTreeMap::from([("s.nas".to_owned(), text.to_owned())]);
    let space = crate::compile(&files, "s.nas", &crate::Options::default()).unwrap();
    let space = space.checked.unwrap();
    for (option, width) in [(0, 4), (1, 6)] {
        let cost = |measure| Table::new(&space, measure, None).unwrap().cost(&Arch(vec![option]));
        assert_eq!(cost(Measure::MacsBias) - cost(Measure::Macs), 2 * width + 10);
    }
    for measure in Measure::ALL {
        assert_eq!(Measure::named(measure.name()), Some(measure));
    }
}

/// A kernel of four that doubles 3x2 positions.
#[test]
fn a_transposed_convolution_counts_at_its_inputs_or_at_its_outputs() {
    let text = "space s() {
        input image: [3, 3, 2]
        output y = image -> conv_transpose(8, kernel: 4, stride: 2, pad: 1) -> conv(5)
    }";
    let files = std::collections::BTreeMap::from([("s.nas".to_owned(), text.to_owned())]);
    let space = crate::compile(&files, "s.nas", &crate::Options::default()).unwrap();
    let space = space.checked.unwrap();
    let cost = |measure| Table::new(&space, measure, None).unwrap().cost(&Arch::default());
    assert_eq!(cost(Measure::Macs), 3 * 8 * 16 * 6 + 8 * 5 * 24);
    assert_eq!(cost(Measure::MacsAtOutputs), 3 * 8 * 16 * 24 + 8 * 5 * 24);
}

/// One multiply-add more than a multiple of 64 makes an operation more.
#[test]
fn binary_multiply_adds_are_a_sixty_fourth_of_an_operation() {
    let text = "
        space s() {
            input image: [1, 8, 8]
            let size = choose size in {1, 3}
            let x = image -> conv(2) -> rsign -> binary_conv(1, kernel: size)
            output y = x -> global_pool -> binary_conv(1) -> linear(3)
        }";
    let files: std::collections::BTreeMap<String, String> =
        [(String::from("s.nas"), text.to_owned())].into_iter().collect();
    let space = crate::compile(&files, "s.nas", &crate::Options::default()).unwrap();
    let space = space.checked.unwrap();
    for (option, macs) in [(0, 128_u64), (1, 1152)] {
        let cost = |measure| Table::new(&space, measure, None).unwrap().cost(&Arch(vec![option]));
        assert_eq!(cost(Measure::Macs), 128 + macs + 1 + 3);
        assert_eq!(cost(Measure::OpsBinary), 128 + macs / 64 + 1 + 3);
    }
}

/// Every operation that some counter counts, once.
#[test]
fn counters_count_what_is_no_multiply_add() {
    let text = "space s() {
        input image: [4, 6, 6]
        let x = image -> bn -> bn(affine: false) -> gn(2) -> gn(2, affine: false) -> prelu
        let x = x -> avg_pool(2) -> resize(scale: 2) -> resize(size: 4, mode: \"bilinear\")
        let x = x -> adaptive_pool(2) -> softmax -> softmax(axis: 2) -> softmax(runs: 2)
        output y = x -> max_pool(2) -> global_pool
    }";
    let files = std::collections::BTreeMap::from([("s.nas".to_owned(), text.to_owned())]);
    let space = crate::compile(&files, "s.nas", &crate::Options::default()).unwrap();
    let space = space.checked.unwrap();
    let cost = |measure| Table::new(&space, measure, None).unwrap().cost(&Arch::default());
    let (picture, small, grid) = (4 * 36, 4 * 16, 4 * 4);
    let softmax = 4 * (3 * 4 - 1) + 8 * (3 * 2 - 1) + 8 * (3 * 2 - 1);
    let thop = (4 + 2 + 1) * picture + 4 * 9 + picture + 11 * small + (small + grid) + softmax;
    assert_eq!(cost(Measure::Thop), thop + 4 + 4);
    let fvcore = (2 + 1 + 5 + 4) * picture + picture + 4 * small + small + 4;
    assert_eq!(cost(Measure::Fvcore), fvcore);
    assert_eq!(cost(Measure::MobileCv), small + 4);
    assert_eq!(cost(Measure::Macs), 0);
    assert_eq!(cost(Measure::TorchFlops), 0);
}

#[test]
fn a_scope_counts_what_lies_below_it() {
    let space = chain(3);
    let arch = Arch(vec![2, 3, 0]);
    let cost = |scope| Table::new(&space, Measure::Macs, scope).unwrap().cost(&arch);
    let parts = ["stem", "s", "fc"].map(|scope| cost(Some(scope)));
    assert_eq!(parts.iter().sum::<u64>(), cost(None));
    assert_eq!(parts[2], 80);
    assert_eq!(cost(Some("s.1")), 2 * 8 * 8 * 9 * 256);
    assert_eq!(cost(Some("s.1.op.dee")), 0);
}

/// Twelve layers whose first kernel is shared by all: no dense table holds all decisions.
#[test]
fn a_wide_factor_stays_a_product() {
    let mut s = Sketch::named("wide");
    let x = s.input(3, 8);
    let mut width = s.int(1);
    let decisions: Vec<DecisionId> = (0..16)
        .map(|layer| s.decision(&format!("w{layer}"), DecisionKind::Value, &["0", "1"]))
        .collect();
    for &decision in &decisions {
        let more = s.graph.diagrams.index_of(decision);
        width = s.graph.diagrams.binary(crate::vary::Binary::Add, width, more);
    }
    let three = s.int(3);
    let x = s.conv("conv", x, width, three, 1, Some(1));
    s.output(x);
    let space = s.checked();
    let table = Table::new(&space, Measure::Macs, None).unwrap();
    let sum = factors(&space, Measure::Macs, None);
    let mut stream = Stream::new(0, "wide", &[]);
    for _ in 0..50 {
        let arch = Arch((0..16).map(|_| stream.below(2) as u16).collect());
        let width = 1 + arch.0.iter().map(|&o| u64::from(o)).sum::<u64>();
        assert_eq!(table.cost(&arch), width * 3 * 9 * 64);
        assert_eq!(sum.value(&arch), Some(width * 3 * 9 * 64));
        let change = table.change(&arch, decisions[5], 1 - u32::from(arch.0[5]));
        assert_eq!(change, (1 - 2 * i64::from(arch.0[5])) * 3 * 9 * 64);
    }
}

#[test]
fn a_cost_beyond_63_bits_is_refused() {
    let mut s = Sketch::named("huge");
    let mut x = s.input(60_000, 40_000);
    let width = s.int(60_000);
    let kernel = s.int(7);
    x = s.conv("conv", x, width, kernel, 1, Some(1));
    s.output(x);
    let space = s.checked();
    assert!(Table::new(&space, Measure::Macs, None).is_err());
    assert!(Table::new(&space, Measure::Params, None).is_ok());
}
