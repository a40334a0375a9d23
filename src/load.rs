//! From the arguments of a command to a checked space.

use std::path::Path;

use nasc_compiler::arch::{Arch, text as arch_text};
use nasc_compiler::budget::{parse_limit, with_limits};
use nasc_compiler::diagnostic::Severity;
use nasc_compiler::ir::Limit;
use nasc_compiler::pass::Checked;
use nasc_compiler::source::Load;
use nasc_compiler::{Compilation, Options, compile, library};

use crate::cli::{Format, SpaceArgs};
use crate::exit::{Failure, Outcome};
use crate::{print, table};

/// Files on the disk, and those of the library where the disk has none of the name.
pub struct Disk;

impl Load for Disk {
    fn load(&self, name: &str) -> Result<String, String> {
        std::fs::read_to_string(name).or_else(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                let plain = name.strip_suffix(".nas").unwrap_or(name);
                let text = library::file(&format!("{plain}.nas"));
                text.map(str::to_owned).ok_or_else(|| "there is no such file".to_owned())
            }
            std::io::ErrorKind::InvalidData => Err("the file is not UTF-8 text".to_owned()),
            _ => Err(error.to_string()),
        })
    }
}

/// The options of a compilation.
pub fn options(args: &SpaceArgs) -> Outcome<Options> {
    let mut options = Options::default();
    for setting in &args.set {
        let (name, value) = setting
            .split_once('=')
            .ok_or_else(|| Failure::input(format!("`--set {setting}` is not NAME=VALUE")))?;
        options.set.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    options.tables = table::named(args)?.into_iter().map(|(name, _)| name).collect();
    Ok(options)
}

/// Compiles without judging: the diagnostics are in the result.
pub fn compilation(args: &SpaceArgs) -> Outcome<Compilation> {
    let options = options(args)?;
    compile(&Disk, &args.file, &options).map_err(|reason| {
        let file = args.file.split('#').next().unwrap_or_default();
        Failure::world(format!("cannot read `{file}`: {reason}"))
    })
}

/// The space or network with its tables of latencies, its diagnostics printed; a failure if it has
/// errors.
pub fn space(args: &SpaceArgs) -> Outcome<(Checked, Compilation)> {
    let (space, compilation) = untabled(args)?;
    let tables = table::given(args, &limits(&space, args)?)?;
    Ok((table::attached(space, &tables)?, compilation))
}

/// The same without its tables.
pub fn untabled(args: &SpaceArgs) -> Outcome<(Checked, Compilation)> {
    if Path::new(&args.file).extension().is_some_and(|ending| ending == "ron") {
        return Ok((artifact(&args.file)?, Compilation::default()));
    }
    let mut compilation = compilation(args)?;
    show(&compilation, args.format);
    match compilation.checked.take() {
        Some(checked) => Ok((checked, compilation)),
        None => Err(Failure::shown()),
    }
}

/// A compiled artifact.
fn artifact(file: &str) -> Outcome<Checked> {
    let text = Disk
        .load(file)
        .map_err(|reason| Failure::world(format!("cannot read `{file}`: {reason}")))?;
    nasc_compiler::artifact::read(&text)
        .map_err(|reason| Failure::input(format!("`{file}` is no compiled space: {reason}")))
}

/// Prints diagnostics where a person reads them.
pub fn show(compilation: &Compilation, format: Format) {
    if compilation.diagnostics.is_empty() {
        return;
    }
    if format == Format::Json && compilation.checked.is_none() {
        print::json(&serde_json::json!({
            "ok": false,
            "diagnostics": compilation.diagnostics,
        }));
        return;
    }
    print::error_line(&compilation.render());
}

/// Whether any diagnostic is an error.
pub fn failed(compilation: &Compilation) -> bool {
    compilation.diagnostics.iter().any(|d| d.severity == Severity::Error)
}

/// The limits in force: those of the file and of the command line.
pub fn limits(space: &Checked, args: &SpaceArgs) -> Outcome<Vec<Limit>> {
    let given: Vec<Limit> = args
        .limit
        .iter()
        .map(|text| parse_limit(text).map_err(Failure::input))
        .collect::<Outcome<_>>()?;
    if args.no_limits { Ok(given) } else { Ok(with_limits(&space.limits, &given)) }
}

/// The space with the limits in force instead of its own.
pub fn under_limits(space: Checked, args: &SpaceArgs) -> Outcome<Checked> {
    let limits = limits(&space, args)?;
    Ok(space.with_limits(limits))
}

/// An architecture: `seed`, a file, or text in any of the forms.
pub fn arch(space: &Checked, given: &str) -> Outcome<Arch> {
    if given == "seed" {
        return Ok(space.seed_arch());
    }
    let path = Path::new(given);
    if path.extension().is_some_and(|ending| ending == "nas") {
        let derived = compile(&Disk, given, &Options::default())
            .map_err(|reason| Failure::world(format!("cannot read `{given}`: {reason}")))?;
        show(&derived, Format::Human);
        return match derived.derived_from {
            Some((_, arch)) => Ok(arch),
            None => Err(Failure::input(format!("`{given}` holds no derived network"))),
        };
    }
    let text = if path.is_file() {
        Disk.load(given)
            .map_err(|reason| Failure::world(format!("cannot read `{given}`: {reason}")))?
    } else {
        given.to_owned()
    };
    let parsed = arch_text::parse(space, &text).map_err(Failure::input)?;
    for absent in parsed.absent {
        let path = &space.decision(absent).path;
        print::error_line(&format!("warning: `{path}` does not exist in this network"));
    }
    Ok(parsed.arch)
}
