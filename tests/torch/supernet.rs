//! The supernet of Single Path One-Shot against the published code's.

use nasc_compiler::arch::Arch;
use nasc_runtime::program::Norms;
use nasc_runtime::supernet::Supernet;
use nasc_runtime::torch;

use crate::compiled::{PRECISE, space};
use crate::fill::{assert_close, fill, fill_weights, numbers, sum_l2, vectors};

#[test]
fn the_supernet_has_the_published_tensors_and_logits() {
    let vectors = vectors("spos_forward");
    let net = Supernet::new(space("spos", false, &[]), PRECISE).unwrap();
    assert_eq!(net.store().trainable().count(), 335);
    assert_eq!(net.store().trainable_scalars(), 8_388_176);
    let shapes: Vec<Vec<usize>> =
        net.store().trainable().map(|(_, entry, _)| entry.shape.clone()).collect();
    for part in ["supernet_tensor_order_head", "supernet_tensor_order_tail"] {
        for listed in vectors[part].as_array().unwrap() {
            let number = listed[2].as_u64().unwrap() as usize;
            assert_eq!(serde_json::json!(shapes[number]), listed[1], "tensor {number}");
        }
    }
    fill_weights(&net);
    let image = fill(&[2, 3, 224, 224], 1000, 2.0);
    let _guard = torch::no_grad();
    for (name, case) in vectors["supernet_train_mode_batch2_224"].as_object().unwrap() {
        let arch: Arch = serde_json::from_value(case["arch"].clone()).unwrap();
        let inputs = [image.shallow_clone()];
        let logits = net.forward(&arch, &inputs, &mut Norms::Train, false).unwrap().remove(0);
        let flat = Vec::<f64>::try_from(logits.flatten(0, -1)).unwrap();
        assert_close(&flat[..8], &numbers(&case["logits0_first8"]), name);
        assert_close(&flat[1996..], &numbers(&case["logits1_last4"]), name);
        let expected = [&case["sum"], &case["l2"]].map(|value| value.as_f64().unwrap());
        assert_close(&sum_l2(&logits), &expected, name);
    }
}
