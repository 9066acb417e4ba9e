//! What no plan can go below: the fewest people on the wrong side of a line for a number of people disturbed.
//!
//! Mergers may be of any bodies here, neighbours or not. Bodies of different components of the overlaps need never merge: from an arrangement
//! of the merged bodies drop what does not concern a component, and what is left arranges that component, its part of each merger merged.
//! Nothing is lost by it, and no more people are disturbed. So components are searched one by one and put together.
//!
//! Within a component a merger helps only as a centre of two councils or more. Were it a leaf of one council, its members would be leaves
//! of that council too; and a member without people in the councils that are its leaves is better by itself. So each council is either a
//! centre, or it has an owner: a body of the merger (or single body) that it is a leaf of, with people in another leaf of the same. All
//! choices are tried. What is left is to choose for every other body whether it stays a leaf of the best centre or joins a merger, which
//! is a knapsack, solved by keeping what is unbeaten in people picked and people disturbed.

use std::collections::{BTreeMap, BTreeSet};

/// What the search of one component may make before it gives up, in partial plans: about a second.
const WORK: usize = 1_000_000;

/// The bodies of one component, and their people in its councils.
pub(super) struct Part {
    /// Indices of the bodies, ascending.
    pub bodies: Vec<usize>,
    /// People of each.
    pub people: Vec<i128>,
    /// Whether each may merge.
    pub free: Vec<bool>,
    /// Councils of each with its people there, positive. Councils are 0, 1, 2, ...
    pub weights: Vec<Vec<(usize, i128)>>,
    /// Number of councils.
    pub councils: usize,
    /// Most bodies of a merger.
    pub max_merge: Option<usize>,
    /// Most people of a merger.
    pub max_people: Option<i128>,
}

/// Plans of a component by people disturbed: people on the wrong side, and the mergers. Each has fewer on the wrong side than all before.
pub(super) type Steps = BTreeMap<i128, (i128, Vec<Vec<usize>>)>;

/// What a search of one component found.
pub(super) struct Relaxed {
    /// Every plan that no other one beats, whatever touches what.
    pub steps: Steps,
    /// Of the plans met on the way whose mergers hang together, those that no other one beats.
    pub joined: Steps,
}

/// A choice for some of the bodies that own no council.
#[derive(Clone)]
struct Choice {
    picked: i128,
    disturbed: i128,
    /// Which bodies joined which merger.
    joined: Vec<(usize, usize)>,
}

/// What decides what may still join a merger, and what it costs: most people of a member, number of members and people of each merger. The
/// last two matter where there are bands.
type Room = Vec<(i128, usize, i128)>;

struct Search<'a> {
    part: &'a Part,
    hangs: &'a dyn Fn(&[usize]) -> bool,
    total: i128,
    /// Bodies that may own each council: with people in another one too.
    owners: Vec<Vec<usize>>,
    /// The owner of each council; `None` for a centre.
    roles: Vec<Option<usize>>,
    work: usize,
    found: Relaxed,
}

/// Searches one component; `None` where that takes too much.
pub(super) fn relaxed(part: &Part, hangs: &dyn Fn(&[usize]) -> bool) -> Option<Relaxed> {
    let total = part.weights.iter().flatten().map(|(_, weight)| *weight).sum();
    let mut owners = vec![Vec::new(); part.councils];
    for (body, weights) in part.weights.iter().enumerate().filter(|(_, weights)| weights.len() > 1) {
        for (council, _) in weights {
            owners[*council].push(body);
        }
    }
    let found = Relaxed { steps: Steps::new(), joined: Steps::new() };
    let mut search = Search { part, hangs, total, owners, roles: Vec::new(), work: 0, found };
    search.give_roles().then_some(search.found)
}

impl Search<'_> {
    /// Every role for the councils that have none yet. Tells whether all were tried.
    fn give_roles(&mut self) -> bool {
        let council = self.roles.len();
        if council == self.part.councils {
            // About what it takes to begin with these roles.
            self.work += 20;
            let owners: BTreeSet<usize> = self.roles.iter().flatten().copied().collect();
            return self.group(&owners.into_iter().collect::<Vec<_>>(), &mut Vec::new());
        }
        let choices: Vec<Option<usize>> = [None].into_iter().chain(self.owners[council].iter().map(|body| Some(*body))).collect();
        for role in choices {
            self.roles.push(role);
            let room = self.give_roles();
            self.roles.pop();
            if !room {
                return false;
            }
        }
        true
    }

    /// Every way in which the owners can merge with each other.
    fn group(&mut self, owners: &[usize], groups: &mut Vec<Vec<usize>>) -> bool {
        self.work += 1;
        if self.work > WORK {
            return false;
        }
        let Some((owner, rest)) = owners.split_first() else { return self.join(groups) };
        for at in 0..groups.len() {
            if self.part.free[*owner] && groups[at].iter().all(|body| self.part.free[*body]) {
                groups[at].push(*owner);
                let room = self.group(rest, groups);
                groups[at].pop();
                if !room {
                    return false;
                }
            }
        }
        groups.push(vec![*owner]);
        let room = self.group(rest, groups);
        groups.pop();
        room
    }

    /// Every unbeaten way in which the other bodies join these mergers.
    fn join(&mut self, groups: &[Vec<usize>]) -> bool {
        let part = self.part;
        let mut group_of: Vec<Option<usize>> = vec![None; part.councils];
        let mut leaves = vec![0_usize; groups.len()];
        for (council, owner) in self.roles.iter().enumerate() {
            let group = owner.and_then(|owner| groups.iter().position(|group| group.contains(&owner)));
            group_of[council] = group;
            group.into_iter().for_each(|group| leaves[group] += 1);
        }
        // With one leaf, the leaf may as well be the centre.
        if leaves.iter().any(|leaves| *leaves < 2) {
            return true;
        }
        let in_group = |body: usize, group: usize| -> i128 {
            part.weights[body].iter().filter(|(council, _)| group_of[*council] == Some(group)).map(|(_, weight)| *weight).sum()
        };
        let alone = |body: usize| -> i128 {
            part.weights[body].iter().filter(|(council, _)| group_of[*council].is_none()).map(|(_, weight)| *weight).max().unwrap_or(0)
        };
        let mut room: Room = Vec::with_capacity(groups.len());
        let mut start = Choice { picked: 0, disturbed: 0, joined: Vec::new() };
        for (at, group) in groups.iter().enumerate() {
            let people: i128 = group.iter().map(|body| part.people[*body]).sum();
            let most = group.iter().map(|body| part.people[*body]).max().unwrap_or(0);
            if group.len() > 1 && !self.fits(group.len(), people) {
                return true;
            }
            start.picked += group.iter().map(|body| in_group(*body, at)).sum::<i128>();
            start.disturbed += people - most;
            room.push((most, group.len(), people));
        }
        let mut others: Vec<(usize, Vec<(usize, i128)>)> = Vec::new();
        for body in (0..part.bodies.len()).filter(|body| !groups.iter().any(|group| group.contains(body))) {
            let alone = alone(body);
            start.picked += alone;
            let open = |group: &usize| groups[*group].iter().all(|owner| part.free[*owner]);
            let gains: Vec<(usize, i128)> =
                (0..groups.len()).filter(open).map(|group| (group, in_group(body, group) - alone)).filter(|(_, gain)| *gain > 0).collect();
            if part.free[body] && !gains.is_empty() {
                others.push((body, gains));
            }
        }
        // Large bodies first: who is the largest of a merger is then known early.
        others.sort_by_key(|(body, _)| (std::cmp::Reverse(part.people[*body]), *body));
        let mut still: i128 = others.iter().map(|(_, gains)| gains.iter().map(|(_, gain)| *gain).max().unwrap_or(0)).sum();
        let mut choices: BTreeMap<Room, Vec<Choice>> = BTreeMap::from([(self.plain(&room), vec![start])]);
        for (body, gains) in others {
            still -= gains.iter().map(|(_, gain)| *gain).max().unwrap_or(0);
            let people = part.people[body];
            let mut next: BTreeMap<Room, Vec<Choice>> = BTreeMap::new();
            for (room, choices) in choices {
                for choice in &choices {
                    for (group, gain) in &gains {
                        let (most, members, all) = room[*group];
                        let (members, all) = (members + 1, all + people);
                        if !self.fits(members, all) {
                            continue;
                        }
                        let mut room = room.clone();
                        room[*group] = (most.max(people), members, all);
                        let mut more = choice.clone();
                        more.picked += gain;
                        more.disturbed += people.min(most);
                        more.joined.push((body, *group));
                        next.entry(self.plain(&room)).or_default().push(more);
                    }
                }
                next.entry(room).or_default().extend(choices);
            }
            for choices in next.values_mut() {
                self.prune(choices, still);
                self.work += choices.len();
            }
            if self.work > WORK {
                return false;
            }
            choices = next;
        }
        for choice in choices.into_values().flatten() {
            let mut sets: Vec<Vec<usize>> = groups.to_vec();
            for (body, group) in &choice.joined {
                sets[*group].push(*body);
            }
            self.record(self.total - choice.picked, choice.disturbed, sets);
        }
        true
    }

    fn fits(&self, members: usize, people: i128) -> bool {
        self.part.max_merge.is_none_or(|most| members <= most) && self.part.max_people.is_none_or(|most| people <= most)
    }

    /// Without a band, members and people decide nothing.
    fn plain(&self, room: &Room) -> Room {
        let plain = |(most, members, people): &(i128, usize, i128)| {
            (*most, self.part.max_merge.map_or(0, |_| *members), self.part.max_people.map_or(0, |_| *people))
        };
        room.iter().map(plain).collect()
    }

    /// Drops choices that are beaten by another, or that nothing can make better than what was found.
    fn prune(&self, choices: &mut Vec<Choice>, still: i128) {
        choices.sort_by(|a, b| (a.disturbed, -a.picked, &a.joined).cmp(&(b.disturbed, -b.picked, &b.joined)));
        let mut most = i128::MIN;
        choices.retain(|choice| {
            let better = choice.picked > most;
            most = most.max(choice.picked);
            better && !beaten(&self.found.joined, self.total - choice.picked - still, choice.disturbed)
        });
    }

    fn record(&mut self, crossing: i128, disturbed: i128, sets: Vec<Vec<usize>>) {
        let bodies = |set: Vec<usize>| {
            let mut bodies: Vec<usize> = set.into_iter().map(|body| self.part.bodies[body]).collect();
            bodies.sort_unstable();
            bodies
        };
        let mut mergers: Vec<Vec<usize>> = sets.into_iter().filter(|set| set.len() > 1).map(bodies).collect();
        mergers.sort();
        if !beaten(&self.found.joined, crossing, disturbed) && mergers.iter().all(|set| (self.hangs)(set)) {
            keep(&mut self.found.joined, crossing, disturbed, mergers.clone());
        }
        if !beaten(&self.found.steps, crossing, disturbed) {
            keep(&mut self.found.steps, crossing, disturbed, mergers);
        }
    }
}

/// Whether a plan is as good as this.
fn beaten(steps: &Steps, crossing: i128, disturbed: i128) -> bool {
    steps.range(..=disturbed).next_back().is_some_and(|(_, (least, _))| *least <= crossing)
}

fn keep(steps: &mut Steps, crossing: i128, disturbed: i128, mergers: Vec<Vec<usize>>) {
    let worse: Vec<i128> = steps.range(disturbed..).take_while(|(_, (least, _))| *least >= crossing).map(|(key, _)| *key).collect();
    for key in worse {
        steps.remove(&key);
    }
    steps.insert(disturbed, (crossing, mergers));
}

/// The fewest people on the wrong side of a line for a number of people disturbed, over all components together.
#[derive(Debug, Clone, Default)]
pub(super) struct Least {
    /// People disturbed and on the wrong side, the former ascending, the latter descending.
    steps: Vec<(i128, i128)>,
    /// On the wrong side in components that were not searched. A disturbed body can take no more people out of crossing parts than it has.
    loose: i128,
}

/// Most steps that are kept; of more, neighbours are made one that is as good as both.
const STEPS: usize = 20_000;

impl Least {
    pub fn new() -> Self {
        Self { steps: vec![(0, 0)], loose: 0 }
    }

    /// Adds a component that was not searched, with what it has on the wrong side at least.
    pub fn add_loose(&mut self, crossing: i128) {
        self.loose += crossing;
    }

    /// Adds a component that was.
    pub fn add(&mut self, steps: &Steps) {
        let mut all: Vec<(i128, i128)> = Vec::with_capacity(self.steps.len() * steps.len());
        for (disturbed, crossing) in &self.steps {
            all.extend(steps.iter().map(|(more, (part, _))| (disturbed + more, crossing + part)));
        }
        all.sort_unstable();
        let mut least = i128::MAX;
        all.retain(|(_, crossing)| {
            let better = *crossing < least;
            least = least.min(*crossing);
            better
        });
        while all.len() > STEPS {
            all = all.chunks(2).map(|pair| (pair[0].0, pair[pair.len() - 1].1)).collect();
        }
        self.steps = all;
    }

    /// The fewest on the wrong side where no more people are disturbed.
    pub fn at(&self, disturbed: i128) -> i128 {
        let reached = self.steps.iter().take_while(|(needed, _)| *needed <= disturbed);
        reached.map(|(needed, crossing)| crossing + (self.loose - (disturbed - needed)).max(0)).min().unwrap_or(0)
    }
}
