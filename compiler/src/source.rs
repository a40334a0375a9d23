//! The files of a compilation, and where they come from.
//!
//! This crate reads nothing itself: whoever calls gives a [`Load`].

use crate::ir::Source;

/// Finds the text of a file.
pub trait Load {
    /// The text of the file of that name: a path as the first file was named, with imports resolved
    /// against the folder of the importing file. Names that begin with `std/` never arrive here.
    ///
    /// # Errors
    /// One lower-case sentence that says why the file could not be read.
    fn load(&self, name: &str) -> Result<String, String>;
}

/// Files held in memory, by name.
impl Load for std::collections::BTreeMap<String, String> {
    fn load(&self, name: &str) -> Result<String, String> {
        self.get(name).cloned().ok_or_else(|| "there is no such file".to_owned())
    }
}

/// The files of a compilation, in the order in which they were first named.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The files; an [`Origin`](crate::ir::Origin) refers to them by place.
    pub files: Vec<Source>,
}

impl Sources {
    /// The place of the file of that name, if it was read.
    pub fn find(&self, name: &str) -> Option<u32> {
        self.files.iter().position(|file| file.name == name).map(|at| at as u32)
    }

    /// Adds a file after all others.
    pub fn add(&mut self, name: &str, text: String) -> u32 {
        self.files.push(Source { name: name.to_owned(), text });
        self.files.len() as u32 - 1
    }

    /// The name of a file.
    pub fn name(&self, file: u32) -> &str {
        self.files.get(file as usize).map_or("", |file| &file.name)
    }

    /// Whether a file belongs to the embedded standard library.
    pub fn is_std(&self, file: u32) -> bool {
        self.name(file).starts_with("std/")
    }
}

/// The file that `import "path"` in the file `from` names: `std/…` as it stands, anything else
/// relative to the folder of `from`. The ending `.nas` may be left out.
pub fn resolve(from: &str, path: &str) -> String {
    let path = path.strip_suffix(".nas").unwrap_or(path);
    if path.starts_with("std/") {
        return format!("{path}.nas");
    }
    if path.starts_with('/') {
        return format!("{path}.nas");
    }
    let rooted = from.starts_with('/');
    let mut parts: Vec<&str> = from.split('/').filter(|part| !part.is_empty()).collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    format!("{}{}.nas", if rooted { "/" } else { "" }, parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn imports_are_relative_to_their_file() {
        assert_eq!(resolve("spaces/spos.nas", "std/shufflenet"), "std/shufflenet.nas");
        assert_eq!(resolve("spaces/spos.nas", "blocks"), "spaces/blocks.nas");
        assert_eq!(resolve("spaces/spos.nas", "../lib/x.nas"), "lib/x.nas");
        assert_eq!(resolve("../a/spos.nas", "../../b"), "../../b.nas");
        assert_eq!(resolve("/a/b.nas", "c"), "/a/c.nas");
        assert_eq!(resolve("std/head.nas", "std/mobilenet"), "std/mobilenet.nas");
    }
}
