//! Networks that trainings of a recipe learn from, as a run folder keeps them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use nasc_compiler::source::Load;
use nasc_compiler::{Checked, Compilation, Options, compile};
use nasc_runtime::run::recipe::Recipe;

use crate::exit::{Failure, Outcome};
use crate::load::Disk;

/// The files of the teachers of a recipe.
fn files(recipe: &Recipe) -> Vec<PathBuf> {
    let seed = recipe.adapt.as_ref().map(|adapt| &adapt.training);
    let all = [Some(&recipe.supernet), Some(&recipe.retrain), seed].into_iter().flatten();
    all.filter_map(|training| Some(training.teacher.as_ref()?.space.clone())).collect()
}

fn compiled(files: &dyn Load, path: &std::path::Path) -> Outcome<Compilation> {
    let name = path.display().to_string();
    let made = compile(files, &name, &Options::default());
    let compilation =
        made.map_err(|reason| Failure::world(format!("cannot read `{name}`: {reason}")))?;
    if compilation.checked.is_none() {
        let shown = compilation.render();
        return Err(Failure::input(format!("the teacher `{name}` does not compile:\n{shown}")));
    }
    Ok(compilation)
}

/// Every text that the teachers are compiled from, by name.
pub fn texts(recipe: &Recipe) -> Outcome<BTreeMap<String, String>> {
    let mut texts = BTreeMap::new();
    for path in files(recipe) {
        let sources = compiled(&Disk, &path)?.sources;
        texts.extend(sources.files.iter().map(|file| (file.name.clone(), file.text.clone())));
    }
    Ok(texts)
}

/// The teachers, compiled from texts that were kept.
pub fn kept(
    recipe: &Recipe,
    texts: &BTreeMap<String, String>,
) -> Outcome<BTreeMap<PathBuf, Arc<Checked>>> {
    let mut teachers = BTreeMap::new();
    for path in files(recipe) {
        if let Some(checked) = compiled(texts, &path)?.checked {
            teachers.insert(path, Arc::new(checked));
        }
    }
    Ok(teachers)
}
