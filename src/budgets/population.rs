//! The people that a service is for.

use crate::domain::Relation;

/// A population of an alignment that money of some services is split by (domain.md E4: those aged 65 and over for older people).
#[derive(Debug, Clone, PartialEq)]
pub struct ServicePopulation {
    /// Field or column it was counted from.
    pub field: String,
    /// Services it is for, by the names they have after the service crosswalk.
    pub services: Vec<String>,
    /// The alignment's layers, weighed by it.
    pub relation: Relation,
}

/// Place of a service's own population; `None` where it has none.
pub(super) fn of_service(populations: &[ServicePopulation], service: Option<&str>) -> Option<usize> {
    let service = service?;
    populations.iter().position(|population| population.services.iter().any(|own| own == service))
}
