//! Architectures as other programs write them: in, and out again.
//!
//! A foreign text says stages of layers, or plain numbers. Which decision a layer stands for is found by the
//! paths of the space, `…stage.<number>.<decision>`, and by what the graph says of a stage: its width and its
//! stride have to be the text's. No network and no space is known by name. What is written is read again as the
//! same network; where a form cannot say a network, nothing is written.

mod blocks;
mod fna;
mod layers;
mod literal;
mod numbers;

use super::Arch;
use super::text::{self, Parsed};
use crate::ir::Graph;

/// A form of foreign text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `net_config` of FNA: `[[16, 24], ['k3_e6', 'skip'], 2]|…`.
    Fna,
    /// Block strings of timm: `[["ir_r2_k3_s2_e6_c24"], …]`. What stands at the end of a stage and is skipped is left
    /// out.
    Timm,
    /// An `arch_def` of `FBNet`: `{"blocks": [[["ir_k3_e6", 24, 2, 1]], …]}`.
    Fbnet,
    /// Once-for-all: `{"d": […], "e": […], "ks": […], "r": […]}`.
    Ofa,
    /// Numbers of candidates, of SPOS, DSNAS and `DetNAS`: `[0, 2, …]`, or `{"arch": […], "scale_ids": […]}`.
    Spos,
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Fna, Self::Timm, Self::Fbnet, Self::Ofa, Self::Spos];
}

/// The network of the space that a foreign text stands for.
///
/// # Errors
/// A sentence: the text has another form, or the space no such network.
pub fn read(space: &Graph, form: Form, text: &str) -> Result<Parsed, String> {
    let pairs = match form {
        Form::Fna => layers::pairs(space, &fna::read(text)?)?,
        Form::Timm => layers::pairs(space, &blocks::read_timm(text)?)?,
        Form::Fbnet => layers::pairs(space, &blocks::read_fbnet(text)?)?,
        Form::Ofa => numbers::read_ofa(space, text)?,
        Form::Spos => numbers::read_spos(space, text)?,
    };
    let pairs = pairs.iter().map(|(path, option)| (path.as_str(), option.as_str()));
    text::from_pairs(space, pairs).map_err(|error| error.to_string())
}

/// The foreign text of a network.
///
/// # Errors
/// A sentence: the form cannot say this network.
pub fn write(space: &Graph, form: Form, arch: &Arch) -> Result<String, String> {
    let arch = space.canonical(arch);
    let written = match form {
        Form::Fna => fna::write(&layers::stages(space, &arch)?),
        Form::Timm => blocks::write_timm(&layers::stages(space, &arch)?)?,
        Form::Fbnet => blocks::write_fbnet(&layers::stages(space, &arch)?),
        Form::Ofa => numbers::write_ofa(space, &arch)?,
        Form::Spos => numbers::write_spos(space, &arch),
    };
    // A form that leaves a decision out, or rounds a value, stands for another network.
    match read(space, form, &written) {
        Ok(parsed) if parsed.arch == arch => Ok(written),
        Ok(_) => Err("the form stands for another network of the space".to_owned()),
        Err(why) => Err(format!("the form cannot say all of it: {why}")),
    }
}
