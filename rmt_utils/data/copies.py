"""Pictures that are there more than once: equal ones, and ones that look alike."""

import hashlib

import numpy as np

from rmt_utils.data.area import resize
from rmt_utils.data.photographs import luminance

SIDE = 8  # of the thumbnails that are compared
NEAR = 0.05  # root mean square difference of two thumbnails, over their contrast
FLAT = 0.05  # contrast, pixels in [-1, 1], below which nothing tells two thumbnails apart


def digest(pixels):
    """16 bytes, the same for equal arrays alone; None for one value throughout, which two may share by chance.

    >>> digest(np.zeros((2, 2))) is None, digest(np.eye(2)) == digest(np.eye(2))
    (True, True)
    """
    if pixels.min() == pixels.max():
        return None
    found = hashlib.blake2b(f"{pixels.shape}{pixels.dtype.str}".encode(), digest_size=16)
    found.update(np.ascontiguousarray(pixels))
    return found.digest()


class Copies:
    """Which of the images that pass by are copies of an earlier one.

    ``groups``: of each image, the number, among the different ones, of the first that is equal to it, (n_images,).
    ``fresh``: positions, in what was added last, of the images that are no copies.

    >>> copies = Copies()
    >>> copies.add([b"one", b"two", b"one", b"three"], np.zeros((4, 8, 8, 1), np.float32))
    >>> copies.groups, copies.n_copies
    ([0, 1, 0, 2], 1)
    """

    def __init__(self):
        self.groups, self.fresh, self._numbers, self._thumbnails = [], [], {}, []
        self._different = 0

    def add(self, digests, images):
        """Images (n, side, side, channels) that pass by, and a digest of all pixels of each, None for no copy."""
        self.fresh = []
        for position, digest in enumerate(digests):
            number = self._different if digest is None else self._numbers.setdefault(digest, self._different)
            if number == self._different:
                self._different += 1
                self.fresh.append(position)
            self.groups.append(number)
        if self.fresh:
            grey = luminance(images[self.fresh]) if images.shape[-1] == 3 else images[self.fresh]
            small = resize(grey, min(SIDE, grey.shape[1]))
            self._thumbnails.append(small.reshape(len(small), -1).astype(np.float16))

    @property
    def n_copies(self):
        """Images that are equal to an earlier one."""
        return len(self.groups) - self._different

    def near(self):
        """Of each image, the number of a group of images each of which looks like another of it, (n_images,).

        Two look alike if their luminances, averaged down to 8 x 8, differ by less than ``NEAR`` of their contrast, and
        have some: the same picture compressed again, brighter or at another size does, a mirrored or another one does
        not.
        """
        alike = self._alike()
        return np.unique(alike, return_inverse=True)[1][self.groups]

    @property
    def n_near(self):
        """Different images that look like another one."""
        sizes = np.unique(self._alike(), return_counts=True)[1]
        return int(sizes[sizes > 1].sum())

    def _alike(self):
        """Labels of the different images, equal where these look alike."""
        from scipy.spatial import cKDTree  # here: it is a third of the package's import time

        labels = np.arange(self._different)
        if self._different < 2:
            return labels
        thumbnails = np.concatenate(self._thumbnails).astype(np.float32)
        thumbnails -= thumbnails.mean(axis=1, keepdims=True)
        contrast = np.sqrt(np.square(thumbnails).mean(axis=1))
        (shown,) = np.nonzero(contrast > FLAT)
        if shown.size < 2:
            return labels
        points = thumbnails[shown] / contrast[shown, None]
        radius = NEAR * np.sqrt(points.shape[1])
        # along principal axes, of which the first few tell most pairs apart
        tree = cKDTree(points @ np.linalg.eigh(points.T @ points)[1][:, ::-1])
        nearest, _ = tree.query(tree.data, 2, distance_upper_bound=radius)
        waiting = set(np.flatnonzero(np.isfinite(nearest[:, 1])).tolist())
        while waiting:
            reached = [waiting.pop()]
            label = labels[shown[reached[0]]]
            while reached:
                member = reached.pop()
                labels[shown[member]] = label
                others = waiting.intersection(tree.query_ball_point(tree.data[member], radius))
                waiting -= others
                reached += others
        return labels
