//! `nasc export`.

use std::path::Path;

use nasc_runtime::pth;
use nasc_runtime::run::weights::{load_weights, save_weights};
use nasc_runtime::seed::export::{name_tensors, scheme};
use serde_json::json;

use super::import::{network, refuse_existing};
use crate::cli::{Format, WeightsArgs};
use crate::exit::{Failure, Outcome, chain};
use crate::print;

/// Writes a network's weights under the names of a scheme.
pub fn export(named: &str, out: &Path, from: Option<&Path>, how: &WeightsArgs) -> Outcome {
    let ending = out.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    if !["pth", "pt", "safetensors"].contains(&ending) {
        let shown = out.display();
        return Err(Failure::input(format!("`{shown}` ends neither in .pth nor in .safetensors")));
    }
    refuse_existing(out, how.force)?;
    let file =
        if Path::new(named).is_dir() { format!("{named}/best.nas") } else { named.to_owned() };
    let beside = Path::new(file.split('#').next().unwrap_or(&file)).with_extension("safetensors");
    let from = from.unwrap_or(&beside);

    let network = network(&file, how)?;
    let scheme = scheme(&network, how.scheme.as_deref()).map_err(Failure::input)?;
    let (weights, mut facts) = load_weights(from).map_err(|error| Failure::world(chain(&error)))?;
    let tensors = name_tensors(&network, weights, &scheme).map_err(|error| {
        Failure::input(format!("`{}` is not of `{}`: {error}", from.display(), network.name))
    })?;
    let count = tensors.len();
    if ending == "safetensors" {
        facts.insert("nasc.scheme".to_owned(), scheme.to_string());
        save_weights(out, &tensors.into_iter().collect(), &facts)
            .map_err(|error| Failure::world(chain(&error)))?;
    } else {
        pth::save(out, &tensors).map_err(|error| Failure::world(chain(&error)))?;
    }
    if how.format == Format::Json {
        print::json(&json!({ "tensors": count, "scheme": scheme.to_string() }));
    } else {
        let shown = out.display();
        print::line(&format!("wrote `{shown}`: {count} tensors by the names of `{scheme}`"));
    }
    Ok(())
}
