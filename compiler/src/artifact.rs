//! The compiled artifact: a checked space as a RON file.
//!
//! The runtime loads it without the compiler's front end. The text is read and written here; where
//! it lies is the caller's business. A file of another version, or one that is no sound graph, is
//! refused with a sentence that says why.

use ron::extensions::Extensions;
use ron::ser::PrettyConfig;
use serde::{Deserialize, Serialize};

use crate::ir::stored::{StoredGraph, VERSION};
use crate::pass::Checked;

/// What the first line of every artifact says.
const FORMAT: &str = "nasc space";

/// Why an artifact cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArtifactError {
    /// The text is no artifact.
    Malformed(String),
    /// It was written by another version of the form.
    Version {
        /// The version it has.
        found: u32,
    },
    /// It is an artifact, but not of a sound graph.
    Unsound(String),
}

impl std::fmt::Display for ArtifactError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Malformed(why) => write!(f, "this is no compiled space: {why}"),
            Self::Version { found } => write!(
                f,
                "this compiled space has version {found} and version {VERSION} is read; compile \
                 its source again"
            ),
            Self::Unsound(why) => write!(f, "this compiled space is damaged: {why}"),
        }
    }
}

impl std::error::Error for ArtifactError {}

#[derive(Serialize, Deserialize)]
struct Head {
    format: String,
    version: u32,
}

#[derive(Serialize)]
struct Artifact<'a> {
    format: &'a str,
    version: u32,
    graph: &'a StoredGraph,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    #[expect(dead_code, reason = "the head was looked at before")]
    format: String,
    #[expect(dead_code, reason = "the head was looked at before")]
    version: u32,
    graph: StoredGraph,
}

fn options() -> ron::Options {
    ron::Options::default().with_default_extension(Extensions::UNWRAP_NEWTYPES)
}

/// The space as RON. The same space gives the same text.
///
/// # Errors
/// If the serialiser refuses, which no graph makes it do.
pub fn write(space: &Checked) -> Result<String, ron::Error> {
    let graph = StoredGraph::from(&**space);
    let artifact = Artifact { format: FORMAT, version: VERSION, graph: &graph };
    // One line per node, decision and parameter.
    let pretty = PrettyConfig::new().depth_limit(3).new_line("\n").indentor(" ");
    options().to_string_pretty(&artifact, pretty)
}

/// The space of an artifact.
///
/// # Errors
/// If the text is no artifact, has another version, or holds no sound graph.
pub fn read(text: &str) -> Result<Checked, ArtifactError> {
    let malformed = |error: ron::error::SpannedError| ArtifactError::Malformed(error.to_string());
    let head: Head = options().from_str(text).map_err(malformed)?;
    if head.format != FORMAT {
        return Err(ArtifactError::Malformed(format!("its format is `{}`", head.format)));
    }
    if head.version != VERSION {
        return Err(ArtifactError::Version { found: head.version });
    }
    let read: Read = options().from_str(text).map_err(malformed)?;
    read.graph.into_graph().map(Checked::seal).map_err(ArtifactError::Unsound)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::ir::text::text;
    use crate::random::Stream;
    use crate::sketch::{chain, drawn};

    #[test]
    fn a_space_comes_back_equal() {
        let mut stream = Stream::new(0, "artifact", &[]);
        let spaces = (0..20).map(|_| drawn(&mut stream)).chain([chain(4)]);
        for space in spaces {
            let written = write(&space).unwrap();
            let back = read(&written).unwrap();
            assert_eq!(text(&back), text(&space));
            assert_eq!(StoredGraph::from(&*back), StoredGraph::from(&*space));
            assert_eq!(write(&back).unwrap(), written);
        }
    }

    #[test]
    fn what_a_file_says_of_its_seed_is_kept() {
        let text = "network seed() {
    input image: [3, 8, 8]
    let stem = image -> conv(8)
    output y = stem
}

space s() {
    input image: [3, 8, 8]
    let first = image -> conv(8)
    output y = first
    remap seed { width: bn_gamma, first from stem }
}
";
        let files = std::collections::BTreeMap::from([("s.nas".to_owned(), text.to_owned())]);
        let options = crate::Options { name: Some("s".to_owned()), ..crate::Options::default() };
        let space = crate::compile(&files, "s.nas", &options).unwrap().checked.unwrap();
        let remap = space.remap.clone().unwrap();
        assert_eq!(remap.width, crate::ir::remap::Width::BnGamma);
        assert_eq!((&*remap.pairs[0].target, &*remap.pairs[0].source), ("first", "stem"));
        let written = write(&space).unwrap();
        let back = read(&written).unwrap();
        assert_eq!(back.remap, Some(remap));
        assert_eq!(write(&back).unwrap(), written);
    }

    #[test]
    fn removed_nodes_leave_no_trace() {
        let made = |spare: bool| {
            let mut s = crate::sketch::Sketch::named("holes");
            let x = s.input(3, 8);
            let identity = crate::ir::Kind::Identity;
            let unused = spare.then(|| s.plain("unused", identity, &[x]));
            let y = s.plain("kept", identity, &[x]);
            s.output(y);
            if let Some(unused) = unused {
                s.graph.remove_node(unused);
            }
            s.checked()
        };
        let back = read(&write(&made(true)).unwrap()).unwrap();
        assert_eq!(text(&back), text(&made(false)));
        assert_eq!(text(&made(true)), text(&made(false)));
    }

    #[test]
    fn other_versions_and_files_are_refused() {
        let written = write(&chain(1)).unwrap();
        let other = written.replacen(&format!("version: {VERSION}"), "version: 9", 1);
        assert_eq!(read(&other).unwrap_err(), ArtifactError::Version { found: 9 });
        let other = written.replacen("nasc space", "recipe", 1);
        assert!(matches!(read(&other), Err(ArtifactError::Malformed(_))));
        for text in ["", "(", "[]", "(format: \"nasc space\")", "(format: 3, version: 1)"] {
            assert!(matches!(read(text), Err(ArtifactError::Malformed(_))), "{text}");
        }
    }

    /// Damaged files give an error or another sound graph, never a panic.
    #[test]
    fn hostile_files_are_read_without_a_panic() {
        let mut stream = Stream::new(0, "hostile", &[]);
        let written = write(&drawn(&mut stream)).unwrap();
        for length in (0..written.len()).step_by(97) {
            assert!(read(&written[..length]).is_err());
        }
        let numbers: Vec<(usize, usize)> = number_ranges(&written);
        let (mut refused, mut kept) = (0, 0);
        for _ in 0..1500 {
            let &(from, to) = stream.choose(&numbers).unwrap();
            let new = *stream
                .choose(&["0", "1", "2", "3", "7", "40", "999", "4294967295", "-1"])
                .unwrap();
            let damaged = format!("{}{new}{}", &written[..from], &written[to..]);
            match read(&damaged) {
                Err(error) => {
                    assert!(!error.to_string().is_empty());
                    refused += 1;
                }
                Ok(back) => {
                    kept += 1;
                    let _ = text(&back);
                    let _ = write(&back).unwrap();
                }
            }
        }
        assert!(refused > 300 && kept > 0, "{refused} refused, {kept} kept");
    }

    fn number_ranges(text: &str) -> Vec<(usize, usize)> {
        let bytes = text.as_bytes();
        let mut found = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let from = at;
            while at < bytes.len() && bytes[at].is_ascii_digit() {
                at += 1;
            }
            if at > from {
                found.push((from, at));
            }
            at += 1;
        }
        found
    }
}
