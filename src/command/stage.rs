//! A run folder as the commands see it: begun by one, gone on with by others.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nasc_compiler::arch::space_hash;
use nasc_compiler::budget::{parse_limit, with_limits};
use nasc_compiler::elaborate::Norms;
use nasc_compiler::ir::Limit;
use nasc_compiler::pass::Checked;
use nasc_compiler::{Options, compile};
use nasc_runtime::job::{Images, Job, JobError, Spaces};
use nasc_runtime::run::event::Event;
use nasc_runtime::run::folder::{Existing, FolderError, Paths, RunFolder};
use nasc_runtime::run::interrupt::Interrupt;
use nasc_runtime::run::log::Log;
use nasc_runtime::run::recipe::{Norm, Recipe};
use nasc_runtime::torch;
use serde::{Deserialize, Serialize};

use super::derive::relative;
use crate::cli::{Format, RunArgs, StageArgs};
use crate::exit::{Failure, INTERRUPTED, NO_NETWORK, Outcome, chain};
use crate::table::{self, Given};
use crate::{load, print, progress, teacher};

/// The version of `space.ron`.
const VERSION: u32 = 1;

/// The space of a run as its folder keeps it: every text that it was compiled from, so that a change
/// of the files changes no run that was begun.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    version: u32,
    /// The file that was named, with `#name` if that was given.
    file: String,
    /// The file as `best.nas` names it.
    from_run: String,
    /// The parameters that were set.
    set: Vec<(String, String)>,
    /// The limits in force.
    limits: Vec<String>,
    /// The hash of the space.
    hash: String,
    /// The texts by name.
    files: BTreeMap<String, String>,
    /// The tables of latencies.
    #[serde(default)]
    tables: Vec<Given>,
}

/// A run that this process works on.
pub struct Opened {
    folder: RunFolder,
    recipe: Recipe,
    spaces: Spaces,
    limits: Vec<Limit>,
    images: Images,
    log: Log,
    interrupt: Interrupt,
    device: torch::Device,
    format: Format,
}

impl Opened {
    /// What the stages share.
    pub fn job(&self) -> Job<'_> {
        Job {
            recipe: &self.recipe,
            spaces: &self.spaces,
            limits: &self.limits,
            images: &self.images,
            paths: &self.folder.paths,
            log: &self.log,
            interrupt: &self.interrupt,
            device: self.device,
        }
    }

    /// How results are printed.
    pub fn format(&self) -> Format {
        self.format
    }
}

/// Begins a run, or goes on with it.
pub fn begin(args: &RunArgs) -> Outcome<Opened> {
    if args.resume {
        let root = match &args.out {
            Some(out) => out.clone(),
            None => default_folder(&load::space(&args.space)?.0.name),
        };
        let stage = StageArgs {
            run: root,
            with: args.with.clone(),
            resume: true,
            format: args.space.format,
        };
        return resume(&stage);
    }
    let (space, compilation) = load::space(&args.space)?;
    let mut recipe = match &args.recipe {
        Some(file) => Recipe::load(file).map_err(|error| Failure::input(chain(&error)))?,
        None => Recipe::default(),
    };
    if let Some(data) = &args.data {
        recipe.data.path = Some(data.clone());
    }
    if let Some(side) = side(&space) {
        fit_size(&mut recipe, side, args.recipe.is_some());
    }
    if let Some(seed) = args.seed {
        recipe.seed = seed;
    }
    if let Some(device) = &args.device {
        recipe.device.clone_from(device);
    }
    if let Some(threads) = args.threads {
        recipe.threads = threads;
    }
    recipe.set_all(&args.with).map_err(|error| Failure::input(chain(&error)))?;
    if recipe.threads == 0 {
        // Written down, because results are bit-identical at equal counts only.
        recipe.threads = std::thread::available_parallelism().map_or(1, usize::from);
    }
    let limits = load::limits(&space, &args.space)?;
    let all = with_limits(&limits, &parsed(&recipe.search.limits)?);
    let tables = table::given(&args.space, &all)?;
    table::all_there(&all, tables.iter().map(|table| table.name.as_str()))?;
    let mut files: BTreeMap<String, String> = compilation
        .sources
        .files
        .iter()
        .map(|file| (file.name.clone(), file.text.clone()))
        .collect();
    files.extend(teacher::texts(&recipe)?);
    let root = args.out.clone().unwrap_or_else(|| default_folder(&space.name));
    let file = args.space.file.split('#').next().unwrap_or_default();
    let kept = Kept {
        version: VERSION,
        file: args.space.file.clone(),
        from_run: relative(file, &Paths { root: root.clone() }.best_space()),
        set: load::options(&args.space)?.set,
        limits: limits.iter().map(nasc_compiler::ir::text::limit_text).collect(),
        hash: space_hash(&space),
        files,
        tables,
    };
    // Asked before anything is written.
    variants(&kept, &recipe)?;
    let existing = if args.overwrite { Existing::Overwrite } else { Existing::Refuse };
    let folder = RunFolder::create(&root, existing).map_err(|error| occupied(&error))?;
    keep(&folder, &kept)?;
    recipe.save(&folder.paths.recipe()).map_err(|error| Failure::world(chain(&error)))?;
    open(folder, recipe, &kept, args.space.format, true)
}

/// Why a run cannot begin in a folder, with what may be typed instead.
fn occupied(error: &FolderError) -> Failure {
    let remedy = match error {
        FolderError::Unfinished(_) => {
            "\nhelp: `--resume` goes on with it, `--overwrite` begins anew"
        }
        FolderError::Finished(_) => {
            "\nhelp: `--overwrite` begins anew, `--out` names another folder"
        }
        _ => "",
    };
    Failure::world(format!("{}{remedy}", chain(error)))
}

/// Goes on with a run that was begun before.
pub fn resume(args: &StageArgs) -> Outcome<Opened> {
    let folder = RunFolder::open(&args.run).map_err(|error| Failure::world(chain(&error)))?;
    let mut recipe =
        Recipe::load(&folder.paths.recipe()).map_err(|error| Failure::world(chain(&error)))?;
    let before = recipe.clone();
    recipe.set_all(&args.with).map_err(|error| Failure::input(chain(&error)))?;
    let kept = kept(&folder.paths.space())?;
    if recipe != before {
        refuse_late_changes(&folder, &before, &recipe)?;
        recipe.save(&folder.paths.recipe()).map_err(|error| Failure::world(chain(&error)))?;
    }
    open(folder, recipe, &kept, args.format, false)
}

/// What a finished stage was told cannot be changed afterwards.
fn refuse_late_changes(folder: &RunFolder, before: &Recipe, after: &Recipe) -> Outcome {
    let begun = |stage: &str| -> Outcome<bool> {
        let reader = match nasc_runtime::run::log::Reader::open(&folder.paths.root) {
            Ok(reader) => reader,
            Err(_) => return Ok(false),
        };
        for record in reader {
            let record = record.map_err(|error| Failure::world(chain(&error)))?;
            if matches!(&record.event, Event::StageStarted { stage: s, .. } if s == stage) {
                return Ok(true);
            }
        }
        Ok(false)
    };
    let parts = [
        ("seed", before.adapt != after.adapt),
        (
            "supernet",
            before.supernet != after.supernet
                || before.adapt != after.adapt
                || before.phases != after.phases
                || before.sampler != after.sampler
                || before.sampler_options != after.sampler_options
                || before.arch_share.to_bits() != after.arch_share.to_bits(),
        ),
        ("search", before.search != after.search),
        ("retrain", before.retrain != after.retrain),
    ];
    let shared = before.seed != after.seed
        || before.data != after.data
        || before.threads != after.threads
        || before.device != after.device
        || before.deterministic != after.deterministic;
    for (stage, changed) in parts {
        if (changed || shared) && begun(stage)? {
            return Err(Failure::input(format!(
                "the stage `{stage}` has begun with another recipe; begin a new run for a change"
            )));
        }
    }
    Ok(())
}

fn open(
    folder: RunFolder,
    recipe: Recipe,
    kept: &Kept,
    format: Format,
    is_new: bool,
) -> Outcome<Opened> {
    let supernet = table::attached(compiled(kept, &recipe.supernet.norm)?, &kept.tables)?;
    let retrain = compiled(kept, &recipe.retrain.norm)?;
    let plain = compiled(kept, &Norm::default())?;
    if space_hash(&plain) != kept.hash {
        let path = folder.paths.space();
        let path = path.display();
        return Err(Failure::world(format!(
            "`{path}` compiles to another space than the run was begun with; it was changed, or \
             written by another version"
        )));
    }
    let given: Vec<Limit> =
        parsed(&kept.limits)?.into_iter().chain(parsed(&recipe.search.limits)?).collect();
    let limits = with_limits(&[], &given);
    torch::set_threads(recipe.threads.max(1));
    let device = device(&recipe.device)?;
    if device != torch::Device::Cpu {
        let chosen = torch::use_exact_kernels(recipe.deterministic);
        chosen.map_err(|error| Failure::world(chain(&error)))?;
    }
    let log = Log::open(&folder.paths.root).map_err(|error| Failure::world(chain(&error)))?;
    progress::follow(&log, format);
    if is_new {
        let event = Event::RunStarted {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            space: plain.name.clone(),
            space_hash: kept.hash.clone(),
            seed: recipe.seed,
            threads: recipe.threads,
            device: recipe.device.clone(),
            recipe_hash: recipe.hash(),
        };
        log.append(event).map_err(|error| Failure::world(chain(&error)))?;
    }
    let images = Images::open(&recipe.data, recipe.seed, recipe.threads)
        .map_err(|error| Failure::world(chain(&error)))?;
    let interrupt = Interrupt::default();
    let flag = interrupt.clone();
    let handler = move || {
        if flag.is_set() {
            // A second request is not patient; everything saved stays saved.
            std::process::exit(i32::from(INTERRUPTED));
        }
        print::error_line("stopping after this step; once more to stop at once");
        flag.set();
    };
    ctrlc::set_handler(handler)
        .map_err(|error| Failure::world(format!("cannot listen for interrupts: {error}")))?;
    let spaces = Spaces {
        seed: crate::seed::kept(&supernet, &kept.files),
        variants: variants(kept, &recipe)?,
        teachers: teacher::kept(&recipe, &kept.files)?,
        supernet: Arc::new(supernet),
        retrain: Arc::new(retrain),
        file: kept.from_run.clone(),
    };
    Ok(Opened { folder, recipe, spaces, limits, images, log, interrupt, device, format })
}

fn parsed(texts: &[String]) -> Outcome<Vec<Limit>> {
    texts.iter().map(|text| parse_limit(text).map_err(Failure::input)).collect()
}

fn device(name: &str) -> Outcome<torch::Device> {
    if name == "auto" {
        return Ok(torch::parse_device("cuda").unwrap_or(torch::Device::Cpu));
    }
    torch::parse_device(name).map_err(|error| Failure::world(chain(&error)))
}

/// The space that a run folder keeps, with the normalisations of a stage.
fn compiled(kept: &Kept, norm: &Norm) -> Outcome<Checked> {
    with(kept, norm, kept.set.clone())?.map_err(|shown| {
        Failure::world(format!("the space of the run does not compile any more:\n{shown}"))
    })
}

/// The space with the parameters that parts of the supernet's training set.
fn variants(
    kept: &Kept,
    recipe: &Recipe,
) -> Outcome<BTreeMap<BTreeMap<String, String>, Arc<Checked>>> {
    let mut variants = BTreeMap::new();
    for others in recipe.phases.iter().map(|phase| &phase.set).filter(|set| !set.is_empty()) {
        let mut set = kept.set.clone();
        set.retain(|(name, _)| !others.contains_key(name));
        set.extend(others.iter().map(|(name, value)| (name.clone(), value.clone())));
        let checked = with(kept, &recipe.supernet.norm, set)?.map_err(|shown| {
            Failure::input(format!(
                "the space does not compile as a part of its training sets it:\n{shown}"
            ))
        })?;
        variants.insert(others.clone(), Arc::new(table::attached(checked, &kept.tables)?));
    }
    Ok(variants)
}

/// The space with normalisations and parameters, or why it is none.
fn with(kept: &Kept, norm: &Norm, set: Vec<(String, String)>) -> Outcome<Result<Checked, String>> {
    let norms = Norms { affine: norm.affine, eps: norm.eps, momentum: norm.momentum };
    let options = Options { set, norms, ..Options::default() };
    let compilation = compile(&kept.files, &kept.file, &options).map_err(Failure::world)?;
    let shown = compilation.render();
    Ok(compilation.checked.ok_or(shown))
}

fn keep(folder: &RunFolder, kept: &Kept) -> Outcome {
    let pretty = ron::ser::PrettyConfig::default();
    let text = ron::ser::to_string_pretty(kept, pretty).map_err(Failure::world)?;
    nasc_runtime::run::atomic::write(&folder.paths.space(), text.as_bytes())
        .map_err(|error| Failure::world(chain(&error)))
}

fn kept(path: &Path) -> Outcome<Kept> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::world(format!("cannot read `{shown}`: {error}")))?;
    let kept: Kept = ron::from_str(&text)
        .map_err(|error| Failure::world(format!("`{shown}` is damaged: {error}")))?;
    if kept.version == VERSION {
        return Ok(kept);
    }
    let found = kept.version;
    Err(Failure::world(format!("`{shown}` has version {found}; this nasc reads {VERSION}")))
}

fn default_folder(name: &str) -> PathBuf {
    Path::new("runs").join(name)
}

/// The side of the space's input, where it is a square that all networks share.
fn side(space: &Checked) -> Option<u32> {
    let input = *space.inputs().first()?;
    let [channels, height, width] = space.node(input).shape.axes[..] else { return None };
    let int = |value| space.diagrams.constant_int(value);
    let (height, width) = (int(height)?, int(width)?);
    (int(channels)? == 3 && height == width).then_some(height as u32)
}

/// Without a recipe of the user's own, images come at the size that the space takes.
fn fit_size(recipe: &mut Recipe, side: u32, has_recipe: bool) {
    if !has_recipe && recipe.data.transform.size != side {
        let small = side <= 64 && recipe.data.path.is_none();
        recipe.data.transform = if small {
            nasc_runtime::data::Transform::small(side)
        } else {
            nasc_runtime::data::Transform { size: side, ..nasc_runtime::data::Transform::default() }
        };
        if small {
            recipe.data.shapes.size = side.max(16);
        }
    }
}

/// How a stage's failure ends the command.
pub fn ended(error: &JobError) -> Failure {
    let code = if error.is_interruption() {
        INTERRUPTED
    } else if error.is_no_network() {
        NO_NETWORK
    } else if error.is_input() {
        crate::exit::INPUT
    } else {
        crate::exit::WORLD
    };
    Failure { code, message: Some(chain(error)) }
}
