//! Spaces of cells: `NAS-Bench-201` and `DARTS`.

use nasc_compiler::arch::Arch;
use nasc_compiler::arch::text::parse;

use crate::support::{compiled, compiled_with, costs};

/// The benchmark lists 220.11969 M operations and 1.531546 M parameters for the cell of 3x3 convolutions
/// alone, and 7.78305 M and 0.073306 M for the cells without any; its operations count ten biases.
#[test]
fn nasbench201_costs_what_the_benchmark_lists() {
    let space = compiled("nasbench201.nas");
    assert_eq!(costs(&space, &Arch(vec![3; 6]))[..2], [220_119_690 - 10, 1_531_546]);
    assert_eq!(costs(&space, &Arch(vec![1; 6]))[..2], [7_783_050 - 10, 73_306]);
    assert_eq!(costs(&space, &Arch(vec![0; 6]))[..2], [7_783_050 - 10, 73_306]);
}

/// What a node reads, and through which operations.
type Node = (&'static str, [&'static str; 2]);

/// The nodes of the found cells.
const DARTS: [(&str, [Node; 4]); 2] = [
    (
        "normal",
        [
            ("0+1", ["sep_conv_3x3", "sep_conv_3x3"]),
            ("0+1", ["sep_conv_3x3", "sep_conv_3x3"]),
            ("0+1", ["skip_connect", "sep_conv_3x3"]),
            ("0+2", ["skip_connect", "dil_conv_3x3"]),
        ],
    ),
    (
        "reduce",
        [
            ("0+1", ["max_pool_3x3", "max_pool_3x3"]),
            ("1+2", ["max_pool_3x3", "skip_connect"]),
            ("0+2", ["max_pool_3x3", "skip_connect"]),
            ("1+2", ["max_pool_3x3", "skip_connect"]),
        ],
    ),
];

/// Published as 3.349 M parameters for CIFAR-10 and 4.719 M for `ImageNet`.
#[test]
fn the_found_network_of_darts_has_the_published_parameters() {
    let mut set = Vec::new();
    for (cell, nodes) in DARTS {
        for (n, (inputs, operations)) in nodes.into_iter().enumerate() {
            let path = format!("{cell}.node.{n}.inputs");
            for (input, operation) in inputs.split('+').zip(operations) {
                set.push(format!("{path}.{input}.op={operation}"));
            }
            set.push(format!("{path}={inputs}"));
        }
    }
    let cifar: &[_] = &[("cells", "20"), ("width", "36")];
    let imagenet: &[_] = &[
        ("imagenet", "true"),
        ("size", "224"),
        ("classes", "1000"),
        ("cells", "14"),
        ("width", "48"),
    ];
    for (settings, params) in [(cifar, 3_349_342), (imagenet, 4_718_752)] {
        let space = compiled_with("darts.nas", settings);
        let found = parse(&space, &set.join(",")).unwrap().arch;
        assert_eq!(costs(&space, &found)[1], params);
    }
}
