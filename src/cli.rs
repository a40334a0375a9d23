//! The arguments of all commands.

use clap::{Args, Parser, Subcommand, ValueEnum};
use nasc_compiler::analysis::NODE_LIMIT;
use nasc_compiler::cost::Measure;

use crate::measures::is_name;

/// The compiler for neural-architecture search spaces.
#[derive(Debug, Parser)]
#[command(name = "nasc", version, about, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For reading.
    #[default]
    Human,
    /// For programs.
    Json,
}

/// A space and what is set about it.
#[derive(Clone, Debug, Args)]
pub struct SpaceArgs {
    /// A `.nas` file, or `FILE#name` for one of several spaces in it
    #[arg(value_name = "SPACE")]
    pub file: String,
    /// Set a parameter of the space
    #[arg(long, value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// Add a limit, such as 'macs <= 330M'; it replaces the file's on the same metric
    #[arg(long, value_name = "LIMIT")]
    pub limit: Vec<String>,
    /// Drop the limits of the file
    #[arg(long)]
    pub no_limits: bool,
    /// A table of latencies, for limits such as 'latency("NAME") <= 60ms' [default: latency/NAME.ron
    /// beside the space]
    #[arg(long, value_name = "NAME=FILE")]
    pub table: Vec<String>,
    /// Interpolate what lies between the entries of tables
    #[arg(long)]
    pub interpolate: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

impl SpaceArgs {
    /// Of a file alone.
    pub fn of(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            set: Vec::new(),
            limit: Vec::new(),
            no_limits: false,
            table: Vec::new(),
            interpolate: false,
            format: Format::Human,
        }
    }
}

/// What is filled, and from what.
#[derive(Clone, Debug, Args)]
pub struct RemapArgs {
    /// The space or network.
    #[command(flatten)]
    pub space: SpaceArgs,
    /// A network of the space instead of all of it: `seed`, a file, or `path=option,…`
    #[arg(long)]
    pub arch: Option<String>,
    /// The seed network, instead of the one that the file names: FILE or FILE#name; the space that a
    /// network was found in counts as the network in it
    #[arg(long, value_name = "NETWORK")]
    pub from: Option<String>,
    /// Only say what would be filled from what
    #[arg(long)]
    pub dry_run: bool,
    /// The seed's weights (.safetensors), named as its tensors
    #[cfg(feature = "runtime")]
    #[arg(long, value_name = "WEIGHTS", required_unless_present = "dry_run")]
    pub seed: Option<std::path::PathBuf>,
    /// Where to write the filled weights (.safetensors)
    #[cfg(feature = "runtime")]
    #[arg(short, long, value_name = "FILE", conflicts_with = "dry_run", requires = "seed")]
    pub out: Option<std::path::PathBuf>,
    /// The seed of the initial values of what is not filled
    #[cfg(feature = "runtime")]
    #[arg(long, default_value_t = 0)]
    pub init: u64,
}

/// What a run is told besides its space.
#[cfg(feature = "runtime")]
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// The space and what is set about it.
    #[command(flatten)]
    pub space: SpaceArgs,
    /// The run folder [default: runs/NAME of the space]
    #[arg(long, value_name = "DIR")]
    pub out: Option<std::path::PathBuf>,
    /// A folder with `train/CLASS/*.png` and `test/CLASS/*.png`; the built-in pictures if absent
    #[arg(long, value_name = "DIR")]
    pub data: Option<std::path::PathBuf>,
    /// A recipe file
    #[arg(long, value_name = "FILE")]
    pub recipe: Option<std::path::PathBuf>,
    /// Override one field of the recipe, such as supernet.epochs=10
    #[arg(long, value_name = "FIELD=VALUE")]
    pub with: Vec<String>,
    /// The seed of every random stream
    #[arg(long)]
    pub seed: Option<u64>,
    /// `auto`, `cpu`, `cuda` or `cuda:N`
    #[arg(long)]
    pub device: Option<String>,
    /// Threads [default: one per core]
    #[arg(long)]
    pub threads: Option<usize>,
    /// Go on with the run in the folder
    #[arg(long)]
    pub resume: bool,
    /// Begin anew in a folder that holds a run
    #[arg(long, conflicts_with = "resume")]
    pub overwrite: bool,
}

/// A run that was begun before.
#[cfg(feature = "runtime")]
#[derive(Clone, Debug, Args)]
pub struct StageArgs {
    /// The run folder
    #[arg(value_name = "RUN")]
    pub run: std::path::PathBuf,
    /// Override one field of the recipe for stages that have not begun
    #[arg(long, value_name = "FIELD=VALUE")]
    pub with: Vec<String>,
    /// Go on with an interrupted stage (always done; accepted for clarity)
    #[arg(long)]
    pub resume: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// A network of a run.
#[cfg(feature = "runtime")]
#[derive(Clone, Debug, Args)]
pub struct NetworkArgs {
    /// The run.
    #[command(flatten)]
    pub stage: StageArgs,
    /// Another network than the found one: `seed`, a file, or `path=option,…`
    #[arg(long)]
    pub arch: Option<String>,
}

/// A run, or `space` and a space.
#[derive(Clone, Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[cfg_attr(not(feature = "runtime"), command(subcommand_required = true))]
pub struct ReportArgs {
    /// A space instead of a run.
    #[command(subcommand)]
    pub subject: Option<Subject>,
    /// The run.
    #[cfg(feature = "runtime")]
    #[command(flatten)]
    pub run: Option<StageArgs>,
}

/// What else there is a report of.
#[derive(Clone, Debug, Subcommand)]
pub enum Subject {
    /// A space: how its networks are distributed, and what each option does
    Space {
        /// The space
        #[command(flatten)]
        space: SpaceArgs,
        /// Where to write it, a page (.html) or the charts alone (.svg) [default: NAME.html]
        #[arg(short, long, value_name = "FILE")]
        out: Option<std::path::PathBuf>,
    },
}

/// How a graph is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Drawing {
    /// One line per operation
    #[default]
    Text,
    /// Graphviz
    Dot,
    /// Mermaid
    Mermaid,
    /// The compiled artifact
    Ron,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Begin a space: write a small .nas file
    New {
        /// The file to write
        file: std::path::PathBuf,
    },
    /// Check every network of a space
    Check(SpaceArgs),
    /// Format .nas files
    Fmt {
        /// The files
        #[arg(required = true)]
        files: Vec<std::path::PathBuf>,
        /// Only say which files would change
        #[arg(long)]
        check: bool,
    },
    /// Explain a diagnostic code
    Explain {
        /// Such as E0312
        code: String,
    },
    /// Show a space: its decisions and numbers
    Show(SpaceArgs),
    /// Draw the graph of a space
    Graph {
        /// The space
        #[command(flatten)]
        space: SpaceArgs,
        /// How to draw it
        #[arg(long, value_enum, default_value_t)]
        to: Drawing,
        /// Join what lies deeper than so many path parts into one box
        #[arg(long)]
        depth: Option<usize>,
    },
    /// Count the networks of a space
    Count {
        /// The space
        #[command(flatten)]
        space: SpaceArgs,
        /// How likely each option is in a uniformly random network within the limits
        #[arg(long)]
        marginals: bool,
        /// Where more states would be needed, the answer is between bounds
        #[arg(long, default_value_t = NODE_LIMIT)]
        states: usize,
    },
    /// What networks cost, layer by layer
    Cost {
        /// The space
        #[command(flatten)]
        space: SpaceArgs,
        /// A network: `seed`, a file, or `path=option,…`
        #[arg(long)]
        arch: Option<String>,
        /// Count by this rule too, such as `macs_bias`
        #[arg(long, value_parser = measure)]
        rule: Option<Measure>,
    },
    /// Draw networks at random
    Sample {
        /// The space
        #[command(flatten)]
        space: SpaceArgs,
        /// How many
        #[arg(short, default_value_t = 1)]
        n: u64,
        /// The seed
        #[arg(long, default_value_t = 0)]
        seed: u64,
        /// Every network that keeps the limits is as likely as any other (always done unless `--prior`)
        #[arg(long, conflicts_with = "prior")]
        uniform: bool,
        /// A network is as likely as the priors of its decisions say, given the limits
        #[arg(long)]
        prior: bool,
        /// Draw one of these limits first, each as likely, then a network within it: 'macs in 290M..=300M'
        #[arg(long = "bin", value_name = "LIMIT")]
        bins: Vec<String>,
    },
    /// Find the networks of the highest score under the limits, exactly
    Best {
        /// The space
        #[command(flatten)]
        space: SpaceArgs,
        /// A JSON file of scores: an object of decisions, each an object of options with numbers
        #[arg(long, required_unless_present_any = ["least", "pareto"], conflicts_with = "least")]
        score: Option<std::path::PathBuf>,
        /// The least of a measure instead, such as `params` or, with its table, `latency("NAME")`
        #[arg(long, value_name = "MEASURE", value_parser = is_name)]
        least: Option<String>,
        /// All networks than which none is better and no dearer: the least of two measures, or the
        /// highest score by the least of one
        #[arg(long, value_name = "MEASURE[,MEASURE]", value_parser = is_name, value_delimiter = ',')]
        #[arg(conflicts_with = "least")]
        pareto: Vec<String>,
        /// How many
        #[arg(short, default_value_t = 1)]
        k: usize,
        /// How many ways the search follows before it says how far it may be from the best
        #[arg(long, default_value_t = 5_000_000)]
        ways: usize,
    },
    /// Tables of latencies
    Latency {
        /// What to do
        #[command(subcommand)]
        latency: Latency,
    },
    /// Compile a space to an artifact
    Compile {
        /// The space
        #[command(flatten)]
        space: SpaceArgs,
        /// Where to write it
        #[arg(short, long)]
        out: std::path::PathBuf,
    },
    /// Check or write the snapshots beside .nas files
    Snapshot {
        /// The files
        #[arg(required = true)]
        files: Vec<String>,
        /// Write what is new or differs
        #[arg(long)]
        accept: bool,
    },
    /// Fill a space or a network from the weights of a seed network
    Remap(RemapArgs),
    /// The whole way: train, search, derive, retrain, eval, report
    #[cfg(feature = "runtime")]
    Run(RunArgs),
    /// Train the supernet of a space
    #[cfg(feature = "runtime")]
    Train(RunArgs),
    /// Search the supernet of a run
    #[cfg(feature = "runtime")]
    Search(StageArgs),
    /// Write the network that a run found, or that an architecture names
    Derive {
        /// A run folder, or a space
        source: String,
        /// The architecture, for a space
        #[arg(long)]
        arch: Option<String>,
        /// Where to write the network, for a space
        #[arg(short, long)]
        out: Option<std::path::PathBuf>,
        /// Another program's form, which the file or text of `--arch` has
        #[arg(long, value_enum, requires = "arch")]
        from: Option<ArchForm>,
        /// Another program's form, in which to write the network
        #[arg(long, value_enum, requires = "arch")]
        to: Option<ArchForm>,
    },
    /// Train the network that a run found, or another one of its space alike
    #[cfg(feature = "runtime")]
    Retrain(NetworkArgs),
    /// Take over the weights of a trained network, from a state dict of PyTorch (.pth) or safetensors
    #[cfg(feature = "runtime")]
    Import {
        /// The file of weights
        file: std::path::PathBuf,
        /// The network they are of, such as `std/seeds/mobilenet_v2` or a file
        #[arg(long = "as", value_name = "NETWORK")]
        network: String,
        /// The safetensors file to write
        #[arg(short, long)]
        out: std::path::PathBuf,
        /// The state dict of a checkpoint to take, such as `model_ema`
        #[arg(long, value_name = "NAME")]
        entry: Option<String>,
        /// Take what matches, though something is left over on one side
        #[arg(long)]
        partial: bool,
        /// The rest
        #[command(flatten)]
        how: WeightsArgs,
    },
    /// Write the weights of a network for other programs
    #[cfg(feature = "runtime")]
    Export {
        /// A run folder, or a network
        network: String,
        /// The file to write, .pth or .safetensors
        #[arg(long, value_name = "FILE")]
        weights: std::path::PathBuf,
        /// The network's weights [default: the .safetensors file beside it]
        #[arg(long, value_name = "FILE")]
        from: Option<std::path::PathBuf>,
        /// The rest
        #[command(flatten)]
        how: WeightsArgs,
    },
    /// Evaluate the network that a run found, or another one of its space, on the test images
    #[cfg(feature = "runtime")]
    Eval {
        /// The network
        #[command(flatten)]
        network: NetworkArgs,
        /// Judge it as the search does: on the held-out images, with the supernet's weights
        #[arg(long)]
        supernet: bool,
    },
    /// Write the report of a run, or of a space
    Report(ReportArgs),
    /// Built-in data
    #[cfg(feature = "runtime")]
    Data {
        /// Which
        #[command(subcommand)]
        data: Data,
    },
}

/// A network and what is set about it.
#[cfg(feature = "runtime")]
#[derive(Clone, Debug, Args)]
pub struct WeightsArgs {
    /// Set a parameter of the network
    #[arg(long, value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// Which network of a space: `seed`, a file, or `path=option,…`
    #[arg(long)]
    pub arch: Option<String>,
    /// How tensors are named there: `paths`, or a scheme that `@key` names
    #[arg(long)]
    pub scheme: Option<String>,
    /// Replace a file that is there
    #[arg(long)]
    pub force: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// What is done with tables of latencies.
#[derive(Debug, Subcommand)]
pub enum Latency {
    /// List what a table must have for a space: the keys of all its units
    Keys(SpaceArgs),
    /// Take over a table that others have published
    Import {
        /// Whose: `proxyless` and `ofa` publish YAML, `netadapt` a dictionary, here as JSON
        #[arg(long, value_enum)]
        from: TableOf,
        /// The published file
        file: std::path::PathBuf,
        /// The table to write
        #[arg(short, long)]
        out: std::path::PathBuf,
        /// What was measured on [default: the name of the file]
        #[arg(long)]
        name: Option<String>,
    },
    /// Measure every unit of a space on this machine; the same command goes on with what was stopped
    #[cfg(feature = "runtime")]
    Measure {
        /// The space
        #[command(flatten)]
        space: SpaceArgs,
        /// The table to write
        #[arg(short, long)]
        out: std::path::PathBuf,
        /// How
        #[command(flatten)]
        timing: TimingArgs,
        /// What the table calls the machine [default: what the system calls it]
        #[arg(long)]
        name: Option<String>,
        /// Replace a table that was measured otherwise
        #[arg(long)]
        overwrite: bool,
    },
    /// Measure networks whole, and write into a table (`--table FILE`) how well its sums tell what they take
    #[cfg(feature = "runtime")]
    Check {
        /// The space
        #[command(flatten)]
        space: SpaceArgs,
        /// How
        #[command(flatten)]
        timing: TimingArgs,
        /// How many networks
        #[arg(short, default_value_t = 50)]
        n: u64,
    },
}

/// How other programs write architectures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ArchForm {
    /// `net_config` of FNA
    Fna,
    /// Block strings of timm
    Timm,
    /// `arch_def` of `FBNet`
    Fbnet,
    /// JSON of Once-for-all
    Ofa,
    /// Lists of SPOS, DSNAS and `DetNAS`
    Spos,
}

/// Who publishes tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TableOf {
    /// ProxylessNAS
    Proxyless,
    /// Once-for-all
    Ofa,
    /// NetAdapt
    Netadapt,
}

/// How is measured.
#[cfg(feature = "runtime")]
#[derive(Clone, Debug, Args)]
pub struct TimingArgs {
    /// `cpu`, `cuda` or `cuda:N`
    #[arg(long, default_value = "cpu")]
    pub device: String,
    /// Threads [default: 1, or the table's]
    #[arg(long)]
    pub threads: Option<u32>,
    /// Images at a time [default: 1, or the table's]
    #[arg(long)]
    pub batch: Option<u32>,
    /// Stay on these cores, such as 0,1
    #[arg(long, value_delimiter = ',')]
    pub cores: Vec<usize>,
    /// The fewest runs that count
    #[arg(long, default_value_t = 50)]
    pub runs: u64,
    /// The least seconds of those
    #[arg(long, default_value_t = 1.0)]
    pub seconds: f64,
    /// The fewest runs before anything counts
    #[arg(long, default_value_t = 10)]
    pub warm_runs: u64,
    /// The least seconds of those
    #[arg(long, default_value_t = 0.2)]
    pub warm_seconds: f64,
    /// The seed of the order
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Empty the caches before every run
    #[arg(long)]
    pub cold: bool,
    /// Take a busy machine, and one that becomes slower or faster
    #[arg(long)]
    pub noisy: bool,
}

/// The built-in data.
#[cfg(feature = "runtime")]
#[derive(Debug, Subcommand)]
pub enum Data {
    /// Rendered shapes in ten classes, as a folder of images
    Shapes {
        /// The folder to write
        dir: std::path::PathBuf,
        /// Side of the images in pixels
        #[arg(long, default_value_t = 32)]
        size: u32,
        /// Training images
        #[arg(long, default_value_t = 8000)]
        train: u32,
        /// Test images
        #[arg(long, default_value_t = 2000)]
        test: u32,
        /// The seed of the scenes
        #[arg(long, default_value_t = 0)]
        seed: u64,
    },
}

fn measure(name: &str) -> Result<Measure, String> {
    Measure::named(name).ok_or_else(|| {
        let known: Vec<&str> = Measure::ALL.into_iter().map(Measure::name).collect();
        format!("the rules are {}", known.join(", "))
    })
}
