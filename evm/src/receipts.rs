//! What the transactions of a batch did, as growing columns.

use revm::{
    context_interface::result::ExecutionResult,
    primitives::{Log, U256},
};

use crate::{commit::Change, reasons, trace::Trace};

pub const REVERTED: u8 = 0;
pub const SUCCESS: u8 = 1;
pub const HALTED: u8 = 2;
pub const NOT_INCLUDED: u8 = 3;

#[derive(Clone, Debug, Default)]
pub struct Receipts {
    pub status: Vec<u8>,
    pub gas_used: Vec<u64>,
    /// Wei per gas that the sender paid.
    pub gas_price: Vec<u64>,
    pub output: Vec<u8>,
    pub output_offsets: Vec<i64>,
    pub log_transaction: Vec<i64>,
    pub log_address: Vec<u8>,
    pub log_topics: Vec<u8>,
    pub log_topic_count: Vec<u8>,
    pub log_data: Vec<u8>,
    pub log_data_offsets: Vec<i64>,
    pub reasons: Vec<(usize, String)>,
    pub watched: Vec<(u32, U256)>,
    /// Sorted by address and slot; empty unless asked for.
    pub changes: Vec<Change>,
    /// For what-ifs: the transaction of each change.
    pub change_transaction: Vec<i64>,
    pub coverage: Option<Vec<u8>>,
    pub trace: Option<Trace>,
}

impl Receipts {
    pub fn with_capacity(transactions: usize) -> Self {
        let mut receipts = Self {
            status: Vec::with_capacity(transactions),
            gas_used: Vec::with_capacity(transactions),
            gas_price: Vec::with_capacity(transactions),
            output_offsets: Vec::with_capacity(transactions + 1),
            ..Default::default()
        };
        receipts.output_offsets.push(0);
        receipts.log_data_offsets.push(0);
        receipts
    }

    pub fn add(&mut self, result: &ExecutionResult, gas_price: u64) {
        match result {
            ExecutionResult::Success { output, logs, .. } => {
                let transaction = self.status.len();
                logs.iter().for_each(|log| self.add_log(transaction, log));
                self.add_row(SUCCESS, result.tx_gas_used(), gas_price, output.data());
            }
            // What a failed transaction logged did not happen.
            ExecutionResult::Revert { output, .. } => {
                self.add_row(REVERTED, result.tx_gas_used(), gas_price, output);
            }
            ExecutionResult::Halt { reason, .. } => {
                self.reasons.push((self.status.len(), reasons::of_halt(reason)));
                self.add_row(HALTED, result.tx_gas_used(), gas_price, &[]);
            }
        }
    }

    pub fn add_not_included(&mut self, reason: String) {
        self.reasons.push((self.status.len(), reason));
        self.add_row(NOT_INCLUDED, 0, 0, &[]);
    }

    fn add_row(&mut self, status: u8, gas_used: u64, gas_price: u64, output: &[u8]) {
        self.status.push(status);
        self.gas_used.push(gas_used);
        self.gas_price.push(gas_price);
        self.output.extend_from_slice(output);
        self.output_offsets.push(self.output.len() as i64);
    }

    fn add_log(&mut self, transaction: usize, log: &Log) {
        self.log_transaction.push(transaction as i64);
        self.log_address.extend_from_slice(log.address.as_slice());
        let topics = log.topics();
        self.log_topic_count.push(topics.len() as u8);
        let end = self.log_topics.len() + 4 * 32;
        topics.iter().for_each(|topic| self.log_topics.extend_from_slice(topic.as_slice()));
        self.log_topics.resize(end, 0);
        self.log_data.extend_from_slice(&log.data.data);
        self.log_data_offsets.push(self.log_data.len() as i64);
    }

    /// Append what later transactions of the same batch did.
    pub fn append(&mut self, later: Self) {
        let (rows, outputs, logs) = (self.status.len(), self.output.len(), self.log_data.len());
        let shifted = |index: i64| index + rows as i64;
        self.status.extend(later.status);
        self.gas_used.extend(later.gas_used);
        self.gas_price.extend(later.gas_price);
        self.output.extend(later.output);
        let ends = later.output_offsets.iter().skip(1);
        self.output_offsets.extend(ends.map(|end| end + outputs as i64));
        self.log_transaction.extend(later.log_transaction.into_iter().map(shifted));
        self.log_address.extend(later.log_address);
        self.log_topics.extend(later.log_topics);
        self.log_topic_count.extend(later.log_topic_count);
        self.log_data.extend(later.log_data);
        let ends = later.log_data_offsets.iter().skip(1);
        self.log_data_offsets.extend(ends.map(|end| end + logs as i64));
        let reasons = later.reasons.into_iter();
        self.reasons.extend(reasons.map(|(index, reason)| (index + rows, reason)));
        self.changes.extend(later.changes);
        self.change_transaction.extend(later.change_transaction.into_iter().map(shifted));
    }
}
