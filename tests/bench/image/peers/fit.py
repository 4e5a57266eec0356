"""Fits a text into a box by font size and lines, as Pillow measures it; also writes the sizes for engines that cannot measure."""

import re

from PIL import ImageFont


class Fonts:
    def __init__(self, path):
        self.path, self.sizes = path, {}

    def get(self, px):
        if px not in self.sizes:
            self.sizes[px] = ImageFont.truetype(self.path, px)
        return self.sizes[px]


def pieces(text):
    """What may stand alone on a line: a Chinese character, a word with its space."""
    return re.findall(r"[\u3000-\u9fff\uff00-\uffef]|[^\s\u3000-\u9fff\uff00-\uffef]+\s*|\s+", text)


def wrap(font, text, width):
    lines, current = [], ""
    for piece in pieces(text):
        if current and font.getlength((current + piece).rstrip()) > width:
            lines.append(current.rstrip())
            current = piece.lstrip()
        else:
            current += piece
    return lines + [current.rstrip()]


def fit(fonts, text, width, height, most_lines, line_height, least=8):
    def lines_at(px):
        font = fonts.get(px)
        lines = wrap(font, text, width)
        fits = len(lines) <= most_lines and len(lines) * line_height * px <= height
        return fits and all(font.getlength(line) <= width for line in lines), lines

    low, high, best = least, int(height / line_height), (least, lines_at(least)[1])
    while low <= high:
        px = (low + high) // 2
        fits, lines = lines_at(px)
        if fits:
            best, low = (px, lines), px + 1
        else:
            high = px - 1
    px, lines = best
    if len(lines) > 1:  # as even as they go
        narrow, wide, font = width / len(lines) * 0.5, width, fonts.get(px)
        while wide - narrow > 2:
            middle = (narrow + wide) / 2
            tried = wrap(font, text, middle)
            if len(tried) <= len(lines) and all(font.getlength(line) <= middle for line in tried):
                wide, lines = middle, tried
            else:
                narrow = middle
    return px, lines
