//! Cutting lines into arcs, each with all its owners.

use std::ops::Range;

use super::Line;
use super::bits::Bits;
use super::runs::Copy;
use crate::domain::linework::{Arc, Linework, Owner};

/// Cuts what is no copy at the nodes. `copies` are sorted by where they lie in the line that was there first; nodes are at all their ends.
///
/// Also returns the stretches that bound nothing because every unit has them an even number of times, ascending.
pub(super) fn cut(
    lines: &[Line],
    owners: &[Owner],
    copies: &[Copy],
    nodes: &Bits,
    loose: &Bits,
    copied: &Bits,
) -> (Linework, Vec<Range<u32>>) {
    let mut linework = Linework::default();
    let mut void = Vec::new();
    let mut later = copies.iter().peekable();
    // Copies of the stretch at hand.
    let mut here: Vec<&Copy> = Vec::new();
    for line in lines {
        let mut start = copied.next(line.start, line.end, false);
        while start < line.end {
            let stop = copied.next(start, line.end, true);
            while start < stop {
                let end = nodes.next(start + 1, stop, true);
                while let Some(copy) = later.next_if(|copy| copy.start <= start) {
                    here.push(copy);
                }
                here.retain(|copy| copy.end > start);
                let first_owner = linework.owners.len();
                linework.owners.extend_from_slice(&owners[line.first_owner as usize..(line.first_owner + line.owner_count) as usize]);
                for copy in &here {
                    let theirs = &owners[copy.first_owner as usize..(copy.first_owner + copy.owner_count) as usize];
                    linework.owners.extend(theirs.iter().map(|owner| owner ^ u32::from(copy.reversed)));
                }
                if !here.is_empty() {
                    odd(&mut linework.owners, first_owner, &mut linework.doubled);
                }
                let count = linework.owners.len() - first_owner;
                if count == 0 {
                    void.push(start..end);
                } else {
                    let (first_owner, owner_count) = (first_owner as u32, count as u32);
                    linework.arcs.push(Arc { start, end, first_owner, owner_count, loose: loose.get(start) });
                }
                start = end;
            }
            start = copied.next(stop, line.end, false);
        }
    }
    linework.doubled.sort_unstable();
    linework.doubled.dedup();
    (linework, void)
}

/// Sorts the owners from `start` on and leaves each unit that is there an odd number of times, once; the others are `doubled`.
fn odd(owners: &mut Vec<Owner>, start: usize, doubled: &mut Vec<u32>) {
    owners[start..].sort_unstable();
    let mut kept = start;
    let mut at = start;
    while at < owners.len() {
        let unit = owners[at] / 2;
        let count = owners[at..].iter().take_while(|owner| *owner / 2 == unit).count();
        if count > 1 {
            doubled.push(unit);
        }
        if count % 2 == 1 {
            owners[kept] = owners[at];
            kept += 1;
        }
        at += count;
    }
    owners.truncate(kept);
}
