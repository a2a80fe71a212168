// SPDX-License-Identifier: MIT
//! `peer-tokio <bench> [-t threads] [-n N] [--mt]`: one bench, one line of JSON.
//!
//! `-t 1` is the current-thread runtime (with `--mt` the multi-thread one with one worker), `-t 2`
//! the multi-thread one with two. The body runs inside a spawned task. A bench that does not exist
//! exits 3 and prints nothing; `--list` names all.

mod behind;
mod channels;
mod files;
mod frames;
mod locks;
mod measure;
mod merge;
mod metrics;
mod process;
mod steal;
mod tasks;
mod timers;

use measure::{peak_rss_kb, Outcome, WORKERS};
use std::process::exit;
use std::sync::atomic::Ordering;
use std::{future::Future, pin::Pin};

type Body = fn(u64) -> Pin<Box<dyn Future<Output = Outcome> + Send>>;

struct Bench {
    name: &'static str,
    n: u64,
    /// Whether a tenth of the operations runs before the clock starts.
    warm: bool,
    body: Body,
}

macro_rules! bench {
    ($name:literal, $n:literal, $warm:literal, $body:path) => {
        Bench { name: $name, n: $n, warm: $warm, body: |n| Box::pin($body(n)) }
    };
}

static BENCHES: &[Bench] = &[
    bench!("spawn_join", 1_000_000, true, tasks::spawn_join),
    bench!("spawn_one", 1_000_000, true, tasks::spawn_one),
    bench!("chained_spawn", 1_000_000, true, tasks::chained_spawn),
    bench!("yield_2", 5_000_000, true, tasks::yield_2),
    bench!("yield_1000", 5_000_000, true, tasks::yield_1000),
    bench!("oneshot_pingpong", 1_000_000, true, channels::oneshot_pingpong),
    bench!("mpsc_pingpong", 1_000_000, true, channels::mpsc_pingpong),
    bench!("mpsc_1p", 2_000_000, true, channels::mpsc_1p),
    bench!("mpsc_8p", 2_000_000, true, channels::mpsc_8p),
    bench!("chan_8c", 2_000_000, true, channels::chan_8c),
    bench!("mpsc_unbounded", 2_000_000, true, channels::mpsc_unbounded),
    bench!("broadcast_100", 5_000_000, true, channels::broadcast_100),
    bench!("frames_64_fed", 5_000_000, true, frames::fed_64),
    bench!("frames_64_sent", 5_000_000, true, frames::sent_64),
    bench!("frames_16k", 200_000, true, frames::fed_16k),
    bench!("lines_80", 5_000_000, true, frames::lines_80),
    bench!("spawn_true", 1000, true, process::spawn_true),
    bench!("file_lines", 3_355_443, true, files::lines),
    bench!("file_cached_1", 20_000, true, files::fs_1),
    bench!("file_cached_64", 20_000, true, files::fs_64),
    bench!("file_device_1", 4_000, false, files::fs_1),
    bench!("file_device_64", 8_000, false, files::fs_64),
    bench!("file_cached_1_blocking", 20_000, true, files::blocking_1),
    bench!("file_cached_64_blocking", 20_000, true, files::blocking_64),
    bench!("file_device_1_blocking", 4_000, false, files::blocking_1),
    bench!("file_device_64_blocking", 8_000, false, files::blocking_64),
    bench!("counter_add", 20_000_000, true, metrics::counter_add),
    bench!("hist_record", 10_000_000, true, metrics::hist_record),
    bench!("mutex_uncontended", 10_000_000, true, locks::mutex_uncontended),
    bench!("rwlock_uncontended", 10_000_000, true, locks::rwlock_uncontended),
    bench!("mutex_1000", 1_000_000, true, locks::mutex_1000),
    bench!("sem_1000", 1_000_000, true, locks::sem_1000),
    bench!("keyed_mutex", 10_000_000, true, locks::keyed_mutex),
    bench!("barrier_10", 5_000_000, true, locks::barrier_10),
    bench!("select_2", 2_000_000, true, channels::select_2),
    bench!("merge_one_2", 2_000_000, true, merge::one_2),
    bench!("merge_one_1000", 2_000_000, true, merge::one_1000),
    bench!("merge_one_map_1000", 20_000, true, merge::one_map_1000),
    bench!("merge_all_2", 2_000_000, true, merge::all_2),
    bench!("merge_all_1000", 2_000_000, true, merge::all_1000),
    bench!("timer_churn", 1_000_000, true, timers::churn),
    bench!("timer_churn_alone", 1_000_000, true, timers::churn_alone),
    bench!("timer_insert_cancel", 1_000_000, false, timers::insert_cancel),
    bench!("timer_fire", 100_000, false, timers::fire),
    bench!("parked_mem", 1_000_000, false, tasks::parked_mem),
    bench!("steal", 100_000, true, steal::steal),
    bench!("long_burn_2", 20, false, behind::burn_2),
    bench!("long_burn_4", 20, false, behind::burn_4),
    bench!("long_block_2", 20, false, behind::block_2),
    bench!("long_child", 20, false, behind::child),
];

struct Args {
    bench: &'static Bench,
    threads: usize,
    n: u64,
    mt: bool,
}

fn usage() -> ! {
    eprintln!("usage: peer-tokio <bench> [-t threads] [-n N] [--mt] | --list");
    exit(2)
}

fn parse() -> Args {
    let (mut name, mut threads, mut n, mut mt) = (None, 1usize, None, false);
    let mut it = std::env::args().skip(1);
    while let Some(arg) = it.next() {
        match arg.as_str() {
            "--list" => {
                BENCHES.iter().for_each(|b| println!("{}", b.name));
                exit(0)
            }
            "--mt" => mt = true,
            "-t" => threads = it.next().and_then(|v| v.parse().ok()).unwrap_or_else(|| usage()),
            "-n" => n = Some(it.next().and_then(|v| v.parse().ok()).unwrap_or_else(|| usage())),
            _ if arg.starts_with('-') || name.is_some() => usage(),
            _ => name = Some(arg),
        }
    }
    let name = name.unwrap_or_else(|| usage());
    let bench = BENCHES.iter().find(|b| b.name == name).unwrap_or_else(|| exit(3));
    let n = n.unwrap_or(bench.n);
    if threads == 0 || n == 0 {
        usage();
    }
    Args { bench, threads, n, mt }
}

fn main() {
    let args = parse();
    WORKERS.store(args.threads, Ordering::Relaxed);
    let rt = if args.threads == 1 && !args.mt {
        tokio::runtime::Builder::new_current_thread().enable_all().build()
    } else {
        let mut multi = tokio::runtime::Builder::new_multi_thread();
        multi.worker_threads(args.threads).enable_all().build()
    }
    .expect("runtime");

    let (body, n, warm) = (args.bench.body, args.n, args.bench.warm);
    let out = rt.block_on(async move {
        let task = tokio::spawn(async move {
            if warm {
                body((n / 10).max(1)).await;
            }
            body(n).await
        });
        task.await.expect("bench task")
    });

    let peer = if args.mt && args.threads == 1 { "tokio-mt" } else { "tokio" };
    let rss_kb = out.rss_kb.unwrap_or_else(peak_rss_kb);
    let mut line = format!(
        "{{\"peer\":\"{}\",\"bench\":\"{}\",\"threads\":{},\"n\":{}",
        peer, args.bench.name, args.threads, out.n
    );
    line += &format!(",\"ns_per_op\":{:.3},\"rss_kb\":{}", out.ns / out.n as f64, rss_kb);
    for (key, value) in &out.extras {
        line += &format!(",\"{}\":{:.3}", key, value);
    }
    println!("{}}}", line);
}
