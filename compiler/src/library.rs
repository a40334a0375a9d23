//! The standard library of the language, embedded.

/// The files of the library by the name under which they are imported.
pub const FILES: &[(&str, &str)] = &[
    ("std/attention.nas", include_str!("../../spaces/std/attention.nas")),
    ("std/binary.nas", include_str!("../../spaces/std/binary.nas")),
    ("std/darts.nas", include_str!("../../spaces/std/darts.nas")),
    ("std/fbnet.nas", include_str!("../../spaces/std/fbnet.nas")),
    ("std/fna.nas", include_str!("../../spaces/std/fna.nas")),
    ("std/head.nas", include_str!("../../spaces/std/head.nas")),
    ("std/mobilenet.nas", include_str!("../../spaces/std/mobilenet.nas")),
    ("std/neck.nas", include_str!("../../spaces/std/neck.nas")),
    ("std/netadapt.nas", include_str!("../../spaces/std/netadapt.nas")),
    ("std/resnet.nas", include_str!("../../spaces/std/resnet.nas")),
    ("std/shufflenet.nas", include_str!("../../spaces/std/shufflenet.nas")),
    ("std/torchvision.nas", include_str!("../../spaces/std/torchvision.nas")),
    ("std/video.nas", include_str!("../../spaces/std/video.nas")),
    ("std/seeds/mnasnet1_0.nas", include_str!("../../spaces/std/seeds/mnasnet1_0.nas")),
    ("std/seeds/mobilenet_v2.nas", include_str!("../../spaces/std/seeds/mobilenet_v2.nas")),
    (
        "std/seeds/mobilenet_v3_large.nas",
        include_str!("../../spaces/std/seeds/mobilenet_v3_large.nas"),
    ),
    (
        "std/seeds/mobilenet_v3_small.nas",
        include_str!("../../spaces/std/seeds/mobilenet_v3_small.nas"),
    ),
    ("std/seeds/resnet18.nas", include_str!("../../spaces/std/seeds/resnet18.nas")),
    ("std/seeds/resnet50.nas", include_str!("../../spaces/std/seeds/resnet50.nas")),
    (
        "std/seeds/shufflenet_v2_x1_0.nas",
        include_str!("../../spaces/std/seeds/shufflenet_v2_x1_0.nas"),
    ),
];

/// The text of the library file of that name.
pub fn file(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
