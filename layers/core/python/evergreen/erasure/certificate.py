"""The certificate of an erasure as a page for people."""

from evergreen.contracts.erasure import Certificate
from evergreen.page import Html, lead, page, paragraph, section, table, warning

_SHOWN = 20


def certificate_page(certificate: Certificate) -> bytes:
    """The whole page."""
    columns = ", ".join(asked.column for asked in certificate.asked)
    return page(
        f"Erasure {certificate.id}",
        f"Of an entity by {columns}, asked for by {certificate.by} at {certificate.begun_at}.",
        *_what(certificate),
        section("Asked for", _asked(certificate)),
        section("Removed", _removed(certificate)),
        section("Remains, and what to do about it", _remains(certificate)),
        section("Proof", paragraph(_proof(certificate))),
    )


def sentence(certificate: Certificate) -> str:
    """What was done, in one line."""
    rows = sum(part.rows for part in certificate.removed)
    if certificate.status == "begun":
        return f"The erasure of {rows:,} rows has begun."
    if not rows:
        return "Nothing was left to erase."
    objects = {key for part in certificate.removed for key in part.objects}
    return f"{rows:,} rows were erased; {len(objects):,} objects had them."


def _what(certificate: Certificate) -> list[Html]:
    parts = [lead(sentence(certificate))]
    if certificate.status == "begun":
        parts.append(warning("If it stays so it was interrupted; erase the entity again."))
    elif certificate.remains:
        parts.append(paragraph(f"{len(certificate.remains)} things that had it remain; see below."))
    return parts


def _asked(certificate: Certificate) -> Html:
    rows = [(asked.column, asked.digest) for asked in certificate.asked]
    return Html(
        table(("column", "keyed digest of the value"), rows)
        + paragraph("Only who has the deployment's key can tell whose digest this is.")
    )


def _removed(certificate: Certificate) -> Html:
    if not certificate.removed:
        return paragraph("Nothing.")
    rows = [
        (part.kind, part.name, part.rows, part.versions, _keys(part.objects))
        for part in certificate.removed
    ]
    return table(("what", "of", "rows", "versions of objects", "objects"), rows)


def _keys(objects: tuple[str, ...]) -> str:
    more = len(objects) - _SHOWN
    return ", ".join(objects[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")


def _remains(certificate: Certificate) -> Html:
    if not certificate.remains:
        return paragraph("Nothing that was found.")
    rows = [(part.kind, part.name, part.detail) for part in certificate.remains]
    return table(("what", "name", "what to do"), rows)


def _proof(certificate: Certificate) -> str:
    return (
        f"SHA-256 of the JSON certificate with its own 'sha256' empty: {certificate.sha256}. "
        f"It ended at {certificate.ended_at or '(not yet)'}."
    )
