"""A deck on paper: one page per slide, films as they stand at the step that the cell names, else at their last, letters as letters.

Chromium prints the very deck, so nothing is laid out twice. Fragments are all there; speaker notes are not.

Left out: several slides on a sheet. Every print dialogue can do that.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from k8sedu.files import write_whole


def pdf_of(page: Any) -> bytes:
    """The deck that is open for print, as PDF."""
    printed: bytes = page.pdf(prefer_css_page_size=True, print_background=True)
    return printed


def save(page: Any, target: Path) -> None:
    """Write the PDF, whole or not at all."""
    write_whole(target, pdf_of(page))
