"""The letters and digits of the invented city's plates as small grey pictures, five pixels wide and seven high.

The shapes are drawn for this simulation. As on real plates some are nearly one shape (0, O, D and Q; 1 and I; 2
and Z; 8 and B), and how alike two are is nowhere written down: it follows from their pixels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 5, 7

_DRAWINGS = """
0 .###. #...# #...# #...# #...# #...# .###.
1 ..#.. ###.. ..#.. ..#.. ..#.. ..#.. ..#..
2 +###. +...# ...+# ..##. .##.. #.... #####
3 +###. +...# ....# ..##. ....# +...# +###.
4 ...#. ..##. .#.#. #..#. ##### ...#. ...#.
5 ##### #.... ###+. ..+## ....# +...# +###.
6 +###. #..+. #.... ####. #...# #...# .###.
7 ##### ....# ...+# ..+#. ..#.. .+#.. .#...
8 .###. #...# #...# +###+ #...# #...# .###.
9 .###. #...# #...# .#### ....# .+..# .###+
A ..#.. .#.#. #...# #...# ##### #...# #...#
B ####. #...# #...# ####. #...# #...# ####.
C .###. #...# #.... #.... #.... #...# .###.
D ####. #...+ #...# #...# #...# #...+ ####.
E ##### #.... #.... ####. #.... #.... #####
F ##### #.... #.... ####. #.... #.... #....
G +###+ #...+ #.... #.+## #...# #...# .###.
H #...# #...# #...# ##### #...# #...# #...#
I ..#.. ..#.. ..#.. ..#.. ..#.. ..#.. ..#..
J ...## ....# ....# ....# ....# #...# .###.
K #...# #..#. #.#.. ##... #.#.. #..#. #...#
L #.... #.... #.... #.... #.... #.... #####
M #...# ##.## #.#.# #.#.# #...# #...# #...#
N #...# ##..# ##..# #.#.# #..## #..## #...#
O :###: #...# #...# #...# #...# #...# :###:
P ####. #...# #...# ####. #.... #.... #....
Q +###+ #...# #...# #...# #.+.# #..## +####
R ####. #...# #...# ####. #.#.. #..#. #...#
S +###+ #...+ ##+.. .+##. ...+# +...# +###+
T ##### ..#.. ..#.. ..#.. ..#.. ..#.. ..#..
U #...# #...# #...# #...# #...# #...# .###.
V #...# #...# #...# #...# .#.#. .#.#. ..#..
W #...# #...# #...# #.#.# #.#.# ##.## #...#
X #...# #...# .#.#. ..#.. .#.#. #...# #...#
Y #...# #...# .#.#. ..#.. ..#.. ..#.. ..#..
Z ##### ....# ...## ..##. .##.. #.... #####
"""
_INK = {".": 0.0, ":": 0.42, "+": 0.5, "#": 1.0}
_ROWS = [line.split() for line in _DRAWINGS.strip().splitlines()]

SYMBOLS: str = "".join(name for name, *_ in _ROWS)
"""The characters that have a glyph: 0-9 and A-Z; a glyph's number is its place here."""

PIXELS: NDArray[np.float64] = np.array([[_INK[mark] for mark in "".join(rows)] for _, *rows in _ROWS])
"""Ink of each glyph, shape (36, 35), 0 blank to 1 black, row by row from the top left."""

NUMBER: dict[str, int] = {symbol: number for number, symbol in enumerate(SYMBOLS)}

DIGITS: NDArray[np.bool_] = np.array([symbol.isdigit() for symbol in SYMBOLS])
"""Which glyphs are digits, shape (36,)."""
