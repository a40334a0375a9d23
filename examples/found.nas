//! A derived network: a space with every decision made. `nasc derive examples/branches.nas --arch ARCH` writes such a file.

derive found from "branches.nas"#branches(classes: 10, size: 32) {
    0.enter.op = mb4
    0.stay.op = skip
    1.enter.op = mb2
    1.stay.op = separable
    2.enter.op = mb2
    2.stay.op = mb4
}
