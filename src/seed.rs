//! Seed networks on the disk, and the plans that fill a space from them.

use nasc_compiler::arch::{Arch, space_hash};
use nasc_compiler::remap::{self, Plan, Policy, Side};
use nasc_compiler::{Checked, Options, compile};

use crate::cli::Format;
use crate::exit::{Failure, Outcome};
use crate::load::{self, Disk};

/// What is known of a target and its seed besides the target.
#[derive(Clone, Copy, Default)]
pub struct Sides<'a> {
    /// The space that the target was found in, and its architecture.
    pub found: Option<(&'a Checked, &'a Arch)>,
    /// The seed instead of the one that the target's file names.
    pub from: Option<&'a str>,
}

/// A seed network.
pub struct Seed {
    /// The network, or a space that stands for one.
    pub graph: Checked,
    /// The space that it was found in.
    found_in: Option<Checked>,
    /// The network of the space that counts.
    pub arch: Option<Arch>,
}

impl Seed {
    /// The seed as a side of a plan.
    pub fn side(&self) -> Side<'_> {
        let Self { graph, found_in, arch } = self;
        Side { graph, arch: arch.as_ref(), found_in: found_in.as_ref() }
    }
}

/// The plan that fills a target, if there is a seed.
pub fn plan(target: &Checked, sides: &Sides<'_>) -> Outcome<Option<Plan>> {
    let seed = seed(target, sides)?;
    Ok(seed.map(|seed| planned(&seed, target, sides)))
}

/// The plan that fills a target from a seed.
pub fn planned(seed: &Seed, target: &Checked, sides: &Sides<'_>) -> Plan {
    let policy = target.remap.as_ref().map(Policy::from).unwrap_or_default();
    // Pairs are about the seed that the file names.
    let policy = if sides.from.is_some() { Policy { pairs: Vec::new(), ..policy } } else { policy };
    let found_in = sides.found.map(|(space, _)| space);
    remap::plan(&seed.side(), &Side { graph: target, arch: None, found_in }, &policy)
}

/// The seed of a target, if there is one.
pub fn seed(target: &Checked, sides: &Sides<'_>) -> Outcome<Option<Seed>> {
    let (file, options) = match (sides.from, &target.remap) {
        (Some(from), _) => (from.to_owned(), Options::default()),
        (None, Some(remap)) => {
            let set = remap.set.clone();
            let options = Options { name: Some(remap.seed.to_string()), set, ..Options::default() };
            (remap.file.to_string(), options)
        }
        (None, None) => return Ok(None),
    };
    let compilation = compile(&Disk, &file, &options)
        .map_err(|reason| Failure::world(format!("cannot read `{file}`: {reason}")))?;
    if compilation.checked.is_none() {
        load::show(&compilation, Format::Human);
        return Err(Failure::input(format!("the seed of `{}` has mistakes", target.name)));
    }
    let Some(graph) = compilation.checked else { return Ok(None) };
    let found_in = compilation.derived_from.map(|(space, _)| space);
    let arch = match sides.found {
        Some((space, arch)) if space_hash(space) == space_hash(&graph) => Some(arch.clone()),
        _ => None,
    };
    Ok(Some(Seed { graph, found_in, arch }))
}
