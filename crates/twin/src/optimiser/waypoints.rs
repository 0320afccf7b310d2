//! Local search over waypoints: the fullest row is relieved of one demand after another (after Gay, Hartert and
//! Vissicchio, "Expect the unexpected: sub-second optimization for segment routing", 2017).

use slicewise_core::seed::{SmallStream, uniform};
use slicewise_optim::least_peak::Entries;
use slicewise_optim::monitor::{Monitor, Stopped};

use super::cases::Cases;
use super::demands::{Demand, Way, entries};
use super::effort::Effort;
use super::loads::{Course, Loads};
use super::splits::keeps_off;
use crate::segments::Via;

/// What the search looks for.
#[derive(Debug)]
pub struct Relief<'a> {
    /// The cases.
    pub cases: &'a Cases,
    /// The demands.
    pub demands: &'a [Demand],
    /// Links that stay free.
    pub closed: &'a [bool],
    /// It ends where no row is fuller than this.
    pub goal: f64,
    /// Whether it goes on behind a local optimum, by kicks, until the effort is spent.
    pub kicks: bool,
}

/// Gains below this share count as none.
const LEAST_GAIN: f64 = 1e-7;
/// Demands that a kick moves.
const KICKED: usize = 4;
/// Demands of the fullest row that are gone through for one move.
const MOST_TRIED: usize = 400;

impl Relief<'_> {
    /// Lowers the fullest row of `loads` by whole demands; `told` hears of every move.
    ///
    /// # Errors
    /// [`Stopped`] when `monitor` says so.
    pub async fn search(
        &self,
        loads: &mut Loads,
        seed: u64,
        effort: &Effort<'_>,
        monitor: &impl Monitor,
        told: &mut dyn FnMut(&Loads),
    ) -> Result<(), Stopped> {
        let mut stream = SmallStream::new(seed);
        let mut best: Option<Loads> = None;
        while !effort.is_spent() && loads.fullest().1 > self.goal {
            monitor.checkpoint().await?;
            effort.count();
            if self.relieve(loads, effort) {
                told(loads);
                continue;
            }
            if best.as_ref().is_none_or(|best| loads.fullest().1 < best.fullest().1) {
                best = Some(loads.clone());
            } else if let Some(best) = &best {
                loads.clone_from(best);
            }
            if !self.kicks || !self.kick(loads, &mut stream) {
                break;
            }
        }
        if let Some(best) = best.filter(|best| best.fullest().1 < loads.fullest().1) {
            *loads = best;
        }
        Ok(())
    }

    /// Moves one demand off the fullest row, and tells whether that helped.
    fn relieve(&self, loads: &mut Loads, effort: &Effort<'_>) -> bool {
        let (row, peak) = loads.fullest();
        let crossing = crossing(loads, row);
        for (_, demand) in crossing.into_iter().take(MOST_TRIED) {
            if let Some(course) = self.best_course(loads, demand, peak) {
                loads.put(demand, course);
                return true;
            }
            if effort.is_spent() {
                return false;
            }
        }
        false
    }

    /// The course of at most one waypoint that relieves the full rows most; none where all are as good.
    fn best_course(&self, loads: &Loads, demand: usize, peak: f64) -> Option<Course> {
        let mut best: Option<(f64, Way, Entries)> = None;
        let mut consider = |way: Way, entries: Entries| {
            let change = loads.change(demand, &entries, peak);
            let least = best.as_ref().map_or(-LEAST_GAIN, |best| best.0);
            if change < least && keeps_off(&entries, self.closed) {
                best = Some((change, way, entries));
            }
        };
        let own = &self.demands[demand];
        if let Some(present) = &own.present {
            consider(Way::Present, present.clone());
        }
        let nodes = self.cases.all[0].problem.scenario.topology.nodes.len() as u32;
        let lists = (0..nodes).map(|node| vec![Via::Node(node)]);
        for list in std::iter::once(Vec::new()).chain(lists) {
            let is_end =
                list.iter().any(|via| [own.source, own.target].map(Via::Node).contains(via));
            if is_end {
                continue;
            }
            if let Some(entries) = entries(self.cases, own, &list) {
                consider(Way::List(list), entries);
            }
        }
        best.map(|(_, way, entries)| Course::whole(way, entries))
    }

    /// Sends some demands of the fullest row over nodes that are drawn.
    fn kick(&self, loads: &mut Loads, stream: &mut SmallStream) -> bool {
        let crossing = crossing(loads, loads.fullest().0);
        let nodes = self.cases.all[0].problem.scenario.topology.nodes.len();
        let mut draw = |below: usize| (uniform(stream) * below as f64) as usize;
        for _ in 0..KICKED {
            let Some((_, demand)) = crossing.get(draw(crossing.len().max(1))) else { return false };
            let list = vec![Via::Node(draw(nodes) as u32)];
            let found = entries(self.cases, &self.demands[*demand], &list);
            if let Some(entries) = found.filter(|entries| keeps_off(entries, self.closed)) {
                loads.put(*demand, Course::whole(Way::List(list), entries));
            }
        }
        true
    }
}

/// The demands that add to a row, those that add most first.
fn crossing(loads: &Loads, row: usize) -> Vec<(f64, usize)> {
    let adds = |(demand, course): (usize, &Course)| {
        let at = course.entries.binary_search_by_key(&(row as u32), |entry| entry.0).ok()?;
        Some((course.entries[at].1, demand))
    };
    let mut crossing: Vec<(f64, usize)> =
        loads.courses.iter().enumerate().filter_map(adds).collect();
    crossing.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    crossing
}
