//! The columns of a batch, checked once, and the transactions made of them.

use revm::{
    context::TxEnv,
    primitives::{Address, Bytes, TxKind, U256},
};

use crate::errors::Failure;

/// An EIP-1559 transaction; fees of zero make it free where the base fee is zero.
const DYNAMIC_FEE: u8 = 2;

/// n transactions as owned columns. Optional columns are empty.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    pub senders: Vec<Address>,
    pub targets: Vec<Address>,
    pub data: Bytes,
    pub data_offsets: Vec<usize>,
    pub gas_limits: Vec<u64>,
    pub creates: Vec<u8>,
    pub values: Vec<U256>,
    pub max_fees: Vec<u64>,
    pub priority_fees: Vec<u64>,
    pub nonces: Vec<u64>,
}

impl Batch {
    pub fn len(&self) -> usize {
        self.gas_limits.len()
    }

    pub fn is_empty(&self) -> bool {
        self.gas_limits.is_empty()
    }

    /// Every column must fit the number of gas limits, and the offsets the data.
    pub fn check(&self) -> Result<(), Failure> {
        check_length("senders", self.senders.len(), self.len(), false)?;
        check_length("targets", self.targets.len(), self.len(), false)?;
        check_length("data_offsets", self.data_offsets.len(), self.len() + 1, false)?;
        check_length("creates", self.creates.len(), self.len(), true)?;
        check_length("values", self.values.len(), self.len(), true)?;
        check_length("max_fees", self.max_fees.len(), self.len(), true)?;
        check_length("priority_fees", self.priority_fees.len(), self.len(), true)?;
        check_length("nonces", self.nonces.len(), self.len(), true)?;
        let ends = (self.data_offsets.first().copied(), self.data_offsets.last().copied());
        if ends != (Some(0), Some(self.data.len())) || !self.data_offsets.is_sorted() {
            let rule = "must rise from 0 to the length of data";
            return Err(Failure::Argument("data_offsets", format!("{ends:?}"), rule));
        }
        Ok(())
    }

    /// Transaction `index`; its nonce is taken from the state unless the batch gives one.
    pub fn transaction(&self, index: usize, chain_id: u64) -> TxEnv {
        let creates = self.creates.get(index).is_some_and(|flag| *flag != 0);
        let kind = if creates { TxKind::Create } else { TxKind::Call(self.targets[index]) };
        TxEnv {
            tx_type: DYNAMIC_FEE,
            caller: self.senders[index],
            gas_limit: self.gas_limits[index],
            gas_price: self.max_fees.get(index).copied().unwrap_or(0).into(),
            gas_priority_fee: Some(self.priority_fees.get(index).copied().unwrap_or(0).into()),
            kind,
            value: self.values.get(index).copied().unwrap_or_default(),
            data: self.data.slice(self.data_offsets[index]..self.data_offsets[index + 1]),
            nonce: self.nonces.get(index).copied().unwrap_or(0),
            chain_id: Some(chain_id),
            access_list: Default::default(),
            blob_hashes: Vec::new(),
            max_fee_per_blob_gas: 0,
            authorization_list: Vec::new(),
        }
    }
}

fn check_length(
    field: &'static str,
    is: usize,
    wanted: usize,
    optional: bool,
) -> Result<(), Failure> {
    if is == wanted || (optional && is == 0) {
        return Ok(());
    }
    let value = format!("{is} rows instead of {wanted}");
    Err(Failure::Argument(field, value, "must fit the number of gas limits"))
}
