//! How parameters follow their gradients.

/// Adam (Kingma and Ba 2015).
#[derive(Clone, Debug)]
pub struct Adam {
    rate: f64,
    first: Vec<f32>,
    second: Vec<f32>,
    steps: i32,
}

impl Adam {
    /// For so many parameters, with the published decays of 0.9 and 0.999.
    pub fn new(parameters: usize, rate: f64) -> Self {
        Self { rate, first: vec![0.0; parameters], second: vec![0.0; parameters], steps: 0 }
    }

    /// Moves `parameters` against `gradient`.
    pub fn step(&mut self, parameters: &mut [f32], gradient: &[f32]) {
        self.steps += 1;
        let unbiased = (1.0 - 0.999f64.powi(self.steps)).sqrt() / (1.0 - 0.9f64.powi(self.steps));
        let rate = (self.rate * unbiased) as f32;
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((parameter, slope), (first, second)) in
            parameters.iter_mut().zip(gradient).zip(moments)
        {
            *first += 0.1 * (slope - *first);
            *second += 0.001 * (slope * slope - *second);
            *parameter -= rate * *first / (second.sqrt() + 1e-8);
        }
    }
}

/// Adadelta (Zeiler 2012), with a decay of 0.9 and 1e-6 under the roots.
#[derive(Clone, Debug)]
pub struct Adadelta {
    squares: Vec<f32>,
    moves: Vec<f32>,
}

impl Adadelta {
    /// For so many parameters.
    pub fn new(parameters: usize) -> Self {
        Self { squares: vec![0.0; parameters], moves: vec![0.0; parameters] }
    }

    /// Moves `parameters` against `gradient`, `rate` times as far as the method says.
    pub fn step(&mut self, parameters: &mut [f32], gradient: &[f32], rate: f64) {
        const SMALL: f32 = 1e-6;
        let rate = rate as f32;
        let memory = self.squares.iter_mut().zip(&mut self.moves);
        for ((parameter, slope), (square, moved)) in parameters.iter_mut().zip(gradient).zip(memory)
        {
            *square += 0.1 * (slope * slope - *square);
            let step = ((*moved + SMALL) / (*square + SMALL)).sqrt() * slope;
            *moved += 0.1 * (step * step - *moved);
            *parameter -= rate * step;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_steps_are_those_of_the_formulas() {
        let mut parameters = [1.0f32, -2.0];
        Adam::new(2, 0.01).step(&mut parameters, &[0.5, -3.0]);
        // The first step of Adam is the rate, against the sign.
        assert!((parameters[0] - 0.99).abs() < 1e-6 && (parameters[1] + 1.99).abs() < 1e-6);
        let mut parameters = [1.0f32];
        Adadelta::new(1).step(&mut parameters, &[0.5], 1.0);
        let step = 0.5 * (1e-6f32 / (0.1 * 0.25 + 1e-6)).sqrt();
        assert!((parameters[0] - (1.0 - step)).abs() < 1e-7);
    }

    #[test]
    fn both_go_down_to_the_bottom_of_a_bowl() {
        let slope = |x: &[f32]| [2.0 * (x[0] - 1.0), 8.0 * (x[1] + 0.5)];
        let (mut adam, mut delta) = ([0f32; 2], [0f32; 2]);
        let (mut by_adam, mut by_delta) = (Adam::new(2, 0.02), Adadelta::new(2));
        for _ in 0..3000 {
            let (a, b) = (slope(&adam), slope(&delta));
            by_adam.step(&mut adam, &a);
            by_delta.step(&mut delta, &b, 1.0);
        }
        for x in [adam, delta] {
            assert!((x[0] - 1.0).abs() < 0.02 && (x[1] + 0.5).abs() < 0.02, "{x:?}");
        }
    }
}
