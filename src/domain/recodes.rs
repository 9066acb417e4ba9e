//! Codes that changed: what a body was called before, and what it is called since.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

use super::layer::Layer;
use super::units::People;

/// Steps from code to code that are taken for one layer; published histories need some thousand.
const STEPS: usize = 4_000_000;

/// Areas that one code may mean; beyond that money is not divided by it.
const AREAS: usize = 200;

/// Codes at the other end of links, each with the people who went this way.
type Ends = BTreeMap<String, Option<People>>;

/// Which code took the place of which, from the tables of `[[recode]]`.
#[derive(Debug, Clone, Default)]
pub struct Recodes {
    forward: BTreeMap<String, Ends>,
    backward: BTreeMap<String, Ends>,
}

impl Recodes {
    /// Adds that `from` became `to`, with the people who went that way where they are known. A code that became itself says nothing.
    pub fn add(&mut self, from: &str, to: &str, people: Option<People>) {
        if from == to {
            return;
        }
        let link = |links: &mut BTreeMap<String, Ends>, one: &str, other: &str| {
            let ends = links.entry(one.to_owned()).or_default();
            let sum = |known: &mut Option<People>| *known = known.zip(people).map(|(one, more)| one + more);
            ends.entry(other.to_owned()).and_modify(sum).or_insert(people);
        };
        link(&mut self.forward, from, to);
        link(&mut self.backward, to, from);
    }

    /// Whether there is no link.
    pub fn is_empty(&self) -> bool {
        self.forward.is_empty()
    }

    /// What the other codes of a layer's bodies are: those before and those since, both ways.
    ///
    /// A code that led to one area means it. One that led to several, or came of several, is divided by people: those of its links where they are known,
    /// else those of the areas where each of them has no other origin. Else it is unclear, and why is said. `None` where the links lead on without end.
    pub fn of(&self, layer: &Layer) -> Option<OtherCodes> {
        let mut steps = STEPS;
        let mut other = OtherCodes::default();
        // Codes before come first: what a code became is what its money is for.
        for (links, back) in [(&self.backward, &self.forward), (&self.forward, &self.backward)] {
            let mut reached: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
            for (index, area) in layer.areas.iter().enumerate() {
                let mut seen: BTreeSet<&str> = BTreeSet::new();
                let mut wait: Vec<&str> = vec![&area.code];
                while let Some(code) = wait.pop() {
                    for end in links.get(code).into_iter().flat_map(Ends::keys) {
                        steps = steps.checked_sub(1)?;
                        // Another area of the layer stands for itself, and for what came before it.
                        if layer.exact(end).is_none() && seen.insert(end) {
                            let areas = reached.entry(end).or_default();
                            if areas.len() <= AREAS {
                                areas.insert(index);
                            }
                            wait.push(end);
                        }
                    }
                }
            }
            for (code, areas) in reached {
                if other.knows(code) {
                    continue;
                }
                let areas: Vec<usize> = areas.into_iter().collect();
                match areas.as_slice() {
                    [one] => {
                        other.one.insert(code.to_owned(), (*one, AtomicBool::new(false)));
                    }
                    several => match weights(layer, code, several, back, links) {
                        Ok(weights) => {
                            other.several.insert(code.to_owned(), several.iter().copied().zip(weights).collect());
                        }
                        Err(why) => {
                            other.unclear.insert(code.to_owned(), why);
                        }
                    },
                }
            }
        }
        Some(other)
    }
}

/// How a code divides over several areas: by the people of the links from it, or of the areas where they come from nowhere else.
fn weights(
    layer: &Layer,
    code: &str,
    areas: &[usize],
    from: &BTreeMap<String, Ends>,
    back: &BTreeMap<String, Ends>,
) -> Result<Vec<i64>, String> {
    let names = || areas.iter().filter_map(|index| layer.areas.get(*index)).map(|area| area.code.as_str());
    let listed = names().take(5).collect::<Vec<_>>().join(", ");
    if areas.len() > AREAS {
        return Err(format!("it stands for more than {AREAS} areas"));
    }
    let of_links: Option<Vec<i64>> = names().map(|name| from.get(code)?.get(name)?.map(|people| people.0)).collect();
    if let Some(weights) = of_links.filter(|weights| weights.iter().any(|weight| *weight > 0)) {
        return Ok(weights);
    }
    let others = |name: &str| back.get(name).is_some_and(|links| links.keys().any(|end| end != code));
    if let Some(mixed) = names().find(|name| others(name)) {
        return Err(format!("it stands for {listed}, {mixed} has other parts too, and nothing says how many people went which way"));
    }
    let people = |index: &usize| {
        let own = layer.areas.get(*index).and_then(|area| area.people);
        own.or_else(|| layer.populations.values().next().and_then(|figures| figures.get(*index).copied().flatten()))
    };
    let weights: Option<Vec<i64>> = areas.iter().map(|index| people(index).map(|people| people.0)).collect();
    weights
        .filter(|weights| weights.iter().any(|weight| *weight > 0))
        .ok_or_else(|| format!("it stands for {listed}, and their people are not known"))
}

/// The codes that the bodies of a layer have at other dates.
#[derive(Debug, Default)]
pub struct OtherCodes {
    /// Codes that mean one area, and whether anybody asked for them.
    one: BTreeMap<String, (usize, AtomicBool)>,
    /// Codes that mean several areas, with the people that they are divided by.
    several: BTreeMap<String, Vec<(usize, i64)>>,
    /// Codes that mean several areas, and why they cannot be divided.
    unclear: BTreeMap<String, String>,
}

impl Clone for OtherCodes {
    fn clone(&self) -> Self {
        let copy = |(code, (area, asked)): (&String, &(usize, AtomicBool))| {
            (code.clone(), (*area, AtomicBool::new(asked.load(Ordering::Relaxed))))
        };
        Self { one: self.one.iter().map(copy).collect(), several: self.several.clone(), unclear: self.unclear.clone() }
    }
}

impl PartialEq for OtherCodes {
    /// The same codes for the same areas; who asked is no part of it.
    fn eq(&self, other: &Self) -> bool {
        let areas = |codes: &Self| codes.one.iter().map(|(code, (area, _))| (code.clone(), *area)).collect::<Vec<_>>();
        areas(self) == areas(other) && self.several == other.several && self.unclear == other.unclear
    }
}

impl OtherCodes {
    fn knows(&self, code: &str) -> bool {
        self.one.contains_key(code) || self.several.contains_key(code) || self.unclear.contains_key(code)
    }

    /// The one area that a code means; that it was asked for is kept.
    pub fn area(&self, code: &str) -> Option<usize> {
        let (area, asked) = self.one.get(code)?;
        asked.store(true, Ordering::Relaxed);
        Some(*area)
    }

    /// The areas that a code is divided over, with their weights.
    pub fn split(&self, code: &str) -> Option<&[(usize, i64)]> {
        self.several.get(code).map(Vec::as_slice)
    }

    /// Why a code cannot be divided.
    pub fn unclear(&self, code: &str) -> Option<&str> {
        self.unclear.get(code).map(String::as_str)
    }

    /// Codes that were asked for, with the areas that they mean.
    pub fn asked(&self) -> impl Iterator<Item = (&str, usize)> {
        self.one.iter().filter(|(_, (_, asked))| asked.load(Ordering::Relaxed)).map(|(code, (area, _))| (code.as_str(), *area))
    }

    /// Whether an area has another code at another date.
    pub fn changed(&self, area: usize) -> bool {
        self.one.values().any(|(one, _)| *one == area) || self.several.values().flatten().any(|(one, _)| *one == area)
    }
}
