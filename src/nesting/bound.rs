//! What no arrangement of a graph can exceed.
//!
//! Choosing centres is an uncapacitated facility location problem: opening a centre costs what it would have brought as a leaf, and each node
//! is served by itself, by a centre beside it, or by its floor, at the cost of what it loses against its best. Its Lagrangian bound, with one
//! multiplier a node, starts from dual ascent (Erlenkotter, Operations Research 26 (1978) 992-1009) and is raised by subgradient steps
//! (Held, Wolfe & Crowder, Mathematical Programming 6 (1974) 62-88). Steps run in floating point, but the bound that is used is worked out
//! again in integers from the multipliers, so rounding cannot make it wrong.

use super::graph::{Centres, Graph};

/// A way to serve a node: by which centre, at which loss against its best.
type Service = (usize, i128);

/// The reduced graph as a location problem. Node indices are those of the graph, which has no settled nodes.
pub(super) struct Location {
    /// What every node together would bring at its best.
    pub most: i128,
    /// What each node would bring at its best.
    pub best: Vec<i128>,
    /// Loss of opening each node; `None` where it cannot be a centre.
    open: Vec<Option<i128>>,
    /// Centres that can serve each node, itself among them, by loss.
    services: Vec<Vec<Service>>,
    /// Loss of each node without a centre.
    unserved: Vec<i128>,
    /// Nodes that each centre can serve, with their losses.
    serves: Vec<Vec<Service>>,
}

/// A bound and what it says of single nodes.
pub(super) struct Dual {
    /// No arrangement loses less than this.
    pub loss: i128,
    /// By how much the loss rises at the least where a node is opened (positive) or closed (negative).
    pub reduced: Vec<i128>,
}

impl Location {
    pub fn new(graph: &Graph) -> Self {
        let count = graph.nodes.len();
        let mut location = Self {
            most: 0,
            best: Vec::with_capacity(count),
            open: Vec::with_capacity(count),
            services: Vec::with_capacity(count),
            unserved: Vec::with_capacity(count),
            serves: vec![Vec::new(); count],
        };
        for (at, node) in graph.nodes.iter().enumerate() {
            let can = graph.can_be_centre(at);
            let beside = node.beside.iter().filter(|(other, weight)| graph.can_be_centre(*other) && *weight > node.floor);
            let best = beside.clone().map(|(_, weight)| *weight).max().unwrap_or(0).max(node.floor).max(node.bonus);
            let mut services: Vec<Service> = beside.map(|(other, weight)| (*other, best - *weight)).collect();
            if can {
                services.push((at, 0));
            }
            services.sort_unstable_by_key(|(other, loss)| (*loss, *other));
            for (other, loss) in &services {
                location.serves[*other].push((at, *loss));
            }
            location.most += best;
            location.best.push(best);
            location.open.push(can.then_some(best - node.bonus));
            location.services.push(services);
            location.unserved.push(best - node.floor);
        }
        location
    }

    /// Number of ways to serve all nodes: the size of the problem.
    pub fn size(&self) -> u64 {
        self.services.iter().map(Vec::len).sum::<usize>() as u64 + self.services.len() as u64
    }

    /// Multipliers that no centre can pay back: each is raised, loss by loss, while every centre that gains by it can bear it.
    pub fn ascent(&self) -> Vec<i128> {
        let count = self.services.len();
        let mut slack: Vec<i128> = self.open.iter().map(|open| open.unwrap_or(0)).collect();
        let mut paid: Vec<i128> = (0..count)
            .map(|node| self.services[node].first().map_or(self.unserved[node], |(_, loss)| *loss).min(self.unserved[node]))
            .collect();
        // Nodes with few ways first: they have least choice.
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by_key(|node| (self.services[*node].len(), *node));
        loop {
            let mut raised = false;
            for node in &order {
                let now = paid[*node];
                let reached = self.services[*node].partition_point(|(_, loss)| *loss <= now);
                let next = self.services[*node].get(reached).map_or(self.unserved[*node], |(_, loss)| *loss).min(self.unserved[*node]);
                let room = self.services[*node][..reached].iter().map(|(centre, _)| slack[*centre]).min().unwrap_or(i128::MAX);
                let by = (next - now).min(room);
                if by > 0 {
                    for (centre, _) in &self.services[*node][..reached] {
                        slack[*centre] -= by;
                    }
                    paid[*node] += by;
                    raised = true;
                }
            }
            if !raised {
                return paid;
            }
        }
    }

    /// Multipliers from prices: what each node was worth in a problem that this one came from.
    pub fn paid_at(&self, prices: impl Iterator<Item = i128>) -> Vec<i128> {
        prices.zip(self.best.iter().zip(&self.unserved)).map(|(price, (best, unserved))| (best - price).clamp(0, *unserved)).collect()
    }

    /// What each node is worth at multipliers.
    pub fn prices(&self, paid: &[i128]) -> Vec<i128> {
        self.best.iter().zip(paid).map(|(best, paid)| best - paid).collect()
    }

    /// The bound that multipliers give, exactly.
    pub fn dual(&self, paid: &[i128]) -> Dual {
        let mut loss: i128 = 0;
        for (node, paid) in paid.iter().enumerate() {
            loss += (*paid).min(self.unserved[node]);
        }
        let reduced: Vec<i128> = self
            .open
            .iter()
            .zip(&self.serves)
            .map(|(open, serves)| match open {
                Some(open) => *open + serves.iter().map(|(node, loss)| (loss - paid[*node].min(self.unserved[*node])).min(0)).sum::<i128>(),
                None => 0,
            })
            .collect();
        loss += reduced.iter().map(|reduced| (*reduced).min(0)).sum::<i128>();
        Dual { loss, reduced }
    }

    /// Raises the multipliers by subgradient steps towards `target`, a loss that is reached by an arrangement. Gives the best found, and for
    /// each step that improved on it the nodes that it would open; returns the number of steps taken.
    pub fn raise(&self, paid: &mut Vec<i128>, target: i128, steps: usize, mut seen: impl FnMut(&[bool])) -> u64 {
        let scale = (self.most.max(1)) as f64;
        let number = |value: i128| value as f64 / scale;
        let mut now: Vec<f64> = paid.iter().map(|paid| number(*paid)).collect();
        let caps: Vec<f64> = self.unserved.iter().map(|cap| number(*cap)).collect();
        let opens: Vec<Option<f64>> = self.open.iter().map(|open| open.map(number)).collect();
        let serves: Vec<Vec<(usize, f64)>> =
            self.serves.iter().map(|serves| serves.iter().map(|(node, loss)| (*node, number(*loss))).collect()).collect();
        let target = number(target);
        let (mut best, mut best_at) = (f64::NEG_INFINITY, now.clone());
        let (mut pace, mut since) = (if steps > 100 { 1.0 } else { 0.25 }, 0);
        let patience = (steps / 20).max(4);
        let mut open = vec![false; now.len()];
        let mut slope = vec![0.0; now.len()];
        let mut taken = 0;
        for _ in 0..steps {
            taken += 1;
            let mut loss: f64 = now.iter().sum();
            slope.fill(1.0);
            for (centre, serves) in serves.iter().enumerate() {
                open[centre] = false;
                let Some(cost) = opens[centre] else { continue };
                let reduced = cost + serves.iter().map(|(node, loss)| (loss - now[*node]).min(0.0)).sum::<f64>();
                if reduced < 0.0 {
                    loss += reduced;
                    open[centre] = true;
                    for (node, loss) in serves {
                        if *loss < now[*node] {
                            slope[*node] -= 1.0;
                        }
                    }
                }
            }
            if loss > best {
                since = if loss > best + 1e-9 { 0 } else { since + 1 };
                best = loss;
                best_at.clone_from(&now);
                seen(&open);
            } else {
                since += 1;
            }
            if since >= patience {
                pace /= 2.0;
                since = 0;
                now.clone_from(&best_at);
                if pace < 1e-4 {
                    break;
                }
                continue;
            }
            // At the cap the floor serves the node: going further gains nothing.
            let norm: f64 = slope
                .iter()
                .zip(&now)
                .zip(&caps)
                .filter(|((slope, now), cap)| **slope < 0.0 || *now < *cap)
                .map(|((slope, _), _)| slope * slope)
                .sum();
            if norm == 0.0 || loss >= target {
                break;
            }
            let step = pace * (target - loss).max(1e-9) / norm;
            for ((now, slope), cap) in now.iter_mut().zip(&slope).zip(&caps) {
                *now = (*now + step * slope).clamp(0.0, *cap);
            }
        }
        // 2^53 steps of the whole: what is cut off here is lost to the bound, and the bound is worked out from what is left.
        let exact: Vec<i128> = best_at.iter().zip(&self.unserved).map(|(value, cap)| ((value * scale) as i128).clamp(0, *cap)).collect();
        if self.dual(&exact).loss > self.dual(paid).loss {
            *paid = exact;
        }
        taken
    }

    /// What a choice of centres loses.
    pub fn loss(&self, centres: &Centres) -> i128 {
        (0..self.services.len()).map(|node| self.loss_of(node, centres)).sum()
    }

    fn loss_of(&self, node: usize, centres: &Centres) -> i128 {
        if centres[node] {
            return self.open[node].unwrap_or(i128::MAX >> 8);
        }
        self.services[node]
            .iter()
            .find(|(centre, _)| centres[*centre])
            .map_or(self.unserved[node], |(_, loss)| (*loss).min(self.unserved[node]))
    }

    /// Improves a choice of centres by turning one node at a time, and two neighbours at once, while that loses less.
    pub fn improve(&self, centres: &mut Centres) {
        for (centre, open) in centres.iter_mut().zip(&self.open) {
            *centre &= open.is_some();
        }
        let mut again = true;
        let mut passes = 0;
        while again && passes < 20 {
            again = false;
            passes += 1;
            for node in 0..self.services.len() {
                again |= self.turn(&[node], centres);
                for at in 0..self.services[node].len() {
                    let other = self.services[node][at].0;
                    if other != node && centres[node] != centres[other] {
                        again |= self.turn(&[node, other], centres);
                    }
                }
            }
        }
    }

    /// Turns some nodes near each other at random and improves again, round by round, and keeps what loses no more. The same numbers each time.
    pub fn shake(&self, centres: &mut Centres, rounds: u64) {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 33) as usize) % below.max(1)
        };
        let mut least = self.loss(centres);
        for _ in 0..rounds {
            let mut tried = centres.clone();
            let mut node = random(tried.len());
            for _ in 0..4 {
                if self.open[node].is_some() {
                    tried[node] = !tried[node];
                }
                node = self.services[node].get(random(self.services[node].len())).map_or(node, |(other, _)| *other);
            }
            self.improve(&mut tried);
            let loss = self.loss(&tried);
            if loss <= least {
                least = loss;
                *centres = tried;
            }
        }
    }

    /// Turns nodes, and keeps that if it loses less.
    fn turn(&self, nodes: &[usize], centres: &mut Centres) -> bool {
        if nodes.iter().any(|node| self.open[*node].is_none()) {
            return false;
        }
        let mut near: Vec<usize> = nodes.iter().flat_map(|node| self.serves[*node].iter().map(|(other, _)| *other)).collect();
        near.sort_unstable();
        near.dedup();
        let loss = |centres: &Centres| near.iter().map(|node| self.loss_of(*node, centres)).sum::<i128>();
        let before = loss(centres);
        for node in nodes {
            centres[*node] = !centres[*node];
        }
        if loss(centres) < before {
            return true;
        }
        for node in nodes {
            centres[*node] = !centres[*node];
        }
        false
    }
}
