"""The sender of webhooks: signs what shops are to be told, and posts it to their servers.

What is not answered with 200 to 299 is tried again for three days; 410 says that the
shop's server wants no more. However many deliveries of a shop are slow, others go out beside them:
few threads are busy with one shop, and who does not answer at all is left alone for a minute.
"""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

from app.config import Config
from app.controllers.payments.hook_secrets import signatures
from app.controllers.payments.outward import Outward
from app.controllers.sending import LEASE, NotSent, Sending
from app.models import webhook_deliveries as deliveries
from app.models import webhook_endpoints as endpoints
from app.models.database import Database
from app.models.webhook_deliveries import Delivery, Try

THREADS = 6
FOR_ONE_SHOP = 2
"""So many of the threads may be busy with one shop."""

_MINUTE, _HOUR = 60, 3600
PAUSES = (
    5, 5 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, 5 * _HOUR, 10 * _HOUR, 14 * _HOUR, 20 * _HOUR,
    24 * _HOUR,
)  # fmt: skip
"""Seconds between a try that failed and the next one; then it is given up."""

_REST = timedelta(minutes=1)
_GONE = 410
_log = logging.getLogger(__name__)


class Hooks(Sending[Delivery]):
    """One for each process; it sends nothing without `start`."""

    def __init__(
        self, config: Config, database: Database, clock: Callable[[], datetime], way: Outward
    ) -> None:
        super().__init__("webhooks", self._claimed, self._deliver, threads=THREADS)
        self._config = config
        self._database = database
        self._clock = clock
        self.way = way
        self._busy: Counter[str] = Counter()
        self._lock = Lock()

    def _claimed(self) -> Delivery | None:
        with self._lock:
            passing = [shop for shop, threads in self._busy.items() if threads >= FOR_ONE_SHOP]
        found = deliveries.claim(self._database, self._clock(), LEASE, passing=passing)
        if found:
            with self._lock:
                self._busy[found.merchant] += 1
        return found

    def _deliver(self, delivery: Delivery) -> None:
        try:
            self._try(delivery)
        finally:
            with self._lock:
                passed_over = self._busy[delivery.merchant] >= FOR_ONE_SHOP
                self._busy -= Counter([delivery.merchant])
            if passed_over:
                self.look()

    def _try(self, delivery: Delivery) -> None:
        try:
            status = self._posted(delivery)
        except NotSent as reason:
            self._not_sent(delivery, reason)
        except Exception as error:  # noqa: BLE001 - whatever one does, the others must go out
            _log.exception("a webhook cannot be sent", extra={"code": delivery.type})
            self._not_sent(delivery, NotSent(type(error).__name__))
        else:
            tried = Try(self._clock(), status, None)
            if not deliveries.mark_delivered(self._database, delivery, tried):
                # Somebody else has claimed it meanwhile: the shop may get it twice.
                extra = {"code": delivery.type}
                _log.warning("a webhook was sent after its claim was over", extra=extra)

    def _posted(self, delivery: Delivery) -> int:
        endpoint = endpoints.find_endpoint(self._database, delivery.endpoint)
        if endpoint is None or endpoint.status != "active":
            raise NotSent("the endpoint is disabled, or was removed", final=True)
        now = self._clock()
        at = int(now.timestamp())
        signed = f"{delivery.event}.{at}.{delivery.body}"
        signature = signatures(self._config, endpoint, endpoint.signing(now), signed)
        if not signature:
            raise NotSent("its secret was made with another SECRET_KEY: rotate it", final=True)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Strongroom-Webhooks/1",
            "webhook-id": delivery.event,
            "webhook-timestamp": str(at),
            "webhook-signature": signature,
        }
        return self.way.post(endpoint.url, headers, delivery.body.encode())

    def _not_sent(self, delivery: Delivery, reason: NotSent) -> None:
        now = self._clock()
        tried = Try(now, reason.status, str(reason))
        if reason.status is None:
            deliveries.put_off(self._database, delivery.endpoint, now, now + _REST)
        if reason.status == _GONE:
            endpoints.disable(self._database, delivery.endpoint, now)
        if reason.final or reason.status == _GONE or delivery.failed >= len(PAUSES):
            extra = {"code": delivery.type, "error": str(reason)}
            _log.error("a webhook is given up", extra=extra)
            deliveries.give_up(self._database, delivery, tried)
        else:
            pause = pause_seconds(delivery.failed, reason.after)
            deliveries.try_later(self._database, delivery, tried, now + timedelta(seconds=pause))


def pause_seconds(failed: int, asked: float | None) -> float:
    """How long to wait after so many failures before this one, a tenth more or less, so that not
    all come back at once; and not shorter than was `asked`."""
    pause = PAUSES[failed] * random.uniform(0.9, 1.1)  # noqa: S311
    return max(pause, asked or 0.0)
