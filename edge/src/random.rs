//! Randomness for ids and traces without a system call each time. As unpredictable as its source: the operating system's
//! bytes are fetched by the kilobyte and given out once.

use std::cell::RefCell;

use banyan_kernel::{OsRandom, Random};

const STOCK: usize = 1024;

thread_local! {
    static BUFFER: RefCell<Buffer> = const { RefCell::new(Buffer { bytes: [0; STOCK], used: STOCK }) };
}

struct Buffer {
    bytes: [u8; STOCK],
    used: usize,
}

/// The operating system's randomness, bought in bulk by each thread.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct BufferedRandom;

impl Random for BufferedRandom {
    fn fill(&self, wanted: &mut [u8]) {
        if wanted.len() > STOCK {
            return OsRandom.fill(wanted);
        }
        BUFFER.with_borrow_mut(|buffer| {
            if buffer.used + wanted.len() > STOCK {
                OsRandom.fill(&mut buffer.bytes);
                buffer.used = 0;
            }
            let given = &mut buffer.bytes[buffer.used..buffer.used + wanted.len()];
            wanted.copy_from_slice(given);
            given.fill(0);
            buffer.used += wanted.len();
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn nothing_is_given_out_twice() {
        let mut seen = HashSet::new();
        for _ in 0..1_000 {
            let mut bytes = [0; 16];
            BufferedRandom.fill(&mut bytes);
            assert!(seen.insert(bytes));
        }
        let mut long = vec![0; 3_000];
        BufferedRandom.fill(&mut long);
        assert!(long.iter().any(|byte| *byte != 0));
    }
}
