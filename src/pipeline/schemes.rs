//! Schemes through the pipeline: members to the bodies they are in, areas over the bodies they overlap.

use super::compute::Notes;
use super::read::Tables;
use super::relations::{self, Run};
use crate::budgets::{self, MemberRows, Reach};
use crate::config::{PeopleSource, Plan, SchemeSource};
use crate::error::Result;

/// Reads the members of every scheme, in the order of the plan; `None` for those given as areas.
pub(super) fn read(plan: &Plan, tables: &Tables) -> Result<Vec<Option<MemberRows>>> {
    plan.schemes
        .iter()
        .map(|scheme| {
            let (table, lookup) = match &scheme.source {
                SchemeSource::Points { members, .. } => (Some(&members.table), None),
                SchemeSource::Practices { members, lookup, .. } => (Some(&members.table), lookup.as_ref()),
                SchemeSource::Areas { .. } => (None, None),
            };
            budgets::read_members(
                scheme,
                table.map(|table| tables.source(table)).transpose()?,
                lookup.map(|lookup| tables.source(&lookup.table)).transpose()?,
            )
        })
        .collect()
}

/// Puts every scheme into the bodies of both sides of every alignment.
pub(super) fn place(run: Run<'_>, notes: &mut Notes) -> Result<Vec<Reach>> {
    let Run { plan, ground, tables, .. } = run;
    // Each layer of bodies once, with the people of the first alignment that counts them by place.
    let mut sides: Vec<(usize, Option<&PeopleSource>)> = Vec::new();
    for alignment in &plan.alignments {
        let people = alignment.people.as_ref().filter(|source| !matches!(source, PeopleSource::Table { .. }));
        for layer in [alignment.health, alignment.council] {
            match sides.iter_mut().find(|(known, _)| *known == layer) {
                Some((_, known)) => *known = known.or(people),
                None => sides.push((layer, people)),
            }
        }
    }
    let layers = sides.iter().map(|(layer, _)| ground.layer(*layer)).collect::<Result<Vec<_>>>()?;
    let mut reach = Vec::new();
    for (scheme, members) in plan.schemes.iter().zip(read(plan, tables)?) {
        match (&scheme.source, members) {
            (SchemeSource::Areas { layer: areas }, _) => {
                for ((side, people), layer) in sides.iter().zip(&layers) {
                    let relation = relations::of_scheme(run, (*side, *areas), *people, notes)?;
                    let (rows, findings) = budgets::place_areas(scheme, layer, &relation);
                    reach.extend(rows);
                    notes.add(findings, Vec::new());
                }
            }
            (_, Some(members)) => {
                let (rows, findings, proofs) = budgets::place_members(scheme, &members, &layers, &ground.grid);
                reach.extend(rows);
                notes.add(findings, proofs);
            }
            (_, None) => {}
        }
    }
    budgets::count_kinds(&mut reach);
    Ok(reach)
}
