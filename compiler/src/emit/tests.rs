//! Pictures, summaries and snapshots of small spaces.

use super::snapshot::{body, body_of, file};
use super::{dot, grouped, mermaid, summary};
use crate::arch::Arch;
use crate::ir::{Limit, Metric, Origin};
use crate::pass::{Checked, fix};
use crate::random::Stream;
use crate::sketch::{chain, drawn};

fn limited() -> Checked {
    let mut graph = chain(2).into_graph();
    graph.limits.push(Limit {
        metric: Metric::Macs,
        scope: None,
        min: None,
        max: Some(700_000),
        origin: Origin::default(),
    });
    Checked::seal(graph)
}

#[test]
fn a_chain_has_this_snapshot() {
    insta::assert_snapshot!(body(&limited(), None));
}

#[test]
fn a_drawn_space_has_this_snapshot() {
    insta::assert_snapshot!(body(&drawn(&mut Stream::new(4, "snapshot", &[])), None));
}

#[test]
fn a_network_has_this_snapshot() {
    insta::assert_snapshot!(body(&fix(&chain(2), &Arch(vec![1, 3])), None));
}

#[test]
fn pictures_are_these() {
    insta::assert_snapshot!("dot", dot(&limited(), None));
    insta::assert_snapshot!("dot_depth_1", dot(&limited(), Some(1)));
    insta::assert_snapshot!("mermaid", mermaid(&limited(), None));
    insta::assert_snapshot!("mermaid_depth_2", mermaid(&limited(), Some(2)));
}

#[test]
fn a_snapshot_file_is_what_insta_reads() {
    let body = body(&limited(), None);
    let file = file("spaces/chain.nas", &body);
    assert!(file.starts_with("---\nsource: spaces/chain.nas\n"));
    assert_eq!(body_of(&file).map(str::trim_end), Some(body.trim_end()));
    assert_eq!(body_of("no header"), None);
}

#[test]
fn a_summary_counts_under_its_limit() {
    let summary = summary(&limited());
    assert_eq!(summary.count.as_deref(), Some("16"));
    assert_eq!(summary.decisions, 2);
    // Stem 55,296, classifier 80; a layer is 147,456, 409,600, 802,816 or 294,912.
    assert_eq!(summary.count_under_limits.as_deref(), Some("6"));
    assert_eq!(summary.share_under_limits, Some(0.375));
}

#[test]
fn numbers_are_grouped_by_three() {
    assert_eq!(grouped("1"), "1");
    assert_eq!(grouped("123"), "123");
    assert_eq!(grouped("1234"), "1,234");
    assert_eq!(grouped("1099511627776"), "1,099,511,627,776");
}

/// One file that needs no other, the same every time, with every decision and all networks in its columns.
#[test]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
fn a_report_is_whole() {
    let text = "space s() {
        input image: [3, 8, 8]
        let w = choose width in {4, 8, 12}
        output y = image -> choose op { a: conv(w), b: conv(w, kernel: 3) } -> global_pool -> linear(3)
        limit macs <= 5K
    }";
    let files = std::collections::BTreeMap::from([("s.nas".to_owned(), text.to_owned())]);
    let compilation = crate::compile(&files, "s.nas", &crate::Options::default()).unwrap();
    let space = compilation.checked.unwrap();
    let page = super::report::html(&space);
    assert_eq!(page, super::report::html(&space));
    assert!(
        page.contains("w.width") && page.contains("<svg") && page.contains("within the limits")
    );
    assert!(!page.contains("src=") && !page.contains("href="));
    // The three networks of the cheaper operation keep the limit, one for each width.
    assert_eq!(page.matches("33.33 %").count(), 3, "{page}");
    let charts = super::report::svg(&space).unwrap();
    assert_eq!(charts.matches("class=\"kept\"").count(), page.matches("class=\"kept\"").count());
}
