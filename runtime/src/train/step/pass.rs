//! One pass of a step: forwards, and backwards to whoever learns from it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use nasc_compiler::arch::Arch;
use nasc_compiler::ir::{Graph, Op, ParamId};
use nasc_compiler::random::Stream;

use super::micro::Micro;
use super::{Batches, Stepper, describe};
use crate::loss::{LossError, cross_entropy, finite_value, soft_cross_entropy};
use crate::program::{GateValues, Manner, Norms, Numbers, Straight};
use crate::run::fault;
use crate::sampler::{At, DataStream, Gates, Part, Pass, Step, Target};
use crate::supernet::Batch;
use crate::torch::{self, Interpolation, Tensor, TorchError};
use crate::train::TrainError;

/// What the passes of a step leave for one another.
pub(super) struct Shared {
    batches: BTreeMap<DataStream, Batch>,
    /// Per pass, its outputs if they were kept.
    pub(super) outputs: Vec<Option<Tensor>>,
    /// Per pass, its gradient if it was kept, by the optimiser's numbers.
    pub(super) gradients: Vec<Option<Vec<(usize, Tensor)>>>,
    /// The learning rate of the step.
    rate: f64,
}

/// A pass on its way.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    pub step: &'a Step,
    /// The number of the pass in the step, from 0.
    pub number: u64,
    pub pass: &'a Pass,
    pub line: &'a Straight,
}

/// What a pass gave for some images.
pub(super) struct Forward {
    pub loss: Tensor,
    pub value: f64,
    /// Its outputs, if they are kept.
    pub outputs: Option<Tensor>,
}

/// Derivatives of a loss.
pub(super) struct Derivatives {
    /// Those by weights that have one, by the optimiser's numbers.
    pub weights: Vec<(usize, Tensor)>,
    /// Those by gates, a row per decision that has any.
    pub gates: Vec<Option<Vec<f64>>>,
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

    /// Keeps the gradient of a pass for later ones, if it asks for that; gives its length.
    pub fn keep_gradient(
        &mut self,
        pass: &Pass,
        gradient: Vec<(usize, Tensor)>,
    ) -> Result<f64, TorchError> {
        let length = if pass.keeps_gradient { length_of(&gradient)? } else { 0.0 };
        self.gradients.push(pass.keeps_gradient.then_some(gradient));
        Ok(length)
    }
}

impl Stepper<'_> {
    /// Runs a pass. `trained` has what passes before it trained.
    pub(super) fn pass(
        &mut self,
        step: &Step,
        pass: &Pass,
        batch: &Batch,
        trained: &BTreeMap<usize, u32>,
        shared: &mut Shared,
    ) -> Result<Made, TrainError> {
        let space = self.supernet.space();
        let options: Vec<u16> = space.decisions.iter().map(|d| d.options.len() as u16).collect();
        let (line, rows) = match (&pass.gates, pass.gates.lower(&options)) {
            (Gates::Path(arch), _) => (self.supernet.specialise(arch)?, Vec::new()),
            (Gates::Mixture(_), Some((gating, rows))) => {
                (self.supernet.program().mix(&gating)?, rows)
            }
            (Gates::Mixture(_), None) => unreachable!("a mixture has gates"),
        };
        let touched = self.touched(&line);
        let at = Run { step, number: shared.outputs.len() as u64, pass, line: &line };
        let moved = self.move_weights(pass.at, shared)?;
        let made = if self.micro_batches(batch) == 1 {
            self.at_once(&at, (batch, &rows), (trained, &touched), shared)
        } else {
            self.in_parts(&at, (batch, &rows), (trained, &touched), shared)
        };
        // Only now: what runs backwards reads the weights too.
        if let Some(before) = moved {
            put_back(&self.optimiser.parameters(&before.0), &before.1)?;
        }
        Ok(Made { touched, ..made? })
    }

    /// A pass over the whole batch.
    fn at_once(
        &mut self,
        at: &Run<'_>,
        (batch, rows): (&Batch, &[Option<Numbers>]),
        (trained, touched): (&BTreeMap<usize, u32>, &[usize]),
        shared: &mut Shared,
    ) -> Result<Made, TrainError> {
        let pass = at.pass;
        let values = self.gate_values(rows, pass)?;
        let part = Micro { index: 0, from: 0, to: batch.labels.numel() as i64 };
        let Forward { loss, value, outputs } = self.run(at, &part, batch, &values, shared)?;
        shared.outputs.push(outputs);
        let none = Made { loss: value, gates: Vec::new(), length: 0.0, touched: Vec::new() };
        if pass.learns == crate::sampler::Learns::Nothing {
            shared.gradients.push(None);
            return Ok(none);
        }
        fault::point("train.before_backward");
        if pass.learns.weights() && !pass.keeps_gradient {
            let [keep, add] = self.sampler.weigh(pass, value);
            self.scale_before(trained, keep)?;
            let loss = if add == 1.0 { loss } else { torch::scale(&loss, add)? };
            // A path may hold nothing that is trained.
            if loss.requires_grad() {
                torch::backward(&loss)?;
            }
            shared.gradients.push(None);
            return Ok(Made { gates: values.gradients()?, ..none });
        }
        let loss = if pass.scale == 1.0 { loss } else { torch::scale(&loss, pass.scale)? };
        let weights = if pass.keeps_gradient { touched } else { &[] };
        let Derivatives { weights, gates } = self.derivatives(&loss, weights, &values)?;
        let length = shared.keep_gradient(pass, weights)?;
        Ok(Made { gates, length, ..none })
    }

    /// The numbers of the gates of a pass.
    pub(super) fn gate_values(
        &self,
        rows: &[Option<Numbers>],
        pass: &Pass,
    ) -> Result<GateValues, TorchError> {
        let place = self.supernet.store().place();
        GateValues::of(rows, (place.kind, place.device), pass.learns.gates())
    }

    /// Multiplies the gradients of what passes before trained.
    pub(super) fn scale_before(
        &self,
        trained: &BTreeMap<usize, u32>,
        keep: f64,
    ) -> Result<(), TorchError> {
        if keep == 1.0 {
            return Ok(());
        }
        let before: Vec<usize> = trained.keys().copied().collect();
        torch::scale_gradients(&self.optimiser.parameters(&before), keep)
    }

    /// The derivatives of a loss by weights, of which those without one are left out, and by gates.
    pub(super) fn derivatives(
        &self,
        loss: &Tensor,
        weights: &[usize],
        values: &GateValues,
    ) -> Result<Derivatives, TorchError> {
        let gates = values.tensors.iter().flatten().filter(|gate| gate.requires_grad());
        let wanted: Vec<&Tensor> =
            self.optimiser.parameters(weights).into_iter().chain(gates).collect();
        // A path may hold nothing that is trained.
        let found =
            if loss.requires_grad() { torch::derivatives(loss, &wanted)? } else { Vec::new() };
        let mut found = found.into_iter();
        let own = weights.iter().copied().zip(found.by_ref().take(weights.len()));
        let own: Vec<(usize, Tensor)> = own.filter(|(_, gradient)| gradient.defined()).collect();
        let row = |tensor: &Option<Tensor>| -> Result<Option<Vec<f64>>, TorchError> {
            if !tensor.as_ref().is_some_and(Tensor::requires_grad) {
                return Ok(None);
            }
            let gradient = found.next().filter(Tensor::defined);
            gradient.map(|gradient| numbers(&gradient)).transpose()
        };
        let gates = values.tensors.iter().map(row).collect::<Result<_, _>>()?;
        Ok(Derivatives { weights: own, gates })
    }

    /// Forwards on a part of a batch, whose images and labels these are.
    pub(super) fn run(
        &self,
        at: &Run<'_>,
        part: &Micro,
        batch: &Batch,
        values: &GateValues,
        shared: &Shared,
    ) -> Result<Forward, TrainError> {
        let Run { step, number, pass, line } = *at;
        let space = self.supernet.space();
        let draw = [step.number, number, part.index];
        let draw = if part.index == 0 { &draw[..2] } else { &draw[..] };
        torch::seed_draws(Stream::new(self.seed, "dropout", draw).next_u64())?;
        let images = self.supernet.place_input(&sized(space, line.arch(), &batch.images)?)?;
        let _guard = (pass.learns == crate::sampler::Learns::Nothing).then(torch::no_grad);
        let params = self.supernet.store().tensors();
        let mut norms = Norms::Train;
        let manner = Manner { training: pass.drops, precision: self.settings.precision };
        let outputs = line.run_gated(params, values, &[images], &mut norms, manner)?;
        let Some(logits) = outputs.first() else {
            return Err(TrainError::NoOutput(space.name.clone()));
        };
        let labels = batch.labels.f_to_device(logits.device()).map_err(TorchError::from)?;
        let by_labels = || -> Result<Tensor, TrainError> {
            let alone = || cross_entropy(logits, &labels, self.settings.label_smoothing);
            Ok(match &self.settings.teacher {
                Some(teacher) => teacher.loss(logits, &teacher.opinion(&batch.images)?, alone)?,
                None => alone()?,
            })
        };
        let loss = match pass.target {
            Target::Labels => by_labels()?,
            Target::Distilled { from, labels, soft } => {
                let Some(Some(teacher)) = shared.outputs.get(from) else {
                    return Err(TrainError::NotKept("outputs", from));
                };
                let teacher = torch::narrow(teacher, 0, part.from, part.to - part.from)?;
                let own = torch::scale(&soft_cross_entropy(logits, &teacher)?, soft)?;
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
        Ok(Forward { loss, value, outputs: kept.map_err(TorchError::from)? })
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
            let parameters = self.optimiser.parameters(&[*number]);
            let [parameter] = *parameters else { continue };
            before.0.push(*number);
            before.1.push(parameter.f_detach().map_err(TorchError::from)?.copy());
            let target = match along {
                Some(factor) => torch::add(parameter, &torch::scale(gradient, factor)?)?,
                None => self.optimiser.ahead(*number, gradient, shared.rate)?,
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
