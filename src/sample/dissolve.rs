//! Polygons from blocks: edges that two blocks of one body share cancel, the rest is traced into rings.

use std::collections::BTreeMap;

use super::country::{Country, Ring};

/// The rings around some blocks: land on the left, so outer rings run counter-clockwise and holes clockwise. Each ring is simple; where
/// land meets at a single corner the rings touch there. Outer rings come first, then holes, each by their smallest corner.
pub(super) fn rings(country: &Country, blocks: &[usize]) -> Vec<Ring> {
    let mesh = &country.mesh;
    let mut inside = vec![false; country.block_of_cell.len()];
    let cells: Vec<usize> = blocks.iter().filter_map(|block| country.blocks.get(*block)).map(|block| block.cell).collect();
    for cell in &cells {
        if let Some(flag) = inside.get_mut(*cell) {
            *flag = true;
        }
    }
    let is_inside = |cell: Option<usize>| cell.is_some_and(|cell| inside.get(cell).copied().unwrap_or(false));
    let mut ways: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for cell in &cells {
        for side in 0..4 {
            if !is_inside(mesh.across(*cell, side)) {
                let (from, to) = mesh.side(*cell, side);
                ways.entry(from).or_default().push(to);
            }
        }
    }
    let mut loops = Vec::new();
    while let Some((start, _)) = ways.first_key_value() {
        let start = *start;
        let mut path = vec![start];
        let mut here = start;
        while let Some(next) = step(&mut ways, here) {
            // A corner met before closes a loop: cut it off, so that every ring is simple.
            if let Some(first) = path.iter().position(|corner| *corner == next) {
                loops.push(path.split_off(first));
            }
            path.push(next);
            here = next;
        }
    }
    let mut rings: Vec<(bool, usize, Ring)> = loops
        .into_iter()
        .map(|corners| {
            let next = corners.iter().cycle().skip(1);
            let ring: Ring = corners.iter().zip(next).flat_map(|(from, to)| mesh.points(*from, *to)).collect();
            let hole = super::land::doubled_area(&ring) < 0;
            (hole, corners.iter().copied().min().unwrap_or(0), ring)
        })
        .collect();
    rings.sort();
    rings.into_iter().map(|(_, _, ring)| ring).collect()
}

fn step(ways: &mut BTreeMap<usize, Vec<usize>>, from: usize) -> Option<usize> {
    let next = ways.get_mut(&from)?.pop();
    if ways.get(&from).is_some_and(Vec::is_empty) {
        ways.remove(&from);
    }
    next
}
