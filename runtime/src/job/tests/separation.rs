//! Which images are read when: those that are not read cannot be trained on.

use std::fs;
use std::path::Path;

use super::small::{Small, pictures};
use crate::data::Transform;
use crate::job::Images;
use crate::job::images::open_test;
use crate::run::recipe::Recipe;
use crate::supernet::tests::toy;

/// Writes the pictures as files, training and test part.
fn folder(root: &Path) {
    let (_, names, images) = pictures(toy::CLASSES as u32);
    for part in ["train", "test"] {
        for (name, picture) in names.iter().zip(&images) {
            let path = root.join(part).join(name.strip_prefix("train").unwrap());
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let (width, height) = (picture.width(), picture.height());
            let pixels = picture.pixels().to_vec();
            image::RgbImage::from_raw(width, height, pixels).unwrap().save(path).unwrap();
        }
    }
}

fn recipe(root: &Path) -> Recipe {
    let mut recipe = Small::new(21).recipe;
    recipe.data.path = Some(root.to_owned());
    recipe.data.transform = Transform::small(toy::SIZE as u32);
    // Nothing is kept: every image is read from its file whenever it is needed.
    recipe.data.cache.bytes = 0;
    recipe
}

#[test]
fn no_image_of_the_search_or_the_test_is_trained_on() {
    let root = tempfile::tempdir().unwrap();
    folder(root.path());
    let recipe = recipe(root.path());
    let images = Images::open(&recipe.data, recipe.seed, 2).unwrap();
    let (train, held) = (&images.train.indices, &images.search.indices);
    assert_eq!((train.len(), held.len()), (84, 28), "a quarter of each class");
    assert!(train.iter().all(|index| !held.contains(index)));

    // Whoever opened one of these now would stop with an error.
    let dataset = &images.train.dataset;
    let break_file = |path: &Path| fs::write(path, b"not an image").unwrap();
    let files: Vec<_> = held.iter().map(|&i| root.path().join(dataset.name(i))).collect();
    let kept: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    for file in &files {
        break_file(file);
    }
    for class in fs::read_dir(root.path().join("test")).unwrap() {
        for file in fs::read_dir(class.unwrap().path()).unwrap() {
            break_file(&file.unwrap().path());
        }
    }

    let small = Small::over(recipe.clone(), images);
    let error = small.attempt().unwrap_err().to_string();
    assert!(
        files.iter().any(|file| error.contains(&file.display().to_string())),
        "the search reads what was held out, and nothing before it did: {error}"
    );
    assert!(small.log_says_finished("supernet"));

    // With the held-out images mended all goes to its end; the test images are still broken.
    files.iter().zip(kept).for_each(|(file, bytes)| fs::write(file, bytes).unwrap());
    small.end();
    let test = open_test(&recipe.data, 2).unwrap();
    assert!(test.once(5).unwrap().next().unwrap().is_err());
}
