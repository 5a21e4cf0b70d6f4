"""The sample media of configs/media, each drawn or composed by one module; `scripts/draw_media NAME` makes it anew."""
