use super::*;
use proptest::prelude::*;

const START: i64 = 1_700_000_000_000_000;

fn key(scope: Scope) -> CellKey {
    CellKey { class: "api".into(), tenant: Uuid::nil(), scope }
}

fn user(number: u128) -> CellKey {
    key(Scope::User(Uuid::from_u128(number)))
}

fn address(number: u32) -> CellKey {
    key(Scope::of_address(Ipv4Addr::from_bits(number).into()))
}

fn admitted(cells: &Cells, key: &CellKey, quota: Quota, now: i64) -> bool {
    cells.take(key, quota, now).verdict == Verdict::Admitted
}

/// The other form of the algorithm in ITU-T I.371: a bucket that leaks a microsecond each microsecond.
#[derive(Default)]
struct LeakyBucket {
    level: i128,
    filled_at: i128,
}

impl LeakyBucket {
    fn admits(&mut self, quota: Quota, now: i64) -> bool {
        let level = (self.level - (i128::from(now) - self.filled_at)).max(0);
        let after = level + i128::from(quota.interval());
        if after > i128::from(quota.window()) {
            return false;
        }
        (self.level, self.filled_at) = (after, now.into());
        true
    }
}

proptest! {
    #[test]
    fn a_cell_admits_just_what_the_leaky_bucket_admits(
        requests in 1_u32..50,
        window in 1_u32..1_000,
        gaps in prop::collection::vec(prop_oneof![Just(0_i64), 0_i64..2_000_000, 0_i64..2_000_000_000], 1..300),
    ) {
        let quota = Quota::new(requests, window).unwrap();
        let (cells, mut model, mut now) = (Cells::new(100), LeakyBucket::default(), START);
        for gap in gaps {
            now += gap;
            let left = quota.left(cells.peek(&user(1)), now);
            let expected = model.admits(quota, now);
            prop_assert_eq!(left > 0, expected, "what is said to be left must be there");
            prop_assert_eq!(admitted(&cells, &user(1), quota, now), expected);
        }
    }

    #[test]
    fn a_quota_is_never_passed_in_any_window(requests in 1_u32..40, gaps in prop::collection::vec(0_i64..400_000, 1..400)) {
        let quota = Quota::new(requests, 10).unwrap();
        let (cells, mut now, mut passed) = (Cells::new(100), START, Vec::new());
        for gap in gaps {
            now += gap;
            if admitted(&cells, &user(1), quota, now) {
                passed.push(now);
            }
        }
        for (place, begin) in passed.iter().enumerate() {
            let inside = passed[place..].iter().take_while(|at| **at < begin + quota.window()).count();
            // A whole bucket, and what has leaked meanwhile.
            prop_assert!(inside <= 2 * requests as usize);
        }
    }
}

#[test]
fn many_workers_at_once_are_counted_exactly() {
    let cells = Cells::new(1_000);
    let quota = Quota::new(500, 3_600).unwrap();
    let passed: usize = std::thread::scope(|threads| {
        let cells = &cells;
        let count = move || (0..400).filter(|_| admitted(cells, &user(1), quota, START)).count();
        let threads: Vec<_> = (0..8).map(|_| threads.spawn(count)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(passed, 500);
}

#[test]
fn what_is_given_back_may_be_taken_again_whoever_counts_meanwhile() {
    let cells = Cells::new(1_000);
    let quota = Quota::new(100, 3_600).unwrap();
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                for _ in 0..1_000 {
                    if admitted(&cells, &user(1), quota, START) {
                        cells.give_back(&user(1), quota, START);
                    }
                }
            });
        }
    });
    assert_eq!((0..200).filter(|_| admitted(&cells, &user(1), quota, START)).count(), 100);
}

#[test]
fn a_flood_of_addresses_frees_nobody_and_holds_nobody_else_up() {
    let cells = Cells::new(6_400);
    let quota = Quota::new(2, 60).unwrap();
    let (early, person) = (address(0x0909_0909), user(1));
    for _ in 0..2 {
        assert!(admitted(&cells, &early, quota, START) && admitted(&cells, &person, quota, START));
    }
    let flood = |now| (0..100_000_u32).filter(|n| admitted(&cells, &address(0x0a00_0000 + n), quota, now)).count();
    let first = flood(START);
    assert!(cells.len() <= 2 * (6_400 + SHARDS), "{}", cells.len());
    // Two networks of 16 bits came: each has cells of its own for some, and one for the rest of the crowd.
    assert!(first <= 6_400 + SHARDS + 2 * 2 * CROWD_FACTOR as usize, "{first}");
    assert!(!admitted(&cells, &early, quota, START) && !admitted(&cells, &person, quota, START), "the flood washed a count away");
    assert!(admitted(&cells, &user(2), quota, START), "people have a table of their own");
    // One of them may share a crowd's cell by chance, not all.
    let others = (0..8_u32).filter(|n| admitted(&cells, &address(0x0b00_0001 + (n << 16)), quota, START)).count();
    assert!(others > 0, "another network is not of the crowd");
    assert!(flood(START) < first, "the crowd has had its share");
}

#[test]
fn cells_of_the_past_make_room() {
    let cells = Cells::new(SHARDS);
    let quota = Quota::new(1, 10).unwrap();
    for round in 0..20 {
        let now = START + round * 11_000_000;
        let new = (0..500_u32).filter(|n| admitted(&cells, &address((round as u32) << 20 | n << 4), quota, now)).count();
        assert!(new > 40, "round {round} let {new} in");
        assert!(cells.len() <= 2 * SHARDS);
    }
}

#[test]
fn neighbours_in_a_64_are_one() {
    let of = |text: &str| Scope::of_address(text.parse().unwrap());
    assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:2"));
    assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
    assert_eq!(of("::ffff:9.9.9.9"), of("9.9.9.9"));
}
