//! What can be wrong with data: each case names the file or folder and what was being done.

use std::io;
use std::path::{Path, PathBuf};

/// The data could not be read, written or used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A file or folder that exists could not be read.
    #[error("cannot read `{path}`: {source}", path = path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file or folder could not be written.
    #[error("cannot write `{path}`: {source}", path = path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A folder of the layout is not there.
    #[error("the folder `{path}` is missing, where {holds} should lie", path = path.display())]
    MissingFolder {
        /// The folder that was looked for.
        path: PathBuf,
        /// What it should hold.
        holds: &'static str,
    },
    /// A part has no class folder.
    #[error("`{path}` holds no class: one folder of images per class is needed", path = path.display())]
    NoClasses {
        /// The folder of the part.
        path: PathBuf,
    },
    /// A class folder has no image.
    #[error(
        "the class folder `{path}` holds no JPEG or PNG image ({skipped} other entries were skipped)",
        path = path.display()
    )]
    EmptyClass {
        /// The class folder.
        path: PathBuf,
        /// Entries passed over because of their name or kind.
        skipped: u64,
    },
    /// The training and the test part have different classes, so their labels would not agree.
    #[error(
        "the classes of `{train}` and `{test}` differ: {differences}",
        train = train.display(), test = test.display()
    )]
    ClassesDiffer {
        /// The folder of the training part.
        train: PathBuf,
        /// The folder of the test part.
        test: PathBuf,
        /// Which classes one part has and the other lacks.
        differences: String,
    },
    /// A class folder's name is not UTF-8, so it could not be written into a result.
    #[error("the name of the class folder `{path}` is not UTF-8", path = path.display())]
    ClassName {
        /// The class folder.
        path: PathBuf,
    },
    /// A file is not an image that can be decoded.
    #[error("cannot decode `{path}`: {reason}", path = path.display())]
    Decode {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file declares more pixels than an image may have.
    #[error(
        "cannot decode `{path}`: its {width}x{height} pixels are more than the {limit} allowed",
        path = path.display()
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Declared width in pixels.
        width: u32,
        /// Declared height in pixels.
        height: u32,
        /// Allowed pixels.
        limit: u64,
    },
    /// A folder was left half written.
    #[error(
        "`{path}` is incomplete: its writing was interrupted; the command that wrote it completes it",
        path = path.display()
    )]
    Incomplete {
        /// The folder.
        path: PathBuf,
    },
    /// A folder that was to be written already holds something else.
    #[error("cannot write into `{path}`: {reason}", path = path.display())]
    Occupied {
        /// The folder.
        path: PathBuf,
        /// What it holds.
        reason: String,
    },
    /// A class has too few images to give one to the search and keep one for training.
    #[error("class {class} has {images} training image(s), and a hold-out needs at least two")]
    TooFewImages {
        /// The label of the class.
        class: u32,
        /// Its images.
        images: usize,
    },
    /// A setting has a value that means nothing.
    #[error("the setting `{setting}` {reason}")]
    Setting {
        /// The field of the recipe.
        setting: &'static str,
        /// What is wrong with its value.
        reason: String,
    },
}

impl DataError {
    pub(super) fn read(path: &Path, source: io::Error) -> Self {
        Self::Read { path: path.to_owned(), source }
    }

    pub(super) fn write(path: &Path, source: io::Error) -> Self {
        Self::Write { path: path.to_owned(), source }
    }

    pub(super) fn decode(path: &Path, reason: impl Into<String>) -> Self {
        Self::Decode { path: path.to_owned(), reason: reason.into() }
    }

    pub(super) fn setting(setting: &'static str, reason: impl Into<String>) -> Self {
        Self::Setting { setting, reason: reason.into() }
    }
}
