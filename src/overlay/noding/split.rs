//! Splitting segments where they are cut.

use super::cuts::{Carrier, Cuts};
use super::segments::Segments;
use super::{Broken, Edge, NONE, Noded};
use crate::domain::Point;
use crate::domain::linework::Owner;

/// A segment, and by how much its shoelace sum from its first end to its second changed.
pub(super) type Moved = (u32, i128);

/// Splits the segments at their cuts and makes edges of all of them.
///
/// Also returns the segments whose shoelace sum was moved by the rounding of crossings, ascending. Units that have a piece more than once, through
/// segments that lie on one another in part, are added to `doubled`.
pub(super) fn split(nodes: &[Point], mut segments: Segments, cuts: &Cuts, doubled: &mut Vec<u32>) -> Result<(Noded, Vec<Moved>), Broken> {
    segments.first.resize(nodes.len(), NONE);
    let mut dead = vec![false; segments.edges.len()];
    let mut moved: Vec<Moved> = Vec::new();
    let mut path: Vec<u32> = Vec::new();
    let (of_segments, _) = cuts.of_both();
    for own in of_segments.chunk_by(|one, two| one.carrier == two.carrier) {
        let Some(Carrier::Segment(segment)) = own.first().map(|cut| cut.carrier) else { continue };
        let edge = segments.edges[segment as usize];
        dead[segment as usize] = true;
        path.clear();
        path.push(edge.ends[0]);
        for cut in own {
            let node = cuts.node(cut);
            if path.last() != Some(&node) {
                path.push(node);
            }
        }
        path.push(edge.ends[1]);
        let owners: Vec<Owner> = segments.owners(segment).collect();
        for (from, to) in path.iter().zip(path.iter().skip(1)) {
            let (piece, reversed) = segments.between(*from, *to, edge.line);
            if piece as usize >= dead.len() {
                dead.resize(piece as usize + 1, false);
            } else if dead[piece as usize] {
                return Err(Broken("a segment was split into itself"));
            }
            for owner in &owners {
                if segments.toggle(piece, owner ^ u32::from(reversed)) {
                    doubled.push(owner / 2);
                }
            }
        }
        let change = moved_by(&path.iter().map(|node| nodes[*node as usize]).collect::<Vec<_>>());
        if change != 0 {
            moved.push((segment, change));
        }
    }
    let mut noded = Noded::default();
    noded.edges.reserve(segments.edges.len());
    noded.owner_ends.reserve(segments.edges.len());
    for (index, edge) in segments.edges.iter().enumerate() {
        if dead[index] || segments.heads[index] == NONE {
            continue;
        }
        let start = noded.owners.len();
        noded.owners.extend(segments.owners(index as u32));
        noded.owners[start..].sort_unstable();
        noded.edges.push(Edge { ends: edge.ends, line: edge.line, arc: NONE });
        noded.owner_ends.push(noded.owners.len() as u32);
    }
    Ok((noded, moved))
}

/// By how much the shoelace sum along a path is more than that straight from its first point to its last.
pub(super) fn moved_by(path: &[Point]) -> i128 {
    let along: i128 = path.windows(2).map(|step| shoelace(step[0], step[1])).sum();
    match (path.first(), path.last()) {
        (Some(first), Some(last)) => along - shoelace(*first, *last),
        _ => 0,
    }
}

#[inline]
pub(in crate::overlay) fn shoelace(p: Point, q: Point) -> i128 {
    i128::from(p.x) * i128::from(q.y) - i128::from(q.x) * i128::from(p.y)
}
