//! One file per command.

mod best;
mod check;
mod cost;
mod count;
mod derive;
mod explain;
mod fmt;
mod graph;
mod infeasible;
mod latency;
mod new;
mod pareto;
mod remap;
mod report;
mod sample;
mod scores;
mod show;
mod snapshot;

#[cfg(feature = "runtime")]
mod data;
#[cfg(feature = "runtime")]
mod eval;
#[cfg(feature = "runtime")]
mod export;
#[cfg(feature = "runtime")]
mod fill;
#[cfg(feature = "runtime")]
mod import;
#[cfg(feature = "runtime")]
mod run;
#[cfg(feature = "runtime")]
mod stage;

use crate::cli::{Cli, Command};
use crate::exit::Outcome;

/// Does what the arguments say.
pub fn run(cli: Cli) -> Outcome {
    match cli.command {
        Command::New { file } => new::new(&file),
        Command::Check(space) => check::check(&space),
        Command::Fmt { files, check } => fmt::fmt(&files, check),
        Command::Explain { code } => explain::explain(&code),
        Command::Show(space) => show::show(&space),
        Command::Graph { space, to, depth } => graph::graph(&space, to, depth),
        Command::Count { space, marginals, states } => count::count(&space, marginals, states),
        Command::Cost { space, arch, rule } => cost::cost(&space, arch.as_deref(), rule),
        Command::Sample { space, n, seed, uniform: _, prior, bins } => {
            sample::sample(&space, n, seed, prior, &bins)
        }
        Command::Best { space, score, least, pareto, k, ways } => {
            if pareto.is_empty() {
                best::best(&space, score.as_deref(), least.as_deref(), k, ways)
            } else {
                pareto::front(&space, score.as_deref(), &pareto)
            }
        }
        Command::Latency { latency } => latency::latency(&latency),
        Command::Compile { space, out } => graph::compile(&space, &out),
        Command::Snapshot { files, accept } => snapshot::snapshot(&files, accept),
        Command::Derive { source, arch, out, from, to } => {
            derive::derive(&source, arch.as_deref(), out.as_deref(), [from, to])
        }
        Command::Remap(args) => remap::remap(&args),
        #[cfg(feature = "runtime")]
        Command::Run(args) => run::run(&args),
        #[cfg(feature = "runtime")]
        Command::Train(args) => run::train(&args),
        #[cfg(feature = "runtime")]
        Command::Search(args) => run::search(&args),
        #[cfg(feature = "runtime")]
        Command::Retrain(args) => run::retrain(&args),
        #[cfg(feature = "runtime")]
        Command::Import { file, network, out, entry, partial, how } => {
            let what = import::What { file, network, entry, partial, out };
            import::import(&what, &how)
        }
        #[cfg(feature = "runtime")]
        Command::Export { network, weights, from, how } => {
            export::export(&network, &weights, from.as_deref(), &how)
        }
        #[cfg(feature = "runtime")]
        Command::Eval { network, supernet } => eval::eval(&network, supernet),
        Command::Report(args) => report::report(&args),
        #[cfg(feature = "runtime")]
        Command::Data { data } => data::data(&data),
    }
}
