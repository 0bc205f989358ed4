//! Python's arguments as the engine's types, with errors that name the field.

use pyo3::prelude::*;
use revm::primitives::{Address, B256, Bytes, U256};

use crate::{batch::Batch, columns, errors::Failure};

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

type Column<'a, 'py> = &'a Bound<'py, PyAny>;

/// A batch of its columns; `required` are senders, targets, data, its offsets and gas limits,
/// `numbers` are max fees, priority fees and nonces.
pub fn batch(
    required: [Column<'_, '_>; 5],
    creates: Option<Column<'_, '_>>,
    values: Option<Column<'_, '_>>,
    numbers: [Option<Column<'_, '_>>; 3],
) -> PyResult<Batch> {
    let [senders, targets, data, data_offsets, gas_limits] = required;
    let [max_fees, priority_fees, nonces] = numbers;
    let offsets = columns::numbers::<i64>("data_offsets", data_offsets, "must be int64[n + 1]")?;
    let data = columns::numbers::<u8>("data", data, "must be uint8[total]")?;
    let optional = |field, column: Option<Column<'_, '_>>| match column {
        Some(column) => columns::numbers::<u64>(field, column, "must be uint64[n]"),
        None => Ok(Vec::new()),
    };
    Ok(Batch {
        senders: columns::addresses("senders", senders)?,
        targets: columns::addresses("targets", targets)?,
        data: Bytes::from(data),
        // A negative offset becomes a huge one and fails the check of the batch.
        data_offsets: offsets.into_iter().map(|offset| offset as usize).collect(),
        gas_limits: columns::numbers("gas_limits", gas_limits, "must be uint64[n]")?,
        creates: match creates {
            Some(column) => columns::numbers("creates", column, "must be uint8[n]")?,
            None => Vec::new(),
        },
        values: match values {
            Some(column) => columns::words("values", column)?,
            None => Vec::new(),
        },
        max_fees: optional("max_fees", max_fees)?,
        priority_fees: optional("priority_fees", priority_fees)?,
        nonces: optional("nonces", nonces)?,
    })
}
