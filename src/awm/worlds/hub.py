"""Published sets of worlds, fetched from the Hugging Face Hub."""

import shutil
from pathlib import Path

from awm.errors import AwmError, InfrastructureError, UsageError, WorldFileError
from awm.worlds.files import DATABASE_FOLDER, WorldFile
from awm.worlds.place import draft_of, put_in_place
from awm.worlds.store import open_worlds

__all__ = ["PUBLISHED", "pull_worlds"]

PUBLISHED = "Snowflake/AgentWorldModel-1K"
"""The public set of 1,000 worlds."""

_WANTED = [*WorldFile, f"{DATABASE_FOLDER}/*.db"]


def pull_worlds(
    repo: str = PUBLISHED,
    target: Path = Path("outputs"),
    *,
    revision: str | None = None,
    overwrite: bool = False,
    endpoint: str | None = None,
) -> Path:
    """Download a dataset of worlds into a folder, whole or not at all.

    Args:
        repo: The dataset's name on the hub, `owner/name`.
        target: Where the worlds go; made if it is not there.
        revision: A branch, tag or commit of the dataset; its main branch otherwise.
        overwrite: Whether worlds that are in `target` already may be replaced.
        endpoint: The hub's URL, if it is another than the public one.

    Returns:
        The folder, to give to `open_worlds`.

    Raises:
        UsageError: The `hub` extra is not installed; there is no such dataset or revision, or not
            for this user; or `target` holds worlds already and `overwrite` is not set.
        InfrastructureError: The hub cannot be reached, or the download broke off.
        WorldFileError: What arrived is no set of worlds, or `target` cannot be written to.
    """
    folder = Path(target).resolve()
    with draft_of(folder, overwrite=overwrite) as draft:
        _download(repo, revision, endpoint, draft)
        put_in_place(draft, folder, _names(repo, draft))
    return Path(target)


def _download(repo: str, revision: str | None, endpoint: str | None, draft: Path) -> None:
    try:
        # Imported late: an extra, and slow to import.
        from huggingface_hub import snapshot_download  # noqa: PLC0415
    except ImportError as error:
        raise UsageError(
            "Fetching worlds needs the huggingface_hub package.",
            "Install it with: pip install 'awm[hub]'",
        ) from error
    own = draft / ".cache"  # what the download keeps for itself, here and not in the user's home
    try:
        snapshot_download(
            repo,
            repo_type="dataset",
            revision=revision,
            endpoint=endpoint,
            local_dir=draft,
            cache_dir=own,
            allow_patterns=_WANTED,
        )
    except Exception as error:  # which HTTP library fails how depends on huggingface_hub's version
        raise _explained(error, repo, revision) from error
    shutil.rmtree(own, ignore_errors=True)


def _explained(error: Exception, repo: str, revision: str | None) -> AwmError:
    from huggingface_hub import errors  # noqa: PLC0415

    if isinstance(error, errors.RevisionNotFoundError):
        return UsageError(
            f"The dataset {repo} has no revision {revision!r}.", "Leave it out for the newest."
        )
    if isinstance(error, errors.RepositoryNotFoundError):
        return UsageError(
            f"There is no dataset {repo} on the hub, or it is not open to you.",
            "Check the name; for a private or gated one, log in with: hf auth login",
        )
    if isinstance(error, errors.HFValidationError):
        return UsageError(f"{repo!r} is no name of a dataset.", "Names look like owner/name.")
    return InfrastructureError(
        f"The dataset {repo} could not be downloaded: {error}",
        "Check the connection and try again; nothing was kept.",
    )


def _names(repo: str, draft: Path) -> list[str]:
    if not any((draft / part).is_file() for part in WorldFile):
        raise WorldFileError(
            "", f"The dataset {repo} holds no worlds.", f"It has none of {', '.join(WorldFile)}."
        )
    worlds = open_worlds(draft)
    if not worlds:
        message = f"The dataset {repo} holds no world that can be read."
        raise WorldFileError("", message, "Try another revision.", worlds.problems)
    return list(worlds)
