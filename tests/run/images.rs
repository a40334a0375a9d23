//! Images of one's own.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{done, nasc, refused, scratch, short, summary, utf8};

const CLASSES: [&str; 3] = ["daisy", "iris", "rose"];

/// A picture of a class: a stripe somewhere, PNG or JPEG by turns.
fn picture(path: &Path, class: usize, number: usize) {
    let image = image::RgbImage::from_fn(20, 18, |x, y| {
        let at = [x, y, x.midpoint(y)][class] as usize;
        let value = if (at + number).is_multiple_of(5) { 220 } else { 40 };
        image::Rgb([value, value / 2, (number * 9 % 256) as u8])
    });
    let ending = if number.is_multiple_of(2) { "png" } else { "jpg" };
    image.save(path.with_extension(ending)).unwrap();
}

/// `train/CLASS/*` and `test/CLASS/*`.
fn folder(root: &Path) -> PathBuf {
    let data = root.join("flowers");
    for (part, count) in [("train", 40), ("test", 6)] {
        for (class, name) in CLASSES.iter().enumerate() {
            let folder = data.join(part).join(name);
            fs::create_dir_all(&folder).unwrap();
            for number in 0..count {
                picture(&folder.join(format!("{number:03}")), class, number);
            }
        }
    }
    data
}

#[test]
fn another_number_of_classes_goes_the_whole_way() {
    let (scratch, root) = scratch();
    let data = folder(scratch.path());
    let more = ["--data", utf8(&data), "--set", "classes=3"];
    let output = done(nasc(&short("run", &root, &more)));
    let shown = crate::text(&output.stdout);
    assert!(shown.contains("retrained, test") && shown.contains("best.nas"), "{shown}");
    let summary = summary(&root);
    assert_eq!(summary["test_images"], 18);
    // The found network is one of three classes, and stands on its own files.
    let cost = done(nasc(&["cost", utf8(&root.join("best.nas")), "--format", "json"]));
    let cost: serde_json::Value = serde_json::from_slice(&cost.stdout).unwrap();
    assert_eq!(cost["macs"], summary["found"]["macs"]);
    let layers = cost["layers"].as_array().unwrap();
    assert!(layers.iter().any(|layer| layer["shape"] == serde_json::json!([3])), "{cost}");
}

#[test]
fn a_wrong_number_of_classes_is_said_with_its_remedy() {
    let (scratch, root) = scratch();
    let data = folder(scratch.path());
    let said = refused(nasc(&short("run", &root, &["--data", utf8(&data)])), 1);
    assert!(said.contains("--set classes=3"), "{said}");
}

#[test]
fn a_missing_folder_is_named() {
    let (scratch, root) = scratch();
    let data = scratch.path().join("nowhere");
    let said = refused(nasc(&short("run", &root, &["--data", utf8(&data)])), 3);
    assert!(said.contains(utf8(&data)), "{said}");
    fs::create_dir(&data).unwrap();
    let said = refused(nasc(&short("run", &root, &["--data", utf8(&data), "--overwrite"])), 3);
    assert!(said.contains(utf8(&data.join("train"))), "{said}");
}

#[test]
fn a_truncated_jpeg_is_named() {
    let (scratch, root) = scratch();
    let data = folder(scratch.path());
    let file = data.join("train/iris/007.jpg");
    let bytes = fs::read(&file).unwrap();
    let more = ["--data", utf8(&data), "--set", "classes=3", "--overwrite"];
    for (kept, reason) in [(bytes.len() / 2, "Not enough bytes"), (bytes.len() - 40, "truncated")] {
        fs::write(&file, &bytes[..kept]).unwrap();
        let said = refused(nasc(&short("run", &root, &more)), 3);
        assert!(said.contains("iris/007.jpg") && said.contains(reason), "{said}");
    }
    // Mended, the run begins.
    fs::write(&file, &bytes).unwrap();
    done(nasc(&short("train", &root, &more)));
}

/// Test images are read by the last stage alone, so a broken one costs nothing that was done.
#[test]
fn a_broken_test_image_loses_no_training() {
    let (scratch, root) = scratch();
    let data = folder(scratch.path());
    let file = data.join("test/rose/004.png");
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..20]).unwrap();
    let more = ["--data", utf8(&data), "--set", "classes=3"];
    let said = refused(nasc(&short("run", &root, &more)), 3);
    assert!(said.contains("rose/004.png"), "{said}");
    let best = fs::read(root.join("best.safetensors")).unwrap();
    fs::write(&file, &bytes).unwrap();
    done(nasc(&["run", "tests/run/tiny.nas", "--out", utf8(&root), "--resume"]));
    assert!(fs::read(root.join("best.safetensors")).unwrap() == best, "nothing was trained again");
}
