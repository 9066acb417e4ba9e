//! Money and people as exact integers.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

/// Money in whole pence.
///
/// Guarantee: sums and differences are exact; nothing in the program holds money as a float.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Pence(pub i64);

/// People in millionths of a person.
///
/// A census block cut by a boundary is split by area, so a pair can hold part of a person. Millionths keep every split exact
/// (parts sum to the block) without rounding small parts to nobody, block after block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct People(pub i64);

impl People {
    /// Most people of one source (a table, a layer's field), 72 thousand million: what is read beyond is refused, so that sums of a hundred
    /// sources stay inside 64 bits.
    pub const MOST: Self = Self(i64::MAX / 128);

    /// Millionths in one person.
    pub const UNIT: i64 = 1_000_000;

    /// Whole people.
    pub const fn whole(people: i64) -> Self {
        Self(people.saturating_mul(Self::UNIT))
    }

    /// People as a number for publishing and for shares; exact for whole people up to 2^53 millionths and beyond that to 1 part in 10^16.
    pub fn as_f64(self) -> f64 {
        let (whole, part) = (self.0 / Self::UNIT, self.0 % Self::UNIT);
        whole as f64 + part as f64 / Self::UNIT as f64
    }
}

// What can be read is bounded (`People::MOST` a source, as much a budget), so no sum reaches the end of 64 bits. Should one, it stays there:
// nothing wraps round to a small or a negative number.
macro_rules! exact_arithmetic {
    ($name:ident) => {
        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }
        }
        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }
        }
        impl Neg for $name {
            type Output = Self;
            fn neg(self) -> Self {
                Self(self.0.saturating_neg())
            }
        }
        impl AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                *self = *self + other;
            }
        }
        impl SubAssign for $name {
            fn sub_assign(&mut self, other: Self) {
                *self = *self - other;
            }
        }
        impl Sum for $name {
            fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
                items.fold(Self(0), |total, item| total + item)
            }
        }
    };
}
exact_arithmetic!(Pence);
exact_arithmetic!(People);

/// Splits `amount` in proportion to `weights` by the largest remainder.
///
/// Guarantee: the parts are in the order of `weights` and sum to `amount` exactly. Each part is the exact quotient rounded towards
/// minus infinity, and the units left over go one each to the largest remainders, ties to the earlier weight. A negative amount is
/// split as its absolute value and negated, so splitting is symmetric. Returns `None` when no weight is positive, since then there
/// is no proportion to follow; negative weights are read as 0.
pub fn largest_remainder(amount: i64, weights: &[i128]) -> Option<Vec<i64>> {
    let mut parts = Vec::with_capacity(weights.len());
    Proportions::new(weights)?.split(amount, &mut parts, &mut Vec::new())?;
    Some(parts)
}

/// Weights to split many amounts by, as [`largest_remainder`] splits one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proportions {
    weights: Vec<u64>,
    /// Their sum, above 0 and below 2^63.
    total: u64,
}

impl Proportions {
    /// `None` when no weight is positive; negative weights are read as 0.
    pub fn new(weights: &[i128]) -> Option<Self> {
        let total: i128 = weights.iter().map(|w| (*w).max(0)).try_fold(0i128, i128::checked_add)?;
        if total <= 0 {
            return None;
        }
        // Scale weights down so that amount * weight stays inside 128 bits and the sum inside 63.
        let excess = 65u32.saturating_sub(total.leading_zeros());
        let scaled: Vec<u64> = weights.iter().map(|w| u64::try_from((*w).max(0) >> excess).ok()).collect::<Option<_>>()?;
        let total: u64 = scaled.iter().try_fold(0u64, |sum, weight| sum.checked_add(*weight))?;
        (total > 0).then_some(Self { weights: scaled, total })
    }

    /// Puts the parts of `amount` into `parts`; `remainders` is room to work in, so that millions of amounts are split without asking for
    /// any. `None`, and nothing usable in `parts`, for an amount whose part does not fit 64 bits, which i64::MIN alone can have.
    pub fn split(&self, amount: i64, parts: &mut Vec<i64>, remainders: &mut Vec<(u64, usize)>) -> Option<()> {
        parts.clear();
        remainders.clear();
        let magnitude = amount.unsigned_abs();
        let mut given = 0u64;
        for (index, weight) in self.weights.iter().enumerate() {
            let product = u128::from(magnitude).checked_mul(u128::from(*weight))?;
            let quotient = u64::try_from(product.checked_div(u128::from(self.total))?).ok()?;
            let remainder = u64::try_from(product.checked_rem(u128::from(self.total))?).ok()?;
            given = given.checked_add(quotient)?;
            parts.push(i64::try_from(quotient).ok()?);
            remainders.push((remainder, index));
        }
        let left = usize::try_from(magnitude.checked_sub(given)?).ok()?;
        if left > 0 {
            remainders.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
            for (_, index) in remainders.iter().take(left) {
                if let Some(part) = parts.get_mut(*index) {
                    *part = part.checked_add(1)?;
                }
            }
        }
        if amount < 0 {
            for part in parts {
                *part = part.checked_neg()?;
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_sum_to_the_amount() {
        // 100 over 1:1:1 is 33 1/3 each; the penny left goes to the first of the tied remainders.
        assert_eq!(largest_remainder(100, &[1, 1, 1]), Some(vec![34, 33, 33]));
        assert_eq!(largest_remainder(-100, &[1, 1, 1]), Some(vec![-34, -33, -33]));
        // 1p over 2:3: quotients 0, 0; remainders 2/5 and 3/5.
        assert_eq!(largest_remainder(1, &[2, 3]), Some(vec![0, 1]));
        assert_eq!(largest_remainder(7, &[0, 0]), None);
    }

    #[test]
    fn huge_weights_do_not_overflow() {
        let parts = largest_remainder(i64::MAX, &[1 << 100, 1 << 100]).unwrap_or_default();
        assert_eq!(parts.iter().map(|p| i128::from(*p)).sum::<i128>(), i128::from(i64::MAX));
    }
}
