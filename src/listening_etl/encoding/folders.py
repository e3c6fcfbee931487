"""Where the models that we ship are."""

from __future__ import annotations

from pathlib import Path

MODELS = Path(__file__).resolve().parents[3] / "models"


def models_folder(name: str) -> Path:
    """The folder of a model that we ship."""
    return MODELS / name


def encoder_folder() -> Path:
    """The shared encoder's folder."""
    return MODELS / "encoder"
