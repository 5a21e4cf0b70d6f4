"""Laws of sheets: what stands on them is whole, however few pictures they have."""

from __future__ import annotations

import numpy as np
import pytest

from render.show import sheet
from render.show.sheet import MARGIN, Cell, Row, draw


@pytest.mark.parametrize("columns", [1, 2, 5])
def test_a_long_title_fits_its_sheet(columns: int) -> None:
    plain = np.full((96, 96, 3), 128, np.uint8)
    drawn = draw(
        "efficientnet_lite0  block_12 " * 3, "a long line of what is on it " * 6, [Row([Cell(plain, "one")] * columns)]
    )
    margins = np.concatenate((drawn[: sheet.HEAD, :MARGIN], drawn[: sheet.HEAD, 4 - MARGIN :]), axis=1)
    assert (margins == drawn[0, 0]).all()
