//! The hold-out of training images that the search scores networks on.

use nasc_compiler::random::Stream;

use super::DataError;

/// The share of training images that is held out unless a recipe says otherwise.
pub const DEFAULT_FRACTION: f64 = 0.1;

/// Two disjoint lists of positions in the training part, each ascending, together all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Images that weights are trained on.
    pub train: Vec<u32>,
    /// Images that candidates are scored on.
    pub search: Vec<u32>,
}

/// Holds out `fraction` of each class's images, rounded, at least one of each and never all.
///
/// The choice within a class depends on the seed, the class and its number of images alone.
///
/// # Errors
/// A fraction outside of (0, 1), or a class with a single image.
pub fn split(labels: &[u32], fraction: f64, seed: u64) -> Result<Split, DataError> {
    if !(fraction > 0.0 && fraction < 1.0) {
        return Err(DataError::setting("fraction", format!("is {fraction}, not between 0 and 1")));
    }
    let classes = labels.iter().max().map_or(0, |&last| last as usize + 1);
    let mut members: Vec<Vec<u32>> = vec![Vec::new(); classes];
    for (index, &label) in labels.iter().enumerate() {
        members[label as usize].push(index as u32);
    }
    let (mut train, mut search) = (Vec::new(), Vec::new());
    for (class, mut members) in members.into_iter().enumerate() {
        let images = members.len();
        if images == 0 {
            continue;
        }
        if images == 1 {
            return Err(DataError::TooFewImages { class: class as u32, images });
        }
        Stream::new(seed, "split", &[class as u64]).shuffle(&mut members);
        let held = ((images as f64 * fraction).round() as usize).clamp(1, images - 1);
        search.extend_from_slice(&members[..held]);
        train.extend_from_slice(&members[held..]);
    }
    train.sort_unstable();
    search.sort_unstable();
    Ok(Split { train, search })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_disjoint_complete_and_balanced() {
        // 50 of class 0, 4 of class 1, 2 of class 2, interleaved; none of class 3; 30 of class 4.
        let mut labels: Vec<u32> = [(0, 50), (1, 4), (2, 2), (4, 30)]
            .into_iter()
            .flat_map(|(class, count)| std::iter::repeat_n(class, count))
            .collect();
        Stream::new(0, "labels", &[]).shuffle(&mut labels);
        let Split { train, search } = split(&labels, 0.1, 7).unwrap();
        let mut all = [train.clone(), search.clone()].concat();
        all.sort_unstable();
        assert_eq!(all, (0..86).collect::<Vec<u32>>());
        let held = |class| search.iter().filter(|&&i| labels[i as usize] == class).count();
        assert_eq!([held(0), held(1), held(2), held(4)], [5, 1, 1, 3]);
        assert!(train.is_sorted() && search.is_sorted());
    }

    #[test]
    fn the_seed_decides_and_other_classes_do_not() {
        let labels: Vec<u32> = (0..200).map(|i| i / 100).collect();
        let first = split(&labels, 0.2, 1).unwrap();
        assert_eq!(first, split(&labels, 0.2, 1).unwrap());
        assert_ne!(first, split(&labels, 0.2, 2).unwrap());
        let alone = split(&labels[..100], 0.2, 1).unwrap();
        assert_eq!(alone.search, first.search[..20]);
    }

    #[test]
    fn what_cannot_be_split_is_refused() {
        assert!(split(&[0, 0, 1], 0.5, 0).unwrap_err().to_string().starts_with("class 1 has 1"));
        for fraction in [0.0, 1.0, -0.1, f64::NAN] {
            assert!(split(&[0, 0], fraction, 0).is_err());
        }
        assert_eq!(split(&[], 0.1, 0).unwrap(), Split { train: vec![], search: vec![] });
    }
}
