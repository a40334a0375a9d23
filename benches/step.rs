//! A training step of one path inside a supernet, against the same network written directly with tch.
//!
//! `cargo bench --bench step` prints the ratio of the two medians over alternating runs, which should not exceed 1.03,
//! for two sizes of image. The network is one of `spaces/demo.nas`; inside the supernet its tensors are slices of
//! larger ones. Both sides run forwards and backwards, bound the gradients, and update by momentum. The direct side
//! uses tch's own optimiser, and both keep activations channels-last, which is the faster layout on processors.
//! Threads: as many as `NASC_BENCH_THREADS` says, else one.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark may panic, and prints")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nasc_compiler::arch::{Arch, text};
use nasc_compiler::random::Stream;
use nasc_compiler::{Options, compile};
use nasc_runtime::run::recipe::Recipe;
use nasc_runtime::sampler::{DataStream, Done, Pass, Sampler, SamplerError, Step};
use nasc_runtime::supernet::{Batch, Place, Scheme, Supernet};
use nasc_runtime::torch;
use nasc_runtime::train::step::Stepper;
use nasc_runtime::train::{Batches, TrainError, Training};
use tch::nn::{self, ModuleT, OptimizerConfig};
use tch::{Device, Kind, Tensor};

const BATCH: i64 = 64;
const RATE: f64 = 0.05;
const PATH: &str = "s1.expand=3,s1.0.kernel=5,s1.1.op=conv,s1.1.kernel=3,s2.expand=2,s2.0.kernel=5,s2.1.op=conv,\
                    s2.1.kernel=5,s2.2.op=skip,s3.expand=3,s3.0.kernel=3,s3.1.op=conv,s3.1.kernel=5,s3.2.op=conv,\
                    s3.2.kernel=3";
/// Channels in and out, hidden width over channels in, kernel, stride: the layers of `PATH`.
const LAYERS: [(i64, i64, i64, i64, i64); 7] = [
    (16, 16, 3, 5, 1),
    (16, 16, 3, 3, 1),
    (16, 32, 2, 5, 2),
    (32, 32, 2, 5, 1),
    (32, 64, 3, 3, 2),
    (64, 64, 3, 5, 1),
    (64, 64, 3, 3, 1),
];
const STEPS: usize = 10;
const ROUNDS: usize = 15;

/// The same batch in every step.
struct Same<'a>(&'a Batch);

impl Batches for Same<'_> {
    fn next(&mut self, _: DataStream) -> Result<Batch, TrainError> {
        let Batch { images, labels } = self.0;
        Ok(Batch { images: images.shallow_clone(), labels: labels.shallow_clone() })
    }
}

fn main() {
    let threads = std::env::var("NASC_BENCH_THREADS").ok().and_then(|text| text.parse().ok());
    torch::set_threads(threads.unwrap_or(1));
    // As the program does at its start; it serves both sides.
    torch::tune_allocator();
    for size in [32, 64] {
        let (images, labels) = batch(size);
        let mut own = own(size, &images, &labels);
        let mut direct = direct(&images, &labels);
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            let times = [timed(&mut own), timed(&mut direct)];
            // The first round makes libtorch's kernels.
            if round > 0 {
                ours.push(times[0]);
                theirs.push(times[1]);
            }
        }
        let (ours, theirs) = (median(ours), median(theirs));
        let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
        println!(
            "{size} pixels: supernet {ours:.2?}, direct {theirs:.2?} per step; ratio {ratio:.3}"
        );
    }
}

fn batch(size: i64) -> (Tensor, Tensor) {
    let mut stream = Stream::new(0, "bench", &[]);
    let values: Vec<f32> = (0..BATCH * 3 * size * size).map(|_| stream.normal() as f32).collect();
    let labels: Vec<i64> = (0..BATCH).map(|image| image % 10).collect();
    (Tensor::from_slice(&values).view([BATCH, 3, size, size]), Tensor::from_slice(&labels))
}

fn timed(step: &mut dyn FnMut()) -> Duration {
    let begun = Instant::now();
    for _ in 0..STEPS {
        step();
    }
    begun.elapsed() / STEPS as u32
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// One path, for ever.
struct Always(Arch);

impl Sampler for Always {
    fn next_pass(&mut self, _: &Step, earlier: &[Done]) -> Result<Option<Pass>, SamplerError> {
        Ok(earlier.is_empty().then(|| Pass::path(self.0.clone())))
    }
}

fn own(size: i64, images: &Tensor, labels: &Tensor) -> Box<dyn FnMut()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("spaces/demo.nas");
    let files = BTreeMap::from([("demo.nas".to_owned(), std::fs::read_to_string(path).unwrap())]);
    let set = vec![("size".to_owned(), size.to_string())];
    let options = Options { set, ..Options::default() };
    let space = Arc::new(compile(&files, "demo.nas", &options).unwrap().checked.unwrap());
    let arch = text::parse(&space, PATH).unwrap().arch;
    let place = Place { kind: Kind::Float, device: Device::Cpu, channels_last: true };
    let mut supernet = Supernet::new(space, place).unwrap();
    supernet.initialise(Scheme::Kaiming, 0).unwrap();
    // They live as long as the process, as the step that borrows them does.
    let supernet: &'static Supernet = Box::leak(Box::new(supernet));
    let recipe = Recipe::default();
    let settings: &'static Training =
        Box::leak(Box::new(Training::of(&recipe.supernet, u64::MAX, 100)));
    let batch = Batch { images: images.shallow_clone(), labels: labels.shallow_clone() };
    let mut stepper = Stepper::new(supernet, Box::new(Always(arch)), settings, "bench", 0).unwrap();
    let mut step = 0;
    Box::new(move || {
        step += 1;
        let step =
            Step { number: step, total: 1 << 20, per_epoch: 1 << 20, images: BATCH as usize };
        stepper.step(&step, &mut Same(&batch), RATE).unwrap();
    })
}

/// The network as a person writes it for tch.
fn direct(images: &Tensor, labels: &Tensor) -> Box<dyn FnMut()> {
    let store = nn::VarStore::new(Device::Cpu);
    let root = store.root();
    let mut net = nn::seq_t().add(unit(&root / "stem", 3, 16, 3, 2, 1)).add_fn(relu6);
    for (number, &(input, output, expand, kernel, stride)) in LAYERS.iter().enumerate() {
        net = net.add(mbconv(&root / number, input, output, expand, kernel, stride));
    }
    let head = nn::linear(&root / "head", 128, 10, nn::LinearConfig::default());
    let net = net
        .add(unit(&root / "features", 64, 128, 1, 1, 1))
        .add_fn(relu6)
        .add_fn(|x| x.adaptive_avg_pool2d([1, 1]).flatten(1, -1))
        .add_fn_t(|x, training| x.dropout(0.1, training))
        .add(head);
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

fn relu6(x: &Tensor) -> Tensor {
    x.relu6()
}

/// A convolution and its normalisation.
fn unit(
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
