//! `underwater_evm`: revm behind columns of numpy arrays.
//!
//! revm executes; this crate keeps worlds (layered state, block, snapshots, watch list), runs
//! batches with the GIL released and hands the results over as columns.

pub mod batch;
pub mod codec;
pub mod commit;
pub mod errors;
pub mod evm;
pub mod fork;
pub mod hashing;
pub mod history;
pub mod hooks;
pub mod layers;
pub mod reasons;
pub mod receipts;
pub mod run;
pub mod source;
pub mod state;
pub mod stop;
pub mod trace;
pub mod trie;
pub mod watch;
pub mod world;

mod arguments;
mod columns;
mod python;

use pyo3::prelude::*;

/// Many small blocks live and die within a batch; the system's allocator is slower at that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[pymodule]
fn underwater_evm(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let python = module.py();
    stop::remember_main_thread(python)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("HARDFORKS", fork::names())?;
    module.add("EngineError", python.get_type::<errors::EngineError>())?;
    module.add("BatchError", python.get_type::<errors::BatchError>())?;
    module.add_function(wrap_pyfunction!(python::execute_many, module)?)?;
    module.add_class::<python::World>()
}
