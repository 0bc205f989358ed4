"""`PyEvmChain`: the reference back end over py-evm, exact and slow. Imports py-evm (a second)."""

from simulator.chain.pyevm.chain import PyEvmChain

__all__ = ["PyEvmChain"]
