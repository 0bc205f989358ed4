//! What can go wrong at the border to Python. Nothing here is about the EVM: reverts, halts and
//! transactions that cannot be included are results.

use pyo3::{create_exception, exceptions::PyException, prelude::*};

use crate::source::Missing;

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

#[derive(Debug)]
pub enum Failure {
    /// The engine cannot go on.
    Engine(String),
    /// (field, value, rule)
    Argument(&'static str, String, &'static str),
    /// The call took longer than it was allowed to.
    Deadline,
    /// What the state source or a signal handler raised, as it was.
    Python(PyErr),
}

impl Failure {
    /// Say which transaction of a batch it was.
    pub fn at(self, index: usize) -> Self {
        match self {
            Self::Engine(message) => Self::Engine(format!("transaction {index}: {message}")),
            Self::Python(error) => {
                let note = format!("in transaction {index} of the batch");
                // A note is a courtesy: where it cannot be added the error itself is enough.
                let _ = Python::attach(|python| {
                    error.value(python).call_method1("add_note", (note,)).map(|_| ())
                });
                Self::Python(error)
            }
            other => other,
        }
    }
}

impl From<Missing> for Failure {
    fn from(missing: Missing) -> Self {
        Self::Python(missing.0)
    }
}

impl From<Missing> for PyErr {
    fn from(missing: Missing) -> Self {
        missing.0
    }
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Engine(message) => EngineError::new_err(message),
            Failure::Argument(field, value, rule) => BatchError::new_err((field, value, rule)),
            Failure::Deadline => EngineError::new_err("stopped: the deadline has passed"),
            Failure::Python(error) => error,
        }
    }
}
