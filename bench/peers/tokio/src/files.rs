// SPDX-License-Identifier: MIT
//! Reads of 4 KiB at random places of BENCH_FILE, by `tokio::fs` or by `spawn_blocking` with
//! `pread()`, and its lines: CPU time of this process.

use crate::measure::{cpu_ns, Outcome, Random};
use std::io::SeekFrom;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncSeekExt, BufReader};

const BLOCK: u64 = 4096;

fn path() -> String {
    std::env::var("BENCH_FILE").expect("BENCH_FILE")
}

fn blocks() -> u64 {
    std::fs::metadata(path()).unwrap().len() / BLOCK
}

fn outcome(n: u64, begin: u64) -> Outcome {
    Outcome { n, ns: (cpu_ns() - begin) as f64, rss_kb: None, extras: Vec::new() }
}

async fn by_fs(n: u64, at_once: u64) -> Outcome {
    let blocks = blocks();
    let begin = cpu_ns();
    let mut tasks = Vec::new();
    for i in 0..at_once {
        tasks.push(tokio::spawn(async move {
            let mut file = tokio::fs::File::open(path()).await.unwrap();
            let mut random = Random::of(i + 1);
            let mut block = [0; BLOCK as usize];
            for _ in 0..n / at_once {
                let place = random.between(0, blocks - 1) * BLOCK;
                file.seek(SeekFrom::Start(place)).await.unwrap();
                file.read_exact(&mut block).await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    outcome(n / at_once * at_once, begin)
}

async fn by_blocking(n: u64, at_once: u64) -> Outcome {
    let blocks = blocks();
    let file = Arc::new(std::fs::File::open(path()).unwrap());
    let begin = cpu_ns();
    let mut tasks = Vec::new();
    for i in 0..at_once {
        let file = file.clone();
        tasks.push(tokio::spawn(async move {
            let mut random = Random::of(i + 1);
            let mut block = Box::new([0; BLOCK as usize]);
            for _ in 0..n / at_once {
                let place = random.between(0, blocks - 1) * BLOCK;
                let file = file.clone();
                let read = move || {
                    file.read_exact_at(&mut block[..], place).unwrap();
                    block
                };
                block = tokio::task::spawn_blocking(read).await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    outcome(n / at_once * at_once, begin)
}

pub async fn fs_1(n: u64) -> Outcome {
    by_fs(n, 1).await
}

pub async fn fs_64(n: u64) -> Outcome {
    by_fs(n, 64).await
}

pub async fn blocking_1(n: u64) -> Outcome {
    by_blocking(n, 1).await
}

pub async fn blocking_64(n: u64) -> Outcome {
    by_blocking(n, 64).await
}

pub async fn lines(n: u64) -> Outcome {
    let file = tokio::fs::File::open(path()).await.unwrap();
    let begin = cpu_ns();
    let mut lines = BufReader::with_capacity(32 << 10, file).lines();
    for _ in 0..n {
        drop(lines.next_line().await.unwrap().unwrap());
    }
    outcome(n, begin)
}
