//! Recipes that ask for what is not there.

use crate::{nasc, refused, scratch, short};

/// Each with a word of what is said.
#[test]
fn what_is_asked_for_in_vain_is_an_error_of_the_input() {
    let (_folder, root) = scratch();
    for (setting, says) in [
        ("sampler=nobody", "there is no sampler `nobody`"),
        (r#"phases=[(classes: ["unicorn"])]"#, "`unicorn`"),
        (r#"phases=[(only: {"*.none": ["k3"]})]"#, "`*.none`"),
        ("sampler_options={\"lr\": 1.0}", "`uniform` has no option `lr`"),
    ] {
        let said = refused(nasc(&short("train", &root, &["--overwrite", "--with", setting])), 1);
        assert!(said.contains(says), "{said}");
    }
}
