"""What goes wrong with a request, as JSON-RPC says it: a code, a sentence and perhaps data.

Codes: those of JSON-RPC 2.0, of EIP-1474, and 3 for a revert, as nodes give them.
"""

from __future__ import annotations

from typing import Final

from simulator.chain.reverts import ERROR_SELECTOR, PANIC_SELECTOR, revert_reason
from simulator.errors import InputError, RevertError, UnderwaterError

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL_ERROR: Final = -32603
SERVER_ERROR: Final = -32000
RESOURCE_NOT_FOUND: Final = -32001
TRANSACTION_REJECTED: Final = -32003
EXECUTION_REVERTED: Final = 3


class RpcError(UnderwaterError):
    """An error for the client: `code`, the sentence, and `data` if there is any."""

    def __init__(self, code: int, message: str, data: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.data = data

    def to_json(self) -> dict[str, object]:
        """The member `error` of an answer."""
        error: dict[str, object] = {"code": self.code, "message": str(self)}
        return error if self.data is None else error | {"data": self.data}


def invalid(name: str, value: object, rule: str) -> RpcError:
    """A parameter breaks a rule."""
    shown = repr(value)
    if len(shown) > 100:
        shown = f"{shown[:100]}..."
    return RpcError(INVALID_PARAMS, f"{name} = {shown}: {rule}")


def reverted(output: bytes) -> RpcError:
    """A call reverted with this data."""
    known = output[:4] in (ERROR_SELECTOR, PANIC_SELECTOR)
    reason = f": {revert_reason(output)}" if known else ""
    return RpcError(EXECUTION_REVERTED, f"execution reverted{reason}", "0x" + output.hex())


def as_rpc_error(error: UnderwaterError) -> RpcError:
    """Any error of the project as one for the client."""
    if isinstance(error, RpcError):
        return error
    if isinstance(error, RevertError):
        return reverted(error.data)
    code = INVALID_PARAMS if isinstance(error, InputError) else SERVER_ERROR
    return RpcError(code, str(error))
