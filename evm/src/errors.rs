//! What can go wrong at the border to Python. Nothing here is about the EVM: reverts, halts and
//! transactions that cannot be included are results.

use pyo3::{PyErr, create_exception, exceptions::PyException};

create_exception!(
    underwater_evm,
    EngineError,
    PyException,
    "The engine could not do what was asked."
);
create_exception!(
    underwater_evm,
    BatchError,
    PyException,
    "An argument breaks a rule: args are (field, value, rule)."
);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The engine cannot go on; the world is as it was before the call.
    Engine(String),
    /// (field, value, rule)
    Argument(&'static str, String, &'static str),
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Engine(message) => EngineError::new_err(message),
            Failure::Argument(field, value, rule) => BatchError::new_err((field, value, rule)),
        }
    }
}
