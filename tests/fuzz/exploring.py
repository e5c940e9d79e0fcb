"""Runs of the machine, in the bank's own process and over HTTP."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.figures import Figures, Scale
from tests.fuzz.bank_machine import STEPS, BankMachine, Divergence
from tests.fuzz.model import Limit
from tests.fuzz.tampering import SECRET, standing_bank
from tests.fuzz.world import LIMITS, Clock, World, bank_settings, settle
from tests.running import RunningBank

RUNS, LONG_STEPS = 40, 100_000


def explore(world: World, *, seed: int, runs: int, shrink: bool = True) -> str:
    """So many runs of 50 steps; the first divergence and how to come to it, or nothing."""
    machine = seeded(seed)(type("BankMachine", (BankMachine,), {"world": world}))
    phases = (Phase.generate, Phase.shrink) if shrink else (Phase.generate,)
    try:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=runs, stateful_step_count=STEPS, phases=phases, database=None,
                deadline=None, suppress_health_check=list(HealthCheck), print_blob=False,
                report_multiple_bugs=False,
            ),
        )  # fmt: skip
    except (Divergence, Flaky) as error:
        # Flaky: a divergence that did not come again. It is one all the same.
        told = [str(error), str(error.__context__ or ""), *getattr(error, "__notes__", ())]
        return "\n".join(told)
    return ""


def run(scale: Scale, folder: Path) -> Figures:
    """At least 100,000 steps on two cores, or those of one seed; and some over HTTP."""
    if scale.long:
        with ProcessPoolExecutor(2, get_context("spawn")) as pool:
            odd = pool.submit(explored, folder / "odd", range(1, 999, 2), LONG_STEPS // 2)
            even = pool.submit(explored, folder / "even", range(2, 999, 2), LONG_STEPS // 2)
            parts = [odd.result(), even.result()]
    else:
        parts = [explored(folder / "one", range(1, 2), 1)]
    parts.append(explored_over_http(folder / "http", 40 if scale.long else 6))
    counted: Counter[str] = sum((part for part, _ in parts), Counter())
    violations = [text for _, found in parts for text in found]
    told = {**counted, "divergences": len(violations)}
    return Figures("the bank and its model", told, tuple(violations))


def explored(folder: Path, seeds: range, steps: int) -> tuple[Counter[str], list[str]]:
    """A bank of its own, explored from seed after seed; what was counted, and the divergences."""
    clock, found = Clock(), []
    with standing_bank(folder, clock=clock, **bank_settings(LIMITS)) as (app, administrator):
        world = settle(app, administrator, LIMITS, clock)
        for seed in seeds:
            found.append(explore(world, seed=seed, runs=RUNS))
            world.seeds += 1
            if world.steps.total() >= steps:
                break
    return world.counted(), [text for text in found if text]


def explored_over_http(folder: Path, runs: int) -> tuple[Counter[str], list[str]]:
    """The same over HTTP, in real time; limits of a day that no midnight can change."""
    limits = {code: Limit(each.posting, 10**9, 10**9) for code, each in LIMITS.items()}
    chosen = bank_settings(limits)
    with standing_bank(folder / "mongo", **chosen) as (app, administrator):
        world = settle(app, administrator, limits, None)
        config = app.extensions["bank"].config
        texts = {name.upper(): str(value) for name, value in chosen.items()} | {
            "SECRET_KEY": SECRET, "MONGO_URI": config.mongo_uri.reveal(),
            "MONGO_DATABASE": config.mongo_database, "LOG_LEVEL": "ERROR",
            "RATELIMIT_ENABLED": "false",
        }  # fmt: skip
        with RunningBank(folder / "bank", **texts) as bank:
            world = replace(world, ask=bank.start().request)
            found = explore(world, seed=1, runs=runs)
            bank.terminate()
    counted = Counter({"steps over HTTP": world.steps.total()}) + world.counted()
    return counted, [found] if found else []
