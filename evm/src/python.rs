//! The Python class: arguments in, the GIL released while a world works, results out.

use std::sync::{Mutex, MutexGuard, TryLockError};

use numpy::PyArray2;
use pyo3::{
    prelude::*,
    types::{PyBytes, PyTuple},
};
use revm::{
    bytecode::Bytecode,
    context::{BlockEnv, TxEnv},
    context_interface::result::{ExecutionResult, Output},
    primitives::{Bytes, TxKind, U256},
};

use crate::{
    arguments::{self, Word, address, hash},
    columns,
    errors::Failure,
    evm::Included,
    fork, reasons, receipts, world,
};

/// (status, output, reason, created address)
type Outcome<'py> = (u8, Bound<'py, PyBytes>, Option<String>, Option<Bound<'py, PyBytes>>);

/// Views have a limit only to end endless loops.
const CALL_GAS_LIMIT: u64 = 100_000_000;

/// One EVM world. It is never shared between threads: a second one that comes in while the first
/// is at work gets an EngineError. `clone` gives an independent world.
#[pyclass(frozen, module = "underwater_evm")]
pub struct World {
    world: Mutex<world::World>,
    hardfork: String,
}

fn engine_error(message: &str) -> PyErr {
    Failure::Engine(message.to_owned()).into()
}

impl World {
    fn lock(&self) -> PyResult<MutexGuard<'_, world::World>> {
        self.world.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => {
                engine_error("this world is at work in another thread; give each thread a clone")
            }
            TryLockError::Poisoned(_) => engine_error("this world broke in an earlier call"),
        })
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

#[pymethods]
impl World {
    #[new]
    #[pyo3(signature = (hardfork, *, chain_id = 1, limit_code_size = true))]
    fn new(hardfork: &str, chain_id: u64, limit_code_size: bool) -> PyResult<Self> {
        let fork = fork::parse(hardfork).ok_or_else(|| {
            let rule = "must be one of london, paris, shanghai, cancun, prague, osaka";
            Failure::Argument("hardfork", hardfork.to_owned(), rule)
        })?;
        let world = world::World::new(fork, chain_id, limit_code_size);
        Ok(Self { world: Mutex::new(world), hardfork: hardfork.to_owned() })
    }

    #[getter]
    fn hardfork(&self) -> &str {
        &self.hardfork
    }

    #[getter]
    fn block_gas_used(&self) -> PyResult<u64> {
        Ok(self.lock()?.block_gas_used())
    }

    fn set_block(
        &self,
        number: u64,
        timestamp: u64,
        base_fee: u64,
        gas_limit: u64,
        coinbase: &[u8],
        prevrandao: &[u8],
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
        self.lock()?.set_block(block);
        Ok(())
    }

    #[allow(clippy::too_many_arguments)] // one per column
    #[pyo3(signature = (
        senders, targets, data, data_offsets, gas_limits,
        creates, values, max_fees, priority_fees, nonces, diff
    ))]
    fn execute<'py>(
        &self,
        python: Python<'py>,
        senders: &Bound<'py, PyAny>,
        targets: &Bound<'py, PyAny>,
        data: &Bound<'py, PyAny>,
        data_offsets: &Bound<'py, PyAny>,
        gas_limits: &Bound<'py, PyAny>,
        creates: Option<&Bound<'py, PyAny>>,
        values: Option<&Bound<'py, PyAny>>,
        max_fees: Option<&Bound<'py, PyAny>>,
        priority_fees: Option<&Bound<'py, PyAny>>,
        nonces: Option<&Bound<'py, PyAny>>,
        diff: bool,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let batch = arguments::batch(
            [senders, targets, data, data_offsets, gas_limits],
            creates,
            values,
            [max_fees, priority_fees, nonces],
        )?;
        let mut guard = self.lock()?;
        let world = &mut *guard;
        let receipts = python.detach(|| world.execute(&batch, diff))?;
        drop(guard);
        PyTuple::new(python, columns::receipts(python, receipts, diff)?)
    }

    /// A transaction outside of the block's gas sum; `target` None creates a contract. Where the
    /// base fee is not zero the sender pays it.
    #[pyo3(signature = (sender, target, data, value, gas_limit))]
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
        let transaction = TxEnv {
            tx_type: 2,
            caller: address("sender", sender)?,
            kind: match target {
                Some(target) => TxKind::Call(address("target", target)?),
                None => TxKind::Create,
            },
            data: Bytes::copy_from_slice(data),
            value: value.0,
            gas_limit: gas_limit.min(world.gas_cap()),
            gas_price: world.block().basefee.into(),
            gas_priority_fee: Some(0),
            chain_id: Some(world.chain_id()),
            ..Default::default()
        };
        let result = python.detach(|| world.transact(transaction))?;
        Ok(outcome(python, result))
    }

    /// Run code on the current state and keep nothing.
    fn call<'py>(
        &self,
        python: Python<'py>,
        sender: &[u8],
        target: &[u8],
        data: &[u8],
    ) -> PyResult<Outcome<'py>> {
        let mut guard = self.lock()?;
        let world = &mut *guard;
        let transaction = TxEnv {
            caller: address("sender", sender)?,
            kind: TxKind::Call(address("target", target)?),
            data: Bytes::copy_from_slice(data),
            gas_limit: CALL_GAS_LIMIT,
            chain_id: Some(world.chain_id()),
            ..Default::default()
        };
        let result = python.detach(|| world.call(transaction))?;
        Ok(outcome(python, result))
    }

    fn snapshot(&self) -> PyResult<u64> {
        Ok(self.lock()?.snapshot())
    }

    fn revert(&self, snapshot: i64) -> PyResult<()> {
        let identifier = u64::try_from(snapshot).unwrap_or(u64::MAX);
        Ok(self.lock()?.revert(identifier)?)
    }

    fn clone(&self) -> PyResult<Self> {
        let world = self.lock()?.fork();
        Ok(Self { world: Mutex::new(world), hardfork: self.hardfork.clone() })
    }

    fn watch(&self, account: &[u8], slots: &Bound<'_, PyAny>) -> PyResult<usize> {
        let slots = columns::slots("slots", slots)?;
        let account = address("address", account)?;
        Ok(self.lock()?.watch().add(account, slots.into_iter()))
    }

    fn watched<'py>(&self, python: Python<'py>) -> PyResult<Bound<'py, PyArray2<u64>>> {
        Ok(columns::limbs(python, self.lock()?.watched()))
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
        Ok(columns::limbs(python, values))
    }

    fn set_storage(&self, account: &[u8], slot: Word, value: Word) -> PyResult<()> {
        let account = address("address", account)?;
        self.lock()?.state_mut().set_slot(account, slot.0, value.0);
        Ok(())
    }

    fn balance<'py>(&self, python: Python<'py>, account: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        let account = address("address", account)?;
        let guard = self.lock()?;
        let balance = guard.state().account(&account).map_or(U256::ZERO, |found| found.balance);
        Ok(PyBytes::new(python, &balance.to_be_bytes::<32>()))
    }

    fn set_balance(&self, account: &[u8], wei: Word) -> PyResult<()> {
        let account = address("address", account)?;
        self.lock()?.state_mut().update(account, |found| found.balance = wei.0);
        Ok(())
    }

    fn nonce(&self, account: &[u8]) -> PyResult<u64> {
        let account = address("address", account)?;
        Ok(self.lock()?.state().account(&account).map_or(0, |found| found.nonce))
    }

    fn set_nonce(&self, account: &[u8], nonce: u64) -> PyResult<()> {
        let account = address("address", account)?;
        self.lock()?.state_mut().update(account, |found| found.nonce = nonce);
        Ok(())
    }

    fn code<'py>(&self, python: Python<'py>, account: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        let account = address("address", account)?;
        let guard = self.lock()?;
        let code = guard.state().account(&account).and_then(|found| found.code.as_ref());
        Ok(PyBytes::new(python, code.map_or(&[][..], Bytecode::original_byte_slice)))
    }

    fn set_code(&self, account: &[u8], code: &[u8]) -> PyResult<()> {
        let account = address("address", account)?;
        let code = Bytecode::new_raw_checked(Bytes::copy_from_slice(code)).map_err(|_| {
            let rule = "starts like a delegation (0xef01) but is none";
            Failure::Argument("code", format!("{} bytes", code.len()), rule)
        })?;
        self.lock()?.state_mut().set_code(account, code);
        Ok(())
    }
}
