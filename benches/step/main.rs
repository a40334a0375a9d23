//! A training step of one path inside a supernet, against the same network written directly with tch.
//!
//! `cargo bench --bench step` prints the ratio of the two medians over alternating runs, which should not exceed 1.03,
//! for two sizes of image each. The networks are one of `spaces/demo.nas`, whose tensors are slices of larger ones
//! inside the supernet, and one of `spaces/spos.nas`, twenty layers of four alternatives. Both sides run forwards
//! and backwards, bound the gradients, and update by momentum. The direct side uses tch's own optimiser, and both
//! keep activations channels-last, which is the faster layout on processors. Threads: as many as
//! `NASC_BENCH_THREADS` says, else one.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark may panic, and prints")]

mod demo;
mod direct;
mod spos;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nasc_compiler::arch::{Arch, text};
use nasc_compiler::random::Stream;
use nasc_compiler::source::Load;
use nasc_compiler::{Options, compile};
use nasc_runtime::run::recipe::Recipe;
use nasc_runtime::sampler::{DataStream, Done, Pass, Sampler, SamplerError, Step};
use nasc_runtime::supernet::{Batch, Place, Scheme, Supernet};
use nasc_runtime::torch;
use nasc_runtime::train::step::Stepper;
use nasc_runtime::train::{Batches, TrainError, Training};
use tch::{Device, Kind, Tensor};

const RATE: f64 = 0.05;
const CLASSES: i64 = 10;
const ROUNDS: usize = 15;

/// A network, inside its space and by itself.
struct Compared {
    /// A file of `spaces/`.
    space: &'static str,
    /// Its path.
    arch: String,
    /// The network as a person writes it for tch.
    direct: fn(&tch::nn::Path<'_>) -> Box<dyn tch::nn::ModuleT>,
    /// Sides of images.
    sizes: [i64; 2],
    /// Images of a batch.
    images: i64,
    /// Steps of a round.
    steps: u32,
}

fn main() {
    let threads = std::env::var("NASC_BENCH_THREADS").ok().and_then(|text| text.parse().ok());
    torch::set_threads(threads.unwrap_or(1));
    // As the program does at its start; it serves both sides.
    torch::tune_allocator();
    for compared in [demo::compared(), spos::compared()] {
        for size in compared.sizes {
            let (images, labels) = batch(compared.images, size);
            let mut own = own(&compared, size, &images, &labels);
            let mut direct = direct::step(compared.direct, &images, &labels);
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            for round in 0..=ROUNDS {
                let times = [timed(&mut own, compared.steps), timed(&mut direct, compared.steps)];
                // The first round makes libtorch's kernels.
                if round > 0 {
                    ours.push(times[0]);
                    theirs.push(times[1]);
                }
            }
            let (ours, theirs) = (median(ours), median(theirs));
            let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
            let name = compared.space;
            println!(
                "{name}, {size} pixels: supernet {ours:.2?}, direct {theirs:.2?} per step; ratio {ratio:.3}"
            );
        }
    }
}

fn batch(images: i64, size: i64) -> (Tensor, Tensor) {
    let mut stream = Stream::new(0, "bench", &[]);
    let values: Vec<f32> = (0..images * 3 * size * size).map(|_| stream.normal() as f32).collect();
    let labels: Vec<i64> = (0..images).map(|image| image % CLASSES).collect();
    (Tensor::from_slice(&values).view([images, 3, size, size]), Tensor::from_slice(&labels))
}

fn timed(step: &mut dyn FnMut(), steps: u32) -> Duration {
    let begun = Instant::now();
    for _ in 0..steps {
        step();
    }
    begun.elapsed() / steps
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// The same batch in every step.
struct Same<'a>(&'a Batch);

impl Batches for Same<'_> {
    fn next(&mut self, _: DataStream) -> Result<Batch, TrainError> {
        let Batch { images, labels } = self.0;
        Ok(Batch { images: images.shallow_clone(), labels: labels.shallow_clone() })
    }
}

/// One path, for ever.
struct Always(Arch);

impl Sampler for Always {
    fn next_pass(&mut self, _: &Step, earlier: &[Done]) -> Result<Option<Pass>, SamplerError> {
        Ok(earlier.is_empty().then(|| Pass::path(self.0.clone())))
    }
}

/// The files of the repository.
struct Files;

impl Load for Files {
    fn load(&self, name: &str) -> Result<String, String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        std::fs::read_to_string(path).map_err(|error| error.to_string())
    }
}

fn own(compared: &Compared, size: i64, images: &Tensor, labels: &Tensor) -> Box<dyn FnMut()> {
    let set = [("size", size), ("classes", CLASSES)];
    let set = set.map(|(name, value)| (name.to_owned(), value.to_string())).into();
    let options = Options { set, ..Options::default() };
    let space = compile(&Files, &format!("spaces/{}.nas", compared.space), &options).unwrap();
    let space = Arc::new(space.checked.unwrap());
    let arch = text::parse(&space, &compared.arch).unwrap().arch;
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
    let (mut step, images) = (0, compared.images as usize);
    Box::new(move || {
        step += 1;
        let step = Step { number: step, total: 1 << 20, per_epoch: 1 << 20, images };
        stepper.step(&step, &mut Same(&batch), RATE).unwrap();
    })
}
