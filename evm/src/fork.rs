//! The hardforks that can be chosen. A name outside of this list is refused, and an opcode of a
//! later fork halts: revm's instruction table and gas prices are taken from the fork.

use revm::primitives::hardfork::SpecId;

/// Oldest to newest. Newer forks than the last stable one are not offered.
const FORKS: [(&str, SpecId); 6] = [
    ("london", SpecId::LONDON),
    ("paris", SpecId::MERGE),
    ("shanghai", SpecId::SHANGHAI),
    ("cancun", SpecId::CANCUN),
    ("prague", SpecId::PRAGUE),
    ("osaka", SpecId::OSAKA),
];

pub fn names() -> Vec<&'static str> {
    FORKS.iter().map(|(name, _)| *name).collect()
}

/// The fork of a name, or None if it is not offered.
pub fn parse(name: &str) -> Option<SpecId> {
    FORKS.iter().find(|(known, _)| *known == name).map(|(_, fork)| *fork)
}

/// The name of an offered fork.
pub fn name(fork: SpecId) -> &'static str {
    FORKS.iter().find(|(_, known)| *known == fork).map_or("unknown", |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_offered_name_is_a_fork_and_they_are_in_order() {
        let forks: Vec<SpecId> = names().into_iter().map(|name| parse(name).unwrap()).collect();
        assert!(forks.is_sorted());
        assert!(forks.iter().map(|fork| name(*fork)).eq(names()));
    }

    #[test]
    fn other_names_are_refused() {
        for name in ["", "Cancun", "amsterdam", "latest", "berlin"] {
            assert!(parse(name).is_none(), "{name}");
        }
    }
}
