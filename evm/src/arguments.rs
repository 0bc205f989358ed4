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
pub fn batch<'py>(batch: &Bound<'py, PyAny>) -> PyResult<Batch> {
    let python = batch.py();
    let required = |name: &Bound<'py, PyString>| batch.getattr(name);
    let optional = |name: &Bound<'py, PyString>| -> PyResult<Option<Bound<'py, PyAny>>> {
        let column = batch.getattr(name)?;
        Ok((!column.is_none()).then_some(column))
    };
    let u64s = |field: &'static str, name: &Bound<'py, PyString>| match optional(name)? {
        Some(column) => columns::numbers::<u64>(field, &column, "must be uint64[n]"),
        None => Ok(Vec::new()),
    };
    let data = required(intern!(python, "data"))?;
    let values = optional(intern!(python, "values"))?;
    let creates = optional(intern!(python, "creates"))?;
    let types = optional(intern!(python, "types"))?;
    let lists = optional(intern!(python, "access_lists"))?;
    Ok(Batch {
        senders: columns::addresses("senders", &required(intern!(python, "senders"))?)?,
        targets: columns::addresses("targets", &required(intern!(python, "targets"))?)?,
        data: columns::numbers::<u8>("data", &data, "must be uint8[total]")?,
        data_offsets: columns::offsets(
            "data_offsets",
            &required(intern!(python, "data_offsets"))?,
        )?,
        gas_limits: columns::numbers(
            "gas_limits",
            &required(intern!(python, "gas_limits"))?,
            "must be uint64[n]",
        )?,
        creates: creates.map_or(Ok(Vec::new()), |column| columns::flags("creates", &column))?,
        values: values.map_or(Ok(Vec::new()), |column| columns::words("values", &column))?,
        max_fees: u64s("max_fees", intern!(python, "max_fees"))?,
        priority_fees: u64s("priority_fees", intern!(python, "priority_fees"))?,
        nonces: u64s("nonces", intern!(python, "nonces"))?,
        types: types.map_or(Ok(Vec::new()), |column| {
            columns::numbers::<u8>("types", &column, "must be uint8[n]")
        })?,
        access_lists: lists.map(|lists| access_lists(&lists)).transpose()?,
    })
}

fn access_lists(lists: &Bound<'_, PyAny>) -> PyResult<AccessLists> {
    let python = lists.py();
    let slots = columns::slots("access_lists.slots", &lists.getattr(intern!(python, "slots"))?)?;
    let slots = slots.into_iter().map(|slot| B256::from(slot.to_be_bytes()));
    let offsets =
        |field, name: &Bound<'_, PyString>| columns::offsets(field, &lists.getattr(name)?);
    let addresses = lists.getattr(intern!(python, "addresses"))?;
    Ok(AccessLists {
        offsets: offsets("access_lists.offsets", intern!(python, "offsets"))?,
        addresses: columns::addresses("access_lists.addresses", &addresses)?,
        slot_offsets: offsets("access_lists.slot_offsets", intern!(python, "slot_offsets"))?,
        slots: slots.collect(),
    })
}
