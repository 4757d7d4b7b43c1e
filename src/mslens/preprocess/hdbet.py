"""Brain mask by HD-BET 2, from a model folder on this machine (never downloaded).

HD-BET 2 is an nnU-Net v2 model (Isensee 2019, doi:10.1002/hbm.24750); it is read by nnunetv2.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import numpy as np

from mslens.core.errors import InputError, MissingDependency
from mslens.core.settings import Settings
from mslens.core.volume import Volume

_CURE = "Run: pip install nnunetv2 (it brings torch), or choose method = 'template'"


class HdBetSettings(Settings):
    """Settings of `mask_by_hdbet`."""

    #: Folder of the trained model: it holds plans.json, dataset.json and fold_all.
    model_folder: Path | None = None
    device: Literal["cpu", "cuda", "mps"] = "cpu"


def mask_by_hdbet(image: Volume, *, settings: HdBetSettings) -> Volume:
    """Find the brain with HD-BET 2.

    Parameters
    ----------
    image : Volume, scalar
    settings : HdBetSettings

    Returns
    -------
    Volume, mask

    Raises
    ------
    MissingDependency
        If nnunetv2 is not installed.
    InputError
        If the model folder is not given or not there.
    """
    folder = settings.model_folder
    if folder is None or not folder.is_dir():
        raise InputError(
            "HD-BET needs the folder of its trained model, which is never downloaded here",
            where=folder,
            expected="a folder with plans.json, dataset.json and fold_all/checkpoint_final.pth",
            cure="Set brain_mask.hd_bet.model_folder, or choose method = 'template'",
        )
    os.environ.setdefault("nnUNet_compile", "F")
    try:
        import torch
        from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor
    except ImportError as error:
        raise MissingDependency("HD-BET needs nnunetv2", cure=_CURE) from error
    predictor = nnUNetPredictor(
        use_mirroring=False, device=torch.device(settings.device), allow_tqdm=False
    )
    predictor.initialize_from_trained_model_folder(str(folder), "all")
    # nnU-Net's arrays run z, y, x; the model was trained on images in ITK's axis order.
    data = np.ascontiguousarray(np.asarray(image.data, dtype=np.float32).transpose(2, 1, 0))
    spacing = [float(size) for size in reversed(image.grid.voxel_size_mm)]
    labels = predictor.predict_single_npy_array(data[None], {"spacing": spacing}, None, None, False)
    return image.like(np.asarray(labels).transpose(2, 1, 0) > 0, "mask")
