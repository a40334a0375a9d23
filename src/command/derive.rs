//! `nasc derive`.

use std::path::Path;

use nasc_compiler::arch::foreign::{self, Form};
use nasc_compiler::arch::{Arch, derive_text};
use nasc_compiler::pass::Checked;
use nasc_compiler::source::Load;

use crate::cli::{ArchForm, SpaceArgs};
use crate::exit::{Failure, Outcome};
use crate::{load, print};

/// Writes a network as a `derive` item: the one a run found, or one that is named. The first form is
/// that of the name, the second that of what is written, where these are another program's.
pub fn derive(
    source: &str,
    arch: Option<&str>,
    out: Option<&Path>,
    [from, to]: [Option<ArchForm>; 2],
) -> Outcome {
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
    let arch = match from {
        Some(form) => foreign(&space, form, arch)?,
        None => load::arch(&space, arch)?,
    };
    if let Some(form) = to {
        let text = foreign::write(&space, self::form(form), &arch).map_err(Failure::input)?;
        return written(out, &format!("{text}\n"));
    }
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
    written(out, &text)
}

/// Writes a text into a file, or prints it.
fn written(out: Option<&Path>, text: &str) -> Outcome {
    match out {
        Some(out) => {
            let shown = out.display();
            std::fs::write(out, text)
                .map_err(|error| Failure::world(format!("cannot write `{shown}`: {error}")))?;
            print::line(&format!("wrote `{shown}`"));
        }
        None => print::text(text),
    }
    Ok(())
}

/// The architecture of a foreign text, given as a file or as it is.
fn foreign(space: &Checked, form: ArchForm, given: &str) -> Outcome<Arch> {
    let text = if Path::new(given).is_file() {
        let read = load::Disk.load(given);
        read.map_err(|reason| Failure::world(format!("cannot read `{given}`: {reason}")))?
    } else {
        given.to_owned()
    };
    let parsed = foreign::read(space, self::form(form), &text).map_err(Failure::input)?;
    Ok(parsed.arch)
}

fn form(form: ArchForm) -> Form {
    match form {
        ArchForm::Fna => Form::Fna,
        ArchForm::Timm => Form::Timm,
        ArchForm::Fbnet => Form::Fbnet,
        ArchForm::Ofa => Form::Ofa,
        ArchForm::Spos => Form::Spos,
    }
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
