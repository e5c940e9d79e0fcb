"""Verification of the audit: walk its streams and name each wrong place and the rule it breaks.

Rules: `audit-seq` (no gaps), `audit-prev` (each event names the hash of the one before),
`audit-hash` (covers every field), `audit-stream` (it belongs there), `audit-head` (the head agrees
with the end of its stream, and is there), `audit-beyond-head` (the stream reaches further than its
head), `audit-shape` (what the validators would refuse), `audit-unreadable` (what cannot be walked);
and against the last seal `audit-truncated`, `audit-rewritten` and `audit-seal` (not the bank's).

What is all right is sealed. A finding's `account` is the stream.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.controllers.ledger.verify import MALFORMED, MOST_FINDINGS, Finding, Progress
from app.models import audit, audit_reading
from app.models.audit import HEADS_SHAPE, SHAPE, STREAMS, Head, genesis, stream_of
from app.models.audit_seals import Seal, keep_seal, newest_seal
from app.models.canonical import hash_of
from app.models.database import Database


@dataclass
class AuditReport:
    """The state of the audit. `events` were walked now; `full` means none was taken on trust."""

    full: bool
    events: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether no rule is broken."""
        return not self.findings


def verify_audit(
    database: Database,
    now: datetime,
    keys: Sequence[bytes],
    *,
    full: bool = True,
    reseal: bool = False,
    progress: Progress | None = None,
) -> AuditReport:
    """Walk all streams, or only what is new since the last seal; serving goes on meanwhile.

    The first of `keys` seals, all of them are known. `reseal` seals streams that are right in
    themselves although the last seal speaks against them.
    """
    walk = _Walk(database, full, newest_seal(database, keys), progress)
    ends = walk.run()
    against_seal = {"audit-seal", "audit-truncated", "audit-rewritten"}
    broken = {finding.rule for finding in walk.report.findings}
    sealed = walk.seal.heads == ends and walk.seal.fresh
    if not broken - (against_seal if reseal else set()) and (reseal or not sealed):
        keep_seal(database, ends, keys[0], now)
    return walk.report


class _Walk:
    """One verification."""

    def __init__(
        self, database: Database, full: bool, seal: Seal, progress: Progress | None
    ) -> None:
        # The seal was read before the heads: a stream can only have grown since.
        self.seal = seal
        self.report = AuditReport(full)
        self._database = database
        self._tell = progress or (lambda *_: None)
        self._total = audit_reading.count(database)

    def run(self) -> Mapping[str, Head]:
        """Walk; the heads as they were read before."""
        misshapen = self._shapes()
        heads = audit.heads(self._database, but=misshapen)
        for stream in STREAMS:
            if head := heads.get(stream):
                self._stream(head)
            elif stream not in misshapen:
                self._find("audit-head", stream, 0, "the stream has no head")
        self._beyond(heads)
        return heads

    def _shapes(self) -> list[object]:
        """What MongoDB's validators would refuse; a misshapen head ends no stream."""
        if self.report.full:
            for id in self._database.misshapen(SHAPE):
                self._find("audit-shape", "", 0, f"event {id} is not what the validator allows")
        misshapen = list(self._database.misshapen(HEADS_SHAPE))
        for id in misshapen:
            self._find("audit-shape", str(id), 0, "the head is not what the validator allows")
        if not self.seal.genuine:
            self._find("audit-seal", "", 0, "not made with SECRET_KEY or SECRET_KEY_PREVIOUS")
        return misshapen

    def _stream(self, head: Head) -> None:
        sealed = self.seal.heads.get(head.stream)
        if sealed and head.seq < sealed.seq:
            self._find("audit-truncated", head.stream, head.seq + 1, "the stream was longer")
            sealed = None
        start = Head(head.stream, 0, genesis(head.stream))
        chain = _Chain(start if self.report.full or not sealed else sealed)
        try:
            self._walk(chain, head, sealed)
        except MALFORMED as error:
            kind = type(error).__name__
            self._find("audit-unreadable", head.stream, chain.seq + 1, kind)
        for rule, seq, detail in chain.end(head):
            self._find(rule, head.stream, seq, detail)

    def _walk(self, chain: _Chain, head: Head, sealed: Head | None) -> None:
        if chain.seq == head.seq:
            return
        for document in audit_reading.chain(self._database, head.stream, chain.seq, head.seq):
            for rule, seq, detail in chain.step(document):
                self._find(rule, head.stream, seq, detail)
            if sealed and chain.seq == sealed.seq and chain.hash != sealed.hash:
                self._find("audit-rewritten", head.stream, chain.seq, "once it was another one")
            self._count()

    def _beyond(self, heads: Mapping[str, Head]) -> None:
        """Events after the heads are new, if the heads have moved on meanwhile."""
        present: Mapping[str, Head] = {}
        for stream, seq in audit_reading.beyond(self._database, heads):
            if stream not in present or present[stream].seq < seq:
                present = audit.heads(self._database)
            if stream not in present or present[stream].seq < seq:
                self._find("audit-beyond-head", stream, seq, "the stream ends before it")

    def _find(self, rule: str, stream: str, seq: int, detail: str) -> None:
        if len(self.report.findings) < MOST_FINDINGS:
            self.report.findings.append(Finding(rule, stream, seq, detail))

    def _count(self) -> None:
        self.report.events += 1
        if self.report.events % 1000 == 0:
            self._tell("events", self.report.events, self._total)


class _Chain:
    """Where the walk along one stream stands."""

    def __init__(self, start: Head) -> None:
        self.stream, self.seq, self.hash = start.stream, start.seq, start.hash

    def step(self, document: Mapping[str, Any]) -> Iterator[tuple[str, int, str]]:
        """The rules that the next event breaks; the walk goes on from what it says."""
        seq = int(document["seq"])
        if seq != self.seq + 1:
            yield "audit-seq", self.seq + 1, f"missing; the next is {seq}"
        elif document.get("prev") != self.hash:
            yield "audit-prev", seq, "does not follow the event before it"
        if hash_of(document) != document.get("hash"):
            yield "audit-hash", seq, "a field was changed"
        if stream_of(str(document.get("object"))) != self.stream:
            yield "audit-stream", seq, "its object's events are in another stream"
        self.seq, self.hash = seq, document.get("hash", "")

    def end(self, head: Head) -> Iterator[tuple[str, int, str]]:
        """The rules that the head breaks, seen from the end of its stream."""
        if self.seq != head.seq:
            yield "audit-seq", self.seq + 1, f"missing; the head counts {head.seq}"
        elif self.hash != head.hash:
            yield "audit-head", head.seq, "the head is not the last event"
