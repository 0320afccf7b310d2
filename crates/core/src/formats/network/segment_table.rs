//! Segment lists, as a table: a row per list.

use super::upgrade_table::safe;
use crate::formats::kpi_table::quoted;
use crate::twin::Edit;
use crate::twin::edit::{Segment, SegmentList};
use crate::twin::intent::Change;

/// The segment lists of all changes: both ends, the class where one is meant, the share of the traffic, and the
/// segments in order, such as `node:milan > link:milan-vienna`; none where ways of least weight take it.
pub fn segment_lists_csv(changes: &[Change]) -> String {
    let mut text = "source,target,class,share,segments\n".to_owned();
    let plain = [SegmentList { share: 1.0, via: Vec::new() }];
    let name = |id: &str| quoted(&safe(id)).into_owned();
    for change in changes {
        let Edit::Segments { of, lists } = &change.edit else { continue };
        for list in if lists.is_empty() { &plain[..] } else { lists } {
            let via: Vec<String> = list
                .via
                .iter()
                .map(|segment| match segment {
                    Segment::Node(id) => format!("node:{id}"),
                    Segment::Link(id) => format!("link:{id}"),
                })
                .collect();
            let end = |id: &Option<String>| name(id.as_deref().unwrap_or_default());
            let class = of.class.map(|class| class.to_string()).unwrap_or_default();
            let (share, via) = (list.share.to_string(), name(&via.join(" > ")));
            text += &[end(&of.source), end(&of.target), class, share, via].join(",");
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twin::edit::Selection;

    #[test]
    fn every_list_is_a_row_and_names_are_texts_in_spreadsheets() {
        let of = Selection {
            source: Some("=a,b".to_owned()),
            target: Some("c".to_owned()),
            class: Some(1),
        };
        let via = vec![Segment::Node("x".to_owned()), Segment::Link("x>c".to_owned())];
        let lists =
            vec![SegmentList { share: 0.25, via }, SegmentList { share: 0.75, via: Vec::new() }];
        let change = |edit| Change { edit, rate_bit_per_s: 1.0, max_utilisation: 0.5, gain: 0.1 };
        let weight = change(Edit::Weight { link: "x>c".to_owned(), weight: 2.0 });
        let plain = change(Edit::Segments { of: Selection::default(), lists: Vec::new() });
        let text = segment_lists_csv(&[change(Edit::Segments { of, lists }), weight, plain]);
        let rows: Vec<&str> = text.lines().collect();
        assert_eq!(rows[0], "source,target,class,share,segments");
        assert_eq!(rows[1], "\"'=a,b\",c,1,0.25,node:x > link:x>c");
        assert_eq!(rows[2], "\"'=a,b\",c,1,0.75,");
        assert_eq!(rows[3..], [",,,1,"]);
    }
}
