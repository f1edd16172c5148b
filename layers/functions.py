"""Which dependency layer each stage's function stands on, above ``core`` that all of them have."""

LAYER_OF: dict[str, str | None] = {
    "ingest": "columnar",
    "features": "columnar",
    "tune": "learning",
    "train": "learning",
    "score": "batch",
    "evaluate": "learning",
    "register": None,
    "deploy": None,
    "infer": "serving",
    "monitor": "columnar",
    "retrain": None,
}

CORE = "core"
IMAGE = "container"
"""What the image holds beside the learning layer: all that Lambda's runtime would bring."""
LAYERS = (CORE, *sorted({layer for layer in LAYER_OF.values() if layer}), IMAGE)
