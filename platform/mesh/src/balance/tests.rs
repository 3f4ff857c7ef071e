use std::collections::HashMap;
use std::time::Duration;

use banyan_kernel::{Clock, TestClock, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::Shared;
use crate::call::key_of;
use crate::health::breaker::Pass;
use crate::instance::{Outcome, Running, Transport};
use crate::place::Endpoint;
use crate::remote::Target;
use crate::service::ServiceHandle;
use crate::upstream::{Ejection, SlowStart};

const ALL: [Balance; 7] = [
    Balance::RoundRobin,
    Balance::Weighted,
    Balance::LeastConnections,
    Balance::PeakEwma,
    Balance::CONSISTENT_HASH,
    Balance::Sticky,
    Balance::Scored,
];

/// Instances, rules and a clock, without a socket.
struct Bench {
    set: Set,
    upstream: Upstream,
    here: Place,
    dice: Dice,
    clock: TestClock,
    service: ServiceHandle,
}

impl Bench {
    fn new(balance: Balance, weights: &[u32]) -> Self {
        Self::of(balance, weights.iter().enumerate().map(|(at, weight)| (format!("10.0.0.{at}:80"), *weight)))
    }

    fn of(balance: Balance, members: impl IntoIterator<Item = (String, u32)>) -> Self {
        let clock = TestClock::at(Timestamp::from_seconds(100_000));
        let upstream = Upstream { balance, ..Upstream::default() };
        let instances = members.into_iter().map(|(name, weight)| {
            let endpoint = Endpoint::new(format!("http://{name}").parse().unwrap());
            let target = Target::new(&endpoint, None, &upstream);
            Arc::new(Instance::new(&name, Transport::Remote(Box::new(target)), Place::default(), weight))
        });
        let set = Set::new(instances.collect());
        let shared =
            Shared { clock: Arc::new(clock.clone()), here: Place::default(), seed: 7, observer: parking_lot::RwLock::new(None) };
        let service = ServiceHandle::new("bench".into(), Arc::new(shared));
        Self { set, upstream, here: Place::default(), dice: Dice::new(7), clock, service }
    }

    fn choose(&self, key: Option<u64>) -> Arc<Instance> {
        self.try_choose(key, &[]).unwrap()
    }

    fn try_choose(&self, key: Option<u64>, tried: &[u64]) -> Result<Arc<Instance>, Nobody> {
        let (upstream, here, dice, now) = (&self.upstream, &self.here, &self.dice, self.clock.now());
        self.set
            .choose(&Question { upstream, here, dice, now, key, tried, reach: Reach::Everywhere, care: Care::Answering })
            .cloned()
    }

    fn begin(&self, instance: &Arc<Instance>) -> Running {
        Running::begin(&self.service.0, instance, Pass::Ordinary, self.clock.now())
    }

    /// `calls` calls, of which `width` at most run at the same time and each takes what `latency` says, in microseconds.
    fn run(&self, calls: u64, width: usize, mut latency: impl FnMut(&Instance, u64) -> i64) -> HashMap<String, u64> {
        let mut counts: HashMap<String, u64> = HashMap::new();
        let mut running: Vec<(i64, Running)> = Vec::new();
        for number in 0..calls {
            if running.len() >= width {
                let at = (0..running.len()).min_by_key(|at| running[*at].0).unwrap();
                let (ends, mut call) = running.swap_remove(at);
                self.clock.set(Timestamp::from_micros(ends.max(self.clock.now().micros())));
                call.end(&self.upstream, Outcome::Answered);
            }
            let instance = self.choose(Some(key_of(&number.to_le_bytes())));
            *counts.entry(instance.id.to_string()).or_default() += 1;
            let ends = self.clock.now().micros() + latency(&instance, number);
            running.push((ends, self.begin(&instance)));
        }
        counts
    }
}

/// How far the extremes are apart, as a part of the mean.
fn spread(counts: &HashMap<String, u64>, instances: usize) -> f64 {
    assert_eq!(counts.len(), instances, "{counts:?}");
    let (least, most) = (counts.values().min().unwrap(), counts.values().max().unwrap());
    let mean = counts.values().sum::<u64>() as f64 / instances as f64;
    (*most as f64 - *least as f64) / mean
}

fn noise(number: u64) -> i64 {
    (crate::call::mix(number) % 400) as i64
}

#[test]
fn equal_instances_get_equal_traffic_one_call_at_a_time() {
    for balance in ALL {
        for instances in [2, 3, 5] {
            let bench = Bench::new(balance, &vec![1; instances]);
            let counts = bench.run(60_000, 1, |_, number| 1_000 + noise(number));
            let spread = spread(&counts, instances);
            assert!(spread < 0.05, "{}: {spread} over {instances}: {counts:?}", balance.name());
        }
    }
}

#[test]
fn equal_instances_get_equal_traffic_with_many_calls_in_flight() {
    for balance in ALL {
        for instances in [2, 3, 5] {
            let bench = Bench::new(balance, &vec![1; instances]);
            let counts = bench.run(60_000, 64, |_, number| 1_000 + noise(number));
            let spread = spread(&counts, instances);
            assert!(spread < 0.05, "{}: {spread} over {instances}: {counts:?}", balance.name());
        }
    }
}

#[test]
fn peak_ewma_turns_away_from_the_slow_one_and_comes_back() {
    let bench = Bench::new(Balance::PeakEwma, &[1, 1, 1]);
    let slow = bench.run(20_000, 16, |instance, number| {
        let factor = if instance.id.as_str().starts_with("10.0.0.0") { 20 } else { 1 };
        factor * 1_000 + noise(number)
    });
    let share = slow["10.0.0.0:80"] as f64 / 20_000.0;
    assert!(share < 0.1, "{share}");
    bench.clock.advance_seconds(60);
    let healed = bench.run(60_000, 16, |_, number| 1_000 + noise(number));
    assert!(spread(&healed, 3) < 0.1, "{healed:?}");
}

#[test]
fn a_newcomer_without_a_latency_gets_one_call_until_it_has_told_something() {
    let bench = Bench::new(Balance::PeakEwma, &[1, 1]);
    let known = bench.set.instances[0].clone();
    let mut call = bench.begin(&known);
    bench.clock.set(Timestamp::from_micros(bench.clock.now().micros() + 50_000));
    call.end(&bench.upstream, Outcome::Answered);
    drop(call);
    let calls: Vec<_> = (0..20).map(|_| bench.choose(None)).map(|instance| bench.begin(&instance)).collect();
    let new = calls.iter().filter(|call| call.instance().id != known.id).count();
    assert_eq!(new, 1, "it must not be flooded");
}

#[test]
fn ramps_give_what_they_say() {
    for balance in [Balance::RoundRobin, Balance::Weighted] {
        let mut bench = Bench::new(balance, &[1, 1]);
        bench.upstream.slow_start = SlowStart { window: Duration::from_secs(100), least: 0.1 };
        bench.set.instances[1].passive.begin_slowly(bench.clock.now());
        for (second, part) in [(0, 0.1), (50, 0.55), (100, 1.0)] {
            bench.clock.set(Timestamp::from_seconds(100_000 + second));
            let new = (0..10_000).filter(|_| bench.choose(None).id == bench.set.instances[1].id).count();
            let expected = part / (1.0 + part);
            assert!((new as f64 / 10_000.0 - expected).abs() < 0.01, "{second} s: {new}, not {expected}");
        }
    }
}

#[test]
fn nobody_well_and_nobody_with_room_are_told_apart() {
    for balance in ALL {
        let mut bench = Bench::new(balance, &[1, 1]);
        bench.upstream.concurrency.instance = 1;
        let calls: Vec<_> = (0..2).map(|_| bench.begin(&bench.choose(Some(1)))).collect();
        assert_ne!(calls[0].instance().id, calls[1].instance().id, "{}", balance.name());
        assert_eq!(bench.try_choose(Some(1), &[]).unwrap_err(), Nobody::WithRoom);
        drop(calls);
        bench.set.instances.iter().for_each(|instance| instance.stop());
        assert_eq!(bench.try_choose(Some(1), &[]).unwrap_err(), Nobody::Well, "{}", balance.name());
    }
}

#[test]
fn who_has_failed_is_not_tried_again_unless_there_is_nobody_else() {
    for balance in ALL {
        let bench = Bench::new(balance, &[1, 1, 1]);
        let keys: Vec<_> = bench.set.instances.iter().map(|instance| instance.id.key()).collect();
        for _ in 0..100 {
            assert_eq!(bench.try_choose(Some(5), &keys[..2]).unwrap().id.key(), keys[2], "{}", balance.name());
        }
        assert!(bench.try_choose(Some(5), &keys).is_ok());
    }
}

#[test]
fn a_sticky_key_falls_to_another_and_comes_back() {
    let bench = Bench::new(Balance::Sticky, &[1, 1, 1]);
    let key = key_of(b"session 7");
    let home = bench.choose(Some(key));
    let busy: Vec<_> = (0..500).map(|_| bench.begin(&home)).collect();
    assert_eq!(bench.choose(Some(key)).id, home.id, "however busy");
    drop(busy);
    home.passive.eject(&bench.upstream.ejection, bench.clock.now());
    let other = bench.choose(Some(key));
    assert_ne!(other.id, home.id);
    assert_eq!(bench.choose(Some(key)).id, other.id, "always the same other one");
    bench.clock.advance_seconds(31);
    assert_eq!(bench.choose(Some(key)).id, home.id);
    assert_eq!(bench.choose(Some(other.id.key())).id, other.id, "an instance's own key names it");
}

#[test]
fn a_hot_key_spills_over() {
    let bench = Bench::new(Balance::CONSISTENT_HASH, &[1, 1, 1, 1]);
    let calls: Vec<_> = (0..400).map(|_| bench.begin(&bench.choose(Some(42)))).collect();
    let most = bench.set.instances.iter().map(|instance| instance.in_flight()).max().unwrap();
    assert!(most <= 127, "{most} of 400 at one of four; 1.25 × 100 is the bound");
    drop(calls);
}

/// The ledger's sentence, read once more: "100 base; unhealthy → 0; −20 × load (0–1); −0.5 per ms of latency above 100 ms; +10 same region; +15
/// same data centre; floor 0".
fn read_again(healthy: bool, load: f64, latency: f64, region: bool, data_centre: bool) -> f64 {
    if !healthy {
        return 0.0;
    }
    let mut points = 100.0;
    points -= load * 20.0;
    if latency > 100.0 {
        points -= (latency - 100.0) / 2.0;
    }
    points += [0.0, 10.0][usize::from(region)];
    points += [0.0, 15.0][usize::from(data_centre)];
    if points < 0.0 { 0.0 } else { points }
}

#[test]
fn the_score_has_known_values() {
    let of = |healthy, load, latency_ms, same_region, same_data_centre| {
        score(&Standing { healthy, load, latency_ms, same_region, same_data_centre })
    };
    assert_eq!(of(true, 0.0, 0.0, false, false), 100.0);
    assert_eq!(of(true, 1.0, 100.0, false, false), 80.0);
    assert_eq!(of(true, 0.5, 120.0, true, true), 105.0);
    assert_eq!(of(true, 0.0, 1_000.0, true, true), 0.0);
    assert_eq!(of(false, 0.0, 0.0, true, true), 0.0);
}

#[test]
fn the_best_score_gets_the_calls_and_who_ties_shares_them() {
    let bench = Bench::new(Balance::Scored, &[1, 1, 1]);
    bench.set.instances[2].report_load(Some(0.5));
    let counts = bench.run(1_000, 1, |_, _| 1_000);
    assert_eq!((counts["10.0.0.0:80"], counts["10.0.0.1:80"], counts.get("10.0.0.2:80")), (500, 500, None));
}

#[test]
fn never_more_than_half_are_ejected() {
    let mesh = crate::Mesh::new(Arc::new(TestClock::at(Timestamp::from_seconds(100_000))), Place::default());
    for (hosts, most) in [(1, 0), (2, 1), (3, 1), (4, 2), (5, 2)] {
        let endpoints = (0..hosts).map(|at| Endpoint::new(format!("http://10.0.0.{at}:80").parse().unwrap()));
        let upstream = Upstream { discovery: crate::Discovery::Static(endpoints.collect()), ..Upstream::default() };
        let service = mesh.declare("hosts", upstream.clone()).unwrap();
        for instance in service.0.instances() {
            for _ in 0..10 {
                let mut call = Running::begin(&service.0, &instance, Pass::Ordinary, service.0.now());
                call.end(&Upstream { breaker: crate::Breaker::never(), ..upstream.clone() }, Outcome::NoAnswer);
            }
        }
        let out = service.report().instances.iter().filter(|one| one.ejected_for_ms.is_some()).count();
        assert_eq!(out, most, "of {hosts}");
        mesh.retire("hosts");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn weights_are_kept_exactly_and_in_between(weights in prop::collection::vec(1_u32..20, 2..6)) {
        let bench = Bench::new(Balance::Weighted, &weights);
        let total: u32 = weights.iter().sum();
        let mut counts = vec![0_u32; weights.len()];
        for round in 1..=3_u32 {
            for _ in 0..total {
                let chosen = bench.choose(None).id.clone();
                counts[bench.set.instances.iter().position(|one| one.id == chosen).unwrap()] += 1;
            }
            let expected: Vec<_> = weights.iter().map(|weight| weight * round).collect();
            prop_assert_eq!(&counts, &expected);
        }
    }

    #[test]
    fn weights_are_kept_by_all_that_have_them(weights in prop::collection::vec(1_u32..6, 2..5)) {
        let total = f64::from(weights.iter().sum::<u32>());
        for balance in [Balance::LeastConnections, Balance::CONSISTENT_HASH, Balance::Sticky] {
            let bench = Bench::new(balance, &weights);
            let counts = bench.run(20_000, 1, |_, _| 1_000);
            for (at, weight) in weights.iter().enumerate() {
                let share = counts[&format!("10.0.0.{at}:80")] as f64 / 20_000.0;
                let expected = f64::from(*weight) / total;
                // Hashing is random: four standard deviations of 20,000 draws are below 0.015.
                prop_assert!((share - expected).abs() < 0.015, "{}: {share}, not {expected}", balance.name());
            }
        }
    }

    /// The keys of the one that leaves move, and no others; that is 1/n on the average, and with 20,000 keys less than 1/n + 0.02.
    #[test]
    fn a_key_moves_only_if_its_instance_goes_or_a_new_one_wins_it(instances in 2_usize..12, gone in 0_usize..12) {
        let gone = gone % instances;
        for balance in [Balance::CONSISTENT_HASH, Balance::Sticky] {
            let names = |without: Option<usize>| {
                (0..instances).filter(move |at| Some(*at) != without).map(|at| (format!("10.0.0.{at}:80"), 1)).collect::<Vec<_>>()
            };
            let (whole, less) = (Bench::of(balance, names(None)), Bench::of(balance, names(Some(gone))));
            let keys = 20_000_u64;
            let mut moved = 0;
            for key in 0..keys {
                let (with, without) = (whole.choose(Some(key)).id.clone(), less.choose(Some(key)).id.clone());
                if with != without {
                    prop_assert_eq!(with.as_str(), format!("10.0.0.{gone}:80"));
                    moved += 1;
                }
            }
            prop_assert!(moved as f64 / keys as f64 <= 1.0 / instances as f64 + 0.02, "{moved} of {keys} among {instances}");
        }
    }

    #[test]
    fn the_score_is_the_ledgers(healthy: bool, load in 0.0_f64..=1.0, latency_ms in 0.0_f64..1_000.0, region: bool, centre: bool) {
        let ours = score(&Standing { healthy, load, latency_ms, same_region: region, same_data_centre: centre });
        prop_assert!((ours - read_again(healthy, load, latency_ms, region, centre)).abs() < 1e-9);
    }

    #[test]
    fn nobody_unwell_is_ever_chosen(unwell in prop::collection::vec(any::<bool>(), 2..8), key: u64) {
        for balance in ALL {
            let bench = Bench::new(balance, &vec![1; unwell.len()]);
            for (instance, unwell) in bench.set.instances.iter().zip(&unwell) {
                if *unwell {
                    instance.passive.eject(&Ejection::default(), bench.clock.now());
                }
            }
            match bench.try_choose(Some(key), &[]) {
                Ok(chosen) => prop_assert!(chosen.is_well(&bench.upstream, bench.clock.now())),
                Err(nobody) => prop_assert!(unwell.iter().all(|unwell| *unwell) && nobody == Nobody::Well),
            }
        }
    }
}
