"""How the study says what it is doing."""

from __future__ import annotations

from collections.abc import Callable

#: Told in a sentence what is being done.
Tell = Callable[[str], None]
