//! State root and Merkle proofs (EIP-1186), made from scratch when they are asked for.
//!
//! A large trie is built in sixteen parts, one per first nibble of the hashed key, on all cores.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use alloy_trie::{EMPTY_ROOT_HASH, HashBuilder, Nibbles, TrieAccount, proof::ProofRetainer};
use revm::{
    primitives::{Address, B256, Bytes, HashMap, U256, alloy_primitives::keccak256_uncached},
    state::AccountInfo,
};

use crate::state::State;

const PARTS: usize = 16;
/// A trie with fewer leaves is built faster than threads are started.
const LEAVES_WORTH_THREADS: usize = 4_096;

type Leaf = (B256, Vec<u8>);

/// The root of the trie of all accounts.
pub fn state_root(state: &State) -> B256 {
    root(account_leaves(state))
}

pub struct Proof {
    pub account: AccountInfo,
    pub storage_root: B256,
    pub nodes: Vec<Bytes>,
    /// Value and nodes of each slot asked for.
    pub slots: Vec<(U256, Vec<Bytes>)>,
}

/// Proof of an account and some of its slots, or of their absence.
pub fn prove(state: &State, address: Address, slots: &[U256]) -> Proof {
    let found = state.accounts().into_iter().find(|(at, _)| *at == address);
    let account = found.map(|(_, account)| account).unwrap_or_default();
    let storage = account.account_id.map(|id| state.slots_of(id)).unwrap_or_default();
    let values: HashMap<U256, U256> = storage.iter().copied().collect();
    let keys: Vec<B256> = slots.iter().map(|slot| hashed(&slot.to_be_bytes::<32>())).collect();
    let (storage_root, of_slots) = prove_keys(slot_leaves(&storage), &keys);
    let key = hashed(address.as_slice());
    let (_, of_account) = prove_keys(account_leaves(state), &[key]);
    let values = slots.iter().map(|slot| values.get(slot).copied().unwrap_or_default());
    Proof {
        account,
        storage_root,
        nodes: of_account.into_iter().next().unwrap_or_default(),
        slots: values.zip(of_slots).collect(),
    }
}

fn account_leaves(state: &State) -> Vec<Leaf> {
    let mut storage = state.storage();
    let accounts = state.accounts();
    let leaf = |(address, account): &(Address, AccountInfo), storage_root: B256| {
        let value =
            TrieAccount::new(account.nonce, account.balance, storage_root, account.code_hash);
        (hashed(address.as_slice()), rlp(&value))
    };
    let roots: Vec<B256> = accounts
        .iter()
        .map(|(_, account)| {
            let number = account.account_id.map(|id| id.get() as u32);
            let slots = number.and_then(|number| storage.remove(&number));
            slots.map_or(EMPTY_ROOT_HASH, |slots| root(slot_leaves(&slots)))
        })
        .collect();
    in_parts(&accounts, |start, part| {
        part.iter().zip(&roots[start..]).map(|(account, root)| leaf(account, *root)).collect()
    })
}

fn slot_leaves(slots: &[(U256, U256)]) -> Vec<Leaf> {
    in_parts(slots, |_, part| {
        let leaf = |(slot, value): &(U256, U256)| (hashed(&slot.to_be_bytes::<32>()), rlp(value));
        part.iter().map(leaf).collect()
    })
}

fn hashed(key: &[u8]) -> B256 {
    // Each key is hashed once: the cache that mapping slots profit from would only cost here.
    keccak256_uncached(key)
}

fn rlp(value: &impl alloy_rlp::Encodable) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(value.length());
    value.encode(&mut encoded);
    encoded
}

fn root(leaves: Vec<Leaf>) -> B256 {
    if leaves.len() < LEAVES_WORTH_THREADS {
        return build(leaves, 0);
    }
    let mut parts: Vec<Vec<Leaf>> = vec![Vec::new(); PARTS];
    leaves.into_iter().for_each(|leaf| parts[first_nibble(&leaf.0) as usize].push(leaf));
    if parts.iter().filter(|part| !part.is_empty()).count() < 2 {
        return build(parts.concat(), 0);
    }
    let parts: Vec<Mutex<Vec<Leaf>>> = parts.into_iter().map(Mutex::new).collect();
    let roots = on_all_cores(PARTS, |part| {
        let leaves = parts[part].lock().map(|mut leaves| std::mem::take(&mut *leaves));
        let leaves = leaves.unwrap_or_default();
        (!leaves.is_empty()).then(|| build(leaves, 1))
    });
    let mut builder = HashBuilder::default();
    for (part, root) in roots.into_iter().enumerate() {
        if let Some(root) = root {
            builder.add_branch(Nibbles::from_nibbles([part as u8]), root, false);
        }
    }
    builder.root()
}

fn first_nibble(key: &B256) -> u8 {
    key[0] >> 4
}

/// Root of a trie whose keys begin after `skip` nibbles.
fn build(mut leaves: Vec<Leaf>, skip: usize) -> B256 {
    leaves.sort_unstable_by_key(|(key, _)| *key);
    let mut builder = HashBuilder::default();
    for (key, value) in &leaves {
        builder.add_leaf(Nibbles::unpack(key).slice(skip..), value);
    }
    builder.root()
}

/// Root, and the nodes on the way to each of some keys.
fn prove_keys(mut leaves: Vec<Leaf>, keys: &[B256]) -> (B256, Vec<Vec<Bytes>>) {
    leaves.sort_unstable_by_key(|(key, _)| *key);
    let targets: Vec<Nibbles> = keys.iter().map(Nibbles::unpack).collect();
    let retainer = ProofRetainer::from_iter(targets.iter().copied());
    let mut builder = HashBuilder::default().with_proof_retainer(retainer);
    for (key, value) in &leaves {
        builder.add_leaf(Nibbles::unpack(key), value);
    }
    let root = builder.root();
    let nodes = builder.take_proof_nodes();
    // EIP-1186 proves an empty trie by no nodes at all.
    let way = |target: &Nibbles| -> Vec<Bytes> {
        if leaves.is_empty() {
            return Vec::new();
        }
        nodes.matching_nodes_sorted(target).into_iter().map(|(_, node)| node).collect()
    };
    (root, targets.iter().map(way).collect())
}

/// Results for consecutive parts of the items, put together in order.
fn in_parts<T: Sync, R: Send>(items: &[T], work: impl Fn(usize, &[T]) -> Vec<R> + Sync) -> Vec<R> {
    if items.len() < LEAVES_WORTH_THREADS {
        return work(0, items);
    }
    let size = items.len().div_ceil(PARTS);
    let results = on_all_cores(items.len().div_ceil(size), |part| {
        let start = part * size;
        work(start, &items[start..(start + size).min(items.len())])
    });
    results.into_iter().flatten().collect()
}

/// `work` for 0..count, its results in order.
fn on_all_cores<R: Send>(count: usize, work: impl Fn(usize) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, |cores| cores.get()).min(count);
    let next = AtomicUsize::new(0);
    let run = || {
        let mut results = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return results;
            }
            results.push((index, work(index)));
        }
    };
    let mut results: Vec<(usize, R)> = thread::scope(|scope| {
        let others: Vec<_> = (1..cores).map(|_| scope.spawn(run)).collect();
        let mut results = run();
        for other in others {
            // A panic goes on in the calling thread, where the guard turns it into an error.
            results.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        results
    });
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}
