//! revm itself: built around a state for one call, and never kept.

use std::{
    any::Any,
    convert::Infallible,
    panic::{AssertUnwindSafe, catch_unwind},
};

use revm::{
    Context, ExecuteEvm, MainBuilder, MainContext,
    context::{BlockEnv, CfgEnv},
    context_interface::result::{EVMError, ExecutionResult},
    handler::{MainnetContext, MainnetEvm},
};

use crate::{batch::Batch, errors::Failure, reasons, receipts::Receipts, state::State};

pub type Evm<'a> = MainnetEvm<MainnetContext<&'a mut State>>;

/// What a transaction did, or why it cannot be included.
pub type Included = Result<ExecutionResult, String>;

pub fn build(state: &mut State, config: CfgEnv, block: BlockEnv) -> Evm<'_> {
    Context::mainnet().with_db(state).with_cfg(config).with_block(block).build_mainnet()
}

/// All transactions of a batch; also the block's gas sum after them.
pub fn run_batch(
    evm: &mut Evm<'_>,
    batch: &Batch,
    block_gas_before: u64,
) -> Result<(Receipts, u64), Failure> {
    let (gas_limit, chain_id) = (evm.block.gas_limit, evm.cfg.chain_id);
    let mut block_gas_used = block_gas_before;
    let mut receipts = Receipts::with_capacity(batch.len());
    for index in 0..batch.len() {
        let left = gas_limit.saturating_sub(block_gas_used);
        if batch.gas_limits[index] > left {
            receipts.add_not_included(reasons::block_full(batch.gas_limits[index], left));
            continue;
        }
        match included(index, evm.transact_one(batch.transaction(index, chain_id)))? {
            Ok(result) => {
                block_gas_used += result.tx_gas_used();
                receipts.add(&result);
            }
            Err(reason) => receipts.add_not_included(reason),
        }
    }
    Ok((receipts, block_gas_used))
}

/// Tell a transaction that cannot be included (inner error) from an engine that cannot go on.
pub fn included(
    index: usize,
    outcome: Result<ExecutionResult, EVMError<Infallible>>,
) -> Result<Included, Failure> {
    match outcome {
        Ok(result) => Ok(Ok(result)),
        Err(EVMError::Transaction(reason)) => Ok(Err(reasons::of_invalid(&reason))),
        Err(other) => Err(Failure::Engine(format!("transaction {index}: {other}"))),
    }
}

/// A panic inside of revm must not reach Python as one: PyO3's escapes `except Exception`.
pub fn guard<T>(run: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| Err(internal_error(&*panic)))
}

fn internal_error(panic: &(dyn Any + Send)) -> Failure {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("unknown");
    Failure::Engine(format!("internal error of the engine, please report it: {text}"))
}
