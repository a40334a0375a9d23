//! The networks as a search sees them.

use nasc_compiler::arch::Arch;
use nasc_compiler::random::Stream;

/// A set of networks under limits.
///
/// Architectures that go in and come out are canonical, so equal networks are equal values.
pub trait Space {
    /// How many decisions there are.
    fn decisions(&self) -> usize;

    /// How many options a decision has; at least one.
    fn options(&self, decision: usize) -> u16;

    /// Whether a network asks that decision at all.
    fn exists(&self, arch: &Arch, decision: usize) -> bool;

    /// The same network with every decision it does not ask at option 0.
    fn canonical(&self, arch: &Arch) -> Arch;

    /// Whether it is a network of the space and within the limits.
    fn allows(&self, arch: &Arch) -> bool;

    /// A random network that the space allows; `None` when none could be found.
    fn draw(&self, stream: &mut Stream) -> Option<Arch>;
}
