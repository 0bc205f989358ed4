"""What is to happen: the frozen Scenario, its TOML form, and the seeds that spring from it."""

from simulator.scenario.faults import Fault, markets_of
from simulator.scenario.loading import (
    load_parameter_set,
    load_scenario,
    parse_decimal,
    parse_scenario,
    read_document,
    scenario_names,
    scenario_path,
)
from simulator.scenario.model import BASE_VARIANT, FAULT_FREE, Scenario, set_path, to_document
from simulator.scenario.parts import NonNegative, Oracle, Parameters, Part, Population, Positive
from simulator.scenario.seeds import generator

__all__ = [
    "BASE_VARIANT",
    "FAULT_FREE",
    "Fault",
    "NonNegative",
    "Oracle",
    "Parameters",
    "Part",
    "Population",
    "Positive",
    "Scenario",
    "generator",
    "load_parameter_set",
    "load_scenario",
    "markets_of",
    "parse_decimal",
    "parse_scenario",
    "read_document",
    "scenario_names",
    "scenario_path",
    "set_path",
    "to_document",
]
