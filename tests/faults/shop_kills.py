"""The shop, the bank or MongoDB is killed at each step of a payment, and started again.

Three programs run as a person runs them. Many buyers walk at once, each to another moment of a
payment; there one program gets `kill -9`, with everything that is under way. It starts again on the
same data, the buyers go on, and in the end money and orders agree: the shop's reconciliation finds
no difference, the bank's verification none, each paid order is paid once, and all others are not
paid or paid back. In the end every webhook comes a second time, and changes nothing.

The long form adds rounds in which one or several programs are killed whenever it happens.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bank_client import Problem
from shop.errors import ShopError
from tests.faults import agreement, planted_orders
from tests.faults.buyers import Buyer, Wish
from tests.faults.figures import Figures, Scale
from tests.faults.moments import OVER, Case, Moment, cases
from tests.faults.passages import Trap
from tests.faults.passing_time import BANK, SHOP, age, let_time_pass, tell_now
from tests.faults.replica_set import NotInTime, await_until
from tests.faults.street import PROGRAMS, Street

SEED = 20261122
SETTLING_SECONDS = 60
_RANDOM_ROUNDS, _RANDOM_BUYERS = 40, 12
_PAUSE_SECONDS, _SETTLING_PAUSE_SECONDS = 0.3, 1.0
HEARERS = {"till": "bank", "hooks": "shop"}
"""Who hears what goes through a passage."""


def run(scale: Scale, folder: Path) -> Figures:
    """All moments of all programs; what does not agree in the end."""
    table = [cases(victim) for victim in PROGRAMS]
    with Street(folder, max(len(each) for each in table)) as street:
        kills = Kills(street)
        for each in table:
            kills.at_moments(each)
        if scale.long:
            dice = random.Random(SEED)
            for number in range(_RANDOM_ROUNDS):
                kills.whenever(number, dice)
        again = kills.webhooks_again()
        said = street.command()
        if not said.endswith(" 0 differences"):
            kills.violations.append(f"flask --app shop reconcile: {said}")
        planted = planted_orders.found(street)
    counted: dict[str, int | float | str] = {
        "orders": kills.orders, "moments": sum(map(len, table)), "kills": kills.killed,
        "caught in the act": kills.caught, "webhooks sent again": again,
        "planted faults": len(planted), "found": sum(planted.values()), "reconcile": said,
    }  # fmt: skip
    return Figures("the shop, the bank or MongoDB killed", counted, tuple(kills.violations))


@dataclass
class _Walk:
    """One buyer, what they are to end with, and what keeps an exchange for them."""

    name: str
    buyer: Buyer
    ending: str
    moment: Moment | None = None
    trap: Trap | None = None

    def there(self) -> bool:
        """Whether the moment has come, or the buyer could not get there."""
        if self.buyer.trouble or self.ending == "late":
            return not self.buyer.walks()
        return (self.trap.caught if self.trap else self.buyer.waits).is_set()

    def dies_with(self, victim: str) -> bool:
        """Whether what is kept was on its way to the one that is killed."""
        return bool(self.trap) and HEARERS[self.trap.passage] == victim


@dataclass
class Kills:
    """Kills programs of a street, and notes what does not agree afterwards."""

    street: Street
    violations: list[str] = field(default_factory=list)
    orders: int = 0
    killed: int = 0
    caught: int = 0

    def at_moments(self, round: Sequence[Case]) -> None:
        """One program is killed when each buyer is at the moment of a case."""
        victim = round[0].victim
        numbered = list(enumerate(round))
        # The bank has two threads for one shop's webhooks: these come before others keep them busy.
        told = [each for each in numbered if each[1].moment.passage == "hooks"]
        walks = self._walks(told) + self._walks([each for each in numbered if each not in told])
        self._note(walks)
        with self._commit_under_way(walks, SHOP if victim == "shop" else BANK):
            self._kill(victim)
        for walk in walks:
            if walk.trap and walk.dies_with(victim):
                walk.trap.open(forwards=False)
        if victim == "mongodb":
            self.street.start(victim)
        self._age(walks)
        if victim != "mongodb":
            self.street.start(victim)
        for walk in walks:
            if walk.trap:
                walk.trap.open(forwards=True)
        self._end(walks)

    def whenever(self, number: int, dice: random.Random) -> None:
        """Some programs are killed at any time while buyers do what they like."""
        walks = []
        victims = dice.sample(PROGRAMS, dice.choice((1, 1, 2, 3)))
        for place in range(_RANDOM_BUYERS):
            ending, returns = (
                dice.choice(("keep", "keep", "cancel", "give up")),
                dice.random() < 0.7,
            )
            wish = Wish(f"random-{number}-{place}@example.com", ending, returns)
            buyer = Buyer(self.street, self.street.payers[place], wish).start()
            walks.append(_Walk(f"round {number}, {victims}, {wish}", buyer, ending))
        for victim in victims:
            time.sleep(dice.uniform(0, 3))
            self._kill(victim)
        # Neither of the others starts without MongoDB.
        for victim in sorted(victims, key=("mongodb", "bank", "shop").index):
            self.street.start(victim)
        self._end(walks)

    def webhooks_again(self) -> int:
        """Have every webhook sent once more; how many that were."""
        before = self.street.state()
        sent = [each.id for each in self.street.till.deliveries(status="delivered")]
        for id in sent:
            with suppress(Problem):  # somebody is sending it already
                self.street.till.send_again(id)
        await_until(self._all_sent, "webhook that is sent")
        if self.street.state() != before:
            self.violations.append("webhooks that came again have changed something")
        return len(sent)

    def _all_sent(self) -> bool:
        """Whether no webhook waits; what was put off is due."""
        let_time_pass(self.street.client)
        time.sleep(_SETTLING_PAUSE_SECONDS)
        return not any(self.street.till.deliveries(status="waiting"))

    def _walks(self, numbered: Sequence[tuple[int, Case]]) -> list[_Walk]:
        """Buyers on their way to these moments, when all are there."""
        walks = [self._walk(number, case) for number, case in numbered]
        with suppress(NotInTime):
            await_until(lambda: self._all_there(walks), "buyer at each moment")
        return walks

    def _walk(self, number: int, case: Case) -> _Walk:
        moment, email = case.moment, f"{case.victim}-{number}@example.com"
        ending = "keep" if moment.ending == "late" else moment.ending
        wish = Wish(email, ending, moment.returns, moment.before)
        # Who has never paid here is asked for a code.
        payer = self.street.newcomers.pop() if moment.before == "code" else None
        buyer = Buyer(self.street, payer or self.street.payers[number], wish)
        trap = None
        if moment.passage:
            ready = buyer.paid.is_set if moment.once_paid else lambda: True
            trap = self.street.trap(moment.passage, moment.place, moment.heard, email, ready)
        return _Walk(str(case), buyer.start(), moment.ending, moment, trap)

    def _all_there(self, walks: Sequence[_Walk]) -> bool:
        """Whether all are; whose webhook waits, because an earlier one is kept, has it sent now."""
        missing = [walk.buyer.wish.email for walk in walks if not walk.there()]
        tell_now(self.street.client, missing)
        time.sleep(_PAUSE_SECONDS)
        return not missing

    def _note(self, walks: Sequence[_Walk]) -> None:
        for walk in walks:
            came = walk.there() and not walk.buyer.trouble
            self.caught += came
            if not came:
                self.violations.append(f"{walk.name}: the moment never came")

    @contextmanager
    def _commit_under_way(self, walks: Sequence[_Walk], whose: str) -> Iterator[None]:
        """Let go on who is about to commit something, and MongoDB take its time before it does."""
        committing = [walk for walk in walks if walk.moment and walk.moment.commit]
        with self.street.commits_blocked():
            for walk in committing:
                walk.buyer.goes.set()
            try:
                await_until(lambda: whose in self.street.committing(), "commit", 30)
            except NotInTime:
                self.violations.append(f"{walks[0].name}: {whose} has no commit under way")
            yield

    def _kill(self, victim: str) -> None:
        self.street.kill(victim)
        self.killed += 1

    def _age(self, walks: Sequence[_Walk]) -> None:
        """Let the time of those who age be over, while a program is dead."""
        for walk in walks:
            if walk.moment and walk.moment.ages:
                age(self.street.client, walk.buyer.wish.email, OVER)
        orders = self.street.client[SHOP]["orders"]
        late = [walk.buyer.wish.email for walk in walks if walk.ending == "late"]
        over = {"email": {"$in": late}, "status": "expired"}
        await_until(lambda: orders.count_documents(over) == len(late), "order that is over")

    def _end(self, walks: Sequence[_Walk]) -> None:
        """Everybody goes on to the end; then all has to agree before long."""
        let_time_pass(self.street.client)
        for walk in walks:
            walk.buyer.goes.set()
        for walk in walks:
            walk.buyer.join()
            if walk.buyer.trouble:
                self.violations.append(f"{walk.name}: the buyer: {walk.buyer.trouble}")
        self.orders += len(walks)
        until = time.monotonic() + SETTLING_SECONDS
        while (wrong := self._wrong(walks)) and time.monotonic() < until:
            time.sleep(_SETTLING_PAUSE_SECONDS)
            let_time_pass(self.street.client)
        self.violations += [*wrong, *self.street.broken_rules()]

    def _wrong(self, walks: Sequence[_Walk]) -> list[str]:
        """What does not agree now."""
        wrong = [
            f"{walk.name}: {each}"
            for walk in walks
            for each in agreement.of_order(self.street, walk.buyer.wish.email, walk.ending)
        ]
        return wrong or [*agreement.of_everything(self.street), *self._differences()]

    def _differences(self) -> list[str]:
        try:
            return self.street.differences()
        except ShopError as error:
            return [f"no reconciliation: {error}"]
