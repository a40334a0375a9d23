//! `nasc data`.

use nasc_runtime::data::shapes;

use crate::cli::Data;
use crate::exit::{Failure, Outcome, chain};
use crate::print;

/// Writes built-in data.
pub fn data(data: &Data) -> Outcome {
    let Data::Shapes { dir, size, train, test, seed } = data;
    let options = shapes::Options { size: *size, train: *train, test: *test, seed: *seed };
    shapes::write(dir, &options).map_err(|error| Failure::world(chain(&error)))?;
    print::line(&format!(
        "wrote {train} training and {test} test images of {size}x{size} pixels in ten classes to `{}`",
        dir.display()
    ));
    Ok(())
}
