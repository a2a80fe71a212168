// SPDX-License-Identifier: MIT
//! Tasks beside polls that do not end, after 2,000 short tasks: see bench/cases/behind.c.

use crate::measure::Outcome;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;

const SHORT_TASKS: u64 = 2_000;
const BURN: Duration = Duration::from_millis(200);
const BLOCK: Duration = Duration::from_millis(400);
const NEVER: Duration = Duration::from_millis(200);
const TURNS_TIMED: u64 = 20_000_000;

fn burn_turns(turns: u64) {
    // SAFETY: reads live locals of the same type; the compiler knows nothing of the values.
    let hidden = unsafe { std::ptr::read_volatile(&turns) };
    let mut x = hidden | 1;
    for _ in 0..hidden {
        x = (x ^ (x >> 13)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    let mut out = 0;
    // SAFETY: as above.
    unsafe { std::ptr::write_volatile(&mut out, x) };
}

/// How many turns take as long as `BURN`.
fn calibrated() -> u64 {
    let start = Instant::now();
    burn_turns(TURNS_TIMED);
    (TURNS_TIMED as u128 * BURN.as_nanos() / start.elapsed().as_nanos()) as u64
}

/// Spawns `n` tasks that call `act`, and waits for the last.
async fn run_all(n: u64, act: Arc<dyn Fn() + Send + Sync>) {
    let shared = Arc::new((AtomicU64::new(n), Notify::new()));
    for _ in 0..n {
        let (shared, act) = (shared.clone(), act.clone());
        tokio::spawn(async move {
            act();
            if shared.0.fetch_sub(1, Ordering::AcqRel) == 1 {
                shared.1.notify_one();
            }
        });
    }
    shared.1.notified().await;
}

fn outcome(mut took: Vec<Duration>) -> Outcome {
    took.sort();
    let (n, median) = (took.len() as u64, took[took.len() / 2]);
    let mut out = Outcome::wall(n, Instant::now());
    out.ns = median.as_nanos() as f64 * n as f64;
    out.extras.push(("median_ms", median.as_secs_f64() * 1e3));
    out.extras.push(("worst_ms", took[took.len() - 1].as_secs_f64() * 1e3));
    out
}

async fn rounds(n: u64, tasks_n: u64, act: Arc<dyn Fn() + Send + Sync>) -> Outcome {
    let mut took = Vec::new();
    for _ in 0..n {
        run_all(SHORT_TASKS, Arc::new(|| {})).await;
        let start = Instant::now();
        run_all(tasks_n, act.clone()).await;
        took.push(start.elapsed());
    }
    outcome(took)
}

pub async fn burn_2(n: u64) -> Outcome {
    let turns = calibrated();
    rounds(n, 2, Arc::new(move || burn_turns(turns))).await
}

pub async fn burn_4(n: u64) -> Outcome {
    let turns = calibrated();
    rounds(n, 4, Arc::new(move || burn_turns(turns))).await
}

pub async fn block_2(n: u64) -> Outcome {
    rounds(n, 2, Arc::new(|| std::thread::sleep(BLOCK))).await
}

/// The thread of the parent sleeps in the kernel until the child has begun.
fn block_above_child() -> Duration {
    let begun = Arc::new(AtomicI64::new(-1));
    let start = Instant::now();
    let child = begun.clone();
    tokio::spawn(async move {
        child.store(start.elapsed().as_nanos() as i64, Ordering::Release);
    });
    while begun.load(Ordering::Acquire) < 0 && start.elapsed() < NEVER {
        std::thread::sleep(Duration::from_micros(200));
    }
    match begun.load(Ordering::Acquire) {
        -1 => start.elapsed(),
        ns => Duration::from_nanos(ns as u64),
    }
}

pub async fn child(n: u64) -> Outcome {
    let mut took = Vec::new();
    for _ in 0..n {
        run_all(SHORT_TASKS, Arc::new(|| {})).await;
        let begun = tokio::spawn(async { block_above_child() }).await;
        took.push(begun.unwrap_or(NEVER));
    }
    outcome(took)
}
