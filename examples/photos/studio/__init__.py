"""A small studio: turned solids, soft boxes, a sweep to stand things on, and a camera."""
