//! Batches: in order in one journal, or each transaction for itself on as many threads as wished.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use revm::{
    context::{BlockEnv, CfgEnv},
    context_interface::JournalTr,
    primitives::{Address, AddressMap, HashSet, U256},
};

use crate::{
    batch::Batch,
    commit::Change,
    errors::Failure,
    evm::{self, Evm, build, guard},
    reasons,
    receipts::Receipts,
    state::{Reader, State},
    stop::Stop,
    trace::Trace,
};

/// What a batch shall bring back beside its receipts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wishes {
    pub diff: bool,
    pub coverage: bool,
    pub trace: bool,
}

pub struct Run {
    pub receipts: Receipts,
    pub block_gas_used: u64,
    /// What ended the batch before its end; the transaction is the first without a receipt.
    pub failure: Option<Failure>,
}

/// All transactions of a batch in one journal, within the block's gas.
pub fn ordered(evm: &mut Evm<'_>, batch: &Batch, block_gas_before: u64, wishes: Wishes) -> Run {
    let mut run = Run {
        receipts: Receipts::with_capacity(batch.len()),
        block_gas_used: block_gas_before,
        failure: None,
    };
    let mut trace = wishes.trace.then(Trace::default);
    for index in 0..batch.len() {
        if let Err(failure) = next(evm, batch, index, &mut run, trace.as_mut()) {
            run.failure = Some(failure);
            break;
        }
    }
    run.receipts.trace = trace;
    run
}

fn next(
    evm: &mut Evm<'_>,
    batch: &Batch,
    index: usize,
    run: &mut Run,
    mut trace: Option<&mut Trace>,
) -> Result<(), Failure> {
    let left = evm.ctx.block.gas_limit.saturating_sub(run.block_gas_used);
    if batch.gas_limits[index] > left {
        let reason = reasons::block_full(batch.gas_limits[index], left);
        run.receipts.add_not_included(reason);
        return Ok(());
    }
    if let Some(trace) = trace.as_deref_mut() {
        trace.begin_transaction(index);
    }
    let transaction = batch.transaction(index, evm.ctx.cfg.chain_id);
    let outcome = evm::transact(evm, transaction, trace.as_deref_mut());
    if let (Err(_), Some(trace)) = (&outcome, trace) {
        trace.drop_transaction();
    }
    match outcome? {
        Ok(result) => {
            run.block_gas_used += result.tx_gas_used();
            run.receipts.add(&result, evm::gas_price(evm));
        }
        Err(reason) => run.receipts.add_not_included(reason),
    }
    Ok(())
}

/// Each transaction on the same state, in `threads` parts; nothing is kept.
pub fn isolated(
    state: &State,
    config: &CfgEnv,
    block: &BlockEnv,
    batch: &Batch,
    threads: usize,
    wants_diff: bool,
    stop: &Stop,
) -> Result<Receipts, Failure> {
    let threads = threads.clamp(1, batch.len().max(1));
    let part = |part: usize| {
        let range = batch.len() * part / threads..batch.len() * (part + 1) / threads;
        let reader = match threads {
            1 => Reader::new(state),
            _ => Reader::for_own_thread(state),
        };
        guard(|| {
            let mut evm = build(reader, config.clone(), block.clone(), stop, false);
            let mut receipts = Receipts::with_capacity(range.len());
            for index in range {
                try_out(&mut evm, state, batch, index, wants_diff, &mut receipts)
                    .map_err(|failure| failure.at(index))?;
            }
            Ok(receipts)
        })
    };
    if threads == 1 {
        return part(0);
    }
    let mut all = Receipts::with_capacity(batch.len());
    in_threads(threads, part, stop)?.into_iter().for_each(|part| all.append(part));
    Ok(all)
}

fn try_out(
    evm: &mut Evm<'_>,
    state: &State,
    batch: &Batch,
    index: usize,
    wants_diff: bool,
    receipts: &mut Receipts,
) -> Result<(), Failure> {
    let limit = evm.ctx.block.gas_limit;
    if wants_diff && batch.gas_limits[index] > limit {
        let reason = reasons::block_full(batch.gas_limits[index], limit);
        receipts.add_not_included(reason);
        return Ok(());
    }
    let transaction = batch.transaction(index, evm.ctx.cfg.chain_id);
    let look = |evm: &Evm<'_>| if wants_diff { changes(evm, state) } else { Vec::new() };
    match evm::try_out(evm, transaction, look)? {
        (Ok(result), seen) => {
            let row = receipts.status.len() as i64;
            receipts.add(&result, evm::gas_price(evm));
            let seen = seen.unwrap_or_default();
            receipts.change_transaction.extend(std::iter::repeat_n(row, seen.len()));
            receipts.changes.extend(seen);
        }
        (Err(reason), _) => receipts.add_not_included(reason),
    }
    Ok(())
}

/// The slots that the transaction in the journal changed, by address and slot.
pub fn changes(evm: &Evm<'_>, state: &State) -> Vec<Change> {
    use revm::context::JournalEntry as Entry;

    let journal = &evm.ctx.journaled_state;
    let mut places: HashSet<(Address, U256)> = HashSet::default();
    for entry in &journal.journal {
        match entry {
            Entry::StorageChanged { address, key, .. } => {
                places.insert((*address, *key));
            }
            // A new life or none: what was stored before is gone.
            Entry::AccountDestroyed { address, .. } | Entry::AccountCreated { address, .. } => {
                places.extend(stored(state, address));
            }
            // EIP-161: a touch removes an account that is empty, and the storage that set-up code
            // left there.
            Entry::AccountTouched { address } if is_empty(evm, address) => {
                places.extend(stored(state, address));
            }
            _ => {}
        }
    }
    let mut changes: Vec<Change> = Vec::with_capacity(places.len());
    for (address, slot) in places {
        let id = state.known_id(&address).flatten();
        let old = id.map_or(U256::ZERO, |id| state.known_slot(id, slot));
        let new = present(journal.evm_state(), &address, slot);
        if old != new {
            changes.push(Change { address, slot, old, new });
        }
    }
    changes.sort_unstable_by_key(|change| (change.address, change.slot));
    changes
}

fn is_empty(evm: &Evm<'_>, address: &Address) -> bool {
    let accounts = evm.ctx.journaled_state.evm_state();
    accounts.get(address).is_some_and(|account| account.is_empty())
}

/// The places of all slots of an account.
fn stored(state: &State, address: &Address) -> Vec<(Address, U256)> {
    let id = state.known_id(address).flatten();
    let slots = id.map(|id| state.slots_of(id)).unwrap_or_default();
    slots.into_iter().map(|(slot, _)| (*address, slot)).collect()
}

fn present(accounts: &AddressMap<revm::state::Account>, address: &Address, slot: U256) -> U256 {
    let Some(account) = accounts.get(address) else { return U256::ZERO };
    if account.is_selfdestructed_locally() || account.is_empty() {
        return U256::ZERO;
    }
    account.storage.get(&slot).map_or(U256::ZERO, |value| value.present_value)
}

/// How often the thread that Python called looks for Ctrl-C while others work.
const PATIENCE: Duration = Duration::from_millis(20);

/// Results of `work` for 0..count, each in a thread of its own, in order.
pub fn in_threads<T: Send>(
    count: usize,
    work: impl Fn(usize) -> Result<T, Failure> + Sync,
    stop: &Stop,
) -> Result<Vec<T>, Failure> {
    let (caller, done) = (thread::current(), AtomicUsize::new(0));
    let work_on = |index: usize| {
        let result = guard(|| work(index));
        if result.is_err() {
            stop.set();
        }
        done.fetch_add(1, Ordering::Release);
        caller.unpark();
        result
    };
    let results: Vec<Result<T, Failure>> = thread::scope(|scope| {
        let begin = |index: usize| {
            let work_on = &work_on;
            thread::Builder::new().spawn_scoped(scope, move || work_on(index))
        };
        let workers: Vec<_> = (0..count).map(begin).collect();
        let begun = workers.iter().filter(|worker| worker.is_ok()).count();
        if begun < count {
            stop.set();
        }
        let mut last_look = Instant::now();
        while done.load(Ordering::Acquire) < begun {
            thread::park_timeout(PATIENCE);
            if last_look.elapsed() >= PATIENCE {
                stop.look_for_signals();
                last_look = Instant::now();
            }
        }
        workers.into_iter().map(end_of).collect()
    });
    // A signal that came when no thread looked any more must not be forgotten.
    stop.raised()?;
    first_failure(results)
}

fn end_of<T>(
    worker: std::io::Result<thread::ScopedJoinHandle<'_, Result<T, Failure>>>,
) -> Result<T, Failure> {
    let lost = |_| Err(Failure::Engine("a thread of the engine was lost".to_owned()));
    match worker {
        Ok(worker) => worker.join().unwrap_or_else(lost),
        Err(error) => Err(Failure::Engine(format!("the system gives no more threads: {error}"))),
    }
}

/// As `in_threads`, with `threads` threads that share the work out among them.
pub fn shared_out<T: Send>(
    count: usize,
    threads: usize,
    stop: &Stop,
    work: impl Fn(usize) -> Result<T, Failure> + Sync,
) -> Result<Vec<T>, Failure> {
    let threads = threads.clamp(1, count.max(1));
    let next = AtomicUsize::new(0);
    let take = |_: usize| {
        let mut results = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return Ok(results);
            }
            results.push((index, work(index)?));
        }
    };
    let parts = in_threads(threads, take, stop)?;
    let mut results: Vec<(usize, T)> = parts.into_iter().flatten().collect();
    results.sort_unstable_by_key(|(index, _)| *index);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

/// All results, or the failure that made the others stop.
fn first_failure<T>(results: Vec<Result<T, Failure>>) -> Result<Vec<T>, Failure> {
    let (mut values, mut failure) = (Vec::with_capacity(results.len()), None);
    for result in results {
        match (result, &failure) {
            (Ok(value), _) => values.push(value),
            (Err(next), None | Some(Failure::Deadline)) => failure = Some(next),
            (Err(_), Some(_)) => {}
        }
    }
    failure.map_or(Ok(values), Err)
}
