//! Python's arguments as the engine's types, with errors that name the field.

use pyo3::{intern, prelude::*, types::PyString};
use revm::primitives::{Address, B256, U256};

use crate::{
    batch::{AccessLists, Batch},
    columns,
    errors::Failure,
};

pub fn address(field: &'static str, bytes: &[u8]) -> PyResult<Address> {
    Address::try_from(bytes).map_err(|_| wrong_length(field, bytes, "an address has 20 bytes"))
}

pub fn hash(field: &'static str, bytes: &[u8]) -> PyResult<B256> {
    B256::try_from(bytes).map_err(|_| wrong_length(field, bytes, "must have 32 bytes"))
}

fn wrong_length(field: &'static str, bytes: &[u8], rule: &'static str) -> PyErr {
    Failure::Argument(field, format!("{} bytes", bytes.len()), rule).into()
}

/// A 256-bit word as 32 big-endian bytes: Python's integers go through bytes on the stable ABI.
pub struct Word(pub U256);

impl<'a, 'py> FromPyObject<'a, 'py> for Word {
    type Error = PyErr;

    fn extract(argument: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let bytes: &[u8] = argument.extract()?;
        Ok(Self(U256::from_be_bytes(hash("word", bytes)?.0)))
    }
}

/// A batch from the attributes of Python's `Batch`.
pub fn batch(batch: &Bound<'_, PyAny>) -> PyResult<Batch> {
    let python = batch.py();
    let parts = Parts { object: batch, field: "batch", rule: "must be a Batch" };
    Ok(Batch {
        senders: columns::addresses("senders", &parts.get(intern!(python, "senders"))?)?,
        targets: columns::addresses("targets", &parts.get(intern!(python, "targets"))?)?,
        data: columns::numbers("data", &parts.get(intern!(python, "data"))?, "must be uint8[n]")?,
        data_offsets: columns::offsets(
            "data_offsets",
            &parts.get(intern!(python, "data_offsets"))?,
        )?,
        gas_limits: columns::numbers(
            "gas_limits",
            &parts.get(intern!(python, "gas_limits"))?,
            U64S,
        )?,
        creates: parts
            .optional(intern!(python, "creates"), |column| columns::flags("creates", column))?,
        values: parts
            .optional(intern!(python, "values"), |column| columns::words("values", column))?,
        max_fees: parts.u64s("max_fees", intern!(python, "max_fees"))?,
        priority_fees: parts.u64s("priority_fees", intern!(python, "priority_fees"))?,
        nonces: parts.u64s("nonces", intern!(python, "nonces"))?,
        types: parts.optional(intern!(python, "types"), |column| {
            columns::numbers("types", column, "must be uint8[n]")
        })?,
        access_lists: parts.optional(intern!(python, "access_lists"), access_lists)?,
    })
}

const U64S: &str = "must be uint64[n]";

/// An object of Python's whose attributes are read.
struct Parts<'a, 'py> {
    object: &'a Bound<'py, PyAny>,
    field: &'static str,
    rule: &'static str,
}

impl<'py> Parts<'_, 'py> {
    fn get(&self, name: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
        self.object.getattr(name).map_err(|_| columns::wrong(self.field, self.object, self.rule))
    }

    fn optional<T>(
        &self,
        name: &Bound<'py, PyString>,
        read: impl Fn(&Bound<'py, PyAny>) -> PyResult<T>,
    ) -> PyResult<Option<T>> {
        let column = self.get(name)?;
        (!column.is_none()).then(|| read(&column)).transpose()
    }

    fn u64s(&self, field: &'static str, name: &Bound<'py, PyString>) -> PyResult<Option<Vec<u64>>> {
        self.optional(name, |column| columns::numbers(field, column, U64S))
    }
}

fn access_lists(lists: &Bound<'_, PyAny>) -> PyResult<AccessLists> {
    let python = lists.py();
    let rule = "must be AccessLists";
    let parts = Parts { object: lists, field: "access_lists", rule };
    let slots = columns::slots("access_lists.slots", &parts.get(intern!(python, "slots"))?)?;
    let slots = slots.into_iter().map(|slot| B256::from(slot.to_be_bytes()));
    let offsets =
        columns::offsets("access_lists.offsets", &parts.get(intern!(python, "offsets"))?)?;
    let slot_offsets = parts.get(intern!(python, "slot_offsets"))?;
    let addresses = parts.get(intern!(python, "addresses"))?;
    Ok(AccessLists {
        offsets,
        addresses: columns::addresses("access_lists.addresses", &addresses)?,
        slot_offsets: columns::offsets("access_lists.slot_offsets", &slot_offsets)?,
        slots: slots.collect(),
    })
}
