"""`RpcChain`: a real node as a back end. Imports web3.py."""

from simulator.chain.rpc.chain import RpcChain

__all__ = ["RpcChain"]
