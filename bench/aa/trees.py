# SPDX-License-Identifier: MIT
"""Result trees, compared by their bytes."""
import filecmp


def same_trees(a, b):
    """Every file, by its bytes."""
    found = filecmp.dircmp(a, b)
    return not (found.left_only or found.right_only or found.funny_files) and all(
        filecmp.cmp(a / name, b / name, shallow=False) for name in found.common_files) and all(
        same_trees(a / name, b / name) for name in found.common_dirs)
