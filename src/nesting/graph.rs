//! The overlaps of bodies as a graph, and the steps that make it smaller without changing the best value.
//!
//! Each node carries what was settled about it: `bonus` is what it brings, beyond its leaves still in the graph, as a centre; `floor` is what
//! it brings as a leaf of a node that is no longer in the graph. A choice of centres `C` is worth
//! `constant + sum of bonus over C + sum over the others of max(floor, heaviest edge to a centre)`.

/// A bonus that no centre has: the node was ruled out as a centre. Far below any sum of weights and far from the end of 128 bits.
const RULED_OUT: i128 = -(1 << 120);

/// Whether a node is a centre. A node that is not is a leaf, or has no centre beside it.
pub(super) type Centres = Vec<bool>;

#[derive(Debug, Clone)]
pub(super) struct Node {
    pub bonus: i128,
    pub floor: i128,
    /// The step of the log whose node gave the floor.
    floor_from: Option<usize>,
    pub alive: bool,
    /// Neighbours in the graph with the weight of the edge, ascending. May name nodes that are no longer alive.
    pub beside: Vec<(usize, i128)>,
}

/// What was done to a node that left the graph, to be undone in reverse.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// The node was made a centre.
    Centre(usize),
    /// The node had one neighbour left.
    Pendant { node: usize, parent: usize, weight: i128, bonus: i128, floor: i128, floor_from: Option<usize> },
    /// The node had none left.
    Alone { node: usize, bonus: i128, floor: i128, floor_from: Option<usize> },
}

#[derive(Debug, Clone, Default)]
pub(super) struct Graph {
    pub nodes: Vec<Node>,
    pub constant: i128,
    log: Vec<Step>,
}

impl Graph {
    /// A graph of `nodes` nodes with the edges given, each once.
    pub fn new(nodes: usize, edges: impl IntoIterator<Item = (usize, usize, i128)>) -> Self {
        let node = Node { bonus: 0, floor: 0, floor_from: None, alive: true, beside: Vec::new() };
        let mut graph = Self { nodes: vec![node; nodes], constant: 0, log: Vec::new() };
        for (a, b, weight) in edges {
            graph.nodes[a].beside.push((b, weight));
            graph.nodes[b].beside.push((a, weight));
        }
        for node in &mut graph.nodes {
            node.beside.sort_unstable();
        }
        graph
    }

    /// Live nodes, ascending.
    pub fn live(&self) -> Vec<usize> {
        (0..self.nodes.len()).filter(|node| self.nodes[*node].alive).collect()
    }

    /// Makes a live node a centre: it leaves the graph, and its neighbours may be its leaves.
    pub fn make_centre(&mut self, node: usize) {
        let step = self.log.len();
        self.log.push(Step::Centre(node));
        self.constant += self.nodes[node].bonus;
        for (other, weight) in self.leave(node) {
            self.raise_floor(other, weight, step);
        }
    }

    /// Rules a live node out as a centre.
    pub fn rule_out(&mut self, node: usize) {
        self.nodes[node].bonus = RULED_OUT;
    }

    pub fn can_be_centre(&self, node: usize) -> bool {
        self.nodes[node].bonus >= 0
    }

    fn raise_floor(&mut self, node: usize, floor: i128, step: usize) {
        let node = &mut self.nodes[node];
        if floor > node.floor {
            node.floor = floor;
            node.floor_from = Some(step);
        }
    }

    /// Takes a node out of its neighbours' lists and the graph; gives its edges.
    fn leave(&mut self, node: usize) -> Vec<(usize, i128)> {
        self.nodes[node].alive = false;
        let edges = std::mem::take(&mut self.nodes[node].beside);
        for (other, _) in &edges {
            self.nodes[*other].beside.retain(|(back, _)| *back != node);
        }
        edges
    }

    /// Settles everything that is forced: edges that no best arrangement needs, nodes that may as well be centres, nodes with one neighbour
    /// or none. The best value stays the same; trees are solved by this alone.
    pub fn reduce(&mut self) {
        let mut waiting: Vec<usize> = self.live();
        let mut queued = vec![false; self.nodes.len()];
        for node in &waiting {
            queued[*node] = true;
        }
        waiting.reverse();
        while let Some(node) = waiting.pop() {
            queued[node] = false;
            if !self.nodes[node].alive {
                continue;
            }
            let mut touched: Vec<usize> = Vec::new();
            // An edge at or under both floors brings neither end anything.
            let floor = self.nodes[node].floor;
            let needless: Vec<usize> = self.nodes[node]
                .beside
                .iter()
                .filter(|(other, weight)| {
                    let other_gains = *weight > self.nodes[*other].floor && self.can_be_centre(node);
                    let node_gains = *weight > floor && self.can_be_centre(*other);
                    !other_gains && !node_gains
                })
                .map(|(other, _)| *other)
                .collect();
            for other in needless {
                self.nodes[node].beside.retain(|(back, _)| *back != other);
                self.nodes[other].beside.retain(|(back, _)| *back != node);
                touched.push(other);
            }
            match *self.nodes[node].beside.as_slice() {
                [] => {
                    let Node { bonus, floor, floor_from, .. } = self.nodes[node];
                    self.log.push(Step::Alone { node, bonus, floor, floor_from });
                    self.constant += bonus.max(floor);
                    self.leave(node);
                }
                [(parent, weight)] => {
                    self.hang(node, parent, weight);
                    touched.push(parent);
                }
                _ => {
                    let as_leaf = self.nodes[node].beside.iter().map(|(_, weight)| *weight).max().unwrap_or(0).max(floor);
                    if self.nodes[node].bonus >= as_leaf {
                        touched.extend(self.nodes[node].beside.iter().map(|(other, _)| *other));
                        self.make_centre(node);
                    }
                }
            }
            for other in touched {
                if self.nodes[other].alive {
                    for (next, _) in &self.nodes[other].beside {
                        if !queued[*next] {
                            queued[*next] = true;
                            waiting.push(*next);
                        }
                    }
                    if !queued[other] {
                        queued[other] = true;
                        waiting.push(other);
                    }
                }
            }
        }
    }

    /// Settles a node with one neighbour. With `b` its bonus, `f` its floor and `w` the edge: beside a centre it brings max(b, f, w); else
    /// it brings max(b, f), or b where the neighbour is its leaf and has w from that.
    fn hang(&mut self, node: usize, parent: usize, weight: i128) {
        let Node { bonus, floor, floor_from, .. } = self.nodes[node];
        let step = self.log.len();
        self.log.push(Step::Pendant { node, parent, weight, bonus, floor, floor_from });
        let alone = bonus.max(floor);
        self.constant += alone;
        if self.can_be_centre(parent) {
            self.nodes[parent].bonus += (weight - alone).max(0);
        }
        self.leave(node);
        self.raise_floor(parent, weight - (alone - bonus), step);
    }

    /// The centres of all nodes, from those of the live nodes of a reduced graph.
    pub fn expand(&self, centres: &mut Centres) {
        // Steps whose node a later node is to be a leaf of, and which must be a centre for it.
        let mut asked = vec![false; self.log.len()];
        for node in self.live() {
            if !centres[node] {
                self.ask(node, self.nodes[node].floor, self.nodes[node].floor_from, centres, &mut asked);
            }
        }
        for (at, step) in self.log.iter().enumerate().rev() {
            match *step {
                Step::Centre(node) => centres[node] = true,
                Step::Alone { node, bonus, floor, floor_from } => {
                    centres[node] = bonus >= floor;
                    if bonus < floor
                        && let Some(from) = floor_from
                    {
                        asked[from] = true;
                    }
                }
                Step::Pendant { node, parent, weight, bonus, floor, floor_from } => {
                    let leaf_of_parent = centres[parent] && weight > bonus.max(floor);
                    centres[node] = asked[at] || (bonus >= floor && !leaf_of_parent);
                    if !centres[node]
                        && !leaf_of_parent
                        && let Some(from) = floor_from
                    {
                        asked[from] = true;
                    }
                }
            }
        }
    }

    /// Asks the node that gave a live leaf its floor to be a centre, where no centre beside the leaf is worth as much.
    fn ask(&self, node: usize, floor: i128, from: Option<usize>, centres: &Centres, asked: &mut [bool]) {
        let best = self.nodes[node].beside.iter().filter(|(other, _)| centres[*other]).map(|(_, weight)| *weight).max().unwrap_or(0);
        if floor > best
            && let Some(from) = from
        {
            asked[from] = true;
        }
    }

    /// The live nodes by connected component, each ascending, by their first.
    pub fn components(&self) -> Vec<Vec<usize>> {
        let mut seen = vec![false; self.nodes.len()];
        let mut found = Vec::new();
        for start in self.live() {
            if seen[start] {
                continue;
            }
            seen[start] = true;
            let (mut waiting, mut members) = (vec![start], Vec::new());
            while let Some(node) = waiting.pop() {
                members.push(node);
                for (other, _) in &self.nodes[node].beside {
                    if !seen[*other] {
                        seen[*other] = true;
                        waiting.push(*other);
                    }
                }
            }
            members.sort_unstable();
            found.push(members);
        }
        found
    }

    /// The live nodes `members`, a component, as a graph of its own without constant or log; node k of it is `members[k]`.
    pub fn part(&self, members: &[usize]) -> Self {
        let mut place = vec![usize::MAX; self.nodes.len()];
        for (at, node) in members.iter().enumerate() {
            place[*node] = at;
        }
        let nodes = members
            .iter()
            .map(|node| {
                let Node { bonus, floor, ref beside, .. } = self.nodes[*node];
                let beside = beside.iter().map(|(other, weight)| (place[*other], *weight)).collect();
                Node { bonus, floor, floor_from: None, alive: true, beside }
            })
            .collect();
        Self { nodes, constant: 0, log: Vec::new() }
    }
}
