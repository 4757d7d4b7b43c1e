"""The acts of the demo, in their order. A new job of the product is one more line here.

All acts together may take at most ten minutes on two cores: about four for the imaging act, one for
EDSS.
"""

from __future__ import annotations

from mslens.studies.demo.act import Act
from mslens.studies.demo.edss import EDSS
from mslens.studies.demo.imaging import IMAGING

ACTS: tuple[Act, ...] = (IMAGING, EDSS)
