"""A folder of audio files, which may lie in a folder per label."""

from sertify.corpora.clips import Clip
from sertify.corpora.listings import Form, Listing, Wish
from sertify.corpora.trees import Tree, require_audio
from sertify.vocabulary.text import listed


def read_folders(tree: Tree, _: Wish) -> Listing:
    """Read audio files; the first folder on the way to a file is its label.

    Where most files lie in no folder, the others' are none.
    """
    names, folder = require_audio(tree), tree.root
    labelled = 2 * sum("/" in name for name in names) >= len(names)
    clips = tuple(
        Clip(name, folder / name, name.partition("/")[0] if labelled and "/" in name else None)
        for name in names
    )
    if labelled:
        return Listing(clips, "folder per label")
    folders = sorted({name.partition("/")[0] for name in names if "/" in name})
    warning = (
        f"most clips are in no folder, so folders are not taken for labels: {listed(folders)};"
        " if they are labels, put every clip into the folder of its label"
    )
    return Listing(clips, "plain files", warnings=(warning,) if folders else ())


FOLDERS = Form("folders", "folders of audio", read_folders)
