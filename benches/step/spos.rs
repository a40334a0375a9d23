//! A network of `spaces/spos.nas`: twenty units of `ShuffleNetV2`, of four kinds by turns.

use tch::Tensor;
use tch::nn::{self, ModuleT};

use crate::direct::unit;
use crate::{CLASSES, Compared};

/// Channels and layers of the stages.
const STAGES: [(i64, usize); 4] = [(64, 4), (160, 4), (320, 8), (640, 4)];
const KINDS: [&str; 4] = ["shuffle3", "shuffle5", "shuffle7", "xception"];

pub fn compared() -> Compared {
    let layers = STAGES.iter().enumerate().flat_map(|(s, &(_, layers))| {
        (0..layers).map(move |layer| format!("s{}.{layer}.op={}", s + 1, KINDS[layer % 4]))
    });
    let arch = layers.collect::<Vec<_>>().join(",");
    Compared { space: "spos", arch, direct, sizes: [64, 128], images: 32, steps: 3 }
}

fn direct(root: &nn::Path<'_>) -> Box<dyn ModuleT> {
    let mut net = nn::seq_t().add(unit(root / "stem", 3, 16, 3, 2, 1)).add_fn(Tensor::relu);
    let mut input = 16;
    for (stage, &(output, layers)) in STAGES.iter().enumerate() {
        for layer in 0..layers {
            let path = root / stage / layer;
            let stride = if layer == 0 { 2 } else { 1 };
            net = net.add(layer_of(&path, (input, output), KINDS[layer % 4], stride));
            input = output;
        }
    }
    let linear = nn::LinearConfig { bias: false, ..Default::default() };
    let head = nn::linear(root / "head", 1024, CLASSES, linear);
    let net = net
        .add(unit(root / "last", 640, 1024, 1, 1, 1))
        .add_fn(Tensor::relu)
        .add_fn(|x| x.adaptive_avg_pool2d([1, 1]).flatten(1, -1))
        .add_fn_t(|x, training| x.dropout(0.1, training))
        .add(head);
    Box::new(net)
}

/// The even channels are carried on and the odd ones computed, or all of them both where the resolution changes.
fn layer_of(
    path: &nn::Path<'_>,
    (input, output): (i64, i64),
    kind: &str,
    stride: i64,
) -> impl ModuleT + use<> {
    let kernel = match kind {
        "shuffle5" => 5,
        "shuffle7" => 7,
        _ => 3,
    };
    let read = if stride == 1 { input / 2 } else { input };
    let (middle, made) = (output / 2, output - read);
    let main = if kind == "xception" {
        nn::seq_t()
            .add(unit(path / "depthwise1", read, read, 3, stride, read))
            .add(unit(path / "pointwise1", read, middle, 1, 1, 1))
            .add_fn(Tensor::relu)
            .add(unit(path / "depthwise2", middle, middle, 3, 1, middle))
            .add(unit(path / "pointwise2", middle, middle, 1, 1, 1))
            .add_fn(Tensor::relu)
            .add(unit(path / "depthwise3", middle, middle, 3, 1, middle))
            .add(unit(path / "pointwise3", middle, made, 1, 1, 1))
            .add_fn(Tensor::relu)
    } else {
        nn::seq_t()
            .add(unit(path / "expand", read, middle, 1, 1, 1))
            .add_fn(Tensor::relu)
            .add(unit(path / "depthwise", middle, middle, kernel, stride, middle))
            .add(unit(path / "project", middle, made, 1, 1, 1))
            .add_fn(Tensor::relu)
    };
    let carried = (stride == 2).then(|| {
        nn::seq_t()
            .add(unit(path / "carried" / "depthwise", read, read, kernel, 2, read))
            .add(unit(path / "carried" / "project", read, read, 1, 1, 1))
            .add_fn(Tensor::relu)
    });
    nn::func_t(move |x, training| match &carried {
        Some(carried) => {
            Tensor::cat(&[x.apply_t(carried, training), x.apply_t(&main, training)], 1)
        }
        None => {
            // Neither here nor on the way back is anything copied that lies channels-last.
            let halves = x.movedim_int(1, -1).unflatten(-1, [input / 2, 2]).unbind(-1);
            let halves: Vec<Tensor> = halves.iter().map(|half| half.movedim_int(-1, 1)).collect();
            Tensor::cat(&[halves[0].shallow_clone(), halves[1].apply_t(&main, training)], 1)
        }
    })
}
