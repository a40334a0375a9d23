//! How a command ends.

/// The input is wrong.
pub const INPUT: u8 = 1;
/// The world is: a file, memory, a device.
pub const WORLD: u8 = 3;
/// No network meets the limits.
pub const NO_NETWORK: u8 = 4;
/// Interrupted, and can go on.
#[cfg(feature = "runtime")]
pub const INTERRUPTED: u8 = 130;

/// A command that did not do what it was asked.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub code: u8,
    /// What to say; `None` if everything was said.
    pub message: Option<String>,
}

impl Failure {
    /// The input is wrong.
    pub fn input(message: impl ToString) -> Self {
        Self { code: INPUT, message: Some(message.to_string()) }
    }

    /// The world is.
    pub fn world(message: impl ToString) -> Self {
        Self { code: WORLD, message: Some(message.to_string()) }
    }

    /// The input is wrong, and its mistakes were shown.
    pub fn shown() -> Self {
        Self { code: INPUT, message: None }
    }
}

/// A command's result.
pub type Outcome<T = ()> = Result<T, Failure>;

/// An error of the world with everything that led to it.
#[cfg(feature = "runtime")]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let more = inner.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        source = inner.source();
    }
    text
}
