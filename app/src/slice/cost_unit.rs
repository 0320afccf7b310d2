//! What costs are counted in: shares of capacity, or a currency that the visitor names.

use crate::controls::number_text;

/// The unit of costs; shares of capacity where the visitor names no currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CostUnit(pub Option<String>);

impl CostUnit {
    /// The unit alone, as headings have it.
    pub fn name(&self) -> &str {
        self.0.as_deref().unwrap_or("share of capacity")
    }

    /// The heading of a column or an axis: `cost, share of capacity`.
    pub fn heading(&self) -> String {
        number_text::titled("cost", self.name())
    }

    /// The heading of a column of a file: `cost (share of capacity)`.
    pub fn column(&self) -> String {
        ["cost (", self.name(), ")"].concat()
    }

    /// A cost in words: `0.96 of capacity`, `12.5 EUR/h`.
    pub fn words(&self, cost: f64) -> String {
        number_text::quantity(cost, self.0.as_deref().unwrap_or("of capacity"))
    }
}

#[cfg(test)]
mod tests {
    use super::CostUnit;

    #[test]
    fn a_cost_has_a_unit() {
        let shares = CostUnit::default();
        assert_eq!(shares.words(0.958), "0.958 of capacity");
        assert_eq!(shares.heading(), "cost, share of capacity");
        let euros = CostUnit(Some("EUR/h".to_owned()));
        assert_eq!(euros.words(12.5), "12.5 EUR/h");
        assert_eq!(euros.column(), "cost (EUR/h)");
    }
}
