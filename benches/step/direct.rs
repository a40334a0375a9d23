//! Networks as a person writes them for tch.

use nasc_runtime::torch;
use tch::nn::{self, ModuleT, OptimizerConfig};
use tch::{Device, Tensor};

use crate::RATE;

/// Steps of a network.
pub fn step(
    net: fn(&nn::Path<'_>) -> Box<dyn ModuleT>,
    images: &Tensor,
    labels: &Tensor,
) -> Box<dyn FnMut()> {
    let store = nn::VarStore::new(Device::Cpu);
    let net = net(&store.root());
    for mut tensor in store.trainable_variables() {
        if tensor.dim() == 4 {
            let _guard = tch::no_grad_guard();
            tensor.set_data(&channels_last(&tensor));
        }
    }
    let sgd = nn::Sgd { momentum: 0.9, dampening: 0., wd: 4e-5, nesterov: true };
    let mut optimiser = sgd.build(&store, RATE).unwrap();
    let (images, labels) = (channels_last(images), labels.shallow_clone());
    Box::new(move || {
        let logits = net.forward_t(&images, true);
        let loss =
            logits.cross_entropy_loss::<Tensor>(&labels, None, tch::Reduction::Mean, -100, 0.1);
        assert!(loss.double_value(&[]).is_finite());
        optimiser.zero_grad();
        loss.backward();
        optimiser.clip_grad_norm(5.0);
        optimiser.step();
        // Keeps the store, which owns the variables.
        let _ = &store;
    })
}

fn channels_last(tensor: &Tensor) -> Tensor {
    torch::channels_last(tensor).unwrap()
}

/// A convolution and its normalisation.
pub fn unit(
    path: nn::Path<'_>,
    input: i64,
    output: i64,
    kernel: i64,
    stride: i64,
    groups: i64,
) -> impl ModuleT + use<> {
    let config =
        nn::ConvConfig { stride, padding: kernel / 2, groups, bias: false, ..Default::default() };
    let conv = nn::conv2d(&path / "conv", input, output, kernel, config);
    let norm = nn::batch_norm2d(&path / "norm", output, nn::BatchNormConfig::default());
    nn::func_t(move |x, training| x.apply(&conv).apply_t(&norm, training))
}
