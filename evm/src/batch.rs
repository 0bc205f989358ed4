//! The columns of a batch, checked once, and the transactions made of them.

use revm::{
    context::{
        TxEnv,
        transaction::{AccessList, AccessListItem},
    },
    primitives::{Address, B256, Bytes, TxKind, U256},
};

use crate::errors::Failure;

/// Legacy, EIP-2930 and EIP-1559; fees of zero make one free where the base fee is zero.
const LEGACY: u8 = 0;
const DYNAMIC_FEE: u8 = 2;

/// Access lists of n transactions; `AccessLists` in Python.
#[derive(Clone, Debug)]
pub struct AccessLists {
    pub offsets: Vec<usize>,
    pub addresses: Vec<Address>,
    pub slot_offsets: Vec<usize>,
    pub slots: Vec<B256>,
}

impl AccessLists {
    fn check(&self, transactions: usize) -> Result<(), Failure> {
        let (entries, slots) = (self.addresses.len(), self.slots.len());
        check_offsets("access_lists.offsets", &self.offsets, transactions, entries)?;
        check_offsets("access_lists.slot_offsets", &self.slot_offsets, entries, slots)
    }

    fn is_empty(&self, index: usize) -> bool {
        self.offsets[index] == self.offsets[index + 1]
    }

    fn list(&self, index: usize) -> AccessList {
        let entry = |entry: usize| AccessListItem {
            address: self.addresses[entry],
            storage_keys: self.slots[self.slot_offsets[entry]..self.slot_offsets[entry + 1]]
                .to_vec(),
        };
        AccessList((self.offsets[index]..self.offsets[index + 1]).map(entry).collect())
    }
}

/// n transactions as owned columns.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    pub senders: Vec<Address>,
    pub targets: Vec<Address>,
    pub data: Vec<u8>,
    pub data_offsets: Vec<usize>,
    pub gas_limits: Vec<u64>,
    pub creates: Option<Vec<u8>>,
    pub values: Option<Vec<U256>>,
    pub max_fees: Option<Vec<u64>>,
    pub priority_fees: Option<Vec<u64>>,
    pub nonces: Option<Vec<u64>>,
    pub types: Option<Vec<u8>>,
    pub access_lists: Option<AccessLists>,
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
        check_length("senders", self.senders.len(), self.len())?;
        check_length("targets", self.targets.len(), self.len())?;
        self.check_optional("creates", &self.creates)?;
        self.check_optional("values", &self.values)?;
        self.check_optional("max_fees", &self.max_fees)?;
        self.check_optional("priority_fees", &self.priority_fees)?;
        self.check_optional("nonces", &self.nonces)?;
        self.check_optional("types", &self.types)?;
        check_offsets("data_offsets", &self.data_offsets, self.len(), self.data.len())?;
        if let Some(kind) = self.types.iter().flatten().find(|kind| **kind > DYNAMIC_FEE) {
            let rule = "must be 0 (legacy), 1 (access list) or 2 (dynamic fee)";
            return Err(Failure::Argument("types", kind.to_string(), rule));
        }
        self.check_access_lists()
    }

    fn check_optional<T>(
        &self,
        field: &'static str,
        column: &Option<Vec<T>>,
    ) -> Result<(), Failure> {
        column.as_ref().map_or(Ok(()), |column| check_length(field, column.len(), self.len()))
    }

    fn check_access_lists(&self) -> Result<(), Failure> {
        let Some(lists) = &self.access_lists else { return Ok(()) };
        lists.check(self.len())?;
        let has_none = |index: &usize| item(&self.types, *index) == Some(LEGACY);
        match (0..self.len()).filter(has_none).find(|index| !lists.is_empty(*index)) {
            Some(index) => {
                let value = format!("transaction {index} of type 0 has one");
                Err(Failure::Argument("access_lists", value, "a legacy transaction has none"))
            }
            None => Ok(()),
        }
    }

    /// Transaction `index`; its nonce is taken from the state unless the batch gives one.
    pub fn transaction(&self, index: usize, chain_id: u64) -> TxEnv {
        let creates = item(&self.creates, index).is_some_and(|flag| flag != 0);
        let kind = if creates { TxKind::Create } else { TxKind::Call(self.targets[index]) };
        let tx_type = item(&self.types, index).unwrap_or(DYNAMIC_FEE);
        let priority_fee = || item(&self.priority_fees, index).unwrap_or(0).into();
        TxEnv {
            tx_type,
            caller: self.senders[index],
            gas_limit: self.gas_limits[index],
            gas_price: item(&self.max_fees, index).unwrap_or(0).into(),
            gas_priority_fee: (tx_type == DYNAMIC_FEE).then(priority_fee),
            kind,
            value: item(&self.values, index).unwrap_or_default(),
            // A copy: slices of one buffer share a counter that threads would fight over.
            data: Bytes::copy_from_slice(
                &self.data[self.data_offsets[index]..self.data_offsets[index + 1]],
            ),
            nonce: item(&self.nonces, index).unwrap_or(0),
            chain_id: Some(chain_id),
            access_list: self
                .access_lists
                .as_ref()
                .map_or_else(Default::default, |lists| lists.list(index)),
            blob_hashes: Vec::new(),
            max_fee_per_blob_gas: 0,
            authorization_list: Vec::new(),
        }
    }
}

fn item<T: Copy>(column: &Option<Vec<T>>, index: usize) -> Option<T> {
    column.as_ref().map(|column| column[index])
}

fn check_length(field: &'static str, is: usize, wanted: usize) -> Result<(), Failure> {
    if is == wanted {
        return Ok(());
    }
    let value = format!("{is} rows instead of {wanted}");
    Err(Failure::Argument(field, value, "must fit the number of gas limits"))
}

fn check_offsets(
    field: &'static str,
    offsets: &[usize],
    rows: usize,
    end: usize,
) -> Result<(), Failure> {
    check_length(field, offsets.len(), rows + 1)?;
    let ends = (offsets.first().copied(), offsets.last().copied());
    if ends == (Some(0), Some(end)) && offsets.is_sorted() {
        return Ok(());
    }
    let value = format!("{} to {}", offsets[0], offsets[rows]);
    Err(Failure::Argument(field, value, "must rise from 0 to the length of what they cut"))
}
