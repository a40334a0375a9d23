//! `nasc derive`.

use std::path::Path;

use nasc_compiler::arch::derive_text;

use crate::cli::SpaceArgs;
use crate::exit::{Failure, Outcome};
use crate::{load, print};

/// Writes a network as a `derive` item: the one a run found, or one that is named.
pub fn derive(source: &str, arch: Option<&str>, out: Option<&Path>) -> Outcome {
    if Path::new(source).is_dir() {
        #[cfg(feature = "runtime")]
        return super::run::derive(Path::new(source));
        #[cfg(not(feature = "runtime"))]
        return Err(Failure::input("this nasc was built without its runtime"));
    }
    let Some(arch) = arch else {
        let file = source.split('#').next().unwrap_or(source);
        if !Path::new(file).exists() {
            return Err(Failure::world(format!("there is no run and no space in `{file}`")));
        }
        return Err(Failure::input("`nasc derive SPACE` needs `--arch`"));
    };
    let args = SpaceArgs::of(source);
    let (space, _) = load::space(&args)?;
    let arch = load::arch(&space, arch)?;
    let name = out
        .and_then(|out| out.file_stem())
        .and_then(|stem| stem.to_str())
        .filter(|stem| stem.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
        .unwrap_or("best");
    let file = source.split('#').next().unwrap_or(source);
    let file = match out {
        Some(out) => relative(file, out),
        None => file.to_owned(),
    };
    let text = derive_text(&space, &arch, name, &file);
    match out {
        Some(out) => {
            let shown = out.display();
            std::fs::write(out, text)
                .map_err(|error| Failure::world(format!("cannot write `{shown}`: {error}")))?;
            print::line(&format!("wrote `{shown}`"));
        }
        None => print::text(&text),
    }
    Ok(())
}

/// The path of `file` as a file at `from` names it: relative where both share a root.
pub fn relative(file: &str, from: &Path) -> String {
    let full = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let (file, from) = (full(Path::new(file)), full(from));
    let folder = from.parent().unwrap_or(Path::new("/"));
    let target: Vec<_> = file.components().collect();
    let base: Vec<_> = folder.components().collect();
    let shared = target.iter().zip(&base).take_while(|(a, b)| a == b).count();
    let mut parts: Vec<String> = vec!["..".to_owned(); base.len() - shared];
    parts.extend(
        target[shared..].iter().map(|part| part.as_os_str().to_string_lossy().into_owned()),
    );
    parts.join("/")
}
