//! `nasc new`.

use std::path::Path;

use crate::exit::{Failure, Outcome};
use crate::print;

const TEMPLATE: &str = r#"//! A search space.

import "std/head" { classifier }
import "std/mobilenet" { mbconv }

/// `layers` layers of `out` channels; each chooses its kernel, and all but the first may be left out.
block stage(x, out: int, layers: int) {
    for i in 0..layers {
        let stride = if i == 0 { 2 } else { 1 }
        x = x -> choose op {
            k3: mbconv(out, kernel: 3, expand: 4, stride: stride)
            k5: mbconv(out, kernel: 5, expand: 4, stride: stride)
            if i > 0 { skip: identity }
        }
    }
    x
}

space NAME(classes: int = 10, size: int = 32) {
    input image: [3, size, size]

    let stem = image -> conv(16, kernel: 3) -> bn -> relu6
    let s1 = stem -> stage(24, layers: 2)
    let s2 = s1 -> stage(48, layers: 3)

    output logits = s2 -> classifier(classes, features: 96)

    limit macs <= 5M
}
"#;

/// Writes a small space to begin with; never over a file that is there.
pub fn new(file: &Path) -> Outcome {
    let shown = file.display();
    if file.exists() {
        return Err(Failure::input(format!("`{shown}` exists; nothing was written")));
    }
    let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or("space");
    let name: String =
        stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let name =
        if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name };
    std::fs::write(file, TEMPLATE.replace("NAME", &name))
        .map_err(|error| Failure::world(format!("cannot write `{shown}`: {error}")))?;
    print::line(&format!("wrote `{shown}`; next: `nasc show {shown}`"));
    Ok(())
}
