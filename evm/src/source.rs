//! Where a forked world gets what it has not seen yet: a Python object, asked once for each value.
//!
//! What came from it is kept beside it and shared by all clones of the world, since the chain it
//! comes from does not change at one block.

use std::{
    fmt,
    sync::{
        Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use pyo3::{
    call::PyCallArgs,
    prelude::*,
    sync::MutexExt,
    types::{PyBytes, PyType},
};
use revm::{
    bytecode::Bytecode,
    database_interface::DBErrorMarker,
    primitives::{Address, AddressMap, B256, Bytes, HashMap, KECCAK_EMPTY, U256},
    state::{AccountId, AccountInfo},
};

use crate::{columns, errors::Failure};

/// Numbers of accounts whose storage comes from a source begin here.
const FIRST_NUMBER: u32 = 1 << 31;

pub fn is_of_source(number: u32) -> bool {
    number >= FIRST_NUMBER
}

/// The source raised, or answered something that is not what it should be.
#[derive(Debug)]
pub struct Missing(pub PyErr);

impl fmt::Display for Missing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl std::error::Error for Missing {}
impl DBErrorMarker for Missing {}

impl From<PyErr> for Missing {
    fn from(error: PyErr) -> Self {
        Self(error)
    }
}

/// Balance, nonce and code.
type Answer = (B256, u64, Vec<u8>);

#[derive(Debug, Default)]
struct Known {
    accounts: AddressMap<Option<AccountInfo>>,
    slots: HashMap<(u32, U256), U256>,
    hashes: HashMap<u64, B256>,
    /// By account number less `FIRST_NUMBER`.
    addresses: Vec<Address>,
}

#[derive(Debug)]
pub struct Source {
    object: Py<PyAny>,
    known: RwLock<Known>,
    /// One question at a time: two threads that miss at once would fight for the GIL.
    asking: Mutex<()>,
    /// The thread that asks, so that a question within a question is an error and no deadlock.
    asker: AtomicU64,
}

/// A number of this thread that is never 0.
fn this_thread() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local!(static NUMBER: u64 = NEXT.fetch_add(1, Ordering::Relaxed));
    NUMBER.with(|number| *number)
}

impl Source {
    pub fn new(object: Py<PyAny>) -> Self {
        let (known, asking) = (RwLock::default(), Mutex::default());
        Self { object, known, asking, asker: AtomicU64::new(0) }
    }

    pub fn account(&self, address: &Address) -> Result<Option<AccountInfo>, Missing> {
        let find = |known: &Known| known.accounts.get(address).cloned();
        self.find_or_ask(find, |source| {
            let answer = Python::attach(|python| -> PyResult<Option<Answer>> {
                let asked = PyBytes::new(python, address.as_slice());
                let answer = self.ask(python, "account", (asked,))?;
                if answer.is_none() {
                    return Ok(None);
                }
                // Bytes only: a list of numbers or a text would pass for a sequence.
                let parts = answer.extract::<(Bound<'_, PyBytes>, u64, Bound<'_, PyBytes>)>();
                let (balance, nonce, code) = parts.map_err(|_| {
                    let rule = "must be None or (balance as 32 bytes, nonce, code as bytes)";
                    columns::wrong("account() of the state source", &answer, rule)
                })?;
                Ok(Some((word("balance", balance.as_bytes())?, nonce, code.as_bytes().to_vec())))
            })?;
            let account = answer.map(|answer| source.adopt(*address, answer)).transpose()?;
            source.write().accounts.insert(*address, account.clone());
            Ok(account)
        })
    }

    /// Call a method; what it raises goes through as it is, that it is not there is our error.
    fn ask<'py>(
        &self,
        python: Python<'py>,
        method: &'static str,
        arguments: impl PyCallArgs<'py>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let object = self.object.bind(python);
        if object.is_instance_of::<PyType>() || !object.hasattr(method)? {
            let rule = "must have the methods account, slot and block_hash";
            return Err(columns::wrong("source", object, rule));
        }
        object.getattr(method)?.call1(arguments)
    }

    fn adopt(
        &self,
        address: Address,
        (balance, nonce, code): Answer,
    ) -> Result<AccountInfo, Missing> {
        let size = code.len();
        let code = Bytecode::new_raw_checked(Bytes::from(code)).map_err(|_| {
            let rule = "starts like a delegation (0xef01) but is none";
            Missing(Failure::Argument("code", format!("{size} bytes"), rule).into())
        })?;
        let code_hash = if code.is_empty() { KECCAK_EMPTY } else { code.hash_slow() };
        let mut known = self.write();
        let number = FIRST_NUMBER as usize + known.addresses.len();
        known.addresses.push(address);
        Ok(AccountInfo {
            balance: U256::from_be_bytes(balance.0),
            nonce,
            code_hash,
            account_id: AccountId::new(number),
            code: Some(code),
        })
    }

    pub fn slot(&self, number: u32, slot: U256) -> Result<U256, Missing> {
        let key = (number, slot);
        self.find_or_ask(
            |known| known.slots.get(&key).copied(),
            |source| {
                let address = source.address_of(number).unwrap_or_default();
                let answer = Python::attach(|python| {
                    let place = PyBytes::new(python, &slot.to_be_bytes::<32>());
                    let asked = (PyBytes::new(python, address.as_slice()), place);
                    answered("slot() of the state source", &self.ask(python, "slot", asked)?)
                })?;
                let value = U256::from_be_bytes(answer.0);
                source.write().slots.insert(key, value);
                Ok(value)
            },
        )
    }

    pub fn block_hash(&self, number: u64) -> Result<B256, Missing> {
        self.find_or_ask(
            |known| known.hashes.get(&number).copied(),
            |source| {
                let hash = Python::attach(|python| {
                    let answer = self.ask(python, "block_hash", (number,))?;
                    answered("block_hash() of the state source", &answer)
                })?;
                source.write().hashes.insert(number, hash);
                Ok(hash)
            },
        )
    }

    pub fn address_of(&self, number: u32) -> Option<Address> {
        let position = number.checked_sub(FIRST_NUMBER)?;
        self.read().addresses.get(position as usize).copied()
    }

    pub fn loaded_account(&self, address: &Address) -> Option<AccountInfo> {
        self.read().accounts.get(address).cloned().flatten()
    }

    pub fn loaded_slot(&self, number: u32, slot: U256) -> Option<U256> {
        self.read().slots.get(&(number, slot)).copied()
    }

    /// What has been loaded so far.
    pub fn loaded_accounts(&self) -> Vec<(Address, AccountInfo)> {
        let known = self.read();
        let found = known.accounts.iter();
        found.filter_map(|(address, account)| Some((*address, account.clone()?))).collect()
    }

    pub fn loaded_slots_of(&self, number: u32) -> Vec<(U256, U256)> {
        let known = self.read();
        let found = known.slots.iter().filter(|((of, _), _)| *of == number);
        found.map(|((_, slot), value)| (*slot, *value)).collect()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Known> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn find_or_ask<T>(
        &self,
        find: impl Fn(&Known) -> Option<T>,
        ask: impl FnOnce(&Self) -> Result<T, Missing>,
    ) -> Result<T, Missing> {
        if let Some(found) = find(&self.read()) {
            return Ok(found);
        }
        let me = this_thread();
        if self.asker.load(Ordering::Relaxed) == me {
            let message = "a state source asked a world that stands on itself; it may not do that";
            return Err(Missing(Failure::Engine(message.to_owned()).into()));
        }
        // The thread whose turn it is needs the GIL, so nobody may hold it while he waits for his.
        let turn = Python::attach(|python| self.asking.lock_py_attached(python));
        let _turn = turn.unwrap_or_else(PoisonError::into_inner);
        // Another thread may have asked the same while this one waited for its turn.
        if let Some(found) = find(&self.read()) {
            return Ok(found);
        }
        self.asker.store(me, Ordering::Relaxed);
        let answer = ask(self);
        self.asker.store(0, Ordering::Relaxed);
        answer
    }
}

/// A word from an answer, which must be bytes.
fn answered(field: &'static str, answer: &Bound<'_, PyAny>) -> PyResult<B256> {
    let bytes = answer.cast::<PyBytes>();
    let bytes = bytes.map_err(|_| columns::wrong(field, answer, "must be 32 bytes"))?;
    word(field, bytes.as_bytes())
}

fn word(field: &'static str, bytes: &[u8]) -> PyResult<B256> {
    let rule = "a state source must answer 32 bytes";
    B256::try_from(bytes)
        .map_err(|_| Failure::Argument(field, format!("{} bytes", bytes.len()), rule).into())
}
