"""The one filter that changes the side of an image: every new pixel is the mean of the picture over its own area.

It is the box filter, with the pixels at a box's edge counted by the part of them that lies inside, so it does not alias
when it shrinks, and means the same for every pair of sides. Source: Parmar et al. (2022), "On aliased resizing and
surprising subtleties in GAN evaluation", on what filters that do not widen do to a comparison of images.
"""

import numpy as np

FILTER = "area averages"
STRIP = 256  # rows of a large picture at a time
BACKGROUND = "white"  # below pixels that are transparent


def square(images):
    """The central squares of images (..., height, width, channels).

    >>> square(np.zeros((5, 8, 6, 1))).shape
    (5, 6, 6, 1)
    """
    height, width = images.shape[-3:-1]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return images[..., top : top + side, left : left + side, :]


def resize(images, size):
    """Square images (n, side, side, channels), float32, at the side ``size``.

    >>> resize(np.float32([0, 0, 0.9, 0, 0, 0, 0, 0, 0]).reshape(1, 3, 3, 1), 2)[0, :, :, 0].round(3)
    array([[0. , 0.4],
           [0. , 0. ]], dtype=float32)
    """
    n_images, side, _, channels = images.shape
    if side == size:
        return images
    if side % size == 0:  # whole blocks, whose mean is exact where the weights below would round
        return images.reshape(n_images, size, side // size, size, side // size, channels).mean(axis=(2, 4))
    weights = overlaps(side, size)
    shorter = weights @ images.reshape(n_images, side, side * channels)
    both = weights @ shorter.reshape(n_images, size, side, channels)
    return np.clip(both, -1, 1)  # the weights of a row add up to 1 only up to rounding


def shrink(pixels, size):
    """One large picture (side, side, channels), uint8, as float32 at the side ``size``, without a float of its size."""
    side, _, channels = pixels.shape
    weights = overlaps(side, size)
    strips = (slice(start, start + STRIP) for start in range(0, side, STRIP))
    shorter = sum(weights[:, strip] @ pixels[strip].reshape(-1, side * channels).astype(np.float32) for strip in strips)
    return np.clip(weights @ shorter.reshape(size, side, channels) / 127.5 - 1, -1, 1)


def overlaps(side, size):
    """Part of each of ``size`` equal intervals that each of ``side`` ones covers, float32 (size, side).

    >>> overlaps(3, 2).round(3)
    array([[0.667, 0.333, 0.   ],
           [0.   , 0.333, 0.667]], dtype=float32)
    """
    new, old = (np.linspace(0, 1, count + 1) for count in (size, side))
    shared = np.minimum(new[1:, None], old[1:]) - np.maximum(new[:-1, None], old[:-1])
    return (np.maximum(shared, 0) * size).astype(np.float32)
