//! One pass of a step: forwards, and backwards to whoever learns from it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use nasc_compiler::arch::Arch;
use nasc_compiler::ir::{Graph, Op, ParamId};
use nasc_compiler::random::Stream;

use super::{Batches, Stepper, describe};
use crate::loss::{LossError, cross_entropy, finite_value, soft_cross_entropy};
use crate::program::{GateValues, Norms, Straight};
use crate::run::fault;
use crate::sampler::{At, DataStream, Gates, Part, Pass, Step, Target};
use crate::supernet::Batch;
use crate::torch::{self, Interpolation, Tensor, TorchError};
use crate::train::TrainError;

/// What the passes of a step leave for one another.
pub(super) struct Shared {
    batches: BTreeMap<DataStream, Batch>,
    /// Per pass, its outputs if they were kept.
    outputs: Vec<Option<Tensor>>,
    /// Per pass, its gradient if it was kept, by the optimiser's numbers.
    gradients: Vec<Option<Vec<(usize, Tensor)>>>,
    /// The learning rate of the step.
    rate: f64,
}

/// Weights by the optimiser's numbers, and what they were.
type Before = (Vec<usize>, Vec<Tensor>);

/// What a pass came to.
pub(super) struct Made {
    pub loss: f64,
    pub gates: Vec<Option<Vec<f64>>>,
    pub length: f64,
    /// The optimiser's numbers of what the pass trains.
    pub touched: Vec<usize>,
}

impl Shared {
    pub fn new(rate: f64) -> Self {
        Self { batches: BTreeMap::new(), outputs: Vec::new(), gradients: Vec::new(), rate }
    }

    /// The images of a pass.
    pub fn batch(&mut self, pass: &Pass, images: &mut dyn Batches) -> Result<Batch, TrainError> {
        let Batch { images, labels } = match self.batches.entry(pass.images) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(open) => open.insert(images.next(pass.images)?),
        };
        let Some(Part { index, of }) = pass.part else {
            return Ok(Batch { images: images.shallow_clone(), labels: labels.shallow_clone() });
        };
        let count = labels.numel();
        let [from, to] = [index, index + 1].map(|at| (at * count / of.max(1)) as i64);
        Ok(Batch {
            images: torch::narrow(images, 0, from, to - from)?,
            labels: torch::narrow(labels, 0, from, to - from)?,
        })
    }
}

impl Stepper<'_> {
    /// Runs a pass. `trained` has what passes before it trained.
    pub(super) fn pass(
        &mut self,
        step: &Step,
        pass: &Pass,
        batch: Batch,
        trained: &BTreeMap<usize, u32>,
        shared: &mut Shared,
    ) -> Result<Made, TrainError> {
        let number = shared.outputs.len() as u64;
        let space = self.supernet.space().clone();
        let place = self.supernet.store().place();
        let options: Vec<u16> = space.decisions.iter().map(|d| d.options.len() as u16).collect();
        let (line, values) = match (&pass.gates, pass.gates.lower(&options)) {
            (Gates::Path(arch), _) => (self.supernet.specialise(arch)?, GateValues::default()),
            (Gates::Mixture(_), Some((gating, rows))) => {
                let options = (place.kind, place.device);
                let values = GateValues::of(&rows, options, pass.learns.gates())?;
                (self.supernet.program().mix(&gating)?, values)
            }
            (Gates::Mixture(_), None) => unreachable!("a mixture has gates"),
        };
        let touched = self.touched(&line);
        let moved = self.move_weights(pass.at, shared)?;
        let made = self.run(step, number, pass, &batch, &line, &values, shared);
        if let Some(before) = moved {
            put_back(&self.sgd.parameters(&before.0), &before.1)?;
        }
        let (loss, value) = made?;
        if pass.learns == crate::sampler::Learns::Nothing {
            shared.gradients.push(None);
            return Ok(Made { loss: value, gates: Vec::new(), length: 0.0, touched: Vec::new() });
        }
        fault::point("train.before_backward");
        let gates: Vec<&Tensor> =
            values.tensors.iter().flatten().filter(|t| t.requires_grad()).collect();
        if pass.learns.weights() && !pass.keeps_gradient {
            let [keep, add] = self.sampler.weigh(pass, value);
            let before: Vec<usize> = trained.keys().copied().collect();
            if keep != 1.0 {
                torch::scale_gradients(&self.sgd.parameters(&before), keep)?;
            }
            let loss = if add == 1.0 { loss } else { torch::scale(&loss, add)? };
            // A path may hold nothing that is trained.
            if loss.requires_grad() {
                torch::backward(&loss)?;
            }
            shared.gradients.push(None);
            let gates = values.gradients()?;
            return Ok(Made { loss: value, gates, length: 0.0, touched });
        }
        let loss = if pass.scale == 1.0 { loss } else { torch::scale(&loss, pass.scale)? };
        let weights = if pass.keeps_gradient { self.sgd.parameters(&touched) } else { Vec::new() };
        let wanted: Vec<&Tensor> = weights.into_iter().chain(gates.iter().copied()).collect();
        let mut found = torch::derivatives(&loss, &wanted)?.into_iter();
        let mut length = 0.0;
        if pass.keeps_gradient {
            let own = touched.iter().copied().zip(found.by_ref().take(touched.len()));
            let own: Vec<(usize, Tensor)> =
                own.filter(|(_, gradient)| gradient.defined()).collect();
            length = length_of(&own)?;
            shared.gradients.push(Some(own));
        } else {
            shared.gradients.push(None);
        }
        let row = |tensor: &Option<Tensor>| -> Result<Option<Vec<f64>>, TorchError> {
            if !tensor.as_ref().is_some_and(Tensor::requires_grad) {
                return Ok(None);
            }
            let gradient = found.next().filter(Tensor::defined);
            gradient.map(|gradient| numbers(&gradient)).transpose()
        };
        let gates = values.tensors.iter().map(row).collect::<Result<_, _>>()?;
        Ok(Made { loss: value, gates, length, touched: Vec::new() })
    }

    /// Forwards; gives the loss and its value.
    #[expect(clippy::too_many_arguments, reason = "all of a pass comes together here")]
    fn run(
        &self,
        step: &Step,
        number: u64,
        pass: &Pass,
        batch: &Batch,
        line: &Straight,
        values: &GateValues,
        shared: &mut Shared,
    ) -> Result<(Tensor, f64), TrainError> {
        let space = self.supernet.space();
        torch::seed_draws(Stream::new(self.seed, "dropout", &[step.number, number]).next_u64())?;
        let images = self.supernet.place_input(&sized(space, line.arch(), &batch.images)?)?;
        let _guard = (pass.learns == crate::sampler::Learns::Nothing).then(torch::no_grad);
        let params = self.supernet.store().tensors();
        let mut norms = Norms::Train;
        let outputs = line.run_gated(params, values, &[images], &mut norms, pass.drops)?;
        let Some(logits) = outputs.first() else {
            return Err(TrainError::NoOutput(space.name.clone()));
        };
        let labels = batch.labels.f_to_device(logits.device()).map_err(TorchError::from)?;
        let by_labels = || cross_entropy(logits, &labels, self.settings.label_smoothing);
        let loss = match pass.target {
            Target::Labels => by_labels()?,
            Target::Distilled { from, labels, soft } => {
                let Some(Some(teacher)) = shared.outputs.get(from) else {
                    return Err(TrainError::NotKept("outputs", from));
                };
                let own = torch::scale(&soft_cross_entropy(logits, teacher)?, soft)?;
                if labels == 0.0 {
                    own
                } else {
                    torch::add(&own, &torch::scale(&by_labels()?, labels)?)?
                }
            }
        };
        let value = finite_value(&loss).map_err(|error| match error {
            LossError::NotFinite(value) => TrainError::Diverged {
                what: "the loss".to_owned(),
                value,
                stage: self.stage.to_owned(),
                step: step.number,
                path: describe(space, &pass.gates),
            },
            LossError::Torch(error) => error.into(),
        })?;
        let kept = pass.keeps_outputs.then(|| logits.f_detach()).transpose();
        shared.outputs.push(kept.map_err(TorchError::from)?);
        Ok((loss, value))
    }

    /// The optimiser's numbers of what a line trains, each once.
    fn touched(&self, line: &Straight) -> Vec<usize> {
        let mut touched: Vec<usize> =
            line.params().iter().filter_map(|id: &ParamId| self.numbers[id.index()]).collect();
        touched.sort_unstable();
        touched.dedup();
        touched
    }

    /// Moves weights to where a pass runs; gives what they were.
    fn move_weights(&self, at: At, shared: &Shared) -> Result<Option<Before>, TrainError> {
        let kept = |by: usize| match shared.gradients.get(by) {
            Some(Some(gradient)) => Ok(gradient),
            _ => Err(TrainError::NotKept("gradient", by)),
        };
        let (gradient, along) = match at {
            At::Own => return Ok(None),
            At::Unrolled { by } => (kept(by)?, None),
            At::Along { by, length } => {
                let gradient = kept(by)?;
                (gradient, Some(length / length_of(gradient)?))
            }
        };
        let _guard = torch::no_grad();
        let mut before = (Vec::new(), Vec::new());
        for (number, gradient) in gradient {
            let parameters = self.sgd.parameters(&[*number]);
            let [parameter] = *parameters else { continue };
            before.0.push(*number);
            before.1.push(parameter.f_detach().map_err(TorchError::from)?.copy());
            let target = match along {
                Some(factor) => torch::add(parameter, &torch::scale(gradient, factor)?)?,
                None => self.sgd.ahead(*number, gradient, shared.rate)?,
            };
            put_back(&[parameter], &[target])?;
        }
        Ok(Some(before))
    }
}

/// Writes values into parameters, without autograd's knowledge.
fn put_back(parameters: &[&Tensor], values: &[Tensor]) -> Result<(), TorchError> {
    let _guard = torch::no_grad();
    for (parameter, value) in parameters.iter().zip(values) {
        parameter.f_data()?.f_copy_(value)?;
    }
    Ok(())
}

/// The Euclidean length of a gradient.
fn length_of(gradient: &[(usize, Tensor)]) -> Result<f64, TorchError> {
    let _guard = torch::no_grad();
    let mut sum = 0.0;
    for (_, tensor) in gradient {
        sum += torch::mul(tensor, tensor)?.f_sum(torch::Kind::Double)?.f_double_value(&[])?;
    }
    Ok(sum.sqrt())
}

fn numbers(tensor: &Tensor) -> Result<Vec<f64>, TorchError> {
    let flat = tensor.f_to_kind(torch::Kind::Double)?.f_to_device(torch::Device::Cpu)?;
    Ok(Vec::<f64>::try_from(&flat)?)
}

/// Images of the size that the network takes: those of a searched resolution are resized from the run's.
fn sized(space: &Graph, arch: &Arch, images: &Tensor) -> Result<Tensor, TorchError> {
    let input = space.nodes().find(|(_, node)| matches!(node.op, Op::Input { .. }));
    let Some((_, input)) = input else { return Ok(images.shallow_clone()) };
    let sides = input.shape.axes.iter().skip(1);
    if sides.clone().all(|&side| space.diagrams.constant(side).is_some()) {
        return Ok(images.shallow_clone());
    }
    let size: Vec<i64> = sides.filter_map(|&side| space.value(side, arch).as_int()).collect();
    if images.size().get(2..) == Some(&size) {
        return Ok(images.shallow_clone());
    }
    torch::resize(images, &size, Interpolation::Linear { align_corners: false }, None)
}
