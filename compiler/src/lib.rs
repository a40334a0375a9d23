//! Elaboration, intermediate representation, checks and costs of neural-architecture search spaces.

pub mod random;
