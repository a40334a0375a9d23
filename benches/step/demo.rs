//! A network of `spaces/demo.nas`: inverted residuals.

use tch::Tensor;
use tch::nn::{self, ModuleT};

use crate::direct::unit;
use crate::{CLASSES, Compared};

/// Channels in and out, hidden width over channels in, kernel, stride.
const LAYERS: [(i64, i64, i64, i64, i64); 7] = [
    (16, 16, 3, 5, 1),
    (16, 16, 3, 3, 1),
    (16, 32, 2, 5, 2),
    (32, 32, 2, 5, 1),
    (32, 64, 3, 3, 2),
    (64, 64, 3, 5, 1),
    (64, 64, 3, 3, 1),
];

pub fn compared() -> Compared {
    let arch = "s1.expand=3,s1.0.kernel=5,s1.1.op=conv,s1.1.kernel=3,s2.expand=2,s2.0.kernel=5,s2.1.op=conv,\
                s2.1.kernel=5,s2.2.op=skip,s3.expand=3,s3.0.kernel=3,s3.1.op=conv,s3.1.kernel=5,s3.2.op=conv,\
                s3.2.kernel=3";
    Compared {
        space: "demo",
        arch: arch.to_owned(),
        direct,
        sizes: [32, 64],
        images: 64,
        steps: 10,
    }
}

fn direct(root: &nn::Path<'_>) -> Box<dyn ModuleT> {
    let mut net = nn::seq_t().add(unit(root / "stem", 3, 16, 3, 2, 1)).add_fn(relu6);
    for (number, &(input, output, expand, kernel, stride)) in LAYERS.iter().enumerate() {
        net = net.add(mbconv(root / number, input, output, expand, kernel, stride));
    }
    let head = nn::linear(root / "head", 128, CLASSES, nn::LinearConfig::default());
    let net = net
        .add(unit(root / "features", 64, 128, 1, 1, 1))
        .add_fn(relu6)
        .add_fn(|x| x.adaptive_avg_pool2d([1, 1]).flatten(1, -1))
        .add_fn_t(|x, training| x.dropout(0.1, training))
        .add(head);
    Box::new(net)
}

fn relu6(x: &Tensor) -> Tensor {
    x.relu6()
}

/// An inverted residual.
fn mbconv(
    path: nn::Path<'_>,
    input: i64,
    output: i64,
    expand: i64,
    kernel: i64,
    stride: i64,
) -> impl ModuleT + use<> {
    let hidden = input * expand;
    let widen = unit(&path / "expand", input, hidden, 1, 1, 1);
    let depthwise = unit(&path / "depthwise", hidden, hidden, kernel, stride, hidden);
    let project = unit(&path / "project", hidden, output, 1, 1, 1);
    let joins = stride == 1 && input == output;
    nn::func_t(move |x, training| {
        let y = relu6(&x.apply_t(&widen, training));
        let y = relu6(&y.apply_t(&depthwise, training)).apply_t(&project, training);
        if joins { x + y } else { y }
    })
}
