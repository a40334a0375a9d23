//! Seed networks on the disk, and the plans that fill a space from them.

use nasc_compiler::arch::{Arch, space_hash};
use nasc_compiler::remap::{self, Plan, Policy, Seed, Side};
#[cfg(feature = "runtime")]
use nasc_compiler::source::Load;
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

/// The plan that fills a target, if there is a seed.
pub fn plan(target: &Checked, sides: &Sides<'_>) -> Outcome<Option<Plan>> {
    let seed = seed(target, sides)?;
    Ok(seed.map(|seed| planned(&seed, target, sides)))
}

/// The plan that fills a target from a seed.
pub fn planned(seed: &Seed, target: &Checked, sides: &Sides<'_>) -> Plan {
    let found_in = sides.found.map(|(space, _)| space);
    if sides.from.is_none() {
        return seed.plan(target, found_in);
    }
    // Pairs are about the seed that the file names.
    let policy = target.remap.as_ref().map(Policy::from).unwrap_or_default();
    let policy = Policy { pairs: Vec::new(), ..policy };
    remap::plan(&seed.side(), &Side { graph: target, arch: None, found_in }, &policy)
}

/// The seed of a target, if there is one.
pub fn seed(target: &Checked, sides: &Sides<'_>) -> Outcome<Option<Seed>> {
    let Some((file, options)) = named(target, sides.from) else { return Ok(None) };
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

/// The seed that a target's file names, from texts that are known to compile.
#[cfg(feature = "runtime")]
pub fn kept(target: &Checked, files: &impl Load) -> Option<Seed> {
    let (file, options) = named(target, None)?;
    let compilation = compile(files, &file, &options).ok()?;
    let found_in = compilation.derived_from.map(|(space, _)| space);
    Some(Seed { graph: compilation.checked?, found_in, arch: None })
}

/// The file of a target's seed, and how it is compiled.
fn named(target: &Checked, from: Option<&str>) -> Option<(String, Options)> {
    if let Some(from) = from {
        return Some((from.to_owned(), Options::default()));
    }
    let remap = target.remap.as_ref()?;
    let (name, set) = (Some(remap.seed.to_string()), remap.set.clone());
    Some((remap.file.to_string(), Options { name, set, ..Options::default() }))
}
