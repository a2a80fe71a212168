// SPDX-License-Identifier: MIT
//! The async mutex, the read-write lock and the semaphore.

use crate::measure::Outcome;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{Mutex, RwLock, Semaphore};
use tokio::task::yield_now;

const TASKS: u64 = 1000;

pub async fn mutex_uncontended(n: u64) -> Outcome {
    let mutex = Mutex::new(0u64);
    let start = Instant::now();
    for _ in 0..n {
        *mutex.lock().await += 1;
    }
    let out = Outcome::wall(n, start);
    assert_eq!(*mutex.lock().await, n);
    out
}

pub async fn rwlock_uncontended(n: u64) -> Outcome {
    let rwlock = RwLock::new(1u64);
    let mut sum = 0u64;
    let start = Instant::now();
    for _ in 0..n {
        sum += *rwlock.read().await;
    }
    let out = Outcome::wall(n, start);
    assert_eq!(sum, n);
    out
}

pub async fn mutex_1000(n: u64) -> Outcome {
    let each = (n / TASKS).max(1);
    let mutex = Arc::new(Mutex::new(0u64));
    let start = Instant::now();
    let handles: Vec<_> = (0..TASKS)
        .map(|_| {
            let mutex = mutex.clone();
            tokio::spawn(async move {
                for _ in 0..each {
                    let mut value = mutex.lock().await;
                    yield_now().await;
                    *value += 1;
                }
            })
        })
        .collect();
    for handle in handles {
        handle.await.unwrap();
    }
    let out = Outcome::wall(each * TASKS, start);
    assert_eq!(*mutex.lock().await, each * TASKS);
    out
}

pub async fn sem_1000(n: u64) -> Outcome {
    let each = (n / TASKS).max(1);
    let sem = Arc::new(Semaphore::new(10));
    let start = Instant::now();
    let handles: Vec<_> = (0..TASKS)
        .map(|_| {
            let sem = sem.clone();
            tokio::spawn(async move {
                for _ in 0..each {
                    let _permit = sem.acquire().await.unwrap();
                    yield_now().await;
                }
            })
        })
        .collect();
    for handle in handles {
        handle.await.unwrap();
    }
    Outcome::wall(each * TASKS, start)
}
