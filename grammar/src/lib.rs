//! Grammar, syntax tree and formatter of the `.nas` language.
