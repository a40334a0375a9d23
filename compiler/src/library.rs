//! The standard library of the language, embedded.

/// The files of the library by the name under which they are imported.
pub const FILES: &[(&str, &str)] = &[
    ("std/head.nas", include_str!("../../spaces/std/head.nas")),
    ("std/mobilenet.nas", include_str!("../../spaces/std/mobilenet.nas")),
    ("std/shufflenet.nas", include_str!("../../spaces/std/shufflenet.nas")),
];

/// The text of the library file of that name.
pub fn file(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
