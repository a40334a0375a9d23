//! Files of every form, written byte by byte: those that are read, and those that are refused.

mod build;
mod fixtures;
mod hostile;
mod mutated;
mod read;
mod written;
