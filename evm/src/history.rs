//! The history contract of EIP-2935: from prague on it is called at the start of every block and
//! keeps the hashes of the last 8,191 ones.

use revm::primitives::{Address, B256, Bytes, U256, address, bytes, keccak256};

pub const ADDRESS: Address = address!("0x0000F90827F1C53a10cb7A02335B175320002935");

/// The code that the EIP gives.
pub const CODE: Bytes = bytes!(
    "0x3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500"
);

/// The hash of a simulated block, which has no header.
pub fn made_hash(number: u64) -> B256 {
    keccak256(U256::from(number).to_be_bytes::<32>())
}
