"""Which engine runs, and what is said when it is not the one hoped for."""

from __future__ import annotations

import pytest

from simulator.chain import EngineChoice, open_chain, select, select_engine
from simulator.errors import InputError, MissingComponentError


@pytest.fixture
def without_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(select, "engine_is_installed", lambda: False)


@pytest.fixture
def with_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(select, "engine_is_installed", lambda: True)


@pytest.mark.usefixtures("with_engine")
def test_auto_takes_the_engine_where_it_is_installed() -> None:
    assert select_engine("auto") == EngineChoice("revm")


@pytest.mark.usefixtures("without_engine")
def test_auto_falls_back_to_py_evm_and_says_so_in_one_line() -> None:
    choice = select_engine("auto")
    assert choice.name == "pyevm"
    assert "slow" in choice.note and "make engine" in choice.note
    assert "\n" not in choice.note
    assert open_chain("auto").name == "pyevm"


@pytest.mark.usefixtures("without_engine")
def test_an_explicit_engine_that_is_absent_says_how_to_get_it() -> None:
    with pytest.raises(MissingComponentError, match=r"cargo >= 1\.91.*make engine"):
        select_engine("revm")


def test_an_explicit_py_evm_needs_no_note() -> None:
    assert select_engine("pyevm") == EngineChoice("pyevm")
    assert open_chain("pyevm", hardfork="prague").hardfork == "prague"


@pytest.mark.parametrize("choice", ["", "REVM", "anvil"])
def test_an_unknown_engine_is_refused(choice: str) -> None:
    with pytest.raises(InputError, match="must be one of auto, revm, pyevm, rpc"):
        open_chain(choice)


def test_a_node_has_an_address_and_only_a_node() -> None:
    assert select_engine("rpc") == EngineChoice("rpc")
    with pytest.raises(InputError, match="url = None: is given for the chain `rpc`"):
        open_chain("rpc")
    with pytest.raises(InputError, match="only for it"):
        open_chain("pyevm", url="http://127.0.0.1:8545")
    with pytest.raises(InputError, match="limit_code_size = False: the node decides it"):
        open_chain("rpc", url="http://127.0.0.1:8545", limit_code_size=False)
