//! A sampler of one's own, through the public interface: options whose networks had lower losses are drawn more often.
//!
//! `cargo run --release --example custom_sampler` trains `spaces/demo.nas` with it for some steps and prints what it
//! leans to.

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use nasc_compiler::arch::{Arch, text::compact};
use nasc_compiler::{Options, compile, pass::Checked, random::Stream};
use nasc_runtime::alpha::Logits;
use nasc_runtime::job::Images;
use nasc_runtime::run::recipe::Recipe;
use nasc_runtime::sampler::{DataStream, Done, Gates, Pass, Sampler, SamplerError, Step};
use nasc_runtime::supernet::{Place, Scheme, Supernet};
use nasc_runtime::train::{TrainError, Training, feed, step::Stepper};

/// Keeps a moving mean of the loss of every option, negated, and draws by its softmax.
struct ByLoss {
    space: Arc<Checked>,
    means: Logits,
}

impl ByLoss {
    fn network(&self, options: Vec<usize>) -> Arch {
        self.space.canonical(&Arch(options.into_iter().map(|option| option as u16).collect()))
    }
}

impl Sampler for ByLoss {
    fn next_pass(&mut self, step: &Step, earlier: &[Done]) -> Result<Option<Pass>, SamplerError> {
        let drawn = self.means.draw(&mut Stream::new(0, "path", &[step.number]));
        Ok(earlier.is_empty().then(|| Pass::path(self.network(drawn))))
    }

    fn learn(&mut self, _: &Step, done: &[Done]) -> Result<f64, SamplerError> {
        for Done { pass, loss, .. } in done {
            let Gates::Path(arch) = &pass.gates else { continue };
            for (row, &option) in self.means.rows.iter_mut().zip(&arch.0) {
                row[option as usize] -= 0.05 * (10.0 * loss + row[option as usize]);
            }
        }
        Ok(1.0)
    }

    fn discretise(&self) -> Option<Arch> {
        Some(self.network(self.means.best()))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let text = std::fs::read_to_string("spaces/demo.nas")?;
    let files = BTreeMap::from([("demo.nas".to_owned(), text)]);
    let compiled = compile(&files, "demo.nas", &Options::default())?;
    let space = Arc::new(compiled.checked.ok_or("the space has mistakes")?);
    let (recipe, steps) = (Recipe::default(), 100);
    let images = Images::open(&recipe.data, 0, 1)?.train;
    let mut batches = images.epoch(0, 0, recipe.supernet.batch, 0)?;
    let mut next = |stream: DataStream| {
        let batch = batches.next().ok_or(TrainError::NoStream(stream.0))?;
        Ok(feed::to_tensors(&batch?)?)
    };
    let mut supernet = Supernet::new(Arc::clone(&space), Place::default())?;
    supernet.initialise(Scheme::Kaiming, 0)?;
    let settings = Training::of(&recipe.supernet, 100, steps);
    let rows = space.decisions.iter().map(|d| vec![0.0; d.options.len()]).collect();
    let sampler = ByLoss { space: Arc::clone(&space), means: Logits { rows } };
    let mut stepper = Stepper::new(&supernet, Box::new(sampler), &settings, "example", 0)?;
    for number in 1..=steps {
        let step = Step { number, total: steps, per_epoch: steps, images: recipe.supernet.batch };
        let loss = stepper.step(&step, &mut next, 0.05)?;
        println!("step {number}: loss {loss:.3}");
    }
    let found = stepper.sampler.discretise().ok_or("nothing learned")?;
    println!("leans to {}", compact(&space, &found));
    Ok(())
}
