"""Commands that change something."""

from __future__ import annotations

import asyncio

import pytest

from gateway.admin.command import to_its_end


def test_a_change_ends_although_whoever_asked_has_left() -> None:
    done = []

    async def change() -> str:
        await asyncio.sleep(0.02)
        done.append("changed")
        return "changed"

    async def leave() -> None:
        asking = asyncio.create_task(to_its_end(change()))
        await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await asyncio.sleep(0.1)

    asyncio.run(leave())
    assert done == ["changed"]
    assert asyncio.run(to_its_end(change())) == "changed"
