//! Segment lists as a table: a row per list of a pair of nodes.

use crate::formats::kpi_table::text_cell;
use crate::twin::Edit;
use crate::twin::edit::{Segment, SegmentList};
use crate::twin::intent::Change;

/// The segment lists of `changes`: pairs of nodes, class, share, and segments such as `node:A > link:A-B`; none where
/// traffic goes by weights alone.
pub fn segment_lists_csv(changes: &[Change]) -> String {
    let plain = [SegmentList { share: 1.0, via: Vec::new() }];
    let mut text = "source,target,class,share,segments\n".to_owned();
    for change in changes {
        let Edit::Segments { of, lists } = &change.edit else { continue };
        let end = |id: &Option<String>| text_cell(id.as_deref().unwrap_or_default());
        let class = of.class.map(|class| class.to_string()).unwrap_or_default();
        for list in if lists.is_empty() { &plain[..] } else { lists } {
            let via: Vec<String> = list.via.iter().map(segment).collect();
            let share = list.share.to_string();
            let segments = text_cell(&via.join(" > "));
            text += &[end(&of.source), end(&of.target), class.clone(), share, segments].join(",");
            text.push('\n');
        }
    }
    text
}

fn segment(segment: &Segment) -> String {
    match segment {
        Segment::Node(id) => format!("node:{id}"),
        Segment::Link(id) => format!("link:{id}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twin::edit::Selection;

    #[test]
    fn a_node_named_as_a_formula_is_a_text_to_a_spreadsheet() {
        let selection = |source: &str, target: &str| Selection {
            source: Some(source.to_owned()),
            target: Some(target.to_owned()),
            class: Some(1),
        };
        let change = |of, lists| Change {
            edit: Edit::Segments { of, lists },
            rate_bit_per_s: 1.0,
            max_utilisation: 0.5,
            gain: 0.1,
            delay_gain_s: None,
        };
        let via = vec![Segment::Node("C".to_owned()), Segment::Link("C, D".to_owned())];
        let changes = [
            change(selection("=1+1", "B"), vec![SegmentList { share: 0.5, via }]),
            change(selection("A", "B"), Vec::new()),
        ];
        assert_eq!(
            segment_lists_csv(&changes),
            "source,target,class,share,segments\n\
             '=1+1,B,1,0.5,\"node:C > link:C, D\"\n\
             A,B,1,1,\n"
        );
    }
}
