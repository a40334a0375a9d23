//! What steps hold in memory.

use nasc_runtime::loss::cross_entropy;
use nasc_runtime::program::Norms;
use nasc_runtime::supernet::{Place, Scheme, Supernet};
use nasc_runtime::torch;

use crate::compiled::noise;

const IMAGES: i64 = 4;

/// What a step of one path holds does not grow with what else there is to choose, but for the weights.
#[test]
fn options_off_the_path_hold_nothing() {
    torch::set_threads(1);
    let most = |options: usize| -> u64 {
        let alternative = |option| format!("o{option}: conv(16, kernel: 3) -> bn -> relu");
        let alternatives = (0..options).map(alternative).collect::<Vec<_>>().join("\n");
        let layers = "x = x -> choose op { ALL }\n".replace("ALL", &alternatives);
        let text = format!(
            "block body(x) {{ for i in 0..4 {{ {layers} }}\nx }}\n\
             space wide() {{ input image: [3, 16, 16]\n\
             let x = image -> conv(16, kernel: 3) -> bn -> relu -> body\n\
             output logits = x -> global_pool -> linear(4) }}"
        );
        let mut net = Supernet::new(crate::compiled::text(&text), Place::default()).unwrap();
        net.initialise(Scheme::Kaiming, 1).unwrap();
        let line = net.specialise(&nasc_compiler::arch::Arch(vec![1; 4])).unwrap();
        let labels = torch::from_slice(&[0_i64, 1, 2, 3], &[IMAGES]).unwrap();
        let image = net.place_input(&noise(0, IMAGES, 16, torch::Kind::Float)).unwrap();
        let step = || {
            let counting = torch::count_bytes();
            let inputs = [image.shallow_clone()];
            let logits = line.run(net.store().tensors(), &inputs, &mut Norms::Train, true).unwrap();
            torch::backward(&cross_entropy(&logits[0], &labels, 0.0).unwrap()).unwrap();
            counting.ask().most
        };
        step();
        step()
    };
    let (few, many) = (most(2), most(12));
    assert!(few > 0 && few == many, "{few} and {many}");
}
