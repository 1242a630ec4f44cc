"""`awm worlds split`: which worlds are for training, and which to be kept from it."""

from awm.cli import evaluation_options as o
from awm.cli.options import AsJson, Folder

__all__ = ["split"]


def split(
    *,
    folder: Folder = "bundled",
    validation_share: o.ValidationShare = 0.1,
    test_share: o.TestShare = 0.1,
    split_salt: o.Salt = "",
    split_by_name: o.ByName = False,
    as_json: AsJson = False,
) -> None:
    """Show how worlds are divided into train, validation and test, and which resemble across.

    A world's side follows from its domain, or from its name where it has none, and never from
    which others there are: it stays when the set grows.
    """
    from awm.cli import splitting  # noqa: PLC0415
    from awm.rollout.splits import Splits  # noqa: PLC0415

    splits = Splits(validation_share, test_share, split_salt, grouped=not split_by_name)
    splitting.show_splits(folder, splits, as_json=as_json)
