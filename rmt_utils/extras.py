"""Optional packages: who lacks one is told which extra of ``rmt_utils`` holds it."""

from contextlib import contextmanager


@contextmanager
def extra(name):
    """Around imports that need the extra ``name``: ImportError that says how to install it.

    >>> with extra("data"):
    ...     import no_such_package
    Traceback (most recent call last):
    ImportError: no_such_package is not installed: pip install 'rmt_utils[data]'
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("rmt_utils"):
            raise
        raise ImportError(f"{error.name} is not installed: pip install 'rmt_utils[{name}]'") from error
