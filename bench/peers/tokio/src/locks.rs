// SPDX-License-Identifier: MIT
//! The async mutex, the read-write lock and the semaphore.

use crate::measure::{Outcome, Random};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{Barrier, Mutex, RwLock, Semaphore};
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

/// A lock of a key that nobody else wants: a map of counted locks behind a mutex.
pub async fn keyed_mutex(n: u64) -> Outcome {
    let keys: Vec<String> = (0..1000).map(|i| format!("user/{i:011}")).collect();
    let locks = std::sync::Mutex::new(HashMap::<String, Arc<Mutex<()>>>::new());
    let mut random = Random::new();
    let start = Instant::now();
    for _ in 0..n {
        let key = &keys[random.between(0, 999) as usize];
        let lock = locks.lock().unwrap().entry(key.clone()).or_default().clone();
        drop(lock.lock().await);
        let mut map = locks.lock().unwrap();
        if Arc::strong_count(&lock) == 2 {
            map.remove(key);
        }
    }
    Outcome::wall(n, start)
}

/// Ten tasks meet again and again.
pub async fn barrier_10(n: u64) -> Outcome {
    const MEMBERS: u64 = 10;
    let each = (n / MEMBERS).max(1);
    let barrier = Arc::new(Barrier::new(MEMBERS as usize));
    let start = Instant::now();
    let handles: Vec<_> = (0..MEMBERS)
        .map(|_| {
            let barrier = barrier.clone();
            tokio::spawn(async move {
                for _ in 0..each {
                    barrier.wait().await;
                }
            })
        })
        .collect();
    for handle in handles {
        handle.await.unwrap();
    }
    Outcome::wall(each * MEMBERS, start)
}
