"""A banker at the desk: all accounts and transactions, freezing, four eyes, the books."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from bank_client.desk import Approval, DeskAccount, DeskTransaction, Verification
from bank_client.orders import segment, spread
from bank_client.paging import pages
from bank_client.person import Person
from bank_client.wire import Call, given


class Banker(Person):
    """One banker at one bank. Threads may share it.

    What changes an account takes it as it was read: where somebody else has changed it meanwhile,
    Conflict is raised, and nothing is done.
    """

    def accounts(
        self,
        *,
        words: str | None = None,
        status: str | None = None,
        currency: str | None = None,
        least: Decimal | str | None = None,
        most: Decimal | str | None = None,
        sort: str | None = None,
        page_size: int = 100,
    ) -> Iterator[DeskAccount]:
        """All customers' accounts, newest first, fetched page by page.

        `words` begin a name, a user name or a number; `status` is "open", "frozen" or "closed".
        """
        query = spread(
            q=words, status=status, currency=currency, min=least, max=most, sort=sort,
            limit=page_size,
        )  # fmt: skip
        return pages(self._send, "/banker/accounts", query, DeskAccount.read)

    def account(self, number: str) -> DeskAccount:
        """One account."""
        return self._send(Call("GET", f"/banker/accounts/{segment(number)}"), DeskAccount.read)

    def transactions(
        self,
        *,
        account: str | None = None,
        actor: str | None = None,
        kind: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        currency: str | None = None,
        words: str | None = None,
        page_size: int = 100,
    ) -> Iterator[DeskTransaction]:
        """All customers' transactions, newest first, fetched page by page."""
        query = spread(
            account=account, actor=actor, kind=kind, since=since, until=until, currency=currency,
            q=words, limit=page_size,
        )  # fmt: skip
        return pages(self._send, "/banker/transactions", query, DeskTransaction.read)

    def freeze(self, account: DeskAccount, reason: str) -> DeskAccount:
        """Stop money from leaving an account, at once."""
        path = f"/banker/accounts/{segment(account.number)}/freeze"
        call = Call("POST", path, {"reason": reason}, revision=account.revision)
        return self._send(call, DeskAccount.read)

    def unfreeze(self, account: DeskAccount, reason: str) -> Approval:
        """Propose to let a frozen account send money again; another banker approves it."""
        path = f"/banker/accounts/{segment(account.number)}/unfreeze"
        call = Call("POST", path, {"reason": reason}, revision=account.revision)
        return self._send(call, Approval.read)

    def approvals(
        self, *, status: str | None = None, kind: str | None = None, page_size: int = 100
    ) -> Iterator[Approval]:
        """What was proposed, newest first, fetched page by page.

        `status` is "pending", "executed", "rejected", "void" or "expired".
        """
        query = spread(status=status, kind=kind, limit=page_size)
        return pages(self._send, "/banker/approvals", query, Approval.read)

    def approval(self, id: str) -> Approval:
        """One proposal, with the effect that approving it would have."""
        return self._send(Call("GET", f"/banker/approvals/{segment(id)}"), Approval.read)

    def approve(self, approval: Approval, reason: str = "", *, code: str | None = None) -> Approval:
        """Do what another banker proposed, just as it was shown, or not at all."""
        body = given(effect_hash=approval.effect_hash, reason=reason, code=code)
        call = Call("POST", f"/banker/approvals/{segment(approval.id)}/approve", body)
        return self._send(call, Approval.read)

    def reject(self, id: str, reason: str) -> Approval:
        """Reject a proposal, or withdraw one's own."""
        call = Call("POST", f"/banker/approvals/{segment(id)}/reject", {"reason": reason})
        return self._send(call, Approval.read)

    def verify(self, *, full: bool = False) -> Verification:
        """Walk the books: what is new since the last time, or everything again."""
        call = Call("GET", "/banker/ledger/verify", query=spread(full=str(full).lower()))
        return self._send(call, Verification.read)
