//! Between numpy arrays and owned columns. Everything is copied on the way in: what Python does
//! with its arrays while the GIL is released is then no concern of ours.

use numpy::{
    Element, IntoPyArray, PyArray, PyArray1, PyArray2, PyArrayMethods, PyUntypedArrayMethods,
    ToPyArray,
    ndarray::{Array, ArrayView, Dimension, IntoDimension},
};
use pyo3::{
    prelude::*,
    types::{PyDict, PyTuple},
};
use revm::primitives::{Address, U256};

use crate::{commit::Change, errors::Failure, receipts::Receipts, trace::Trace};

pub fn wrong(field: &'static str, argument: &Bound<'_, PyAny>, rule: &'static str) -> PyErr {
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
    refuse_endless(field, argument, array.len())?;
    items(array, <[T]>::to_vec)
}

/// More items than any batch has: broadcast arrays take no memory until they are copied.
const MOST_ITEMS: usize = 1 << 33;

fn refuse_endless(field: &'static str, argument: &Bound<'_, PyAny>, items: usize) -> PyResult<()> {
    match items {
        0..=MOST_ITEMS => Ok(()),
        _ => Err(wrong(field, argument, "has more items than fit into memory")),
    }
}

/// What `read` makes of an array's items in C order; one that lies in memory otherwise is copied.
fn items<T: Element + Copy, D: Dimension, R>(
    array: &Bound<'_, PyArray<T, D>>,
    read: impl Fn(&[T]) -> R,
) -> PyResult<R> {
    if array.is_c_contiguous() {
        // SAFETY: the GIL is held while `read` copies, and nothing here writes to arrays of
        // Python's.
        if let Ok(slice) = unsafe { array.as_slice() } {
            return Ok(read(slice));
        }
    }
    let copy = array.call_method0("copy")?.cast_into::<PyArray<T, D>>()?;
    // SAFETY: as above; the copy is ours alone.
    Ok(read(unsafe { copy.as_slice() }?))
}

/// Arrays up to this many items are copied: numpy's own small memory is quicker made and freed than
/// an object that keeps a vector alive.
const COPIED_ITEMS: usize = 512;

/// A column as an array.
fn array<T: Element + Copy>(python: Python<'_>, column: Vec<T>) -> Bound<'_, PyArray1<T>> {
    match column.len() {
        0..=COPIED_ITEMS => PyArray1::from_slice(python, &column),
        _ => column.into_pyarray(python),
    }
}

/// One byte each of a boolean or byte column.
pub fn flags(field: &'static str, argument: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    let rule = "must be bool[n] or uint8[n]";
    match argument.cast::<PyArray1<bool>>() {
        Ok(_) => Ok(numbers::<bool>(field, argument, rule)?.into_iter().map(u8::from).collect()),
        Err(_) => numbers::<u8>(field, argument, rule),
    }
}

/// int64 offsets; a negative one becomes a huge one and fails the check of the batch.
pub fn offsets(field: &'static str, argument: &Bound<'_, PyAny>) -> PyResult<Vec<usize>> {
    let offsets = numbers::<i64>(field, argument, "must be int64[n + 1]")?;
    Ok(offsets.into_iter().map(|offset| offset as usize).collect())
}

fn rows<T: Element + Copy, const WIDTH: usize>(
    field: &'static str,
    argument: &Bound<'_, PyAny>,
    rule: &'static str,
) -> PyResult<Vec<[T; WIDTH]>> {
    let array = argument.cast::<PyArray2<T>>().map_err(|_| wrong(field, argument, rule))?;
    if array.shape()[1] != WIDTH {
        return Err(wrong(field, argument, rule));
    }
    refuse_endless(field, argument, array.len())?;
    items(array, |flat| flat.as_chunks::<WIDTH>().0.to_vec())
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

fn table<T: Element + Copy>(
    python: Python<'_>,
    flat: Vec<T>,
    width: usize,
) -> Bound<'_, PyArray2<T>> {
    let rows = flat.len() / width;
    shaped(python, flat, (rows, width))
}

/// A column as an array of a shape that holds just its items.
fn shaped<T: Element + Copy, S: IntoDimension>(
    python: Python<'_>,
    flat: Vec<T>,
    shape: S,
) -> Bound<'_, PyArray<T, S::Dim>> {
    let (shape, whole) = (shape.into_dimension(), "the shape holds just the items");
    match flat.len() {
        0..=COPIED_ITEMS => ArrayView::from_shape(shape, &flat).expect(whole).to_pyarray(python),
        _ => Array::from_shape_vec(shape, flat).expect(whole).into_pyarray(python),
    }
}

/// Which storage diff the receipts shall carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Diff {
    None,
    OfBatch,
    PerTransaction,
}

/// The receipts as positional fields of Python's `Receipts`, diff and trace as theirs.
pub fn receipts<'py>(
    python: Python<'py>,
    mut receipts: Receipts,
    wanted: Diff,
) -> PyResult<Bound<'py, PyTuple>> {
    let (indices, values): (Vec<i64>, Vec<U256>) =
        receipts.watched.iter().map(|(index, value)| (i64::from(*index), *value)).unzip();
    let reasons = PyDict::new(python);
    for (index, reason) in std::mem::take(&mut receipts.reasons) {
        reasons.set_item(index, reason)?;
    }
    let diff = match wanted {
        Diff::None => None,
        Diff::OfBatch => Some(diff(python, &receipts, false)?),
        Diff::PerTransaction => Some(diff(python, &receipts, true)?),
    };
    let coverage = receipts.coverage.take().map(|map| map.into_pyarray(python));
    let trace = receipts.trace.take().map(|trace| self::trace(python, trace)).transpose()?;
    let topics = shaped(python, receipts.log_topics, (receipts.log_topic_count.len(), 4, 32));
    PyTuple::new(
        python,
        [
            array(python, receipts.status).into_any(),
            array(python, receipts.gas_used).into_any(),
            array(python, receipts.gas_price).into_any(),
            array(python, receipts.output).into_any(),
            array(python, receipts.output_offsets).into_any(),
            array(python, receipts.log_transaction).into_any(),
            table(python, receipts.log_address, 20).into_any(),
            topics.into_any(),
            array(python, receipts.log_topic_count).into_any(),
            array(python, receipts.log_data).into_any(),
            array(python, receipts.log_data_offsets).into_any(),
            array(python, indices).into_any(),
            limbs(python, values.into_iter()).into_any(),
            reasons.into_any(),
            diff.into_pyobject(python)?.into_any(),
            coverage.into_pyobject(python)?.into_any(),
            trace.into_pyobject(python)?.into_any(),
        ],
    )
}

/// (addresses, slots, old, new), and the transactions of what-ifs.
fn diff<'py>(
    python: Python<'py>,
    receipts: &Receipts,
    is_per_transaction: bool,
) -> PyResult<Bound<'py, PyTuple>> {
    let transactions = receipts.change_transaction.clone();
    let [addresses, slots, old, new] = changes(python, &receipts.changes);
    let transactions = is_per_transaction.then(|| array(python, transactions));
    let transactions = transactions.into_pyobject(python)?.into_any();
    PyTuple::new(python, [addresses, slots, old, new, transactions])
}

pub fn changes<'py>(python: Python<'py>, changes: &[Change]) -> [Bound<'py, PyAny>; 4] {
    let addresses = changes.iter().flat_map(|change| change.address.0.0).collect();
    let slots = changes.iter().flat_map(|change| change.slot.to_be_bytes::<32>()).collect();
    [
        table(python, addresses, 20).into_any(),
        table(python, slots, 32).into_any(),
        limbs(python, changes.iter().map(|change| change.old)).into_any(),
        limbs(python, changes.iter().map(|change| change.new)).into_any(),
    ]
}

/// Slots uint8[n, 32] and values uint64[n, 4].
pub type Slots<'py> = (Bound<'py, PyArray2<u8>>, Bound<'py, PyArray2<u64>>);

pub fn slots_and_values<'py>(python: Python<'py>, pairs: &[(U256, U256)]) -> Slots<'py> {
    let slots = pairs.iter().flat_map(|(slot, _)| slot.to_be_bytes::<32>()).collect();
    (table(python, slots, 32), limbs(python, pairs.iter().map(|(_, value)| *value)))
}

fn trace(python: Python<'_>, trace: Trace) -> PyResult<Bound<'_, PyTuple>> {
    let (output, output_offsets) = trace.flat_outputs();
    let reasons = PyDict::new(python);
    for (index, reason) in trace.reasons {
        reasons.set_item(index, reason)?;
    }
    let targets = trace.target.iter().flat_map(|target| target.0.0).collect();
    let input_offsets: Vec<i64> = [0].into_iter().chain(trace.input_offsets).collect();
    PyTuple::new(
        python,
        [
            array(python, trace.transaction).into_any(),
            array(python, trace.depth).into_any(),
            array(python, trace.kind).into_any(),
            table(python, trace.caller, 20).into_any(),
            table(python, targets, 20).into_any(),
            limbs(python, trace.value.into_iter()).into_any(),
            array(python, trace.gas_limit).into_any(),
            array(python, trace.gas_used).into_any(),
            array(python, trace.input).into_any(),
            array(python, input_offsets).into_any(),
            array(python, output).into_any(),
            array(python, output_offsets).into_any(),
            array(python, trace.status).into_any(),
            reasons.into_any(),
        ],
    )
}
