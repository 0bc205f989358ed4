//! What stops a batch that runs detached from Python: a deadline, Ctrl-C, another thread's failure.

use std::{
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, ThreadId},
    time::{Duration, Instant},
};

use pyo3::prelude::*;

use crate::errors::Failure;

/// Python's signal handlers run this often at most: they need the GIL.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(50);

/// Python's main thread, where the module was imported in it.
static MAIN_THREAD: OnceLock<ThreadId> = OnceLock::new();

/// To be called at import.
pub fn remember_main_thread(python: Python<'_>) -> PyResult<()> {
    let threading = python.import("threading")?;
    let current = threading.call_method0("current_thread")?;
    if current.is(&threading.call_method0("main_thread")?) {
        MAIN_THREAD.get_or_init(|| thread::current().id());
    }
    Ok(())
}

/// Shared by the threads of one call from Python.
#[derive(Debug)]
pub struct Stop {
    deadline: Option<Instant>,
    is_set: AtomicBool,
    /// What Python's signal handler raised.
    raised: Mutex<Option<PyErr>>,
}

impl Stop {
    /// A deadline some seconds from now; one that is not finite or too far is none.
    pub fn after(seconds: Option<f64>) -> Self {
        let duration =
            seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).ok());
        let deadline = duration.and_then(|duration| Instant::now().checked_add(duration));
        Self { deadline, is_set: AtomicBool::new(false), raised: Mutex::default() }
    }

    pub fn set(&self) {
        self.is_set.store(true, Ordering::Relaxed);
    }

    pub fn is_set(&self) -> bool {
        self.is_set.load(Ordering::Relaxed)
    }

    fn look(&self, now: Instant) {
        if self.deadline.is_some_and(|deadline| now >= deadline) {
            self.set();
        }
    }

    /// Let Python's signal handlers run; only its main thread has any. Other threads must not ask: the
    /// interpreter may have ended while a daemon thread is still at work.
    pub fn look_for_signals(&self) {
        self.look(Instant::now());
        if MAIN_THREAD.get().is_some_and(|main| *main != thread::current().id()) {
            return;
        }
        if let Err(error) = Python::attach(|python| python.check_signals()) {
            *self.raised.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            self.set();
        }
    }

    /// What a signal handler raised, once.
    pub fn raised(&self) -> Result<(), Failure> {
        let raised = self.raised.lock().unwrap_or_else(PoisonError::into_inner).take();
        raised.map_or(Ok(()), |error| Err(Failure::Python(error)))
    }

    /// Why the batch stopped.
    pub fn failure(&self) -> Failure {
        self.raised().err().unwrap_or(Failure::Deadline)
    }
}

/// One thread's eye on a `Stop`: cheap enough for every jump.
#[derive(Debug)]
pub struct Watch<'a> {
    stop: &'a Stop,
    countdown: u32,
    next_signals: Instant,
}

/// Jumps between two looks at the clock.
const JUMPS: u32 = 256;

impl<'a> Watch<'a> {
    pub fn new(stop: &'a Stop) -> Self {
        Self { stop, countdown: JUMPS, next_signals: Instant::now() + SIGNAL_INTERVAL }
    }

    /// Whether to stop; every call counts as some jumps.
    #[inline(always)]
    pub fn must_stop(&mut self, jumps: u32) -> bool {
        self.countdown = self.countdown.saturating_sub(jumps);
        self.countdown == 0 && self.look()
    }

    #[cold]
    fn look(&mut self) -> bool {
        self.countdown = JUMPS;
        let now = Instant::now();
        self.stop.look(now);
        if now >= self.next_signals {
            self.stop.look_for_signals();
            self.next_signals = Instant::now() + SIGNAL_INTERVAL;
        }
        self.stop.is_set()
    }

    pub fn stop(&self) -> &'a Stop {
        self.stop
    }
}
