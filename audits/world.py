"""One deployed exchange on which every example of an audit starts anew.

Steps run one by one: actions as transactions in the current block, waits as a new block. After each
the mirror is brought up to date and the properties are checked. The same class replays findings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audits.properties import Violation, check_all
from audits.setup import AuditSetup
from audits.step_words import sentence
from audits.steps import Names, Step, Wait
from simulator.agent import Accrue, Action, Fill, Liquidate, Quote, UpdatePrice, Withdraw
from simulator.chain.base import STATUS_SUCCESS, BlockEnvironment, Chain
from simulator.chain.reverts import revert_reason
from simulator.errors import RevertError
from simulator.property import FundingSettlement, Operation, Property, Totals
from simulator.protocols.matched_perp.actions import Packer
from simulator.protocols.matched_perp.deployment import Deployment
from simulator.protocols.matched_perp.layout import balance_slots
from simulator.protocols.matched_perp.mirror import Mirror
from simulator.protocols.matched_perp.settlement import settle_everybody
from simulator.scenario import Parameters
from simulator.types import Address
from simulator.units import words_to_integers

BLOCK_SECONDS = 12
BLOCK_GAS = 10**12
"""A step never fails for want of gas in its block: ordering and fees are not what is audited."""
STEP_GAS = 15_000_000
_TIME_STEPS = (Wait, UpdatePrice, Accrue)
"""Steps that may accrue funding and move nothing else: intervals of funding conservation."""


@dataclass(frozen=True, slots=True)
class Contract:
    """What was audited: the name or path as given, and the hash of the source text."""

    path: str
    source_hash: str


@dataclass(frozen=True, slots=True)
class Played:
    """What became of a step: the reason of its revert, or the property that it broke."""

    reason: str | None
    violation: Violation | None = None


class AuditWorld:
    """The exchange with its actors: accounts 0, 1, ... of the ledger in the order of the set-up."""

    def __init__(
        self,
        chain: Chain,
        deployment: Deployment,
        accounts: Sequence[Address],
        setup: AuditSetup,
        parameters: Parameters,
        contract: Contract,
        properties: Sequence[Property],
    ) -> None:
        self.setup = setup
        self.parameters = parameters
        self.contract = contract
        self.names: Names = setup.names
        self.ledger = Mirror(chain, deployment, accounts)
        self.steps: list[Step] = []
        self.quotes: dict[tuple[int, int], Quote] = {}
        self._chain = chain
        self._token = deployment.token
        self._wallets = balance_slots(deployment, accounts)
        self._packer = Packer(deployment, accounts)
        self._properties = tuple(properties)
        self._root = chain.snapshot()

    @property
    def engine(self) -> str:
        return self._chain.name

    @property
    def now(self) -> int:
        """Timestamp of the current block."""
        return self._chain.block.timestamp

    def index(self, market: int) -> int:
        """Index last written, 1e-18 quote."""
        return self.ledger.index(market)

    def wallet(self, account: int) -> int:
        """Tokens (1e-6) that an account could deposit."""
        slot = self._wallets[account : account + 1]
        return words_to_integers(self._chain.storage(self._token, slot), signed=False)[0]

    def reset(self) -> None:
        """Back to the deployed world, before an example rather than after it."""
        self._chain.revert(self._root)
        self._root = self._chain.snapshot()
        self.ledger.reload(self._chain)
        self.steps.clear()
        self.quotes.clear()

    def accepts(self, action: Action) -> bool:
        """Whether an action would succeed now; nothing is kept."""
        sender, target, data = self._packer.encode(action)
        try:
            self._chain.call(target, data, sender)
        except RevertError:
            return False
        return True

    def replay(self, steps: Sequence[Step]) -> Violation | None:
        """All steps from the start; the first violation ends it."""
        self.reset()
        for step in steps:
            violation = self.play(step).violation
            if violation is not None:
                return violation
        return None

    def play(self, step: Step) -> Played:
        """Run one step, then check every property unless the step reverted."""
        before = Totals(self.ledger.insurance, self.ledger.deficit, self.ledger.custody)
        sizes = self._sizes()
        owed = self._owed() if isinstance(step, _TIME_STEPS) else None
        self.steps.append(step)
        reason = self._run(step)
        if reason is not None:
            return Played(reason)
        settlement = None
        if owed is not None:
            paid = self._owed() - owed
            settlement = FundingSettlement(paid, len(self.names.actors))
        operation = Operation(
            label=sentence(step, self.names),
            block=self._chain.block.number,
            increased=self._increased(step, sizes),
            withdrew=(step.sender,) if isinstance(step, Withdraw) else (),
            probe=True,
            settlement=settlement,
            names=self.names.actors,
        )
        return Played(None, check_all(self._properties, before, self.ledger, operation))

    def _run(self, step: Step) -> str | None:
        """The reason of the revert, None if the step happened."""
        if isinstance(step, Wait):
            self._wait(step.seconds)
            return None
        receipts = self._chain.execute(self._packer.pack([step], STEP_GAS))
        if receipts.status[0] != STATUS_SUCCESS:
            return receipts.reasons.get(0) or revert_reason(receipts.output_of(0))
        self.ledger.apply(receipts)
        if isinstance(step, Quote):
            self.quotes[step.sender, step.market] = step
        return None

    def _wait(self, seconds: int) -> None:
        block = self._chain.block
        self._chain.set_block(
            BlockEnvironment(
                number=block.number + max(seconds // BLOCK_SECONDS, 1),
                timestamp=block.timestamp + seconds,
                gas_limit=BLOCK_GAS,
            )
        )
        self.ledger.timestamp = self.now

    def _sizes(self) -> list[int]:
        ledger = self.ledger
        return [
            ledger.size(account, market)
            for account in range(ledger.account_count)
            for market in range(ledger.market_count)
        ]

    def _increased(self, step: Step, before: Sequence[int]) -> tuple[int, ...]:
        """Accounts whose position a trade or takeover opened, grew or flipped."""
        if not isinstance(step, Fill | Liquidate):
            return ()
        markets = self.ledger.market_count
        grown = {
            position // markets
            for position, (old, new) in enumerate(zip(before, self._sizes(), strict=True))
            if abs(new) > abs(old) or old * new < 0
        }
        return tuple(sorted(grown))

    def _owed(self) -> int:
        """What settling everybody takes from all margins, tried on a snapshot.

        Two of them, with nothing but time between, differ by the funding of the interval alone:
        socialised charges are in both.
        """
        return settle_everybody(self._chain, self.ledger, paid=0, socialised=0).payments_total
