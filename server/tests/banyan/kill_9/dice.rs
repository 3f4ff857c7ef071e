//! Chance, from one number that a failure names.

use banyan_kernel::{OsRandom, Random as _};

/// SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    /// A seed that no run had before.
    pub(super) fn new_seed() -> u64 {
        let mut bytes = [0; 8];
        OsRandom.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    pub(super) fn of(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Other dice, for somebody else.
    pub(super) fn another(&mut self) -> Self {
        Self(self.next())
    }
}
