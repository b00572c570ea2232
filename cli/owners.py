"""Whose a file is, as people name users."""

from __future__ import annotations

import grp
import os
import pwd


def user_name(uid: int) -> str:
    """A user's name, or the number where this machine has none: containers have users of their own."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def group_name(gid: int) -> str:
    """A group's name, or the number."""
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def groups_of(uid: int) -> set[int]:
    """The groups of a user, as far as this machine knows."""
    try:
        known = pwd.getpwuid(uid)
    except KeyError:
        return set()
    return set(os.getgrouplist(known.pw_name, known.pw_gid))
