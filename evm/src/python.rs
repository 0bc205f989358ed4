//! The Python class: arguments in, the GIL released while a world works, results out.

use std::sync::{Mutex, MutexGuard, TryLockError};

use numpy::PyArray2;
use pyo3::{
    exceptions::PyException,
    prelude::*,
    types::{PyBytes, PyList, PyTuple},
};
use revm::{
    bytecode::Bytecode,
    context::{BlockEnv, TxEnv},
    context_interface::result::{ExecutionResult, Output},
    primitives::{Bytes, TxKind, U256},
    state::AccountInfo,
};

use crate::{
    arguments::{self, Word, address, hash},
    batch::Batch,
    codec,
    columns::{self, Diff},
    errors::Failure,
    evm::Included,
    fork, reasons, receipts,
    receipts::Receipts,
    run::{self, Wishes},
    source::Source,
    stop::Stop,
    trie,
    world::{self, Rules},
};

/// (status, output, reason, created address)
type Outcome<'py> = (u8, Bound<'py, PyBytes>, Option<String>, Option<Bound<'py, PyBytes>>);

/// Receipts, and what ended the batch early.
type Ran<'py> = (Bound<'py, PyTuple>, Option<Bound<'py, PyException>>);

/// Views have a limit only to end endless loops.
const CALL_GAS_LIMIT: u64 = 100_000_000;

/// One EVM world. It is never shared between threads: a second one that comes in while the first
/// is at work gets an EngineError. `clone` gives an independent world.
#[pyclass(frozen, module = "underwater_evm")]
pub struct World {
    world: Mutex<world::World>,
    hardfork: &'static str,
}

fn engine_error(message: &str) -> PyErr {
    Failure::Engine(message.to_owned()).into()
}

impl World {
    fn of(world: world::World) -> Self {
        Self { hardfork: fork::name(world.rules().fork), world: Mutex::new(world) }
    }

    fn lock(&self) -> PyResult<MutexGuard<'_, world::World>> {
        self.world.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => engine_error(
                "this world is at work, in another thread or in the call that asked its source; \
                 give each thread a clone",
            ),
            TryLockError::Poisoned(_) => engine_error("this world broke in an earlier call"),
        })
    }

    fn account(&self, account: &[u8]) -> PyResult<AccountInfo> {
        let account = address("address", account)?;
        Ok(self.lock()?.state().account(&account)?.unwrap_or_default())
    }

    fn update(&self, account: &[u8], change: impl FnOnce(&mut AccountInfo)) -> PyResult<()> {
        let account = address("address", account)?;
        Ok(self.lock()?.state_mut().update(account, change)?)
    }
}

fn outcome<'py>(python: Python<'py>, result: Included) -> Outcome<'py> {
    let bytes = |data: &[u8]| PyBytes::new(python, data);
    match result {
        Ok(ExecutionResult::Success { output, .. }) => {
            let created = match &output {
                Output::Create(_, Some(address)) => Some(bytes(address.as_slice())),
                _ => None,
            };
            (receipts::SUCCESS, bytes(output.data()), None, created)
        }
        Ok(ExecutionResult::Revert { output, .. }) => {
            (receipts::REVERTED, bytes(&output), None, None)
        }
        Ok(ExecutionResult::Halt { reason, .. }) => {
            (receipts::HALTED, bytes(&[]), Some(reasons::of_halt(&reason)), None)
        }
        Err(reason) => (receipts::NOT_INCLUDED, bytes(&[]), Some(reason), None),
    }
}

fn ran<'py>(
    python: Python<'py>,
    (receipts, failure): (Receipts, Option<Failure>),
    wants_diff: bool,
) -> PyResult<Ran<'py>> {
    let failure = failure.map(|failure| PyErr::from(failure).into_value(python));
    let failure = failure.map(|error| error.into_bound(python).cast_into::<PyException>());
    // KeyboardInterrupt is no Exception: it is raised at once.
    let failure = failure.transpose().map_err(|error| PyErr::from_value(error.into_inner()))?;
    let wanted = if wants_diff { Diff::OfBatch } else { Diff::None };
    Ok((columns::receipts(python, receipts, wanted)?, failure))
}

fn threads_or_all(threads: Option<usize>) -> usize {
    threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |cores| cores.get()))
}

/// A free transaction of set-up code or a view.
fn plain(sender: &[u8], target: Option<&[u8]>, data: &[u8], value: U256) -> PyResult<TxEnv> {
    Ok(TxEnv {
        tx_type: 2,
        caller: address("sender", sender)?,
        kind: match target {
            Some(target) => TxKind::Call(address("target", target)?),
            None => TxKind::Create,
        },
        data: Bytes::copy_from_slice(data),
        value,
        gas_priority_fee: Some(0),
        ..Default::default()
    })
}

/// A transaction of set-up code pays the base fee and no more.
fn set_up(world: &world::World, transaction: TxEnv, gas_limit: u64) -> TxEnv {
    TxEnv {
        gas_limit: gas_limit.min(world.gas_cap()),
        gas_price: world.block().basefee.into(),
        chain_id: Some(world.chain_id()),
        ..transaction
    }
}

#[pymethods]
impl World {
    #[new]
    #[pyo3(signature = (
        hardfork, *, chain_id = 1, limit_code_size = true, check_senders = true, source = None
    ))]
    fn new(
        hardfork: &str,
        chain_id: u64,
        limit_code_size: bool,
        check_senders: bool,
        source: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let fork = fork::parse(hardfork).ok_or_else(|| {
            let rule = "must be one of london, paris, shanghai, cancun, prague, osaka";
            Failure::Argument("hardfork", hardfork.to_owned(), rule)
        })?;
        let rules = Rules { fork, chain_id, limit_code_size, check_senders };
        Ok(Self::of(world::World::new(rules, source.map(Source::new))))
    }

    #[staticmethod]
    fn from_bytes(world: &[u8]) -> PyResult<Self> {
        Ok(Self::of(codec::decode(world)?))
    }

    fn to_bytes<'py>(&self, python: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let guard = self.lock()?;
        let world = &*guard;
        Ok(PyBytes::new(python, &python.detach(|| codec::encode(world))?))
    }

    #[getter]
    fn hardfork(&self) -> &str {
        self.hardfork
    }

    #[getter]
    fn chain_id(&self) -> PyResult<u64> {
        Ok(self.lock()?.chain_id())
    }

    #[getter]
    fn limit_code_size(&self) -> PyResult<bool> {
        Ok(self.lock()?.rules().limit_code_size)
    }

    #[getter]
    fn check_senders(&self) -> PyResult<bool> {
        Ok(self.lock()?.rules().check_senders)
    }

    #[getter]
    fn is_fork(&self) -> PyResult<bool> {
        Ok(self.lock()?.state().has_source())
    }

    #[getter]
    fn block_gas_used(&self) -> PyResult<u64> {
        Ok(self.lock()?.block_gas_used())
    }

    /// (number, timestamp, base fee, gas limit, coinbase, prevrandao, parent hash)
    #[getter]
    fn block<'py>(&self, python: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let guard = self.lock()?;
        let block = guard.block();
        (
            block.number.saturating_to::<u64>(),
            block.timestamp.saturating_to::<u64>(),
            block.basefee,
            block.gas_limit,
            PyBytes::new(python, block.beneficiary.as_slice()),
            PyBytes::new(python, block.prevrandao.unwrap_or_default().as_slice()),
            guard.parent_hash().map(|hash| PyBytes::new(python, hash.as_slice())),
        )
            .into_pyobject(python)
    }

    /// With `begin` the block begins, which from prague on calls the history contract; without it
    /// the world is only told where it is.
    #[allow(clippy::too_many_arguments)] // one per field of a block
    #[pyo3(signature = (
        number, timestamp, base_fee, gas_limit, coinbase, prevrandao, parent_hash, begin
    ))]
    fn set_block(
        &self,
        number: u64,
        timestamp: u64,
        base_fee: u64,
        gas_limit: u64,
        coinbase: &[u8],
        prevrandao: &[u8],
        parent_hash: Option<&[u8]>,
        begin: bool,
    ) -> PyResult<()> {
        let block = BlockEnv {
            number: U256::from(number),
            timestamp: U256::from(timestamp),
            basefee: base_fee,
            gas_limit,
            beneficiary: address("coinbase", coinbase)?,
            prevrandao: Some(hash("prevrandao", prevrandao)?),
            difficulty: U256::ZERO,
            ..Default::default()
        };
        let parent_hash = parent_hash.map(|bytes| hash("parent_hash", bytes)).transpose()?;
        let mut world = self.lock()?;
        if begin {
            return Ok(world.set_block(block, parent_hash)?);
        }
        if let Some(parent) = number.checked_sub(1) {
            world.state_mut().set_block_hash(parent, parent_hash);
        }
        world.state_mut().set_fork_block(number);
        world.place(block);
        Ok(())
    }

    fn execute<'py>(
        &self,
        python: Python<'py>,
        batch: &Bound<'py, PyAny>,
        diff: bool,
        coverage: bool,
        trace: bool,
        deadline: Option<f64>,
    ) -> PyResult<Ran<'py>> {
        let batch = arguments::batch(batch)?;
        let mut guard = self.lock()?;
        let (world, stop) = (&mut *guard, Stop::after(deadline));
        let wishes = Wishes { diff, coverage, trace };
        let result = python.detach(|| world.execute(&batch, wishes, &stop))?;
        drop(guard);
        ran(python, result, diff)
    }

    fn call_many<'py>(
        &self,
        python: Python<'py>,
        batch: &Bound<'py, PyAny>,
        threads: Option<usize>,
        deadline: Option<f64>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let batch = arguments::batch(batch)?;
        let guard = self.lock()?;
        let (world, stop) = (&*guard, Stop::after(deadline));
        let result = python.detach(|| world.call_many(&batch, threads_or_all(threads), &stop))?;
        columns::receipts(python, result, Diff::None)
    }

    fn what_if_many<'py>(
        &self,
        python: Python<'py>,
        batch: &Bound<'py, PyAny>,
        threads: Option<usize>,
        deadline: Option<f64>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let batch = arguments::batch(batch)?;
        let guard = self.lock()?;
        let (world, stop) = (&*guard, Stop::after(deadline));
        let result =
            python.detach(|| world.what_if_many(&batch, threads_or_all(threads), &stop))?;
        columns::receipts(python, result, Diff::PerTransaction)
    }

    /// A transaction outside of the block's gas sum; `target` None creates a contract. Where the
    /// base fee is not zero the sender pays it.
    fn transact<'py>(
        &self,
        python: Python<'py>,
        sender: &[u8],
        target: Option<&[u8]>,
        data: &[u8],
        value: Word,
        gas_limit: u64,
    ) -> PyResult<Outcome<'py>> {
        let mut guard = self.lock()?;
        let world = &mut *guard;
        let transaction = set_up(world, plain(sender, target, data, value.0)?, gas_limit);
        let result = python.detach(|| world.transact(transaction))?;
        Ok(outcome(python, result))
    }

    /// As `transact`, but nothing is kept: (status, gas used, output, reason, diff).
    #[allow(clippy::too_many_arguments)] // those of a transaction
    fn what_if<'py>(
        &self,
        python: Python<'py>,
        sender: &[u8],
        target: Option<&[u8]>,
        data: &[u8],
        value: Word,
        gas_limit: u64,
        diff: bool,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let guard = self.lock()?;
        let world = &*guard;
        let transaction = set_up(world, plain(sender, target, data, value.0)?, gas_limit);
        let (result, changes) = python.detach(|| world.what_if(transaction, diff))?;
        let gas_used = result.as_ref().map_or(0, |result| result.tx_gas_used());
        let (status, output, reason, _) = outcome(python, result);
        let changes = diff.then(|| PyTuple::new(python, columns::changes(python, &changes)));
        (status, gas_used, output, reason, changes.transpose()?).into_pyobject(python)
    }

    /// Run code on the current state and keep nothing.
    fn call<'py>(
        &self,
        python: Python<'py>,
        sender: &[u8],
        target: &[u8],
        data: &[u8],
    ) -> PyResult<Outcome<'py>> {
        let guard = self.lock()?;
        let world = &*guard;
        let transaction = TxEnv {
            gas_limit: CALL_GAS_LIMIT,
            chain_id: Some(world.chain_id()),
            ..plain(sender, Some(target), data, U256::ZERO)?
        };
        let result = python.detach(|| world.call(transaction))?;
        Ok(outcome(python, result))
    }

    fn snapshot(&self) -> PyResult<u64> {
        Ok(self.lock()?.snapshot())
    }

    fn revert(&self, snapshot: i64) -> PyResult<()> {
        Ok(self.lock()?.revert(identifier(snapshot))?)
    }

    fn diff_since<'py>(&self, python: Python<'py>, snapshot: i64) -> PyResult<Bound<'py, PyTuple>> {
        let changes = self.lock()?.diff_since(identifier(snapshot))?;
        PyTuple::new(python, columns::changes(python, &changes))
    }

    fn clone(&self) -> PyResult<Self> {
        let world = self.lock()?.fork();
        Ok(Self { world: Mutex::new(world), hardfork: self.hardfork })
    }

    fn watch(&self, account: &[u8], slots: &Bound<'_, PyAny>) -> PyResult<usize> {
        let slots = columns::slots("slots", slots)?;
        let account = address("address", account)?;
        Ok(self.lock()?.watch().add(account, slots.into_iter()))
    }

    fn watched<'py>(&self, python: Python<'py>) -> PyResult<Bound<'py, PyArray2<u64>>> {
        let values = self.lock()?.watched()?;
        Ok(columns::limbs(python, values.into_iter()))
    }

    fn storage<'py>(
        &self,
        python: Python<'py>,
        account: &[u8],
        slots: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyArray2<u64>>> {
        let account = address("address", account)?;
        let slots = columns::slots("slots", slots)?;
        let guard = self.lock()?;
        let values = slots.into_iter().map(|slot| guard.state().slot(&account, slot));
        let values = values.collect::<Result<Vec<U256>, _>>()?;
        Ok(columns::limbs(python, values.into_iter()))
    }

    fn set_storage(&self, account: &[u8], slot: Word, value: Word) -> PyResult<()> {
        let account = address("address", account)?;
        Ok(self.lock()?.state_mut().set_slot(account, slot.0, value.0)?)
    }

    fn balance<'py>(&self, python: Python<'py>, account: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        let balance = self.account(account)?.balance;
        Ok(PyBytes::new(python, &balance.to_be_bytes::<32>()))
    }

    fn set_balance(&self, account: &[u8], wei: Word) -> PyResult<()> {
        self.update(account, |found| found.balance = wei.0)
    }

    fn nonce(&self, account: &[u8]) -> PyResult<u64> {
        Ok(self.account(account)?.nonce)
    }

    fn set_nonce(&self, account: &[u8], nonce: u64) -> PyResult<()> {
        self.update(account, |found| found.nonce = nonce)
    }

    fn code<'py>(&self, python: Python<'py>, account: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        let code = self.account(account)?.code;
        let code = code.as_ref().map_or(&[][..], Bytecode::original_byte_slice);
        Ok(PyBytes::new(python, code))
    }

    fn set_code(&self, account: &[u8], code: &[u8]) -> PyResult<()> {
        let account = address("address", account)?;
        let code = Bytecode::new_raw_checked(Bytes::copy_from_slice(code)).map_err(|_| {
            let rule = "starts like a delegation (0xef01) but is none";
            Failure::Argument("code", format!("{} bytes", code.len()), rule)
        })?;
        Ok(self.lock()?.state_mut().set_code(account, code)?)
    }

    /// Addresses of the accounts that are not empty, ascending.
    fn accounts<'py>(&self, python: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let accounts = self.lock()?.state().accounts();
        let addresses =
            accounts.iter().map(|(address, _)| PyBytes::new(python, address.as_slice()));
        PyList::new(python, addresses.collect::<Vec<_>>())
    }

    /// Slots and values of an account that are not zero, ascending.
    fn slots_of<'py>(&self, python: Python<'py>, account: &[u8]) -> PyResult<columns::Slots<'py>> {
        let account = address("address", account)?;
        let guard = self.lock()?;
        let id = guard.state().account_id(&account)?;
        let mut slots = id.map(|id| guard.state().slots_of(id)).unwrap_or_default();
        slots.sort_unstable();
        Ok(columns::slots_and_values(python, &slots))
    }

    /// Slots that are not zero, of all accounts: [(address, slots, values)], ascending.
    fn all_slots<'py>(&self, python: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let guard = self.lock()?;
        let mut storage = guard.state().storage();
        let list = PyList::empty(python);
        for (address, account) in guard.state().accounts() {
            let number = account.account_id.map(|id| id.get() as u32);
            let Some(mut slots) = number.and_then(|number| storage.remove(&number)) else {
                continue;
            };
            slots.sort_unstable();
            let (slots, values) = columns::slots_and_values(python, &slots);
            list.append((PyBytes::new(python, address.as_slice()), slots, values))?;
        }
        Ok(list)
    }

    fn state_root<'py>(&self, python: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let guard = self.lock()?;
        let state = guard.state();
        whole(state.has_source())?;
        let root = python.detach(|| crate::evm::guard(|| Ok(trie::state_root(state))))?;
        Ok(PyBytes::new(python, root.as_slice()))
    }

    /// (balance, nonce, code hash, storage root, nodes, [(value, nodes)])
    fn proof<'py>(
        &self,
        python: Python<'py>,
        account: &[u8],
        slots: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let account = address("address", account)?;
        let slots = columns::slots("slots", slots)?;
        let guard = self.lock()?;
        let state = guard.state();
        whole(state.has_source())?;
        let proof =
            python.detach(|| crate::evm::guard(|| Ok(trie::prove(state, account, &slots))))?;
        let bytes = |data: &[u8]| PyBytes::new(python, data);
        let nodes = |nodes: &[Bytes]| nodes.iter().map(|node| bytes(node)).collect::<Vec<_>>();
        let slots = proof.slots.iter();
        let slots: Vec<_> = slots
            .map(|(value, of_slot)| (bytes(&value.to_be_bytes::<32>()), nodes(of_slot)))
            .collect();
        (
            bytes(&proof.account.balance.to_be_bytes::<32>()),
            proof.account.nonce,
            bytes(proof.account.code_hash.as_slice()),
            bytes(proof.storage_root.as_slice()),
            nodes(&proof.nodes),
            slots,
        )
            .into_pyobject(python)
    }
}

fn identifier(snapshot: i64) -> u64 {
    u64::try_from(snapshot).unwrap_or(u64::MAX)
}

fn whole(is_fork: bool) -> PyResult<()> {
    if is_fork {
        let message = "a forked world holds only what it has loaded, so that it has no state root";
        return Err(engine_error(message));
    }
    Ok(())
}

/// One batch per world, all at once, each world in a thread of its own; as `World.execute` each.
#[pyfunction]
pub fn execute_many<'py>(
    python: Python<'py>,
    worlds: Vec<Bound<'py, World>>,
    batches: Vec<Bound<'py, PyAny>>,
    threads: Option<usize>,
    diff: bool,
    deadline: Option<f64>,
) -> PyResult<Vec<Ran<'py>>> {
    if worlds.len() != batches.len() {
        let value = format!("{} batches for {} worlds", batches.len(), worlds.len());
        return Err(Failure::Argument("batches", value, "must be one per world").into());
    }
    let batches = batches.iter().map(arguments::batch).collect::<PyResult<Vec<Batch>>>()?;
    batches.iter().try_for_each(Batch::check)?;
    let mut guards = worlds.iter().map(|world| world.get().lock()).collect::<PyResult<Vec<_>>>()?;
    let tasks = guards.iter_mut().map(|guard| &mut **guard).zip(&batches);
    let tasks = tasks.map(|task| Mutex::new(Some(task))).collect();
    let (stop, wishes) = (Stop::after(deadline), Wishes { diff, ..Default::default() });
    let results = python.detach(|| run_worlds(tasks, threads_or_all(threads), wishes, &stop))?;
    results.into_iter().map(|result| ran(python, result, diff)).collect()
}

type Task<'a> = Mutex<Option<(&'a mut world::World, &'a Batch)>>;

fn run_worlds(
    tasks: Vec<Task<'_>>,
    threads: usize,
    wishes: Wishes,
    stop: &Stop,
) -> Result<Vec<(Receipts, Option<Failure>)>, Failure> {
    let lost = || Failure::Engine("a world was lost".to_owned());
    run::shared_out(tasks.len(), threads, stop, |index| {
        let task = tasks[index].lock().map_err(|_| lost())?.take();
        let (world, batch) = task.ok_or_else(lost)?;
        world.execute(batch, wishes, stop)
    })
}
