//! Gathered statistics against PyTorch's.

use nasc_compiler::arch::Arch;
use nasc_runtime::program::{Averaging, ProgramError};
use nasc_runtime::supernet::Supernet;
use nasc_runtime::torch::Tensor;

use crate::compiled::{PRECISE, plain_text};
use crate::fill::{assert_close, fill, numbers, vectors};

#[test]
fn statistics_are_averaged_in_both_ways() {
    let text = "network norm() {\n    input image: [2, 3, 3]\n    output y = image -> bn\n}\n";
    let net = Supernet::new(plain_text(text), PRECISE).unwrap();
    let vectors = vectors("spos_bn_recalibration");
    let cases = [
        ("ema_momentum_0.1_from_0_1", Averaging::Moving { momentum: 0.1 }),
        ("cumulative_momentum_1/iter", Averaging::Cumulative),
    ];
    for (name, by) in cases {
        let batches = (0..3).map(|t| Ok(fill(&[2, 2, 3, 3], t, 2.0) + t));
        let statistics = net.recalibrate::<ProgramError>(&Arch::default(), batches, by).unwrap();
        let [moments] = &statistics.slots[..] else { unreachable!("one normalisation") };
        let values = |tensor: &Tensor| Vec::<f64>::try_from(tensor).unwrap();
        assert_close(&values(&moments.mean), &numbers(&vectors[name][0]), name);
        assert_close(&values(&moments.var), &numbers(&vectors[name][1]), name);
    }
    // The network's own statistics are as they were.
    let own: Vec<f64> = Vec::try_from(&net.store().tensors()[0]).unwrap();
    assert_eq!(own, [0.0, 0.0]);
}
