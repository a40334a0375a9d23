//! Many architectures evaluated together are, bit by bit, what each is alone.

use nasc_compiler::arch::Arch;
use nasc_compiler::random::Stream;
use nasc_runtime::program::{Averaging, ProgramError};
use nasc_runtime::supernet::{Batch, Place, Scheme, Supernet, Tree, evaluate_many};
use nasc_runtime::torch::{self, Kind, Tensor};

use crate::compiled::{noise, random_arch, space};

fn images(items: std::ops::Range<u64>) -> impl Iterator<Item = Result<Tensor, ProgramError>> {
    items.map(|item| Ok(noise(item, 8, 32, Kind::Float)))
}

fn batches(items: std::ops::Range<u64>) -> impl Iterator<Item = Result<Batch, ProgramError>> {
    items.map(|item| {
        let mut stream = Stream::new(8, "test labels", &[item]);
        let labels: Vec<i64> = (0..8).map(|_| stream.below(10) as i64).collect();
        let labels = Tensor::from_slice(&labels);
        Ok(Batch { images: noise(item, 8, 32, Kind::Float), labels })
    })
}

#[test]
fn a_population_is_evaluated_as_each_of_its_networks() {
    let mut net = Supernet::new(space("demo", true, &[]), Place::default()).unwrap();
    net.initialise(Scheme::Kaiming, 2).unwrap();
    let parent = random_arch(&net, 0);
    let mut archs: Vec<Arch> = (0..6).map(|item| random_arch(&net, item)).collect();
    // Children that differ late share much with their parent.
    for item in 1..7 {
        let other = random_arch(&net, item);
        let keep = parent.0.len() - item as usize;
        archs.push(Arch([&parent.0[..keep], &other.0[keep..]].concat()));
    }
    for by in [Averaging::Cumulative, Averaging::Moving { momentum: 0.1 }] {
        // So many threads side by side; alone, one per operation.
        torch::set_threads(2);
        let together = evaluate_many(&net, &archs, images(0..3), by, batches(10..12)).unwrap();
        torch::set_threads(1);
        for (arch, together) in archs.iter().zip(together) {
            let statistics = net.recalibrate(arch, images(0..3), by).unwrap();
            let alone = net.evaluate(arch, Some(&statistics), batches(10..12)).unwrap();
            assert_eq!(alone, together, "{arch:?}");
        }
    }
    let (calls, alone) = Tree::plant(&net, &archs).unwrap().calls();
    assert!(calls * 10 < alone * 8, "{calls} of {alone}");
}
