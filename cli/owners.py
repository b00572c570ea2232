"""The owners of files, by name."""

from __future__ import annotations

import grp
import os
import pwd


def user_name(uid: int) -> str:
    """Return a user's name, or the number if this machine has no name for it: containers have their own users."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def group_name(gid: int) -> str:
    """Return a group's name, or the number."""
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def groups_of(uid: int) -> set[int]:
    """Return the ids of a user's groups; empty if this machine does not know the user."""
    try:
        user = pwd.getpwuid(uid)
    except KeyError:
        return set()
    return set(os.getgrouplist(user.pw_name, user.pw_gid))
