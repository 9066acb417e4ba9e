//! What the rules found that a change can undo, by the bodies that it is about.

use std::collections::{BTreeMap, BTreeSet};

use super::scene::Scene;
use super::scenery::Scenery;
use crate::alignment::Side;
use crate::domain::Severity;
use crate::obstructions::{Exposes, Identity, Obstruction};

/// Whether an obstruction is about a whole component.
pub(super) fn of_component(found: &Obstruction) -> bool {
    found.exposes == Exposes::Component
}

/// Obstructions that a change can undo. What has happened cannot be changed, and a user's own rules ask tables that are made once.
pub(super) struct Judged<'a> {
    /// Sorted by their identity, so that they are quickly compared.
    of_body: BTreeMap<(Side, usize), Vec<&'a Obstruction>>,
    /// Those about a whole component, by its index.
    of_component: BTreeMap<usize, Vec<&'a Obstruction>>,
    known: BTreeSet<Identity<'a>>,
}

impl<'a> Judged<'a> {
    /// Those of an alignment that the rules find again on the evidence about it alone.
    pub fn new(scenery: &Scenery<'a>) -> Self {
        let alignment = scenery.alignment;
        let (health, council) = (0..alignment.relation.left.len(), 0..alignment.relation.right.len());
        let mut scene = Scene::new(scenery, &health.collect(), &council.collect());
        scene.align();
        let fired = scene.find(|_| true, Vec::new());
        let fired: BTreeSet<Identity<'_>> = fired.iter().map(Obstruction::identity).collect();
        let mut judged = Self { of_body: BTreeMap::new(), of_component: BTreeMap::new(), known: BTreeSet::new() };
        let open = scenery.input.obstructions.iter().filter(|found| {
            found.alignment.as_deref() == Some(&alignment.id)
                && !matches!(found.family, "MRG" | "OWN" | "DQ")
                && fired.contains(&found.identity())
        });
        for found in open {
            let (Some(side), Some(code)) = (found.subject_side, found.subject_code.as_deref()) else { continue };
            let body = scenery.position(side, code);
            if of_component(found) {
                // A component of one name with another's body is named `CODE (council)`.
                let of_body = body.and_then(|body| scenery.component(side, body));
                let named = || {
                    let mut all = alignment.components.iter();
                    all.position(|component| component.basis == scenery.basis && component.name == code)
                };
                let Some(component) = of_body.or_else(named) else { continue };
                judged.of_component.entry(component).or_default().push(found);
            } else {
                let Some(body) = body else { continue };
                judged.of_body.entry((side, body)).or_default().push(found);
            }
            judged.known.insert(found.identity());
        }
        for found in judged.of_body.values_mut().chain(judged.of_component.values_mut()) {
            found.sort_by(|a, b| a.identity().cmp(&b.identity()));
        }
        judged
    }

    /// Those about a body.
    pub fn of(&self, side: Side, body: usize) -> &[&'a Obstruction] {
        self.of_body.get(&(side, body)).map_or(&[], Vec::as_slice)
    }

    /// Those about a whole component.
    pub fn of_component(&self, component: usize) -> &[&'a Obstruction] {
        self.of_component.get(&component).map_or(&[], Vec::as_slice)
    }

    /// Whether an obstruction is one of them.
    pub fn has(&self, found: &Obstruction) -> bool {
        self.known.contains(&found.identity())
    }
}

/// What a change would do to the flags.
#[derive(Debug, Default)]
pub(super) struct Flags<'a> {
    /// Those that no longer fire.
    pub goes: Vec<&'a Obstruction>,
    /// How many fire because of it.
    pub comes: usize,
    /// Those of high severity that are no longer so, whether they fire or not.
    pub high_removed: usize,
    /// Those that are of high severity because of it.
    pub high_added: usize,
}

impl<'a> Flags<'a> {
    /// Compares flags before with flags after, each with its severity. Two rows alike are one fact.
    pub fn add<'b>(&mut self, before: impl Iterator<Item = &'a Obstruction>, after: impl Iterator<Item = (Identity<'b>, Severity)>) {
        // Lists of a few flags, most of them in order already: sorted and walked in step they take a third of the time of maps.
        let mut before: Vec<&Obstruction> = before.collect();
        before.sort_by(|a, b| a.identity().cmp(&b.identity()));
        before.dedup_by(|later, first| later.identity() == first.identity());
        let mut after: Vec<(Identity<'_>, Severity)> = after.collect();
        after.sort_by(|a, b| a.0.cmp(&b.0));
        after.dedup_by(|later, first| {
            later.0 == first.0 && {
                first.1 = later.1;
                true
            }
        });
        let mut after = after.into_iter().peekable();
        let high = |severity: Severity| severity == Severity::High;
        for found in before {
            let named = found.identity();
            while let Some((_, severity)) = after.next_if(|(other, _)| *other < named) {
                self.comes(severity);
            }
            let now = after.next_if(|(other, _)| *other == named).map(|(_, severity)| severity);
            if now.is_none() {
                self.goes.push(found);
            }
            self.high_removed = self.high_removed.saturating_add(usize::from(high(found.severity) && !now.is_some_and(high)));
            self.high_added = self.high_added.saturating_add(usize::from(!high(found.severity) && now.is_some_and(high)));
        }
        for (_, severity) in after {
            self.comes(severity);
        }
    }

    fn comes(&mut self, severity: Severity) {
        self.comes = self.comes.saturating_add(1);
        self.high_added = self.high_added.saturating_add(usize::from(severity == Severity::High));
    }
}
