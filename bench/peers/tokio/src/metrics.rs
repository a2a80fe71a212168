// SPDX-License-Identifier: MIT
//! Counting and recording by the crate `prometheus`.

use crate::measure::Outcome;
use prometheus::{Histogram, HistogramOpts, IntCounter};
use std::time::Instant;

pub async fn counter_add(n: u64) -> Outcome {
    let counter = IntCounter::new("requests", "Requests.").unwrap();
    let start = Instant::now();
    for _ in 0..n {
        counter.inc();
    }
    let out = Outcome::wall(n, start);
    assert_eq!(counter.get(), n);
    out
}

fn duration(i: u64) -> f64 {
    0.001 * (1 + i % 9) as f64 * (1u64 << (i % 10)) as f64
}

pub async fn hist_record(n: u64) -> Outcome {
    let buckets = vec![0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
    let opts = HistogramOpts::new("duration", "Durations.").buckets(buckets);
    let histogram = Histogram::with_opts(opts).unwrap();
    let start = Instant::now();
    for i in 0..n {
        histogram.observe(duration(i));
    }
    let out = Outcome::wall(n, start);
    assert_eq!(histogram.get_sample_count(), n);
    out
}
