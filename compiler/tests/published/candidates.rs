//! What alternatives own.

use nasc_compiler::Checked;
use nasc_compiler::ir::{Role, last_norms};

use crate::support::{compiled, compiled_with, written};

/// The paths of the last normalisations of an alternative.
fn last(space: &Checked, decision: &str, option: u32) -> Vec<String> {
    let ends = |path: &str| path == decision || path.ends_with(&format!(".{decision}"));
    let (decision, _) = space.decision_ids().find(|(_, found)| ends(&found.path)).unwrap();
    let found = last_norms(space).remove(&(decision, option)).unwrap_or_default();
    found.into_iter().map(|id| space.node(id).path.to_string()).collect()
}

/// The published code trains 252 tensors with 33,216 scalars: scale and shift of the third normalisation of every
/// candidate.
#[test]
fn the_last_norms_of_bnnas_are_those_of_its_code() {
    let space = compiled("bnnas_gpu.nas");
    let norms = last_norms(&space);
    assert_eq!(norms.len(), 21 * 6);
    let nodes = norms.values().flatten().map(|&id| space.node(id));
    let params = nodes.flat_map(|node| &node.params).map(|&id| space.param(id));
    let trained = params.filter(|param| matches!(param.role, Role::NormWeight | Role::NormBias));
    let sizes: Vec<u32> = trained.map(|param| param.full.iter().product()).collect();
    assert_eq!((sizes.len(), sizes.iter().sum::<u32>()), (252, 33_216));
    assert_eq!(last(&space, "s1.2.op", 5), ["s1.2.op.k7_e6.bn_2"]);
}

/// In units of `ShuffleNetV2` they stand at the end of the branch that computes, which is the longer one.
#[test]
fn a_projection_has_no_last_norm() {
    let space = compiled_with("spos.nas", &[]);
    assert_eq!(last_norms(&space).len(), 20 * 4);
    for layer in ["s1.0", "s4.3"] {
        let decision = format!("{layer}.op");
        let path = |rest| format!("{layer}.op.{rest}");
        for (option, label) in ["shuffle3", "shuffle5", "shuffle7"].iter().enumerate() {
            let expected = path(format!("{label}.main.bn_2"));
            assert_eq!(last(&space, &decision, option as u32), [expected]);
        }
        assert_eq!(last(&space, &decision, 3), [path("xception.main.bn_3".to_owned())]);
    }
}

#[test]
fn the_inner_of_two_choices_owns_and_equals_stand_together() {
    let space = written(
        "block nested(x) {
    let y = x -> conv(8) as before -> bn
    let z = y -> choose inner {
        a: conv(8) -> bn
        b: conv(8) -> bn -> relu -> conv(8) as second -> bn
    }
    z -> relu
}

block two(x) {
    let left = x -> conv(8) as left -> bn
    let right = x -> conv(8, kernel: 3) as right -> bn
    left + right
}

space s() {
    input image: [8, 4, 4]
    let first = image -> bn
    let y = first -> choose outer {
        plain: identity
        nested: nested
        two: two
    }
    output logits = y -> bn
}
",
    );
    assert!(last(&space, "outer", 0).is_empty());
    assert_eq!(last(&space, "outer", 1).len(), 1);
    assert_eq!(last(&space, "outer", 2).len(), 2);
    assert_eq!(last(&space, "inner", 0).len(), 1);
    let deeper = last(&space, "inner", 1);
    assert_eq!(deeper.len(), 1);
    assert!(deeper[0].ends_with("bn_1"), "{deeper:?}");
    let all: usize = last_norms(&space).values().map(Vec::len).sum();
    assert_eq!(all, 5);
}
