"""Take paths, addresses and account names out of text before it goes into a report.

The second line of defence: `MslensError.what` holds no path by contract, but messages of other
libraries and equivalent commands may.
"""

from __future__ import annotations

import re

PLACE = "[path]"

_PATTERNS = (
    # Addresses (https://host/..., s3://bucket/..., file:///...), user@host:... and e-mail.
    re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s'\"<>]+", re.IGNORECASE),
    re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)*(?::[^\s'\"<>]*)?"),
    # Quoted absolute paths may hold spaces.
    re.compile(r"(?<=['\"])(?:~|\.{1,2})?/[^'\"\n]*(?=['\"])"),
    re.compile(r"(?<=['\"])[A-Za-z]:[\\/][^'\"\n]*(?=['\"])"),
    re.compile(r"(?<![\w/])(?:~[\w.-]*|\.{1,2})?/(?:[^\s'\"<>:;,)]+)"),
    re.compile(r"(?<!\w)(?:[A-Za-z]:\\|\\\\)[^\s'\"<>;,)]*"),
    # Relative paths and bare names of data files.
    re.compile(
        r"[^\s'\"<>(]*\.(?:nii(?:\.gz)?|tsv|csv|json|mat|txt|h5|mgz|dcm|toml|log|py)\b(?!\w)",
        re.IGNORECASE,
    ),
)


def redact(text: str) -> str:
    """Replace everything that looks like a path, an address or an account by ``[path]``."""
    for pattern in _PATTERNS:
        text = pattern.sub(PLACE, text)
    return text
