//! How traffic between any two nodes spreads over the links: equal splits at every node over all ways of least
//! weight.

use crate::problem::Problem;
use crate::routing::{Routes, Tree};

/// Shares of the links between all pairs of nodes.
#[derive(Clone, Debug, Default)]
pub struct Fractions {
    nodes: usize,
    /// Where each pair begins, by target and within it by source.
    starts: Vec<u32>,
    links: Vec<u32>,
    shares: Vec<f64>,
    reached: Vec<bool>,
}

impl Fractions {
    /// The fractions of `problem`, without its failed links.
    pub fn new(problem: &Problem, routes: &mut Routes) -> Self {
        let nodes = problem.scenario.topology.nodes.len();
        let mut fractions = Self { nodes, starts: vec![0], ..Self::default() };
        let mut spread = Spread::new(problem);
        for target in 0..nodes as u32 {
            fractions.add(&spread.towards(&routes.tree(problem, target)));
        }
        fractions
    }

    /// Links and shares from `source` to `target`; none where they are the same, or where no way leads.
    pub fn of(&self, source: u32, target: u32) -> impl Iterator<Item = (u32, f64)> + '_ {
        let pair = self.pair(source, target);
        let range = self.starts[pair] as usize..self.starts[pair + 1] as usize;
        let links = self.links[range.clone()].iter().copied();
        links.zip(self.shares[range].iter().copied())
    }

    /// Whether a way leads from `source` to `target`.
    pub fn reaches(&self, source: u32, target: u32) -> bool {
        self.reached[self.pair(source, target)]
    }

    /// What one unit from each node to `target` costs at these prices of the links; infinite where no way leads
    /// or a price on it is infinite.
    pub fn costs_to(&self, target: u32, prices: &[f64], costs: &mut [f64]) {
        let first = self.pair(0, target);
        for (source, cost) in costs.iter_mut().enumerate() {
            let pair = first + source;
            if !self.reached[pair] {
                *cost = f64::INFINITY;
                continue;
            }
            let (start, end) = (self.starts[pair] as usize, self.starts[pair + 1] as usize);
            let links = self.links[start..end].iter().zip(&self.shares[start..end]);
            *cost = links.map(|(link, share)| prices[*link as usize] * share).sum();
        }
    }

    fn pair(&self, source: u32, target: u32) -> usize {
        target as usize * self.nodes + source as usize
    }

    fn add(&mut self, towards: &[Option<Vec<(u32, f64)>>]) {
        for shares in towards {
            self.reached.push(shares.is_some());
            for (link, share) in shares.iter().flatten() {
                self.links.push(*link);
                self.shares.push(*share);
            }
            self.starts.push(self.links.len() as u32);
        }
    }
}

/// Works out the fractions to one target after another: each node's are those of its next nodes, equally mixed.
struct Spread<'a> {
    problem: &'a Problem,
    order: Vec<u32>,
    dense: Vec<f64>,
}

impl<'a> Spread<'a> {
    fn new(problem: &'a Problem) -> Self {
        let topology = &problem.scenario.topology;
        Self { problem, order: Vec::new(), dense: vec![0.0; topology.links.len()] }
    }

    /// Shares from every node to the target of `tree`; nothing where no way leads.
    fn towards(&mut self, tree: &Tree) -> Vec<Option<Vec<(u32, f64)>>> {
        let links = &self.problem.scenario.topology.links;
        let mut found: Vec<Option<Vec<(u32, f64)>>> = vec![None; tree.weight.len()];
        self.order.clear();
        let nodes = 0..tree.weight.len() as u32;
        self.order.extend(nodes.filter(|node| tree.weight[*node as usize].is_finite()));
        let weight = |node: &u32| tree.weight[*node as usize];
        // The next nodes are nearer, so that they come first.
        self.order.sort_by(|a, b| weight(a).total_cmp(&weight(b)));
        for node in &self.order {
            let next = tree.next(*node);
            let mut touched = Vec::new();
            for link in next {
                let share = 1.0 / next.len() as f64;
                add(&mut self.dense, &mut touched, *link, share);
                let onward = &found[links[*link as usize].target as usize];
                for (further, part) in onward.iter().flatten() {
                    add(&mut self.dense, &mut touched, *further, share * part);
                }
            }
            touched.sort_unstable();
            let take = |link| (link, std::mem::take(&mut self.dense[link as usize]));
            found[*node as usize] = Some(touched.into_iter().map(take).collect());
        }
        found
    }
}

fn add(dense: &mut [f64], touched: &mut Vec<u32>, link: u32, share: f64) {
    let to = &mut dense[link as usize];
    if *to == 0.0 {
        touched.push(link);
    }
    *to += share;
}
