"""Puts references that did not come as plain URLs into the one form that jobs keep: `asset://<id>`.

Core judges a request before a byte of it is stored, so of a `data:` URI it is shown only the header, and of an asset it
is told the kind. Once the request is accepted, the bytes of `data:` URIs become assets.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from seedbed.api.allowances import spend
from seedbed.api.keeping import drop, examine, put
from seedbed.api.service import Service
from seedbed.core.data_uris import decode_data_uri
from seedbed.core.errors import InvalidRequest, TooLarge
from seedbed.core.faults import MediaFault
from seedbed.core.limits import check_kind
from seedbed.core.offer import NATIVE, Offer
from seedbed.core.references import Kind, Reference
from seedbed.core.request import Accepted, Draft
from seedbed.core.urls import ASSET_SCHEME, DATA_SCHEME
from seedbed.store import assets
from seedbed.store.assets import ID_PREFIX, Asset
from seedbed.store.keys import Principal

_ASSET_URL = re.compile(re.escape(ASSET_SCHEME + ID_PREFIX) + r"[0-9a-f]{32}")


async def shown_to_core(service: Service, who: Principal, draft: Draft, *, offer: Offer = NATIVE) -> Draft:
    """Return the draft with short references. Raises InvalidRequest for an asset that the account does not have."""
    given = draft.references or ()
    is_plain = not any(reference.url.startswith((ASSET_SCHEME, DATA_SCHEME)) for reference in given)
    if (
        is_plain or len(given) > offer.max_references
    ):  # too many are refused by core, without a question to the database
        return draft
    references = []
    async with service.connection() as conn:
        for position, reference in enumerate(given):
            url, kind = reference.url, None
            if url.startswith(ASSET_SCHEME):
                asset = await assets.get(conn, who.account_id, _asset_id(url), is_live=who.is_live)
                if asset is None:
                    raise _unknown_asset(draft.name_of(position, offer=offer))
                kind = Kind(asset.kind)
            elif url.startswith(DATA_SCHEME):
                url = url.partition(",")[0]
            references.append(replace(reference, url=url, kind=kind))
    return replace(draft, references=tuple(references))


def has_data(draft: Draft) -> bool:
    return any(reference.url.startswith(DATA_SCHEME) for reference in draft.references or ())


@asynccontextmanager
async def settled(service: Service, who: Principal, draft: Draft, accepted: Accepted) -> AsyncIterator[Accepted]:
    """Give the accepted request with its `data:` URIs as assets. `draft` is the one before they were shortened.

    Those that no job pins at the end of the block, because it raised or because another request had the same key, are
    deleted again. Raises InvalidRequest for a `data:` URI that cannot be used.
    """
    stored: list[Asset] = []
    lasting = []
    try:
        for position, reference in enumerate(accepted.request.references):
            url = (draft.references or ())[position].url
            if url.startswith(DATA_SCHEME):
                stored.append(await _stored(service, who, url, reference))
                url = ASSET_SCHEME + stored[-1].id
            lasting.append(replace(reference, url=url))
        yield replace(accepted, request=replace(accepted.request, references=tuple(lasting)))
    finally:
        await drop(service, stored)


async def _stored(service: Service, who: Principal, uri: str, reference: Reference) -> Asset:
    folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="seedbed-data-")
    try:
        path = Path(folder.name) / "data"
        content = (await asyncio.to_thread(decode_data_uri, uri)).content
        await spend(service, who, service.rate_limits.uploads(who.limits), len(content))
        await asyncio.to_thread(path.write_bytes, content)
        probe = await examine(service, path, size_bytes=len(content))
        check_kind(probe, reference.role.kind)
        sha256 = hashlib.sha256(content).hexdigest()
        asset = await put(service, who, path, probe, sha256=sha256)
        async with service.connection() as conn:
            await assets.insert(conn, asset)
        return asset
    except MediaFault as fault:
        raise InvalidRequest(f"{reference.name}: {fault.reason}.", param=reference.name) from fault
    except TooLarge as exc:
        raise InvalidRequest(f"{reference.name}: {exc}", param=reference.name) from exc
    finally:
        await asyncio.to_thread(folder.cleanup)


def _asset_id(url: str) -> str:
    """Return the id, or an impossible one for what cannot be an asset's URL."""
    return url.removeprefix(ASSET_SCHEME) if _ASSET_URL.fullmatch(url) else ""


def _unknown_asset(param: str) -> InvalidRequest:
    return InvalidRequest(
        f"{param} names no upload of this account and mode, or one that has expired; upload the file again.",
        param=param,
    )
