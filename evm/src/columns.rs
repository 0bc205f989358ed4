//! Between numpy arrays and owned columns. Everything is copied on the way in: what Python does
//! with its arrays while the GIL is released is then no concern of ours.

use numpy::{
    Element, IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyUntypedArrayMethods,
    ndarray::Array2,
};
use pyo3::prelude::*;
use revm::primitives::{Address, U256};

use crate::{commit::Change, errors::Failure, receipts::Receipts};

fn wrong(field: &'static str, argument: &Bound<'_, PyAny>, rule: &'static str) -> PyErr {
    let dtype = argument.getattr("dtype").and_then(|dtype| dtype.str()?.extract::<String>());
    let shape = argument.getattr("shape").and_then(|shape| shape.str()?.extract::<String>());
    let value = match (dtype, shape) {
        (Ok(dtype), Ok(shape)) => format!("array of {dtype}, shape {shape}"),
        _ => argument.get_type().to_string(),
    };
    Failure::Argument(field, value, rule).into()
}

/// A one-dimensional array of exactly this type.
pub fn numbers<T: Element + Copy>(
    field: &'static str,
    argument: &Bound<'_, PyAny>,
    rule: &'static str,
) -> PyResult<Vec<T>> {
    let array = argument.cast::<PyArray1<T>>().map_err(|_| wrong(field, argument, rule))?;
    Ok(match array.try_readonly() {
        Ok(view) => match view.as_slice() {
            Ok(slice) => slice.to_vec(),
            Err(_) => view.as_array().iter().copied().collect(),
        },
        Err(_) => return Err(wrong(field, argument, "is being written to")),
    })
}

fn rows<T: Element + Copy, const WIDTH: usize>(
    field: &'static str,
    argument: &Bound<'_, PyAny>,
    rule: &'static str,
) -> PyResult<Vec<[T; WIDTH]>> {
    let array = argument.cast::<PyArray2<T>>().map_err(|_| wrong(field, argument, rule))?;
    let view = array.try_readonly().map_err(|_| wrong(field, argument, "is being written to"))?;
    if view.shape()[1] != WIDTH {
        return Err(wrong(field, argument, rule));
    }
    if let Ok(flat) = view.as_slice() {
        return Ok(flat.as_chunks::<WIDTH>().0.to_vec());
    }
    let row = |row: numpy::ndarray::ArrayView1<'_, T>| std::array::from_fn(|column| row[column]);
    Ok(view.as_array().rows().into_iter().map(row).collect())
}

pub fn addresses(field: &'static str, argument: &Bound<'_, PyAny>) -> PyResult<Vec<Address>> {
    let rows = rows::<u8, 20>(field, argument, "must be uint8[n, 20]")?;
    Ok(rows.into_iter().map(Address::from).collect())
}

pub fn slots(field: &'static str, argument: &Bound<'_, PyAny>) -> PyResult<Vec<U256>> {
    let rows = rows::<u8, 32>(field, argument, "must be uint8[n, 32]")?;
    Ok(rows.into_iter().map(U256::from_be_bytes).collect())
}

pub fn words(field: &'static str, argument: &Bound<'_, PyAny>) -> PyResult<Vec<U256>> {
    let rows = rows::<u64, 4>(field, argument, "must be uint64[n, 4]")?;
    Ok(rows.into_iter().map(U256::from_limbs).collect())
}

/// uint64[n, 4], least significant limb first.
pub fn limbs<'py>(
    python: Python<'py>,
    words: impl Iterator<Item = U256>,
) -> Bound<'py, PyArray2<u64>> {
    let flat: Vec<u64> = words.flat_map(|word| *word.as_limbs()).collect();
    table(python, flat, 4)
}

fn table<T: Element>(python: Python<'_>, flat: Vec<T>, width: usize) -> Bound<'_, PyArray2<T>> {
    let rows = flat.len() / width;
    let array = Array2::from_shape_vec((rows, width), flat);
    array.expect("rows times width is the length").into_pyarray(python)
}

/// The receipts as positional fields of Python's `Receipts`, topics still flat.
pub fn receipts<'py>(
    python: Python<'py>,
    receipts: Receipts,
    wants_diff: bool,
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let (indices, values): (Vec<i64>, Vec<U256>) =
        receipts.watched.iter().map(|(index, value)| (i64::from(*index), *value)).unzip();
    let reasons = pyo3::types::PyDict::new(python);
    for (index, reason) in receipts.reasons {
        reasons.set_item(index, reason)?;
    }
    let diff = if wants_diff { Some(diff(python, &receipts.changes)?) } else { None };
    Ok(vec![
        receipts.status.into_pyarray(python).into_any(),
        receipts.gas_used.into_pyarray(python).into_any(),
        receipts.output.into_pyarray(python).into_any(),
        receipts.output_offsets.into_pyarray(python).into_any(),
        receipts.log_transaction.into_pyarray(python).into_any(),
        table(python, receipts.log_address, 20).into_any(),
        receipts
            .log_topics
            .into_pyarray(python)
            .reshape([receipts.log_topic_count.len(), 4, 32])?
            .into_any(),
        receipts.log_topic_count.into_pyarray(python).into_any(),
        receipts.log_data.into_pyarray(python).into_any(),
        receipts.log_data_offsets.into_pyarray(python).into_any(),
        indices.into_pyarray(python).into_any(),
        limbs(python, values.into_iter()).into_any(),
        reasons.into_any(),
        diff.into_pyobject(python)?.into_any(),
    ])
}

type Diff<'py> = (
    Bound<'py, PyArray2<u8>>,
    Bound<'py, PyArray2<u8>>,
    Bound<'py, PyArray2<u64>>,
    Bound<'py, PyArray2<u64>>,
);

fn diff<'py>(python: Python<'py>, changes: &[Change]) -> PyResult<Diff<'py>> {
    let addresses = changes.iter().flat_map(|change| change.address.0.0).collect();
    let slots = changes.iter().flat_map(|change| change.slot.to_be_bytes::<32>()).collect();
    Ok((
        table(python, addresses, 20),
        table(python, slots, 32),
        limbs(python, changes.iter().map(|change| change.old)),
        limbs(python, changes.iter().map(|change| change.new)),
    ))
}
