//! "Did you mean": the known name nearest to a misspelt one.

/// The known name at the smallest edit distance, if that is small for its length. The first of
/// several equally near ones. A number is no misspelling of another one, nor a letter of another.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    let is_number = |text: &str| !text.contains(|c: char| c.is_alphabetic());
    if limit >= name.chars().count() || is_number(name) {
        return None;
    }
    for candidate in known.into_iter().filter(|candidate| !is_number(candidate)) {
        let distance = strsim::damerau_levenshtein(name, candidate);
        if distance <= limit && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn near_names_are_offered_and_far_ones_are_not() {
        assert_eq!(nearest("kernal", ["out", "kernel", "stride"]), Some("kernel"));
        assert_eq!(nearest("xyz", ["out", "kernel"]), None);
        assert_eq!(nearest("s1.0.po", ["s1.0.op", "s1.1.op"]), Some("s1.0.op"));
        assert_eq!(nearest("4", ["3", "5"]), None);
        assert_eq!(nearest("12.5", ["12.0"]), None);
        assert_eq!(nearest("x", ["y"]), None);
    }
}
