//! Spaces from text and from `spaces/`, as supernets.

use std::path::Path;
use std::sync::Arc;

use nasc_compiler::arch::Arch;
use nasc_compiler::elaborate::Norms;
use nasc_compiler::pass::Checked;
use nasc_compiler::random::Stream;
use nasc_compiler::source::Load;
use nasc_compiler::{Options, compile};
use nasc_runtime::supernet::{Place, Supernet};
use nasc_runtime::torch::{self, Device, Kind, Tensor};

/// Double precision: what vectors and equalities are checked in.
pub const PRECISE: Place = Place { kind: Kind::Double, device: Device::Cpu, channels_last: false };

/// Files of the repository, and one that is made up.
struct Files<'a> {
    text: &'a str,
}

const MADE_UP: &str = "made_up.nas";

impl Load for Files<'_> {
    fn load(&self, name: &str) -> Result<String, String> {
        if name == MADE_UP {
            return Ok(self.text.to_owned());
        }
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        std::fs::read_to_string(path).map_err(|error| error.to_string())
    }
}

fn compiled(files: &Files<'_>, name: &str, affine: bool, set: &[(&str, &str)]) -> Arc<Checked> {
    let set = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let norms = Norms { affine: Some(affine), ..Norms::default() };
    let options = Options { set, norms, ..Options::default() };
    let compilation = compile(files, name, &options).unwrap();
    let rendered = compilation.render();
    Arc::new(compilation.checked.unwrap_or_else(|| unreachable!("{rendered}")))
}

/// A space written in a test, with normalisations that have no scale and shift.
pub fn plain_text(text: &str) -> Arc<Checked> {
    compiled(&Files { text }, MADE_UP, false, &[])
}

/// A space written in a test.
pub fn text(text: &str) -> Arc<Checked> {
    compiled(&Files { text }, MADE_UP, true, &[])
}

/// A space written in a test, with parameters.
pub fn text_with(text: &str, set: &[(&str, &str)]) -> Arc<Checked> {
    compiled(&Files { text }, MADE_UP, true, set)
}

/// A space of the repository.
pub fn space(name: &str, affine: bool, set: &[(&str, &str)]) -> Arc<Checked> {
    compiled(&Files { text: "" }, &format!("spaces/{name}.nas"), affine, set)
}

/// A space of the repository in which some text has another in its place.
pub fn shrunk(name: &str, instead: &[(&str, &str)], set: &[(&str, &str)]) -> Arc<Checked> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("spaces/{name}.nas"));
    let mut text = std::fs::read_to_string(path).unwrap();
    for (known, other) in instead {
        assert!(text.contains(known), "{name}: {known}");
        text = text.replace(known, other);
    }
    compiled(&Files { text: &text }, MADE_UP, true, set)
}

/// A space of the repository whose normalisations add `eps` to the variance.
pub fn with_eps(name: &str, eps: f64) -> Arc<Checked> {
    let norms = Norms { eps: Some(eps), ..Norms::default() };
    let options = Options { norms, ..Options::default() };
    let name = format!("spaces/{name}.nas");
    let compilation = compile(&Files { text: "" }, &name, &options).unwrap();
    let rendered = compilation.render();
    Arc::new(compilation.checked.unwrap_or_else(|| unreachable!("{rendered}")))
}

/// A space of the repository under other settings, unless it has mistakes then.
pub fn space_if_sound(name: &str, set: &[(&str, &str)]) -> Option<Arc<Checked>> {
    let set = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let options = Options { set, ..Options::default() };
    let compilation =
        compile(&Files { text: "" }, &format!("spaces/{name}.nas"), &options).unwrap();
    compilation.checked.map(Arc::new)
}

/// Any network of a space without rules.
pub fn random_arch(net: &Supernet, item: u64) -> Arch {
    let mut stream = Stream::new(5, "test architecture", &[item]);
    let decisions = &net.space().decisions;
    Arch(decisions.iter().map(|d| stream.below(d.options.len() as u64) as u16).collect())
}

/// Normal noise, `[count, 3, size, size]`.
pub fn noise(item: u64, count: i64, size: i64, kind: Kind) -> Tensor {
    let mut stream = Stream::new(6, "test images", &[item]);
    let elements: Vec<f64> = (0..count * 3 * size * size).map(|_| stream.normal()).collect();
    torch::from_slice(&elements, &[count, 3, size, size]).unwrap().to_kind(kind)
}

/// The largest difference, relative to the largest element of `b`.
pub fn difference(a: &Tensor, b: &Tensor) -> f64 {
    assert_eq!(a.size(), b.size());
    ((a - b).abs().max() / b.abs().max()).double_value(&[])
}
