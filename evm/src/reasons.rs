//! Short words for why a transaction halted or could not be included. The py-evm back end uses the
//! same ones, so that runs on either read the same.

use revm::context_interface::result::{HaltReason, InvalidTransaction};

pub fn of_halt(reason: &HaltReason) -> String {
    let word = match reason {
        HaltReason::OutOfGas(_) => "out of gas",
        HaltReason::OpcodeNotFound | HaltReason::InvalidFEOpcode | HaltReason::NotActivated => {
            "invalid opcode"
        }
        HaltReason::InvalidJump => "invalid jump destination",
        HaltReason::StackUnderflow => "stack underflow",
        HaltReason::StackOverflow => "stack overflow",
        HaltReason::OutOfOffset => "return data out of bounds",
        HaltReason::CreateCollision => "address collision",
        HaltReason::PrecompileError | HaltReason::PrecompileErrorWithContext(_) => {
            "precompile failed"
        }
        HaltReason::NonceOverflow => "nonce overflow",
        HaltReason::CreateContractSizeLimit => "contract code too large",
        HaltReason::CreateContractStartingWithEF => "contract code starts with 0xEF",
        HaltReason::CreateInitCodeSizeLimit => "initcode too large",
        HaltReason::StateChangeDuringStaticCall | HaltReason::CallNotAllowedInsideStatic => {
            "write in a static call"
        }
        HaltReason::OutOfFunds => "insufficient balance",
        HaltReason::CallTooDeep => "call too deep",
        HaltReason::OverflowPayment => "balance overflow",
    };
    word.to_owned()
}

pub fn of_invalid(reason: &InvalidTransaction) -> String {
    use InvalidTransaction as Invalid;
    match reason {
        Invalid::NonceTooLow { tx, state } => {
            format!("nonce too low: {tx}, the account has {state}")
        }
        Invalid::NonceTooHigh { tx, state } => {
            format!("nonce too high: {tx}, the account has {state}")
        }
        Invalid::NonceOverflowInTransaction => "nonce overflow".to_owned(),
        Invalid::LackOfFundForMaxFee { fee, balance } => {
            format!("insufficient balance: needs {fee} wei, has {balance}")
        }
        Invalid::OverflowPaymentInTransaction => "insufficient balance: overflow".to_owned(),
        Invalid::GasPriceLessThanBasefee => "max fee below the base fee".to_owned(),
        Invalid::PriorityFeeGreaterThanMaxFee => "priority fee above the max fee".to_owned(),
        Invalid::CallGasCostMoreThanGasLimit { initial_gas: needed, gas_limit }
        | Invalid::GasFloorMoreThanGasLimit { gas_floor: needed, gas_limit } => {
            format!("gas limit below intrinsic gas: {gas_limit}, needs {needed}")
        }
        Invalid::TxGasLimitGreaterThanCap { gas_limit, cap } => {
            format!("gas limit above the transaction cap: {gas_limit}, cap {cap}")
        }
        Invalid::RejectCallerWithCode => "sender has code".to_owned(),
        Invalid::CreateInitCodeSizeLimit => "initcode too large".to_owned(),
        other => other.to_string(),
    }
}

pub fn block_full(gas_limit: u64, left: u64) -> String {
    format!("block full: gas limit {gas_limit}, left {left}")
}
