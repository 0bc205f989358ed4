//! What the transactions of a batch did, as growing columns.

use revm::{
    context_interface::result::{ExecutionResult, InvalidTransaction},
    primitives::{Log, U256},
};

use crate::{commit::Change, reasons};

pub const REVERTED: u8 = 0;
pub const SUCCESS: u8 = 1;
pub const HALTED: u8 = 2;
pub const NOT_INCLUDED: u8 = 3;

#[derive(Clone, Debug, Default)]
pub struct Receipts {
    pub status: Vec<u8>,
    pub gas_used: Vec<u64>,
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
}

impl Receipts {
    pub fn with_capacity(transactions: usize) -> Self {
        let mut receipts = Self {
            status: Vec::with_capacity(transactions),
            gas_used: Vec::with_capacity(transactions),
            output_offsets: Vec::with_capacity(transactions + 1),
            ..Default::default()
        };
        receipts.output_offsets.push(0);
        receipts.log_data_offsets.push(0);
        receipts
    }

    pub fn add(&mut self, result: &ExecutionResult) {
        match result {
            ExecutionResult::Success { output, logs, .. } => {
                let transaction = self.status.len();
                logs.iter().for_each(|log| self.add_log(transaction, log));
                self.add_row(SUCCESS, result.tx_gas_used(), output.data());
            }
            // What a failed transaction logged did not happen.
            ExecutionResult::Revert { output, .. } => {
                self.add_row(REVERTED, result.tx_gas_used(), output);
            }
            ExecutionResult::Halt { reason, .. } => {
                self.reasons.push((self.status.len(), reasons::of_halt(reason)));
                self.add_row(HALTED, result.tx_gas_used(), &[]);
            }
        }
    }

    pub fn add_invalid(&mut self, reason: &InvalidTransaction) {
        self.add_not_included(reasons::of_invalid(reason));
    }

    pub fn add_not_included(&mut self, reason: String) {
        self.reasons.push((self.status.len(), reason));
        self.add_row(NOT_INCLUDED, 0, &[]);
    }

    fn add_row(&mut self, status: u8, gas_used: u64, output: &[u8]) {
        self.status.push(status);
        self.gas_used.push(gas_used);
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
}
