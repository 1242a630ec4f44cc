"""The worlds that come with the package, one source folder each; see `awm.worlds.source`."""

from importlib.resources import files
from pathlib import Path

from awm.worlds.folder import WorldFolder
from awm.worlds.names import normalise
from awm.worlds.source import read_source, read_title

__all__ = ["bundled_worlds"]


def bundled_worlds() -> WorldFolder:
    """Open the package's own worlds; each is read when it is asked for."""
    root = files(__name__)
    sources = sorted(
        (child for child in root.iterdir() if (child / "scenario.json").is_file()),
        key=lambda child: child.name,
    )
    titles = {normalise(title): title for title in map(read_title, sources)}
    by_name = dict(zip(titles, sources, strict=True))
    return WorldFolder(Path(str(root)), titles, lambda name: read_source(by_name[name]))
