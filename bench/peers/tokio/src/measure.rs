// SPDX-License-Identifier: MIT
//! What a bench answers, and where its numbers come from.

use std::sync::atomic::AtomicUsize;

/// Worker threads of this run; written once, before the runtime starts.
pub static WORKERS: AtomicUsize = AtomicUsize::new(1);

/// Result of one run of a bench body.
pub struct Outcome {
    /// Operations done: at most the wanted number, where it comes in batches.
    pub n: u64,
    /// Time of all of them in nanoseconds: wall time, or CPU time for `timer_fire`.
    pub ns: f64,
    /// Growth of memory while everything was alive; None reports the peak of the process.
    pub rss_kb: Option<u64>,
    pub extras: Vec<(&'static str, f64)>,
}

impl Outcome {
    pub fn wall(n: u64, since: std::time::Instant) -> Self {
        let ns = since.elapsed().as_nanos() as f64;
        Outcome { n, ns, rss_kb: None, extras: Vec::new() }
    }
}

/// CPU time of the whole process, all threads, in nanoseconds.
pub fn cpu_ns() -> u64 {
    let mut ts = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: ts is valid for the write, and the clock exists on every Linux.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut ts) };
    ts.tv_sec as u64 * 1_000_000_000 + ts.tv_nsec as u64
}

/// Resident memory of this moment.
pub fn rss_kb() -> u64 {
    status_kb("VmRSS:")
}

/// Highest resident memory so far.
pub fn peak_rss_kb() -> u64 {
    status_kb("VmHWM:")
}

fn status_kb(key: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|l| l.starts_with(key));
    line.and_then(|l| l.split_whitespace().nth(1)).and_then(|v| v.parse().ok()).unwrap_or(0)
}

/// The same sequence of pseudo-random numbers in every peer (xorshift64).
pub struct Random(u64);

impl Random {
    pub fn new() -> Self {
        Random(0x9e37_79b9_7f4a_7c15)
    }

    /// The sequence of one of several tasks, counted from 1.
    pub fn of(task: u64) -> Self {
        Random(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(task))
    }

    /// A number in `low..=high`.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        low + self.0 % (high - low + 1)
    }
}
