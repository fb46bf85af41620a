"""Versions of packages in this environment."""

from importlib.metadata import PackageNotFoundError, version


def installed(package: str) -> str | None:
    """Version of a package, by the name that it is installed under; None if it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
