//! A run of seconds: the toy space, seven kinds of noise on eight pixels by eight.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use nasc_compiler::ir::{Limit, Metric, Origin};

use crate::data::{Dataset, Image, Transform, split};
use crate::job::{Images, Job, JobError, Spaces, derive, retrain, search, train_supernet};
use crate::run::event::Event;
use crate::run::folder::Paths;
use crate::run::interrupt::Interrupt;
use crate::run::log::{Log, Reader};
use crate::run::recipe::Recipe;
use crate::supernet::tests::toy;
use crate::torch::{self, Device};
use crate::train::Feed;

/// What a run came to, to the bit.
#[derive(Debug, PartialEq)]
pub struct End {
    /// The hash of the supernet's weights.
    pub supernet: String,
    /// Every candidate: its options, multiply-adds, and the bits of accuracy and loss.
    pub evaluated: Vec<(Vec<u16>, u64, [u64; 2])>,
    /// The best one's options, and the best random one's.
    pub best: [Vec<u16>; 2],
    /// The hash of the retrained weights.
    pub retrained: String,
}

/// When to ask a run to stop.
type Stop = fn(&Event) -> bool;

/// A run and where it is done.
pub struct Small {
    pub recipe: Recipe,
    pub spaces: Spaces,
    pub images: Images,
    pub paths: Paths,
    limits: Vec<Limit>,
    stop: RefCell<Option<Stop>>,
    _folder: tempfile::TempDir,
}

impl Small {
    pub fn new(seed: u64) -> Self {
        Self::with_classes(seed, toy::CLASSES as u32)
    }

    pub fn with_classes(seed: u64, classes: u32) -> Self {
        let mut recipe = Recipe { seed, checkpoint_every: 3, ..Recipe::default() };
        recipe.data.transform = Transform::small(toy::SIZE as u32);
        recipe.data.holdout = 0.25;
        for training in [&mut recipe.supernet, &mut recipe.retrain] {
            (training.epochs, training.batch) = (2, 8);
        }
        recipe.search.population = 6;
        recipe.search.generations = 2;
        (recipe.search.crossover, recipe.search.mutation, recipe.search.parents) = (2, 2, 3);
        recipe.search.recalibration.batches = 2;
        recipe.search.recalibration.batch = 8;
        recipe.search.batch = 5;
        let images = images(&recipe, classes);
        Self::over(recipe, images)
    }

    pub fn over(recipe: Recipe, images: Images) -> Self {
        torch::set_threads(1);
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths { root: folder.path().to_owned() };
        let space = toy::space();
        let spaces = Spaces {
            supernet: Arc::clone(&space),
            retrain: space,
            seed: None,
            variants: std::collections::BTreeMap::new(),
            teachers: std::collections::BTreeMap::new(),
            file: "toy.nas".to_owned(),
        };
        let (limits, stop) = (Vec::new(), RefCell::new(None));
        Self { recipe, spaces, images, paths, limits, stop, _folder: folder }
    }

    pub fn limit(&mut self, macs: u64) {
        let (metric, max) = (Metric::Macs, Some(macs));
        self.limits =
            vec![Limit { metric, scope: None, min: None, max, origin: Origin::default() }];
    }

    /// Has the next attempt asked to stop as soon as such an event is written.
    pub fn interrupt_after(&self, when: fn(&Event) -> bool) {
        *self.stop.borrow_mut() = Some(when);
    }

    /// Runs, or goes on, to the end if nothing comes between.
    pub fn attempt(&self) -> Result<End, JobError> {
        let log = Log::open(&self.paths.root)?;
        let interrupt = Interrupt::default();
        if let Some(when) = self.stop.borrow_mut().take() {
            let interrupt = Mutex::new(interrupt.clone());
            log.subscribe(move |record| {
                if when(&record.event) {
                    interrupt.lock().unwrap().set();
                }
            });
        }
        let job = Job {
            recipe: &self.recipe,
            spaces: &self.spaces,
            limits: &self.limits,
            images: &self.images,
            paths: &self.paths,
            log: &log,
            interrupt: &interrupt,
            device: Device::Cpu,
        };
        let trained = train_supernet(&job)?;
        let searched = search(&job, &trained)?;
        let supernet = trained.supernet;
        let best = searched.found.best().arch.clone();
        let network = derive(&job, &supernet, &best)?;
        let inherited = self.recipe.retrain.inherit.then_some(&network);
        let retrained = retrain(&job, &best, inherited)?.network;
        let bits =
            |fitness: crate::search::Fitness| [fitness.accuracy.to_bits(), fitness.loss.to_bits()];
        let evaluated = searched.found.evaluated.iter();
        Ok(End {
            supernet: supernet.store().hash()?,
            evaluated: evaluated
                .map(|e| (e.arch.0.clone(), searched.networks.macs(&e.arch), bits(e.fitness)))
                .collect(),
            best: [best.0, searched.baseline.unwrap().best().arch.0.clone()],
            retrained: retrained.store().hash()?,
        })
    }

    pub fn log_says_finished(&self, stage: &str) -> bool {
        let mut records = Reader::open(&self.paths.root).unwrap().map(Result::unwrap);
        records.any(|record| {
            matches!(record.event, Event::StageFinished { stage: found, .. } if found == stage)
        })
    }

    /// Runs to the end.
    pub fn end(&self) -> End {
        self.attempt().unwrap()
    }
}

/// Sixteen images of each class, which differ by a stripe in noise.
pub fn pictures(classes: u32) -> (Vec<u32>, Vec<PathBuf>, Vec<Image>) {
    let side = toy::SIZE as u32;
    let mut random = nasc_compiler::random::Stream::new(0, "pictures", &[]);
    let (mut labels, mut names, mut images) = (Vec::new(), Vec::new(), Vec::new());
    for label in 0..classes {
        for number in 0..16 {
            let pixels = (0..side * side * 3).map(|at| {
                let striped = at / 3 % side == label;
                (random.below(150) + if striped { 100 } else { 0 }) as u8
            });
            images.push(Image::new(side, side, pixels.collect()));
            names.push(PathBuf::from(format!("train/c{label}/{number:02}.png")));
            labels.push(label);
        }
    }
    (labels, names, images)
}

fn images(recipe: &Recipe, classes: u32) -> Images {
    let (labels, names, images) = pictures(classes);
    let class_names = (0..classes).map(|class| format!("c{class}")).collect();
    let dataset = Arc::new(Dataset::in_memory(class_names, labels, names, images));
    let parts = split(dataset.labels(), recipe.data.holdout, recipe.seed).unwrap();
    let transform = recipe.data.transform.clone();
    let train = Feed { dataset, indices: parts.train, transform, threads: 2 };
    Images { search: train.of(parts.search), train }
}
