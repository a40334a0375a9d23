//! The stand that runs units with libtorch.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use nasc_compiler::arch::Arch;
use nasc_compiler::cost::latency::source;
use nasc_compiler::pass::Checked;
use nasc_compiler::{Options, compile};

use super::Stand;
use crate::program::{Norms, ProgramError, Straight};
use crate::supernet::{Place, Scheme, StoreError, Supernet};
use crate::torch::{self, Device, Kind, Tensor, TorchError};

/// Why something cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The text names no unit.
    #[error("{0}")]
    Key(String),
    /// The weights cannot be made.
    #[error(transparent)]
    Weights(#[from] StoreError),
    /// The operations cannot be run.
    #[error(transparent)]
    Run(#[from] ProgramError),
    /// libtorch refuses.
    #[error(transparent)]
    Torch(#[from] TorchError),
}

/// Runs units and networks with libtorch, in inference, on inputs of normal noise that are made beforehand.
#[derive(Debug)]
pub struct Bench {
    /// Where tensors lie, and how.
    pub place: Place,
    /// How many images at a time.
    pub batch: i64,
    /// What is written over before every run, so that nothing is found in a cache; `None` leaves caches warm.
    flood: Option<Tensor>,
}

/// A network that is ready to run.
#[derive(Debug)]
pub struct Network {
    supernet: Supernet,
    line: Arc<Straight>,
    inputs: Vec<Tensor>,
    /// Of how many units the run is one.
    parts: u64,
}

/// The bytes that are written over between runs: more than caches hold.
const FLOOD: i64 = 64 << 20;

impl Bench {
    /// A stand at that place. `cold` empties the caches before every run.
    ///
    /// # Errors
    /// libtorch refuses memory.
    pub fn new(place: Place, batch: i64, cold: bool) -> Result<Self, BenchError> {
        let flood = if cold {
            let zeros = Tensor::f_zeros([FLOOD / 4], (Kind::Float, place.device));
            Some(zeros.map_err(TorchError::from)?)
        } else {
            None
        };
        Ok(Self { place, batch, flood })
    }

    /// Makes a graph without decisions ready to run.
    ///
    /// # Errors
    /// Memory gives out, or libtorch refuses.
    pub fn network(&self, graph: Checked) -> Result<Network, BenchError> {
        let shapes: Vec<Vec<i64>> = graph
            .inputs()
            .into_iter()
            .map(|input| {
                let axes = &graph.node(input).shape.axes;
                let sizes = axes.iter().map(|&axis| graph.diagrams.constant_int(axis).unwrap_or(1));
                std::iter::once(self.batch).chain(sizes).collect()
            })
            .collect();
        let mut supernet = Supernet::new(Arc::new(graph), self.place)?;
        supernet.initialise(Scheme::Kaiming, 0)?;
        let line = supernet.specialise(&Arch::default())?;
        let inputs = shapes
            .iter()
            .map(|shape| {
                let noise = Tensor::f_randn(shape.as_slice(), (self.place.kind, self.place.device));
                Ok(supernet.place_input(&noise.map_err(TorchError::from)?)?)
            })
            .collect::<Result<_, BenchError>>()?;
        Ok(Network { supernet, line, inputs, parts: 1 })
    }

    fn wait(&self) {
        if self.place.device != Device::Cpu {
            torch::synchronize(self.place.device);
        }
    }
}

impl Stand for Bench {
    type Unit = Network;
    type Error = BenchError;

    fn set_up(&mut self, key: &str) -> Result<Network, BenchError> {
        let text = source(key).map_err(BenchError::Key)?;
        let name = "unit.nas";
        let files: BTreeMap<String, String> = [(name.to_owned(), text)].into();
        let compiled = compile(&files, name, &Options::default()).map_err(BenchError::Key)?;
        let Some(graph) = compiled.checked else {
            return Err(BenchError::Key(format!("no such unit can be:\n{}", compiled.render())));
        };
        let mut network = self.network(graph)?;
        // One call deals out both halves, and each of them is a unit.
        if key.starts_with("deinterleave;") {
            network.parts = 2;
        }
        Ok(network)
    }

    fn run(&mut self, unit: &mut Network) -> Result<u64, BenchError> {
        let _guard = torch::no_grad();
        if let Some(flood) = &mut self.flood {
            let _ = flood.f_add_scalar_(1.0).map_err(TorchError::from)?;
        }
        self.wait();
        let begin = Instant::now();
        let given = unit.line.run(
            unit.supernet.store().tensors(),
            &unit.inputs,
            &mut Norms::Eval,
            false,
        )?;
        self.wait();
        let taken = begin.elapsed().as_nanos();
        drop(given);
        Ok(u64::try_from(taken).unwrap_or(u64::MAX) / unit.parts)
    }
}
