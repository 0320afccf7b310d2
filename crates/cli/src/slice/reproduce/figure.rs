//! The figures that `slicewise reproduce microopt` can add to its tables.

use slicewise_core::InputError;

/// A figure or table of the paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Table I with all methods.
    Table1,
    /// Cost and degradation by the thresholds.
    Fig6,
    /// Traffic that varies.
    Fig7And8,
    /// QoS as a distribution, as its mean, and as its mean less two deviations.
    Fig9,
    /// Convergence.
    Fig10,
    /// Promises beside measurements.
    Fig11,
    /// The delay case.
    Fig12,
}

impl Figure {
    const ALL: [Self; 7] = [
        Self::Table1,
        Self::Fig6,
        Self::Fig7And8,
        Self::Fig9,
        Self::Fig10,
        Self::Fig11,
        Self::Fig12,
    ];

    /// Its name on the command line and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Table1 => "table1",
            Self::Fig6 => "fig6",
            Self::Fig7And8 => "fig7_8",
            Self::Fig9 => "fig9",
            Self::Fig10 => "fig10",
            Self::Fig11 => "fig11",
            Self::Fig12 => "fig12",
        }
    }

    /// The figure of that name.
    ///
    /// # Errors
    /// Names what is allowed.
    pub fn of_name(name: &str) -> Result<Self, InputError> {
        let found = Self::ALL.into_iter().find(|figure| figure.name() == name);
        found.ok_or_else(|| InputError::new("figures", name, Self::ALL.map(Self::name).join(", ")))
    }
}
